//! SendGrid: many events a call, with their `event`.

use serde_json::Value;

use super::{about, complaint, either, events, failure, wish};
use crate::domain::bounce::Report;

pub(super) fn read(told: &Value) -> Option<Vec<Report>> {
    let mut reports = Vec::new();
    for event in events(told) {
        let report = match event["event"].as_str()? {
            "bounce" => {
                // "blocked" is about the mail or its sender.
                let is_final = event["type"] != "blocked";
                let said = either(&[&event["reason"], &event["response"]]);
                failure(is_final, event["status"].as_str(), said)
            }
            "spamreport" => complaint(),
            "unsubscribe" | "group_unsubscribe" => wish(),
            _ => continue,
        };
        reports.push(about(report, &event["email"], &event["smtp-id"]));
    }
    Some(reports)
}
