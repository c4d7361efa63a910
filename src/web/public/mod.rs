//! Pages for readers: no sign-in, no cookie, no script needed.

pub(super) mod address;
pub(super) mod archive;
pub(super) mod choices;
pub(super) mod click;
pub(super) mod confirm;
pub(super) mod data;
pub(super) mod embed;
pub(super) mod erase;
pub(super) mod guard;
mod held;
pub(super) mod hook;
pub(super) mod link;
pub(super) mod never_mail;
pub(super) mod open;
pub(super) mod preferences;
pub(super) mod sign_up;
pub(super) mod unsubscribe;
mod visitor;
pub(super) mod websub;
