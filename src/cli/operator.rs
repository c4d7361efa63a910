//! `paperround operator`

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use serde_json::json;

use super::output::{Output, Row};
use super::password;
use super::{Global, context};
use crate::domain::clock::Time;
use crate::domain::email_address::EmailAddress;
use crate::domain::operator::{
    Operator as Person, Password, PasswordToken, Role, sends_by_default,
};
use crate::services::Deps;
use crate::services::manage_operator::{self, Invited, NewOperator};
use crate::services::output::operators::OperatorOutput;
use crate::store::operators;

#[derive(Debug, Subcommand)]
pub(super) enum Operator {
    /// Take an operator on: asks for a password, or makes a link with which it is chosen
    Add(Add),
    /// List the operators
    List,
    /// Keep an operator out at once; all sessions end
    Disable {
        /// The address
        email: EmailAddress,
    },
    /// Let an operator in again
    Enable {
        /// The address
        email: EmailAddress,
    },
    /// Set another password; all sessions end
    ResetPassword(Reset),
    /// Print the link with which the first owner chooses address and password
    FirstLink,
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// The address to sign in with
    email: EmailAddress,
    /// What they may do: viewer reads, editor also adds and changes, owner may do everything
    #[arg(long)]
    role: Role,
    /// May approve, send, pause and end issues [default: owners and editors may]
    #[arg(long, overrides_with = "no_send")]
    may_send: bool,
    /// May not approve, send, pause or end issues
    #[arg(long)]
    no_send: bool,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, Args)]
pub(super) struct Reset {
    /// The address
    email: EmailAddress,
    /// Take the second step away too, where its device is lost
    #[arg(long)]
    second_step: bool,
    #[command(flatten)]
    how: How,
}

/// How a password is chosen.
#[derive(Debug, Args)]
struct How {
    /// Read the password from standard input, one line
    #[arg(long, conflicts_with = "link")]
    password_stdin: bool,
    /// Print a link with which the operator chooses the password, once within 24 hours
    #[arg(long)]
    link: bool,
}

impl How {
    /// The password, unless a link is to be made.
    fn password(&self, email: &EmailAddress) -> Result<Option<Password>> {
        if self.link {
            return Ok(None);
        }
        let text = if self.password_stdin {
            password::from_stdin()?
        } else {
            password::from_terminal()?
        };
        Ok(Some(Password::new(&text, email)?))
    }
}

impl Operator {
    pub(super) async fn run(self, global: &Global, out: &Output) -> Result<ExitCode> {
        let deps = context::open(global).await?;
        match self {
            Self::Add(new) => add(&deps, new, out).await?,
            Self::List => list(&deps, out).await?,
            Self::Disable { email } => set_disabled(&deps, &email, true, out).await?,
            Self::Enable { email } => set_disabled(&deps, &email, false, out).await?,
            Self::ResetPassword(reset) => reset_password(&deps, reset, out).await?,
            Self::FirstLink => first_link(&deps, out).await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn add(deps: &Deps, new: Add, out: &Output) -> Result<()> {
    let password = new.how.password(&new.email)?;
    let may_send = new.may_send || (!new.no_send && sends_by_default(new.role));
    let new = NewOperator {
        email: new.email,
        role: new.role,
        may_send,
    };
    let (operator, invited) = manage_operator::add(deps, new, password.as_ref()).await?;
    let text = format!(
        "{} is an operator now: {}.",
        operator.email,
        rights(&operator)
    );
    print(deps, &operator, &text, invited.as_ref(), out)
}

async fn reset_password(deps: &Deps, reset: Reset, out: &Output) -> Result<()> {
    let operator = manage_operator::by_email(deps, &reset.email).await?;
    let Some(password) = reset.how.password(&reset.email)? else {
        let invited = manage_operator::reset(deps, operator.id, reset.second_step).await?;
        let operator = manage_operator::by_email(deps, &reset.email).await?;
        let text = format!(
            "{} has no password any more; all sessions have ended.",
            reset.email
        );
        return print(deps, &operator, &text, Some(&invited), out);
    };
    manage_operator::set_password(deps, operator.id, &password, None).await?;
    if reset.second_step {
        manage_operator::remove_second_step(deps, operator.id).await?;
    }
    let operator = manage_operator::by_email(deps, &reset.email).await?;
    let text = format!(
        "{} has another password; all sessions have ended.",
        reset.email
    );
    print(deps, &operator, &text, None, out)
}

async fn set_disabled(
    deps: &Deps,
    email: &EmailAddress,
    disabled: bool,
    out: &Output,
) -> Result<()> {
    let operator = manage_operator::by_email(deps, email).await?;
    let operator = manage_operator::set_disabled(deps, operator.id, disabled).await?;
    let text = if disabled {
        format!("{email} cannot sign in any more; all sessions have ended.")
    } else {
        format!("{email} can sign in again.")
    };
    print(deps, &operator, &text, None, out)
}

/// The link goes to standard output by itself, so that it can be piped.
fn print(
    deps: &Deps,
    operator: &Person,
    text: &str,
    invited: Option<&Invited>,
    out: &Output,
) -> Result<()> {
    let mut shown = json!(OperatorOutput::from(operator));
    let Some(invited) = invited else {
        return out.result(&shown, text);
    };
    let link = url(deps, &invited.link);
    shown["link"] = link.as_str().into();
    shown["by_mail"] = invited.by_mail.into();
    out.remark(text);
    out.result(&shown, &link)?;
    out.remark("The link works once, for 24 hours, and is not shown again.");
    if invited.by_mail {
        out.remark(&format!("It goes to {} by mail, too.", operator.email));
    }
    Ok(())
}

async fn first_link(deps: &Deps, out: &Output) -> Result<()> {
    let Some(link) = manage_operator::first_link(deps).await? else {
        bail!("there is an operator already; `paperround operator add` takes on more");
    };
    let link = url(deps, &link);
    out.result(&json!({ "link": link }), &link)?;
    out.remark("The link works once, for 24 hours, and is not shown again.");
    Ok(())
}

/// The address of a link's page.
pub(super) fn url(deps: &Deps, link: &PasswordToken) -> String {
    format!("{}{}", deps.limits.public_url, link.path())
}

fn rights(operator: &Person) -> String {
    let sends = if operator.may_send {
        "may send"
    } else {
        "may not send"
    };
    format!("{}, {sends}", operator.role)
}

async fn list(deps: &Deps, out: &Output) -> Result<()> {
    let mut tx = deps.store.read().await?;
    let day = |at: Option<Time>| at.map_or("never".to_owned(), |t| t.format("%F").to_string());
    let yes = |is: bool| if is { "yes" } else { "no" }.to_owned();
    let rows: Vec<Row> = operators::list(&mut tx)
        .await?
        .iter()
        .map(|operator| Row {
            json: json!(OperatorOutput::from(operator)),
            cells: vec![
                operator.email.to_string(),
                operator.role.to_string(),
                yes(operator.may_send),
                operator.state().to_string(),
                yes(operator.has_totp),
                day(operator.signed_in_at),
            ],
        })
        .collect();
    let head = [
        "address",
        "role",
        "may send",
        "state",
        "second step",
        "last sign-in",
    ];
    out.list(
        &head,
        &rows,
        "there is no operator yet; `paperround operator add` takes one on",
    )
}
