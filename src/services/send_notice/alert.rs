//! The mail that tells operators what is wrong.

use super::{Letter, NoticeError};
use crate::domain::alert::Said;
use crate::domain::notice::Notice;
use crate::mail::{Draft, compose, notice_headers};
use crate::render::contexts::{AlertMail, AlertWords};
use crate::services::Deps;
use crate::services::alerts::sender;
use crate::store::alerts;

/// The mail, or nothing where it was forgotten or nobody could have written it.
pub(super) async fn write(deps: &Deps, notice: &Notice) -> Result<Option<Letter>, NoticeError> {
    let (Some(mail), Some(to)) = (notice.alert_mail, notice.recipient.clone()) else {
        return Ok(None);
    };
    let mut tx = deps.store.read().await?;
    let found = alerts::mail(&mut tx, mail).await?;
    drop(tx);
    let (Some((lines, date)), Some(from)) = (found, sender(deps).await?) else {
        return Ok(None);
    };
    let said = |said: Said| -> Vec<AlertWords> {
        let lines = lines.iter().filter(|line| line.said == said);
        lines
            .map(|line| AlertWords {
                kind: line.kind.to_string(),
                summary: line.summary.clone(),
                opened_at: line.opened_at.format("%F %R UTC").to_string(),
                closed_at: line.closed_at.map(|at| at.format("%F %R UTC").to_string()),
            })
            .collect()
    };
    let context = AlertMail {
        site: deps.limits.public_url.clone(),
        opened: said(Said::Opened),
        reminded: said(Said::Reminded),
        over: said(Said::Over),
    };
    let rendered = deps.renderer.alert(&context)?;
    let draft = Draft {
        message_id: format!("{}.notice@{}", notice.id.0.simple(), from.email.domain()),
        from,
        reply_to: None,
        to,
        to_name: None,
        subject: rendered.subject,
        text: rendered.text,
        html: rendered.html,
        date,
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
