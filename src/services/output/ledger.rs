//! Lines of an issue's ledger, as programs and spreadsheets read them from the command line and the API.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::clock::Time;
use crate::domain::delivery::DeliveryState;
use crate::domain::ids::IssueId;
use crate::domain::publication::Publication;
use crate::services::deliver::message_id;
use crate::store::ledger::Line;

/// What became of an issue for one reader.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Delivery)]
pub struct LedgerOutput {
    address: String,
    #[schema(value_type = String)]
    state: DeliveryState,
    /// Why it was skipped.
    reason: Option<String>,
    attempts: u32,
    /// How often it may have been sent again after its outcome was lost.
    repeats: u32,
    /// Code and text of the last answer.
    reply: Option<String>,
    /// The relay that gave it.
    relay: Option<String>,
    message_id: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    first_attempt_at: Option<Time>,
    #[schema(value_type = Option<String>, format = DateTime)]
    next_attempt_at: Option<Time>,
    #[schema(value_type = Option<String>, format = DateTime)]
    sent_at: Option<Time>,
}

impl LedgerOutput {
    /// The first line of a table.
    pub const HEAD: &'static str = "address,state,reason,attempts,repeats,reply,relay,message_id,first_attempt_at,next_attempt_at,sent_at";

    pub fn new(issue: IssueId, publication: &Publication, line: Line) -> Self {
        Self {
            message_id: message_id(issue, line.id, publication),
            address: line.email,
            state: line.state,
            reason: line.reason,
            attempts: line.attempts,
            repeats: line.repeats,
            reply: line.reply,
            relay: line.relay,
            first_attempt_at: line.first_attempt_at,
            next_attempt_at: line.next_attempt_at,
            sent_at: line.sent_at,
        }
    }

    /// The line of a table, without its end.
    pub fn csv(&self) -> String {
        let time = |at: Option<Time>| at.map(|t| t.to_rfc3339()).unwrap_or_default();
        let text = |text: Option<&String>| text.cloned().unwrap_or_default();
        let cells = [
            self.address.clone(),
            self.state.to_string(),
            text(self.reason.as_ref()),
            self.attempts.to_string(),
            self.repeats.to_string(),
            text(self.reply.as_ref()),
            text(self.relay.as_ref()),
            self.message_id.clone(),
            time(self.first_attempt_at),
            time(self.next_attempt_at),
            time(self.sent_at),
        ];
        cells.map(|cell| csv_cell(&cell)).join(",")
    }
}

/// RFC 4180, 2; a cell that a spreadsheet would take for a formula is defused.
pub(in crate::services) fn csv_cell(text: &str) -> String {
    let defused = if text.starts_with(['=', '+', '-', '@']) {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if defused.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", defused.replace('"', "\"\""))
    } else {
        defused
    }
}

#[cfg(test)]
mod tests {
    use super::csv_cell;

    #[test]
    fn csv_is_quoted_and_harmless() {
        assert_eq!(csv_cell("550 no, \"never\""), "\"550 no, \"\"never\"\"\"");
        assert_eq!(csv_cell("=1+1"), "'=1+1");
        assert_eq!(csv_cell("a@b.example"), "a@b.example");
    }
}
