//! The picture of mails whose opens are counted: its address, and by whom it is loaded.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use uuid::Uuid;

use super::ids::IssueId;
use super::links::is_program;
use super::token::{BadLink, Keys, same};

/// What stands beside the numbers wherever they are shown.
pub const WORTH: &str = "Little can be read from opens: mailbox providers and scanners load the picture of mails that nobody reads, and many readers see mails without pictures. No number here is the truth; decide nothing by them.";

/// What whoever turns the counting on is told before.
pub const WARNING: &str = "Little can be read from opens: mailbox providers and scanners load the picture of mails that nobody reads, and many readers see mails without pictures. Steps on links say more. In some countries readers have to be asked first.";

/// Bytes of a signature: HMAC-SHA256 cut to 128 bits.
const MAC_LEN: usize = 16;

impl Keys {
    /// The token of the picture in the mails of an issue, the same for all of its readers: 32 bytes in
    /// base64url.
    pub fn open_token(&self, issue: IssueId) -> String {
        let mut bytes = issue.0.as_bytes().to_vec();
        if let Some(newest) = self.open_keys().next() {
            let mac = hmac::sign(newest, &bytes);
            bytes.extend_from_slice(&mac.as_ref()[..MAC_LEN]);
        }
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads such a token, signed with any of the secrets.
    pub fn read_open_token(&self, token: &str) -> Result<IssueId, BadLink> {
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| BadLink)?;
        let (id, mac) = bytes.split_at_checked(16).ok_or(BadLink)?;
        let is_signed = |key| same(&hmac::sign(key, id).as_ref()[..MAC_LEN], mac);
        if !self.open_keys().any(is_signed) {
            return Err(BadLink);
        }
        Uuid::from_slice(id).map(IssueId).map_err(|_| BadLink)
    }
}

/// How a load of the picture counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loaded {
    /// By what looks like a reader.
    ByReader,
    /// By a mailbox provider: for a reader, or ahead of all of them.
    ByProvider,
    /// By a program, or once more.
    Otherwise,
}

/// What the proxies of mailbox providers call themselves. The third is what Gmail has loaded pictures ahead
/// with: a browser that nobody has used for years.
const PROVIDERS: [&str; 3] = [
    "googleimageproxy",
    "yahoomailproxy",
    "edge/12.246 mozilla/5.0",
];

/// All that Apple's Mail Privacy Protection has called itself; no browser is as short.
const BARE: &str = "mozilla/5.0";

/// What mail programs call themselves that do not claim to be a browser.
const MAIL_PROGRAMS: [&str; 3] = ["outlook", "microsoft office/", "evolution/"];

/// By whom a picture is loaded that is asked for under this name for the first time.
pub fn loaded_by(user_agent: &str) -> Loaded {
    let name = user_agent.trim().to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if name == BARE || has(&PROVIDERS) {
        Loaded::ByProvider
    } else if is_program(user_agent) && !has(&MAIL_PROGRAMS) {
        Loaded::Otherwise
    } else {
        Loaded::ByReader
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_ours_or_nothing() {
        let (old, new) = ([1; 32], [2; 32]);
        let issue = IssueId(Uuid::from_u128(1));
        let token = Keys::derive(&old).open_token(issue);
        assert_eq!(token.len(), 43);
        let turned = Keys::with_previous(&new, &[&old]);
        assert_eq!(turned.read_open_token(&token), Ok(issue));
        assert_eq!(Keys::derive(&new).read_open_token(&token), Err(BadLink));
        for broken in ["", "AAAA", &token[1..], &token.replace('A', "B")] {
            assert_eq!(turned.read_open_token(broken), Err(BadLink), "{broken}");
        }
    }

    #[test]
    fn providers_programs_and_readers_are_told_apart() {
        let by = |names: &[&str], expected| {
            for name in names {
                assert_eq!(loaded_by(name), expected, "{name}");
            }
        };
        let providers = [
            "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
            "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0",
            "Mozilla/5.0",
        ];
        by(&providers, Loaded::ByProvider);
        let readers = [
            "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.4.0",
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)",
            "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17928; Pro)",
            "Outlook-iOS/723.4027091.prod.iphone (4.28.0)",
        ];
        by(&readers, Loaded::ByReader);
        let others = ["", "curl/8.1", "Mozilla/5.0 (X11) BarracudaCentral"];
        by(&others, Loaded::Otherwise);
    }
}
