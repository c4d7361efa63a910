//! One's own account.

use axum::extract::{Path, State};
use axum::response::Response;

use super::error::{AdminError, sentence};
use super::fields::Fields;
use super::frame::{done, undone};
use super::posted::Posted;
use super::signed_in::{Reads, SignedIn};
use crate::domain::operator::{MIN_PASSWORD, Password};
use crate::domain::session::{Session, Stage};
use crate::render::admin::nav::Section;
use crate::render::admin::people::{AccountPage, SessionRow};
use crate::render::admin::when::When;
use crate::services::{manage_operator, sign_in};
use crate::store::{recovery_codes, sessions};
use crate::web::Web;

pub(super) type Me = SignedIn<Reads>;

const PATH: &str = "/admin/account";

/// `GET /admin/account`
pub(super) async fn show(State(web): State<Web>, me: Me) -> Result<Response, AdminError> {
    let page = page(&me).await?;
    me.page(&web, &page)
}

pub(super) async fn page(me: &Me) -> Result<AccountPage, AdminError> {
    let framing = me.frame(Section::Account, "My account").await?;
    let (now, zone) = (me.deps.now(), framing.zone);
    let mut tx = me.deps.store.read().await?;
    let all = sessions::of_operator(&mut tx, me.operator.id).await?;
    let codes_left = recovery_codes::left(&mut tx, me.operator.id).await?;
    drop(tx);
    let open = all
        .iter()
        .filter(|s| s.stage == Stage::Open && s.is_alive(now));
    let row = |session: &Session| SessionRow {
        id: session.id.to_string(),
        browser: browser(&session.user_agent),
        network: session.network.clone(),
        created: When::at(session.created_at, zone),
        seen: When::at(session.seen_at, zone),
        is_this: session.id == me.session.id,
    };
    Ok(AccountPage {
        email: me.operator.email.to_string(),
        has_totp: me.operator.has_totp,
        codes_left,
        sessions: open.map(row).collect(),
        min_password: MIN_PASSWORD,
        password_error: None,
        totp_error: None,
        frame: framing.frame,
    })
}

/// The name of a browser and of its system, out of all that it claims to be.
fn browser(agent: &str) -> String {
    // The more particular ones first: most of them claim to be the others too.
    let browsers = [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    let systems = [
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ];
    let named = |names: &[(&str, &'static str)]| {
        let found = names.iter().find(|(mark, _)| agent.contains(mark));
        found.map(|(_, name)| *name)
    };
    match (named(&browsers), named(&systems)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        _ if agent.is_empty() => "unknown".to_owned(),
        _ => agent.chars().take(60).collect(),
    }
}

/// Whether the password that a form brings is the operator's: a browser that was left open must not
/// be enough to take the account over.
pub(super) async fn is_me(me: &Me, fields: &Fields) -> Result<bool, AdminError> {
    let given = fields.text("current");
    let fits = sign_in::is_password(&me.deps, &me.operator, given).await;
    fits.map_err(|error| match error {
        sign_in::SignInError::Store(error) => error.into(),
        sign_in::SignInError::Hash(_) => AdminError::Busy,
        other => AdminError::Refused(other.to_string()),
    })
}

/// `POST /admin/account/password`
pub(super) async fn set_password(
    State(web): State<Web>,
    Posted { me, fields }: Posted<Reads>,
) -> Result<Response, AdminError> {
    let why = if is_me(&me, &fields).await? {
        match Password::new(fields.text("password"), &me.operator.email) {
            Ok(password) => {
                let keep = Some(me.session.id);
                manage_operator::set_password(&me.deps, me.operator.id, &password, keep).await?;
                let text = "The password is changed; your other browsers are signed out.";
                return Ok(done(&web, PATH, text));
            }
            Err(why) => sentence(&why.to_string()),
        }
    } else {
        "The password that you have is another one.".to_owned()
    };
    let mut page = page(&me).await?;
    page.password_error = Some(why);
    me.refused(&web, &page)
}

/// `POST /admin/account/sessions/{id}/end`
pub(super) async fn end_session(
    State(web): State<Web>,
    Path(id): Path<String>,
    Posted { me, .. }: Posted<Reads>,
) -> Result<Response, AdminError> {
    let id = id.parse().map_err(|_| AdminError::NotFound)?;
    if sign_in::end_session(&me.deps, &me.operator, id).await? {
        Ok(done(&web, PATH, "The session has ended."))
    } else {
        Ok(undone(&web, PATH, "That session had ended already."))
    }
}

/// `POST /admin/account/sessions/end-others`
pub(super) async fn end_others(
    State(web): State<Web>,
    Posted { me, .. }: Posted<Reads>,
) -> Result<Response, AdminError> {
    sign_in::end_other_sessions(&me.deps, &me.operator, me.session.id).await?;
    Ok(done(&web, PATH, "All your other browsers are signed out."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_named_shortly() {
        let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36";
        assert_eq!(browser(chrome), "Chrome on Linux");
        assert_eq!(browser(&format!("{chrome} Edg/120.0")), "Edge on Linux");
        assert_eq!(browser("curl/8"), "curl/8");
        assert_eq!(browser(""), "unknown");
    }
}
