//! SparkPost: many events a call, each under `msys` and its class.

use serde_json::Value;

use super::{about, complaint, either, events, failure, wish};
use crate::domain::bounce::Report;

pub(super) fn read(told: &Value) -> Option<Vec<Report>> {
    let mut reports = Vec::new();
    for event in events(told) {
        let classes = event["msys"].as_object()?;
        // The first call of all is empty.
        let Some(event) = classes.values().next() else {
            continue;
        };
        let report = match event["type"].as_str()? {
            "bounce" | "out_of_band" => {
                let said = either(&[&event["raw_reason"], &event["reason"]]);
                failure(is_hard(&event["bounce_class"]), None, said)
            }
            "spam_complaint" => complaint(),
            "list_unsubscribe" | "link_unsubscribe" => wish(),
            _ => continue,
        };
        let recipient = either(&[&event["rcpt_to"], &event["raw_rcpt_to"]]);
        // Its `message_id` is of its own making and names no mail of ours.
        reports.push(about(report, &recipient.into(), &Value::Null));
    }
    Some(reports)
}

/// Its classes of bounces that are final: no such mailbox or domain, and unsubscribed.
fn is_hard(class: &Value) -> bool {
    let number = class.as_u64().or_else(|| class.as_str()?.parse().ok());
    matches!(number, Some(10 | 30 | 90))
}
