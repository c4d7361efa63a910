//! Mailgun: one event a call, under `event-data`.

use serde_json::Value;

use super::{about, complaint, either, failure, wish};
use crate::domain::bounce::Report;

pub(super) fn read(told: &Value) -> Option<Vec<Report>> {
    let event = &told["event-data"];
    let report = match event["event"].as_str()? {
        // It goes on trying after a temporary one, and tells what came of it.
        "failed" if event["severity"] == "permanent" => {
            let status = &event["delivery-status"];
            let said = either(&[&status["message"], &status["description"]]);
            let code = status["enhanced-code"].as_str();
            // What it has not even tried: the address failed before.
            let is_known = matches!(event["reason"].as_str(), Some("suppress-bounce"));
            if !is_known
                && event["reason"]
                    .as_str()
                    .is_some_and(|r| r.starts_with("suppress-"))
            {
                return Some(Vec::new());
            }
            failure(true, code, said)
        }
        "complained" => complaint(),
        "unsubscribed" => wish(),
        _ => return Some(Vec::new()),
    };
    let id = &event["message"]["headers"]["message-id"];
    Some(vec![about(report, &event["recipient"], id)])
}
