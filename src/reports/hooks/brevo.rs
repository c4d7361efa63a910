//! Brevo: one event a call, or several, with their `event`.

use serde_json::Value;

use super::{about, complaint, either, events, failure, wish};
use crate::domain::bounce::Report;

pub(super) fn read(told: &Value) -> Option<Vec<Report>> {
    let mut reports = Vec::new();
    for event in events(told) {
        let said = either(&[&event["reason"]]);
        let report = match event["event"].as_str()? {
            "hard_bounce" | "invalid_email" => failure(true, None, said),
            "soft_bounce" | "blocked" | "error" => failure(false, None, said),
            "spam" | "complaint" => complaint(),
            "unsubscribed" => wish(),
            _ => continue,
        };
        reports.push(about(report, &event["email"], &event["message-id"]));
    }
    Some(reports)
}
