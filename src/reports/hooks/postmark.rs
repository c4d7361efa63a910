//! Postmark: one event a call, with its `RecordType`.

use serde_json::Value;

use super::{about, complaint, either, failure, wish};
use crate::domain::bounce::Report;

pub(super) fn read(told: &Value) -> Option<Vec<Report>> {
    let report = match told["RecordType"].as_str()? {
        "Bounce" => {
            let kind = told["Type"].as_str().unwrap_or_default();
            match kind {
                "SpamNotification" | "SpamComplaint" => complaint(),
                // Answers of people and programs, and what Postmark tells itself.
                "AutoResponder"
                | "AddressChange"
                | "Unsubscribe"
                | "Subscribe"
                | "ChallengeVerification"
                | "OpenRelayTest"
                | "VirusNotification" => {
                    return Some(Vec::new());
                }
                _ => {
                    let is_final = matches!(kind, "HardBounce" | "BadEmailAddress");
                    failure(
                        is_final,
                        None,
                        either(&[&told["Details"], &told["Description"]]),
                    )
                }
            }
        }
        "SpamComplaint" => complaint(),
        "SubscriptionChange" if is_left(told) => wish(),
        _ => return Some(Vec::new()),
    };
    let recipient = either(&[&told["Email"], &told["Recipient"]]);
    // Its `MessageID` is of its own making and names no mail of ours.
    Some(vec![about(report, &recipient.into(), &Value::Null)])
}

/// Bounces and complaints change it too, and tell of that themselves.
fn is_left(told: &Value) -> bool {
    told["SuppressSending"] == true && told["SuppressionReason"] == "ManualSuppression"
}
