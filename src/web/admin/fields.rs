//! The fields of a form, by name.

use std::str::FromStr;

use axum::body::Bytes;
use url::form_urlencoded;

/// More than any form of ours has.
const MOST: usize = 2000;

/// The fields as they came, in their order.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    pub(super) fn read(body: &Bytes) -> Self {
        let fields = form_urlencoded::parse(body).take(MOST);
        Self(
            fields
                .map(|(n, v)| (n.into_owned(), v.into_owned()))
                .collect(),
        )
    }

    /// Fields as if they had come.
    pub(super) fn of(pairs: &[(&str, &str)]) -> Self {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self(pairs.iter().map(owned).collect())
    }

    /// The first value of a name; empty where there is none.
    pub(super) fn text(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(key, _)| key == name);
        found.map_or("", |(_, value)| value)
    }

    /// The same trimmed, and `None` where nothing is left.
    pub(super) fn optional(&self, name: &str) -> Option<&str> {
        Some(self.text(name).trim()).filter(|text| !text.is_empty())
    }

    /// A text of several lines, which end as everywhere here and not as in forms.
    pub(super) fn words(&self, name: &str) -> String {
        self.text(name).replace("\r\n", "\n")
    }

    /// All values of a name.
    pub(super) fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        let of_name = self.0.iter().filter(move |(key, _)| key == name);
        of_name.map(|(_, value)| value.as_str())
    }

    /// Whether a box is ticked.
    pub(super) fn ticked(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }

    /// Whether a field says the same in both.
    pub(super) fn agree(&self, other: &Self, name: &str) -> bool {
        let lines = |text: &str| text.replace("\r\n", "\n").trim().to_owned();
        self.all(name).map(lines).eq(other.all(name).map(lines))
    }

    /// A value read as what it should be; the error says what was wrong with it.
    pub(super) fn read_as<T: FromStr<Err: ToString>>(&self, name: &str) -> Result<T, String> {
        self.text(name)
            .trim()
            .parse()
            .map_err(|e: T::Err| e.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_by_name() {
        let fields = Fields::read(&Bytes::from_static(b"a=1&b=+&a=2&c="));
        assert_eq!(fields.text("a"), "1");
        assert_eq!(fields.all("a").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(Fields::of(&[("t", "a\r\nb")]).words("t"), "a\nb");
        assert_eq!(fields.optional("b"), None);
        assert!(fields.ticked("c") && !fields.ticked("d"));
        assert_eq!(fields.read_as::<u32>("a"), Ok(1));
        assert!(fields.read_as::<u32>("b").is_err());
    }
}
