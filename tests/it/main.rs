//! The one integration binary: a module for each flow.

mod ingest_fetch;
mod smtp;
