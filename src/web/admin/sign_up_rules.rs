//! Who may sign up or not.

use axum::extract::{Query, State};
use axum::response::Response;
use chrono_tz::Tz;
use serde::Deserialize;
use url::form_urlencoded;

use super::error::AdminError;
use super::fields::Fields;
use super::forms::{Errors, filled, take, text, words};
use super::frame::{done, undone};
use super::posted::Posted;
use super::signed_in::{Changes, Reads, Right, SignedIn};
use crate::domain::signup_rule::{Effect, SignUpRule, Subject};
use crate::render::admin::frame::{Paging, State as Shown, Tone};
use crate::render::admin::nav::Section;
use crate::render::admin::service::{RuleRow, SignUpRulesPage};
use crate::render::admin::when::When;
use crate::services::signup_rules as service;
use crate::store::signup_rules;
use crate::web::Web;

const PATH: &str = "/admin/sign-up-rules";
/// Rules on a page.
const PAGE: usize = 50;

#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    /// The subject behind which to go on.
    #[serde(default)]
    after: String,
}

/// `GET /admin/sign-up-rules`
pub(super) async fn show(
    State(web): State<Web>,
    me: SignedIn<Reads>,
    Query(asked): Query<Asked>,
) -> Result<Response, AdminError> {
    let page = page(&me, &asked.after, &Fields::default(), &Errors::new()).await?;
    me.page(&web, &page)
}

async fn page<R: Right>(
    me: &SignedIn<R>,
    after: &str,
    values: &Fields,
    errors: &Errors,
) -> Result<SignUpRulesPage, AdminError> {
    let framing = me.frame(Section::SignUpRules, "Sign-up rules").await?;
    let mut tx = me.deps.store.read().await?;
    let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
    let mut rules = signup_rules::page(&mut tx, after, limit).await?;
    drop(tx);
    let has_more = rules.len() > PAGE;
    rules.truncate(PAGE);
    let next = rules.last().filter(|_| has_more).map(|rule| {
        let subject = rule.subject.to_string();
        let subject: String = form_urlencoded::byte_serialize(subject.as_bytes()).collect();
        format!("{PATH}?after={subject}")
    });
    let inputs = vec![
        text("subject", "Whom it is about").help("An address, a domain with all below it, or a network as in 192.0.2.0/24."),
        words("effect", "What it does", Effect::WORDS).help("Allow goes before the others. Block answers as always and sends no mail. Refuse says so in the form."),
        text("reason", "Why").optional(),
    ];
    Ok(SignUpRulesPage {
        may_change: me.may::<Changes>(),
        rows: rules.iter().map(|rule| row(rule, framing.zone)).collect(),
        paging: Paging {
            first_url: (!after.is_empty()).then(|| PATH.to_owned()),
            next_url: next,
        },
        inputs: filled(inputs, values, errors),
        error: None,
        frame: framing.frame,
    })
}

fn row(rule: &SignUpRule, zone: Tz) -> RuleRow {
    let tone = match rule.effect {
        Effect::Allow => Tone::Good,
        Effect::Block => Tone::Bad,
        Effect::Refuse => Tone::Warn,
    };
    RuleRow {
        subject: rule.subject.to_string(),
        effect: Shown::new(rule.effect, tone),
        reason: rule.reason.clone().unwrap_or_default(),
        source: rule.source.clone().unwrap_or_default(),
        since: When::at(rule.created_at, zone),
    }
}

/// `POST /admin/sign-up-rules`
pub(super) async fn add(
    State(web): State<Web>,
    Posted { me, fields }: Posted<Changes>,
) -> Result<Response, AdminError> {
    let mut errors = Errors::new();
    let subject: Option<Subject> = take(&fields, "subject", &mut errors);
    let effect: Option<Effect> = take(&fields, "effect", &mut errors);
    let (Some(subject), Some(effect)) = (subject, effect) else {
        let page = page(&me, "", &fields, &errors).await?;
        return me.refused(&web, &page);
    };
    let rule = SignUpRule {
        subject,
        effect,
        reason: fields.optional("reason").map(str::to_owned),
        source: Some(me.operator.email.to_string()),
        created_at: me.deps.now(),
    };
    service::put(&me.deps, std::slice::from_ref(&rule)).await?;
    Ok(done(
        &web,
        PATH,
        format!("The rule on {} is in force.", rule.subject),
    ))
}

/// `POST /admin/sign-up-rules/remove`
pub(super) async fn remove(
    State(web): State<Web>,
    Posted { me, fields }: Posted<Changes>,
) -> Result<Response, AdminError> {
    let subject: Subject = fields.read_as("subject").map_err(AdminError::Refused)?;
    Ok(if service::remove(&me.deps, &subject).await? {
        done(&web, PATH, format!("No rule on {subject} any more."))
    } else {
        undone(&web, PATH, format!("There was no rule on {subject}."))
    })
}
