//! The mail that brings an operator the link with which a password is chosen.

use super::{Letter, NoticeError};
use crate::domain::notice::Notice;
use crate::domain::operator::{Operator, PasswordLink, PasswordToken};
use crate::mail::{Draft, compose, notice_headers};
use crate::render::contexts::OperatorMail;
use crate::services::Deps;
use crate::services::alerts::sender;
use crate::store::{StoreError, operators, password_links};

/// The mail, or nothing where its link was used or has ended: another one may have taken its place.
pub(super) async fn write(deps: &Deps, notice: &Notice) -> Result<Option<Letter>, NoticeError> {
    let Some(to) = notice.recipient.clone() else {
        return Ok(None);
    };
    let (Some((token, link, operator)), Some(from)) =
        (find(deps, notice).await?, sender(deps).await?)
    else {
        return Ok(None);
    };
    let site = deps.limits.public_url.as_str();
    let sends = if operator.may_send {
        "may send"
    } else {
        "may not send"
    };
    let context = OperatorMail {
        site: site.to_owned(),
        host: super::site_of(site),
        url: format!("{site}{}", token.path()),
        email: operator.email.to_string(),
        rights: format!("{} who {sends}", operator.role),
        is_new: operator.signed_in_at.is_none(),
        ends_at: link.expires_at.format("%F %R UTC").to_string(),
    };
    let rendered = deps.renderer.operator(&context)?;
    let draft = Draft {
        message_id: format!("{}.notice@{}", notice.id.0.simple(), from.email.domain()),
        from,
        reply_to: None,
        to,
        to_name: None,
        subject: rendered.subject,
        text: rendered.text,
        html: rendered.html,
        date: notice.created_at,
        headers: notice_headers(),
    };
    let bytes = deps
        .dkim
        .seal(draft.from.email.domain(), compose(&draft)?, deps.now())?;
    Ok(Some(Letter {
        from: draft.from.email,
        to: draft.to,
        bytes,
        counts: None,
    }))
}

/// The link that was made for a notice, where it still opens something.
async fn find(
    deps: &Deps,
    notice: &Notice,
) -> Result<Option<(PasswordToken, PasswordLink, Operator)>, StoreError> {
    let mut tx = deps.store.read().await?;
    for text in deps.keys.password_tokens(notice.id) {
        let token = PasswordToken::of_link(&text);
        let link = password_links::find(&mut tx, &token.hash()).await?;
        let link = link.filter(|link| link.is_open(deps.now()));
        if let Some(link) = link
            && let Some(id) = link.operator
            && let Some(operator) = operators::find(&mut tx, id).await?
        {
            return Ok(Some((token, link, operator)));
        }
    }
    Ok(None)
}
