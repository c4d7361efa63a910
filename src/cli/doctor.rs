//! `paperround doctor`

use std::io::IsTerminal as _;
use std::net::{IpAddr, SocketAddr};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Args;
use serde_json::to_value;

use super::Global;
use super::output::Output;
use crate::app;
use crate::config::{self, Settings};
use crate::services::doctor::{self, Finding, Level};

#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// Look at the sender of this publication alone
    #[arg(value_name = "PUBLICATION")]
    publication: Option<String>,
    /// Ask this DNS server [default: the machine's own]
    #[arg(long, value_name = "HOST:PORT")]
    resolver: Option<String>,
}

impl Doctor {
    pub(super) async fn run(self, global: &Global, out: &Output) -> Result<ExitCode> {
        let resolver = match &self.resolver {
            Some(text) => Some(server(text).await?),
            None => None,
        };
        let mut findings = Vec::new();
        match config::load(global.config.as_deref()) {
            Ok(settings) => {
                findings.push(check_settings(&settings));
                let case = app::examine::case(&settings, resolver, self.publication)?;
                findings.extend(doctor::examine(&case).await?);
            }
            // What they ought to say is needed for everything else.
            Err(error) => findings.push(Finding::fail(
                "settings",
                "",
                error.to_string(),
                "correct the settings; the other checks need them",
            )),
        }
        let is_colourful = std::io::stdout().is_terminal()
            && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        for finding in &findings {
            out.result(&to_value(finding)?, &line(finding, is_colourful))?;
        }
        let has_failed = findings.iter().any(|f| f.result == Level::Fail);
        Ok(ExitCode::from(u8::from(has_failed)))
    }
}

/// The same as `config check`.
fn check_settings(settings: &Settings) -> Finding {
    let check = "settings";
    match app::dkim_keys(settings) {
        Ok(keys) if keys.warnings().is_empty() => Finding::ok(check, "", "valid"),
        Ok(keys) => Finding::warn(
            check,
            "",
            keys.warnings().join("; "),
            "see the checks of these keys below",
        ),
        Err(error) => Finding::fail(
            check,
            "",
            format!("{error:#}"),
            "correct it: `serve` does not start like this",
        ),
    }
}

/// A DNS server: an address or a name, with a port or without.
async fn server(text: &str) -> Result<SocketAddr> {
    if let Ok(ip) = text.parse::<IpAddr>() {
        return Ok(SocketAddr::new(ip, 53));
    }
    let target = if text.contains(':') {
        text.to_owned()
    } else {
        format!("{text}:53")
    };
    let mut found = tokio::net::lookup_host(target)
        .await
        .with_context(|| format!("--resolver {text}: not HOST:PORT"))?;
    found
        .next()
        .with_context(|| format!("--resolver {text}: has no address"))
}

fn line(finding: &Finding, is_colourful: bool) -> String {
    let word = format!("{:<4}", finding.result.as_str());
    let word = match (is_colourful, finding.result) {
        (false, _) => word,
        (true, Level::Ok) => format!("\x1b[32m{word}\x1b[0m"),
        (true, Level::Warn) => format!("\x1b[33m{word}\x1b[0m"),
        (true, Level::Fail) => format!("\x1b[1;31m{word}\x1b[0m"),
    };
    let mut line = format!("{word}  {}", finding.check);
    if !finding.subject.is_empty() {
        line.push(' ');
        line.push_str(&finding.subject);
    }
    line.push_str(": ");
    line.push_str(&finding.found);
    if !finding.remedy.is_empty() {
        line.push_str(" -> ");
        line.push_str(&finding.remedy);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_what_and_the_remedy() {
        let bad = Finding::fail("MX", "a.example", "no\nrecord", "publish one");
        assert_eq!(
            line(&bad, false),
            "fail  MX a.example: no record -> publish one"
        );
        let good = Finding::ok("clock", "", "right");
        assert_eq!(line(&good, true), "\x1b[32mok  \x1b[0m  clock: right");
    }

    #[tokio::test]
    async fn a_resolver_has_a_usual_port() {
        assert_eq!(server("192.0.2.1").await.unwrap().port(), 53);
        assert_eq!(server("::1").await.unwrap().port(), 53);
        assert_eq!(server("127.0.0.1:5353").await.unwrap().port(), 5353);
        assert!(server("127.0.0.1:dns").await.is_err());
    }
}
