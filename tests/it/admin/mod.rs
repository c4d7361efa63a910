//! The operators' side: signing in, and the pages.

mod audit;
mod calendar;
mod digests;
mod editor;
mod first_steps;
mod imports;
mod issues;
mod operators;
mod pages;
mod places;
mod provider;
mod readers;
mod second_step;
mod send;
mod service;
mod sign_in;
