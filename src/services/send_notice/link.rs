//! The mail that brings a link which was asked for.

use super::{Letter, NoticeError, message_id};
use crate::domain::fresh_link::LinkPurpose;
use crate::domain::notice::Notice;
use crate::mail::{Draft, compose, notice_headers};
use crate::render::contexts::{LinkMail, LinkWords, PublicationView};
use crate::services::change_address::REGRET;
use crate::services::mail_link::MOVE_LIFETIME;
use crate::services::{Deps, fresh_link, links};
use crate::store::{StoreError, fresh_links, suppressions};

/// The mail, or nothing where the link or its reader is gone.
pub(super) async fn write(deps: &Deps, notice: &Notice) -> Result<Option<Letter>, NoticeError> {
    let Some((holder, hash)) = holder(deps, notice).await? else {
        return Ok(None);
    };
    let publication = holder.publication.clone();
    let told = holder.link.language.as_deref();
    let wish = told.or(holder.subscription.language.as_deref());
    let language = deps.renderer.texts().best_of(&publication, wish);
    let view = PublicationView::new(&publication, &deps.limits.public_url);
    let context = LinkMail {
        publication: view.told_in(language),
        words: words(deps, language, &holder),
        url: links::fresh(deps, &holder.link, &hash),
    };
    let mail = deps.renderer.link(&context)?;
    let draft = Draft {
        message_id: message_id(notice, &publication),
        from: publication.from,
        reply_to: publication.reply_to,
        to: holder.link.email.unwrap_or(holder.subscriber.email),
        to_name: None,
        subject: mail.subject,
        text: mail.text,
        html: mail.html,
        // The date of the request, so that a repeated attempt is the same mail.
        date: holder.link.created_at,
        headers: notice_headers(),
    };
    let domain = draft.from.email.domain();
    let bytes = deps.dkim.seal(domain, compose(&draft)?, deps.now())?;
    Ok(Some(Letter {
        from: draft.from.email,
        to: draft.to,
        bytes,
        counts: None,
    }))
}

/// Whose link it is, where it is still wanted, with the hash of its token.
async fn holder(
    deps: &Deps,
    notice: &Notice,
) -> Result<Option<(fresh_link::Holder, Vec<u8>)>, StoreError> {
    let Some(id) = notice.link else {
        return Ok(None);
    };
    let mut tx = deps.store.read().await?;
    let Some(link) = fresh_links::find(&mut tx, id).await? else {
        return Ok(None);
    };
    let is_open = link.is_open(deps.now());
    let Some(holder) = fresh_link::holder(&mut tx, link).await? else {
        return Ok(None);
    };
    let is_wanted = match &holder.link.email {
        // Who was erased may move here: they confirm it.
        Some(email) => {
            let hash = deps.keys.email_hash(email);
            let found = suppressions::find(&mut tx, hash).await?;
            found.is_none_or(|found| found.reason.ends_with_confirmation())
        }
        None => true,
    };
    let is_wanted = is_wanted && holder.subscriber.suppressed_at.is_none();
    let hash = fresh_links::token_hash(&mut tx, holder.link.id).await?;
    Ok(Some((holder, hash)).filter(|_| is_open && is_wanted))
}

fn words(deps: &Deps, language: &str, holder: &fresh_link::Holder) -> LinkWords {
    let texts = deps.renderer.texts();
    let say = |key| texts.say(language, key, &[]);
    // Masked: either mail may have gone to somebody else.
    let from = [("address", holder.subscriber.email.masked().into())];
    let told = |key| texts.say(language, key, &from);
    let days = |days: i64| texts.say(language, "confirm-mail-lifetime", &[("days", days.into())]);
    let hour = || Some(say("link-mail-lifetime"));
    let not_you = say("link-mail-not-you");
    let words = |title, lead, button, lifetime| LinkWords {
        title: say(title),
        lead,
        button: say(button),
        lifetime,
        not_you: Some(not_you),
    };
    match holder.link.purpose {
        LinkPurpose::Choices => words(
            "link-mail-choices-title",
            say("link-mail-choices"),
            "link-mail-choices-button",
            None,
        ),
        LinkPurpose::Address => words(
            "link-mail-address-title",
            say("link-mail-address"),
            "link-mail-address-button",
            hour(),
        ),
        LinkPurpose::NewAddress => words(
            "link-mail-new-title",
            told("link-mail-new"),
            "link-mail-new-button",
            Some(days(MOVE_LIFETIME.num_days())),
        ),
        LinkPurpose::OldAddress => LinkWords {
            not_you: None,
            ..words(
                "link-mail-old-title",
                told("link-mail-old"),
                "link-mail-old-button",
                Some(days(REGRET.num_days())),
            )
        },
        LinkPurpose::Data => words(
            "link-mail-data-title",
            say("link-mail-data"),
            "link-mail-data-button",
            hour(),
        ),
        LinkPurpose::Erasure => words(
            "link-mail-erase-title",
            say("link-mail-erase"),
            "link-mail-erase-button",
            hour(),
        ),
    }
}
