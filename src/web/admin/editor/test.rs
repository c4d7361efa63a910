//! Test mails of the coming issue.

use axum::extract::{Path, State};
use axum::response::Response;

use super::Named;
use super::send::{Typed, page};
use crate::domain::email_address::EmailAddress;
use crate::services::manage_test_group::{self, MOST};
use crate::services::test_digest::{self, TestError};
use crate::web::Web;
use crate::web::admin::digests::path;
use crate::web::admin::error::{AdminError, sentence};
use crate::web::admin::frame::{done, undone};
use crate::web::admin::posted::Posted;
use crate::web::admin::signed_in::Changes;

/// `POST /admin/p/{publication}/digests/{digest}/test`
pub(in crate::web::admin) async fn send(
    State(web): State<Web>,
    Path((publication, slug)): Named,
    Posted { me, fields }: Posted<Changes>,
) -> Result<Response, AdminError> {
    let (publication, digest) = me.digest(&publication, &slug).await?;
    let group = match addresses(fields.text("to")) {
        Ok(group) => group,
        Err(why) => {
            let mut typed = Typed {
                values: fields,
                ..Typed::default()
            };
            typed.errors.insert("to", why);
            let page = page(&me, &publication, &digest, typed).await?;
            return me.refused(&web, &page);
        }
    };
    if fields.ticked("keep") {
        manage_test_group::set(&me.deps, &publication, &group).await?;
    }
    let (mut went, mut failed) = (Vec::new(), Vec::new());
    for to in &group {
        match test_digest::send(&me.deps, publication.clone(), digest.clone(), to).await {
            Ok(_) => went.push(to.to_string()),
            Err(TestError::Store(error)) => return Err(error.into()),
            Err(error) => failed.push(format!("{to}: {error}")),
        }
    }
    let to = format!("{}/send", path(&publication, &digest));
    let text = format!("A test went to {}.", went.join(", "));
    match (went.is_empty(), failed.is_empty()) {
        (_, true) => Ok(done(&web, &to, text)),
        (true, false) => Ok(undone(&web, &to, sentence(&failed.join("; ")))),
        (false, false) => {
            let failed = sentence(&failed.join("; "));
            Ok(undone(&web, &to, format!("{text} {failed}")))
        }
    }
}

/// Reads addresses, one a line or with commas between.
fn addresses(text: &str) -> Result<Vec<EmailAddress>, String> {
    let mut found: Vec<EmailAddress> = Vec::new();
    let lines = text.split(['\n', ',', ';']).map(str::trim);
    for line in lines.filter(|line| !line.is_empty()) {
        let email = line.parse::<EmailAddress>();
        let email = email.map_err(|why| sentence(&format!("{line:?}: {why}")))?;
        if !found.contains(&email) {
            found.push(email);
        }
    }
    match found.len() {
        0 => Err("Write the address that the test goes to.".to_owned()),
        n if n > MOST => Err(format!(
            "These are {n} addresses; a test goes to {MOST} at most."
        )),
        _ => Ok(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_line_by_line_and_once() {
        let read =
            addresses("ada@inbox.example\r\n\n ben@inbox.example, ada@inbox.example").unwrap();
        let read: Vec<&str> = read.iter().map(EmailAddress::as_str).collect();
        assert_eq!(read, ["ada@inbox.example", "ben@inbox.example"]);
        assert!(addresses(" ").unwrap_err().contains("Write the address"));
        assert!(addresses("nobody").unwrap_err().starts_with("\"nobody\": "));
        let many: Vec<String> = (0..21).map(|n| format!("a{n}@inbox.example")).collect();
        assert!(
            addresses(&many.join("\n"))
                .unwrap_err()
                .contains("21 addresses")
        );
    }
}
