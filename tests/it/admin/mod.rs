//! The operators' side: signing in, and the pages.

mod audit;
mod operators;
mod pages;
mod places;
mod second_step;
mod sign_in;
