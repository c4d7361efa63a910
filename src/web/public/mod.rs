//! Pages for readers: no sign-in, no cookie, no script needed.

pub(super) mod archive;
pub(super) mod confirm;
pub(super) mod embed;
pub(super) mod guard;
pub(super) mod never_mail;
pub(super) mod preferences;
pub(super) mod sign_up;
pub(super) mod unsubscribe;
pub(super) mod websub;
