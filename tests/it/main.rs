//! The one integration binary: a module for each flow.

mod deliver;
mod ingest_fetch;
mod issue;
mod sign_up;
mod smtp;
mod support;
