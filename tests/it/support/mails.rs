//! What has come to readers' mailboxes.

use paperround::demo::mailbox::StoredMail;

use super::TestApp;

impl TestApp {
    /// The newest mail for an address.
    pub fn newest(&self, email: &str) -> StoredMail {
        let found = self
            .mailbox
            .list()
            .into_iter()
            .rev()
            .find(|mail| mail.is_for(email));
        found.unwrap_or_else(|| panic!("no mail for {email}"))
    }

    pub fn mails_for(&self, email: &str) -> usize {
        self.mailbox
            .list()
            .iter()
            .filter(|mail| mail.is_for(email))
            .count()
    }

    /// The first link to a page of ours in the newest mail for an address.
    pub fn link(&self, email: &str, page: &str) -> String {
        let text = self.newest(email).text().unwrap();
        let mut words = text
            .split_whitespace()
            .filter(|w| w.starts_with("https://news.example"));
        words
            .find(|w| w.contains(page))
            .unwrap_or_else(|| panic!("no {page} link in {text}"))
            .to_owned()
    }
}
