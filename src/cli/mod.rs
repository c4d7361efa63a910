//! The command line: parses it, runs the command, and says how it ended.
//!
//! Exit codes: 0 done, 1 failed (one line on standard error), 2 wrong usage.

mod address;
mod alert;
mod article;
mod article_update;
mod backup;
mod bounce;
mod completions;
mod config;
mod confirm;
mod context;
mod demo;
mod digest;
mod digest_run;
mod dkim;
mod doctor;
mod draft;
mod examples;
mod feed;
mod feed_show;
mod funnel;
mod import;
mod init;
mod issue;
mod migrate;
mod operator;
mod output;
mod password;
mod preview;
mod progress;
mod publication;
mod publication_embed;
mod recipe;
mod restore;
mod resume_sending;
mod serve;
mod signup_rule;
mod subscriber;
mod subscriber_add;
mod subscriber_erase;
mod subscriber_find;
mod subscriber_show;
mod suppression;
mod template;
mod token;
mod topic;
mod topic_rule;
mod watch;
mod webhook;
mod webhook_log;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use output::Output;

/// Newsletter subscription and delivery: feed digests, double opt-in, a ledger row per reader.
#[derive(Debug, Parser)]
#[command(name = "paperround", version, propagate_version = true)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Global {
    /// Settings file [default: paperround.toml in the working folder, where there is one]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print JSON: one document, or one a line for lists
    #[arg(long, global = true)]
    json: bool,
    /// Print results and errors only
    #[arg(long, short, global = true)]
    quiet: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show the whole round on this machine: a news site, the service, an inbox to look into
    Demo(demo::Demo),
    /// Write a commented settings file and a secret key
    Init(init::Init),
    /// Run the service
    Serve(serve::Serve),
    /// Bring the database's schema up to date
    Migrate(migrate::Migrate),
    /// Write a copy of the whole database, also while the service runs
    Backup(backup::Backup),
    /// Put a backup in the place of the database; the copy sends nothing until `resume-sending`
    Restore(restore::Restore),
    /// Let a restored copy send
    ResumeSending(resume_sending::ResumeSending),
    /// Check or show the settings
    #[command(subcommand)]
    Config(config::Config),
    /// Check the machine, the relays and the senders' DNS records; exit 1 where anything fails
    Doctor(doctor::Doctor),
    /// What people subscribe to
    #[command(subcommand)]
    Publication(publication::Publication),
    /// The parts of a publication's mails
    #[command(subcommand)]
    Template(template::Template),
    /// The parts of a publication that readers choose from
    #[command(subcommand)]
    Topic(topic::Topic),
    /// The sources that articles come from
    #[command(subcommand)]
    Feed(feed::Feed),
    /// The items of news
    #[command(subcommand)]
    Article(article::Article),
    /// The recipes of recurring mails
    #[command(subcommand)]
    Digest(digest::Digest),
    /// What is wanted of the coming issue of a digest
    #[command(subcommand)]
    Draft(draft::Draft),
    /// What became of the digests, reader by reader
    #[command(subcommand)]
    Issue(issue::Issue),
    /// The readers
    #[command(subcommand)]
    Subscriber(subscriber::Subscriber),
    /// Files of readers that were brought along
    #[command(subcommand)]
    Import(import::Import),
    /// Addresses that get no mail, whatever they are subscribed to
    #[command(subcommand)]
    Suppression(suppression::Suppression),
    /// What comes back: bounces, complaints, automatic answers
    #[command(subcommand)]
    Bounce(bounce::Bounce),
    /// Who is let in or kept out when signing up: addresses, domains, networks
    #[command(subcommand)]
    SignupRule(signup_rule::SignupRule),
    /// Who signs in to the admin pages, and what they may do
    #[command(subcommand)]
    Operator(operator::Operator),
    /// The tokens with which programs use the API
    #[command(subcommand)]
    Token(token::Token),
    /// Programs elsewhere that are told of events
    #[command(subcommand)]
    Webhook(webhook::Webhook),
    /// What is wrong, or was
    #[command(subcommand)]
    Alert(alert::Alert),
    /// The keys that sign mails, and their DNS records
    #[command(subcommand)]
    Dkim(dkim::Dkim),
    /// Email addresses
    #[command(subcommand)]
    Address(address::Address),
    /// Print what a shell needs to complete commands
    Completions(completions::Completions),
    /// Print the manual page, or write one for each command
    Man(completions::Man),
}

/// The command line as it is read, shown and completed.
fn command() -> clap::Command {
    examples::with_examples(Cli::command())
}

/// Parses the command line, runs the command, and says how it ended.
pub fn main() -> ExitCode {
    let cli = match Cli::from_arg_matches(&command().get_matches()) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    crate::telemetry::init(cli.command.log_level(&cli.global));
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return output::failed(&anyhow::anyhow!("cannot start: {error}")),
    };
    let ended = runtime.block_on(cli.command.run(&cli.global));
    // A feed or a template that hangs in a thread of its own does not hold up the exit.
    runtime.shutdown_background();
    match ended {
        Ok(code) => code,
        Err(error) => output::failed(&error),
    }
}

impl Command {
    fn log_level(&self, global: &Global) -> &'static str {
        match self {
            Self::Serve(_) if !global.quiet => "info",
            Self::Demo(_) if global.quiet => "error",
            _ => "warn",
        }
    }

    async fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let out = Output::new(global);
        match self {
            Self::Demo(command) => command.run(global).await,
            Self::Init(command) => command.run(&out),
            Self::Serve(command) => command.run(global).await,
            Self::Migrate(command) => command.run(global, &out).await,
            Self::Backup(command) => command.run(global, &out).await,
            Self::Restore(command) => command.run(global, &out).await,
            Self::ResumeSending(command) => command.run(global, &out).await,
            Self::Config(command) => command.run(global, &out),
            Self::Doctor(command) => command.run(global, &out).await,
            Self::Publication(command) => command.run(global, &out).await,
            Self::Template(command) => command.run(global, &out).await,
            Self::Topic(command) => command.run(global, &out).await,
            Self::Feed(command) => command.run(global, &out).await,
            Self::Article(command) => command.run(global, &out).await,
            Self::Digest(command) => command.run(global, &out).await,
            Self::Draft(command) => command.run(global, &out).await,
            Self::Issue(command) => command.run(global, &out).await,
            Self::Subscriber(command) => command.run(global, &out).await,
            Self::Import(command) => command.run(global, &out).await,
            Self::Suppression(command) => command.run(global, &out).await,
            Self::Bounce(command) => command.run(global, &out).await,
            Self::SignupRule(command) => command.run(global, &out).await,
            Self::Operator(command) => command.run(global, &out).await,
            Self::Token(command) => command.run(global, &out).await,
            Self::Webhook(command) => command.run(global, &out).await,
            Self::Alert(command) => command.run(global, &out).await,
            Self::Dkim(command) => command.run(global, &out),
            Self::Address(command) => command.run(&out),
            Self::Completions(command) => command.run(&out),
            Self::Man(command) => command.run(&out),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }
}
