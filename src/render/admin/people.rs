//! Operators, and one's own account.

use serde::Serialize;

use super::frame::{Choice, Frame, State};
use super::when::When;

/// An operator in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OperatorRow {
    pub id: String,
    pub email: String,
    pub role: String,
    pub may_send: bool,
    pub state: State,
    pub has_totp: bool,
    pub signed_in: Option<When>,
    /// The one who looks at the page.
    pub is_self: bool,
}

/// `GET /admin/operators`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OperatorsPage {
    pub frame: Frame,
    pub operators: Vec<OperatorRow>,
    /// As typed.
    pub email: String,
    pub roles: Vec<Choice>,
    pub may_send: bool,
    pub error: Option<String>,
}

/// `GET /admin/operators/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OperatorPage {
    pub frame: Frame,
    pub operator: OperatorRow,
    pub roles: Vec<Choice>,
    pub created: When,
    pub is_disabled: bool,
    /// How many browsers are signed in.
    pub sessions: usize,
    pub error: Option<String>,
}

/// A link with which a password is chosen, shown this once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LinkMadePage {
    pub frame: Frame,
    pub email: String,
    pub url: String,
    /// Whether it is on its way by mail, too.
    pub by_mail: bool,
}

/// A browser that is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SessionRow {
    pub id: String,
    /// As the browser calls itself.
    pub browser: String,
    pub network: String,
    pub created: When,
    pub seen: When,
    /// The one that looks at the page.
    pub is_this: bool,
}

/// `GET /admin/account`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountPage {
    pub frame: Frame,
    pub email: String,
    pub has_totp: bool,
    /// Codes for when the device is lost.
    pub codes_left: i64,
    pub sessions: Vec<SessionRow>,
    pub min_password: usize,
    pub password_error: Option<String>,
    pub totp_error: Option<String>,
}

/// `GET /admin/account/second-step`: the secret waits for its first code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SecondStepPage {
    pub frame: Frame,
    /// A picture for an app, as SVG.
    pub picture: String,
    /// The same to be typed, in groups.
    pub secret: String,
    pub error: Option<String>,
}

/// Codes for when the device is lost, shown this once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecoveryCodesPage {
    pub frame: Frame,
    pub codes: Vec<String>,
}

super::admin_pages! {
    OperatorsPage => "admin/operators.html",
    OperatorPage => "admin/operator.html",
    LinkMadePage => "admin/link.html",
    AccountPage => "admin/account.html",
    SecondStepPage => "admin/second_step.html",
    RecoveryCodesPage => "admin/recovery_codes.html",
}
