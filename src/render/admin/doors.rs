//! The pages before one is signed in, and those that say why one is not let in: without the frame.

use serde::Serialize;

use crate::render::pages::Page;

/// `GET /admin/sign-in`, and the answer to what did not fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SignInPage {
    pub css_url: &'static str,
    /// As typed.
    pub email: String,
    /// Where to go on.
    pub next: String,
    /// Why one is here, as after a session has ended.
    pub note: Option<String>,
    pub error: Option<String>,
    /// What the service elsewhere is called that one may sign in with.
    pub provider: Option<String>,
}

/// `GET /admin/sign-in/code`: the second step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CodePage {
    pub css_url: &'static str,
    pub next: String,
    pub error: Option<String>,
}

/// `GET /admin/welcome/{token}`: a password is chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WelcomePage {
    pub css_url: &'static str,
    pub token: String,
    /// Whose password; `None` for the first owner, who chooses the address too.
    pub operator: Option<String>,
    /// As typed.
    pub email: String,
    pub min_password: usize,
    pub email_error: Option<String>,
    pub password_error: Option<String>,
}

/// Why a page is not shown or nothing was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RefusalPage {
    pub css_url: &'static str,
    pub title: String,
    pub text: String,
    pub link_url: String,
    pub link_text: String,
}

impl Page for SignInPage {
    const TEMPLATE: &'static str = "admin/sign_in.html";
}

impl Page for CodePage {
    const TEMPLATE: &'static str = "admin/code.html";
}

impl Page for WelcomePage {
    const TEMPLATE: &'static str = "admin/welcome.html";
}

impl Page for RefusalPage {
    const TEMPLATE: &'static str = "admin/refusal.html";
}
