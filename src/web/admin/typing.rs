//! What many readers would notice is done only where their number was typed, without script too.

use crate::render::admin::form::Typing;
use crate::web::admin::fields::Fields;

/// Up to so many readers a button is enough.
const ABOVE: i64 = 1000;

/// What has to be typed to do something that concerns so many readers.
pub(super) fn needed(readers: i64, to: &'static str) -> Option<Typing> {
    (readers > ABOVE).then_some(Typing {
        number: readers,
        to,
        is_wrong: false,
    })
}

/// Whether a form has the number that its page showed. That is what counts, since it may have changed
/// meanwhile.
pub(super) fn is_done(fields: &Fields) -> bool {
    let typed = fields.text("readers").replace([',', '.', ' ', '\''], "");
    let typed: Option<i64> = typed.trim().parse().ok();
    typed.is_some() && typed == fields.read_as("shown").ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_readers_have_to_be_typed_as_they_were_shown() {
        assert_eq!(needed(1000, "send it"), None);
        assert_eq!(needed(1001, "send it").map(|t| t.number), Some(1001));
        let is_typed = |text| is_done(&Fields::of(&[("shown", "12345"), ("readers", text)]));
        for right in ["12345", "12,345", " 12 345 ", "12.345", "12'345"] {
            assert!(is_typed(right), "{right}");
        }
        for wrong in ["", "12344", "all", "-12345"] {
            assert!(!is_typed(wrong), "{wrong}");
        }
        assert!(!is_done(&Fields::of(&[])));
    }
}
