//! Tests of the inbox through its router.

use super::*;
use crate::demo::test_http::{Answer, get};

struct Few(Vec<MailView>);

impl Mails for Few {
    fn list(&self) -> Vec<MailView> {
        self.0.clone()
    }

    fn get(&self, number: u64) -> Option<MailView> {
        self.0.iter().find(|mail| mail.number == number).cloned()
    }
}

fn header(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

fn hostile() -> MailView {
    let script = "\"'><script>alert(1)</script>";
    MailView {
        number: 2,
        from: script.into(),
        to: script.into(),
        subject: script.into(),
        date: script.into(),
        text: script.into(),
        html: Some("<p>Plain</p>".into()),
        headers: vec![
            header("subject", script),
            header("List-Id", script),
            header("List-Unsubscribe", &format!("<https://x.example/{script}>")),
            header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ],
        source: script.into(),
    }
}

fn digest() -> MailView {
    MailView {
        number: 7,
        from: "The Harbour Ledger <news@ledger.example>".into(),
        to: "ada@example.org".into(),
        subject: "Shares at a record".into(),
        date: "Tue, 14 Jul 2026 11:41:07 +0200".into(),
        text: "One\r\n===".into(),
        html: Some("<!doctype html><html><HEAD lang=\"en\"><title>x</title></head>b</html>".into()),
        headers: vec![
            header("Message-ID", "<a@ledger.example>"),
            header(
                "List-Unsubscribe",
                "<mailto:leave@ledger.example>, <https://l.example/unsubscribe/t?a=1&b=2>",
            ),
            header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ],
        source: "Subject: x\r\n\r\nbody".into(),
    }
}

async fn ask(mails: &[MailView], path: &str) -> Answer {
    get(router(Arc::new(Few(mails.to_vec()))), path, "").await
}

#[tokio::test]
async fn an_empty_inbox_says_what_to_do() {
    let page = ask(&[], "/").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("sign up with any address"));
    assert!(
        page.body
            .contains("<meta http-equiv=\"refresh\" content=\"5\">")
    );
}

#[tokio::test]
async fn the_newest_mail_comes_first() {
    let page = ask(&[hostile(), digest()], "/").await.body;
    assert!(page.find("/mails/7").unwrap() < page.find("/mails/2").unwrap());
    assert!(page.contains("14 Jul, 09:41:07 UTC"));
    assert!(page.contains("<title>Inbox: 2 mails</title>"));
}

#[tokio::test]
async fn hostile_mails_are_shown_as_text() {
    for path in ["/", "/mails/2", "/mails/2/text", "/mails/2/source"] {
        let page = ask(&[hostile()], path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(!page.body.contains("<script"), "{path}");
        assert!(page.body.contains("&lt;script&gt;"), "{path}");
    }
}

#[tokio::test]
async fn the_html_of_a_mail_is_locked_in() {
    let page = ask(&[digest()], "/mails/7").await.body;
    assert!(
        page.contains(
            "src=\"/mails/7/html\" sandbox=\"allow-popups allow-popups-to-escape-sandbox\""
        )
    );
    let mail = ask(&[digest()], "/mails/7/html").await;
    let policy = mail.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("sandbox allow-popups"));
    assert!(!policy.contains("allow-scripts"));
    assert!(
        mail.body
            .starts_with("<!doctype html><html><HEAD lang=\"en\"><base target=\"_blank\">")
    );
    let bare = ask(&[hostile()], "/mails/2/html").await.body;
    assert!(bare.ends_with("<base target=\"_blank\"><p>Plain</p>"));
}

#[test]
fn the_link_target_goes_into_the_head_and_not_into_a_header() {
    let html = with_link_target("<body><header>É</header></body>");
    assert!(html.starts_with("<!doctype html>") && html.contains("<header>É</header>"));
}

#[tokio::test]
async fn the_one_click_form_goes_to_the_web_address() {
    let page = ask(&[digest()], "/mails/7").await.body;
    assert!(
        page.contains("method=\"post\" action=\"https://l.example/unsubscribe/t?a=1&amp;b=2\"")
    );
    assert!(page.contains("name=\"List-Unsubscribe\" value=\"One-Click\""));

    let mut mail = digest();
    mail.headers
        .retain(|(name, _)| name != "List-Unsubscribe-Post");
    assert!(!ask(&[mail], "/mails/7").await.body.contains("<form"));
    let mut mail = digest();
    mail.headers[1].1 = "<javascript:alert(1)>, <mailto:a@b.example>".into();
    assert!(!ask(&[mail], "/mails/7").await.body.contains("<form"));
}

#[tokio::test]
async fn a_mail_without_html_opens_as_text() {
    let mut mail = digest();
    mail.html = None;
    let page = ask(&[mail.clone()], "/mails/7").await.body;
    assert!(page.contains("<pre") && !page.contains("<iframe") && !page.contains(">HTML</a>"));
    assert_eq!(ask(&[mail], "/mails/7/html").await.status, 404);
}

#[tokio::test]
async fn unknown_mails_are_not_found() {
    for path in [
        "/mails/9",
        "/mails/x",
        "/mails/-1",
        "/mails/9/source",
        "/other",
    ] {
        assert_eq!(ask(&[digest()], path).await.status, 404, "{path}");
    }
}
