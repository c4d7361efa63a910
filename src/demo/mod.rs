//! The self-contained show: a small news site with its feed, the service, and an inbox to look
//! into. Everything is real and on loopback: HTTP, a database, the queue, SMTP.

/// The articles of the invented newspaper.
pub mod content;
/// Helpers for pages that are written in plain Rust.
pub mod html;
/// Pages to look into the mailbox.
pub mod inbox;
/// Keeps what the SMTP server took.
pub mod mailbox;
/// The whole round, played without a browser.
pub mod round;
/// The show for people: where to click, and news while it runs.
pub mod show;
/// The news site.
pub mod site;
/// A small SMTP server.
pub mod smtp;
/// Sets everything up in a temporary folder.
pub mod stage;

#[cfg(test)]
mod test_http;
