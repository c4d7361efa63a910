//! The one integration binary: a module for each flow.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod archive;
mod articles;
mod cli;
mod cli_digest;
mod control;
mod crash;
mod deliver;
mod dkim;
mod doctor;
mod editions;
mod full_disk;
mod hostile;
mod import;
mod ingest_fetch;
mod issue;
mod languages;
mod leaving;
mod look;
mod malformed;
mod misbehaving;
mod nodes;
mod notices_first;
mod planning;
mod polling;
mod preview;
mod queue;
mod relays;
mod reload;
mod sign_up;
mod smtp;
mod smtp_session;
mod support;
mod waves;
mod weather;
