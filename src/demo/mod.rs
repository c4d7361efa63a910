//! The self-contained show: a small news site, an SMTP inbox, and the whole round.

pub mod mailbox;
pub mod smtp;
