//! The calls of each provider, as their documentation shows them.

use super::*;

/// What a call says of each mail: kind, reason, recipient, Message-ID.
fn told(provider: MailProvider, body: &str) -> Vec<String> {
    match read(provider, body.as_bytes()) {
        Ok(Told::Reports(reports)) => reports.iter().map(line).collect(),
        other => panic!("{other:?}"),
    }
}

fn line(report: &Report) -> String {
    let kind = if report.wants_to_leave {
        "wish"
    } else {
        report.kind.as_str()
    };
    let dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    format!(
        "{kind} {} {} {}",
        report.reason,
        dash(&report.recipient),
        dash(&report.message_id)
    )
}

#[test]
fn postmark_tells_one_event_a_call() {
    let bounce = r#"{"RecordType":"Bounce","ID":42,"Type":"HardBounce","TypeCode":1,"Name":"Hard bounce",
        "MessageID":"883953f4-6105-42a2-a16a-77a8eac79483","Description":"The server was unable to deliver your message",
        "Details":"smtp;550 5.1.1 The email account that you tried to reach does not exist.","Email":"ada@x.example"}"#;
    assert_eq!(
        told(MailProvider::Postmark, bounce),
        ["hard mailbox-unknown ada@x.example -"]
    );
    let full = bounce.replace("HardBounce", "SoftBounce").replace(
        "550 5.1.1 The email account that you tried to reach does not exist.",
        "452 4.2.2 mailbox full",
    );
    assert_eq!(
        told(MailProvider::Postmark, &full),
        ["soft mailbox-full ada@x.example -"]
    );
    let spam = r#"{"RecordType":"SpamComplaint","Type":"SpamComplaint","Email":"ada@x.example"}"#;
    assert_eq!(
        told(MailProvider::Postmark, spam),
        ["complaint feedback ada@x.example -"]
    );
    let left = r#"{"RecordType":"SubscriptionChange","Recipient":"ada@x.example","SuppressSending":true,
        "SuppressionReason":"ManualSuppression","Origin":"Recipient"}"#;
    assert_eq!(
        told(MailProvider::Postmark, left),
        ["wish undetermined ada@x.example -"]
    );
    // A bounce suppresses too, and has told of itself.
    let echo = left.replace("ManualSuppression", "HardBounce");
    assert!(told(MailProvider::Postmark, &echo).is_empty());
    assert!(told(MailProvider::Postmark, r#"{"RecordType":"Delivery"}"#).is_empty());
}

#[test]
fn sendgrid_tells_many_events_a_call() {
    let body = r#"[
        {"email":"ada@x.example","event":"bounce","type":"bounce","status":"5.1.1","reason":"550 5.1.1 user unknown",
         "smtp-id":"<17.4@news.example>","sg_event_id":"a"},
        {"email":"bo@x.example","event":"bounce","type":"blocked","reason":"550 5.7.1 rejected as spam","smtp-id":"<17.5@news.example>"},
        {"email":"cy@x.example","event":"spamreport"},
        {"email":"di@x.example","event":"group_unsubscribe","asm_group_id":10},
        {"email":"ed@x.example","event":"delivered","smtp-id":"<17.6@news.example>"}]"#;
    assert_eq!(
        told(MailProvider::SendGrid, body),
        [
            "hard mailbox-unknown ada@x.example 17.4@news.example",
            "soft spam bo@x.example 17.5@news.example",
            "complaint feedback cy@x.example -",
            "wish undetermined di@x.example -",
        ]
    );
}

#[test]
fn mailgun_tells_what_is_final() {
    let body = |event: &str, rest: &str| {
        format!(
            r#"{{"signature":{{"token":"t"}},"event-data":{{"event":"{event}","recipient":"ada@x.example",
            "message":{{"headers":{{"message-id":"17.4@news.example"}}}}{rest}}}}}"#
        )
    };
    let final_one = body(
        "failed",
        r#","severity":"permanent","reason":"bounce",
        "delivery-status":{"code":550,"enhanced-code":"5.1.1","message":"5.1.1 No such user"}"#,
    );
    assert_eq!(
        told(MailProvider::Mailgun, &final_one),
        ["hard mailbox-unknown ada@x.example 17.4@news.example"]
    );
    let again = final_one.replace("permanent", "temporary");
    assert!(
        told(MailProvider::Mailgun, &again).is_empty(),
        "it is tried again"
    );
    let known = final_one.replace(r#""reason":"bounce""#, r#""reason":"suppress-complaint""#);
    assert!(told(MailProvider::Mailgun, &known).is_empty());
    assert_eq!(
        told(MailProvider::Mailgun, &body("complained", "")),
        ["complaint feedback ada@x.example 17.4@news.example"]
    );
    assert_eq!(
        told(MailProvider::Mailgun, &body("unsubscribed", "")),
        ["wish undetermined ada@x.example 17.4@news.example"]
    );
}

#[test]
fn sparkpost_tells_events_by_class() {
    let body = r#"[
        {"msys":{"message_event":{"type":"bounce","bounce_class":"10","raw_reason":"550 5.1.1 no such user","rcpt_to":"ada@x.example"}}},
        {"msys":{"message_event":{"type":"bounce","bounce_class":"51","raw_reason":"550 5.7.1 content refused","rcpt_to":"bo@x.example"}}},
        {"msys":{"message_event":{"type":"spam_complaint","rcpt_to":"cy@x.example"}}},
        {"msys":{"unsubscribe_event":{"type":"list_unsubscribe","rcpt_to":"di@x.example"}}},
        {"msys":{"track_event":{"type":"open","rcpt_to":"ed@x.example"}}},
        {"msys":{}}]"#;
    let lines = told(MailProvider::SparkPost, body);
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[0], "hard mailbox-unknown ada@x.example -");
    assert!(lines[1].starts_with("soft "), "{}", lines[1]);
    assert_eq!(lines[2], "complaint feedback cy@x.example -");
    assert_eq!(lines[3], "wish undetermined di@x.example -");
}

#[test]
fn brevo_tells_one_event_or_several() {
    let body = r#"{"event":"hard_bounce","email":"ada@x.example","message-id":"<17.4@news.example>","reason":"550 5.1.1 no such user"}"#;
    let line = "hard mailbox-unknown ada@x.example 17.4@news.example";
    assert_eq!(told(MailProvider::Brevo, body), [line]);
    assert_eq!(told(MailProvider::Brevo, &format!("[{body}]")), [line]);
    let soft = body.replace("hard_bounce", "soft_bounce");
    assert!(told(MailProvider::Brevo, &soft)[0].starts_with("soft "));
    assert!(
        told(
            MailProvider::Brevo,
            r#"{"event":"opened","email":"ada@x.example"}"#
        )
        .is_empty()
    );
}

#[test]
fn amazon_wraps_its_notifications_and_asks_to_be_confirmed() {
    let message = r#"{"notificationType":"Bounce","bounce":{"bounceType":"Permanent","bouncedRecipients":[{"emailAddress":"ada@x.example","status":"5.1.1","diagnosticCode":"smtp; 550 5.1.1 user unknown"}]},"mail":{"headers":[{"name":"Message-ID","value":"<17.4@news.example>"}]}}"#;
    let wrapped = serde_json::json!({ "Type": "Notification", "Message": message }).to_string();
    let line = "hard mailbox-unknown ada@x.example 17.4@news.example";
    assert_eq!(told(MailProvider::Ses, &wrapped), [line]);
    assert_eq!(
        told(MailProvider::Ses, message),
        [line],
        "without an envelope"
    );
    let hello = serde_json::json!({ "Type": "Notification", "Message": "Successfully validated SNS topic" });
    assert!(told(MailProvider::Ses, &hello.to_string()).is_empty());
    let asks = |url: &str| {
        let body = serde_json::json!({ "Type": "SubscriptionConfirmation", "SubscribeURL": url });
        read(MailProvider::Ses, body.to_string().as_bytes())
    };
    let theirs = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t";
    assert_eq!(asks(theirs), Ok(Told::Visit(theirs.to_owned())));
    for elsewhere in [
        "http://sns.eu-west-1.amazonaws.com/",
        "https://sns.eu-west-1.amazonaws.com:8443/",
        "https://sns.eu-west-1.amazonaws.com.evil.example/",
        "https://evil.example/?sns.eu-west-1.amazonaws.com",
        "https://169.254.169.254/",
        "",
    ] {
        assert_eq!(asks(elsewhere), Err(HookError::Elsewhere), "{elsewhere}");
    }
}

#[test]
fn what_is_something_else_says_so() {
    for provider in MailProvider::WORDS {
        let provider: MailProvider = provider.parse().unwrap();
        assert!(matches!(
            read(provider, b"email=a"),
            Err(HookError::Form(_))
        ));
        for other in ["{}", "3", "\"x\"", "[1]", r#"{"msys":3}"#] {
            let error = read(provider, other.as_bytes()).unwrap_err();
            assert_eq!(error, HookError::Other(provider), "{other}");
        }
    }
}
