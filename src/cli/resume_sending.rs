//! `paperround resume-sending`

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use serde_json::json;

use super::confirm::Confirm;
use super::output::Output;
use super::{Global, context};
use crate::services::hold::{self, ResumeError};

#[derive(Debug, Args)]
pub(super) struct ResumeSending {
    #[command(flatten)]
    confirm: Confirm,
}

impl ResumeSending {
    pub(super) async fn run(self, global: &Global, out: &Output) -> Result<ExitCode> {
        let deps = context::open(global).await?;
        let held = hold::find(&deps).await?.ok_or(ResumeError::NotHeld)?;
        let at = held.backup_at.format("%F %R UTC");
        self.confirm.ask(&format!(
            "This database comes from a backup of {at}. Does no other copy of it send, and may this one?"
        ))?;
        let resumed = hold::resume(&deps).await?;
        out.result(
            &json!({
                "backup_at": held.backup_at, "paused": resumed.paused, "waiting": resumed.waiting,
                "missed": resumed.missed, "on_news": resumed.on_news,
                "notices_given_up": resumed.notices, "calls_given_up": resumed.calls,
            }),
            "Mail goes out again.",
        )?;
        for id in &resumed.paused {
            out.remark(&format!(
                "Issue {id} was going out at {at} and is paused: `paperround issue resume` where readers \
                 do not have it, `paperround issue cancel` where they do."
            ));
        }
        for id in &resumed.waiting {
            out.remark(&format!(
                "Issue {id} waits for you as it did at {at}: look whether readers have it."
            ));
        }
        if !resumed.missed.is_empty() {
            out.remark(&format!(
                "{} left out: their time has passed.",
                match resumed.missed.len() {
                    1 => "1 issue is".to_owned(),
                    more => format!("{more} issues are"),
                }
            ));
        }
        for name in &resumed.on_news {
            out.remark(&format!(
                "{name} goes out as soon as there is news, which may be what readers have."
            ));
        }
        if resumed.notices + resumed.calls > 0 {
            out.remark(&format!(
                "Given up, since they were open at {at}: {} notices, {} calls of webhooks \
                 (`paperround webhook replay --failed`).",
                resumed.notices, resumed.calls
            ));
        }
        context::warn_without_worker(&deps, out).await?;
        Ok(ExitCode::SUCCESS)
    }
}
