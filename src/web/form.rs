//! Forms: the same fields as a form or as JSON, checked before they become domain types.

use axum::body::Bytes;
use axum::http::{HeaderMap, header};
use serde::{Deserialize, Deserializer};
use url::form_urlencoded;
use validator::Validate;

use super::error::WebError;
use crate::domain::typo;
use crate::render::pages::Meant;

/// The sign-up form as it arrives; unknown fields are left alone. Its messages are keys of texts.
#[derive(Debug, Default, Clone, Deserialize, Validate)]
#[serde(default)]
pub(super) struct SignUpForm {
    pub email: String,
    #[validate(length(max = 100, message = "form-error-name"))]
    pub name: String,
    #[validate(length(max = 100, message = "form-error-too-many-topics"))]
    pub topics: Vec<String>,
    #[serde(deserialize_with = "one_or_several")]
    #[validate(length(max = 100, message = "form-error-frequency"))]
    pub frequency: Vec<String>,
    #[validate(length(max = 35, message = "form-error-language"))]
    pub language: String,
    pub timezone: Option<String>,
    /// The language of the page that carried the form.
    pub lang: String,
    pub source: String,
    /// A field that people do not see: whoever fills it in is a program.
    pub website: String,
    /// Tells when the form was shown.
    pub stamp: String,
    /// A solved sum, as ALTCHA's form field has it.
    pub altcha: String,
}

impl SignUpForm {
    /// An empty form for what the address of its page asks for.
    pub(super) fn asked_for(query: &str) -> Self {
        let mut form = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()).take(100) {
            match name.as_ref() {
                "topic" => form.topics.push(value.into_owned()),
                "source" => form.source = value.into_owned(),
                _ => {}
            }
        }
        form
    }

    /// The address that was meant, where the one that was typed looks like a slip. It depends on
    /// nothing else.
    pub(super) fn meant(&self) -> Option<Meant> {
        let address = typo::suggestion(&self.email.parse().ok()?)?;
        let several = |name: &'static str, values: &[String]| {
            let fields = values.iter().map(|value| (name.to_owned(), value.clone()));
            fields.collect::<Vec<_>>()
        };
        let mut fields = several("topics", &self.topics);
        fields.extend(several("frequency", &self.frequency));
        let zone = self.timezone.clone().unwrap_or_default();
        for (name, value) in [
            ("name", &self.name),
            ("language", &self.language),
            ("timezone", &zone),
            ("lang", &self.lang),
            ("source", &self.source),
        ] {
            if !value.is_empty() {
                fields.push((name.to_owned(), value.clone()));
            }
        }
        Some(Meant { address, fields })
    }

    /// Reads a body by its type; a form is assumed where none is named.
    pub(super) fn read(headers: &HeaderMap, body: &Bytes) -> Result<Self, WebError> {
        let kind = headers
            .get(header::CONTENT_TYPE)
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default();
        if kind.starts_with("application/json") {
            return serde_json::from_slice(body)
                .map_err(|e| WebError::BadBody(format!("Not the JSON expected: {e}.")));
        }
        if kind.starts_with("multipart/") {
            return Err(WebError::BadBody(
                "Please send application/x-www-form-urlencoded or JSON.".to_owned(),
            ));
        }
        let mut form = Self::default();
        for (name, value) in form_urlencoded::parse(body) {
            let value = value.into_owned();
            match name.as_ref() {
                "email" => form.email = value,
                "name" => form.name = value,
                "topics" => form.topics.push(value),
                "frequency" => form.frequency.push(value),
                "language" => form.language = value,
                "timezone" => form.timezone = Some(value),
                "lang" => form.lang = value,
                "source" => form.source = value,
                "website" => form.website = value,
                "stamp" => form.stamp = value,
                "altcha" => form.altcha = value,
                _ => {}
            }
        }
        Ok(form)
    }
}

/// A text, or a list of texts.
fn one_or_several<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a text or a list of texts")]
    enum Given {
        One(String),
        Several(Vec<String>),
    }
    Ok(match Given::deserialize(from)? {
        Given::One(text) => vec![text],
        Given::Several(texts) => texts,
    })
}

/// One field of a small form.
pub(super) fn field(body: &Bytes, name: &str) -> Option<String> {
    form_urlencoded::parse(body)
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn form_and_json_say_the_same() {
        let form = Bytes::from_static(
            b"email=a%40b.org&topics=x&topics=y&frequency=daily&frequency=weekly&other=1",
        );
        let mut headers = HeaderMap::new();
        let read = SignUpForm::read(&headers, &form).unwrap();
        headers.insert(
            header::CONTENT_TYPE,
            "application/json; charset=utf-8".parse().unwrap(),
        );
        let json = Bytes::from_static(
            br#"{"email":"a@b.org","topics":["x","y"],"frequency":["daily","weekly"]}"#,
        );
        let same = SignUpForm::read(&headers, &json).unwrap();
        assert_eq!(
            (&read.email, &read.topics, &read.frequency),
            (&same.email, &same.topics, &same.frequency)
        );
        assert!(SignUpForm::read(&headers, &Bytes::from_static(b"{")).is_err());
        let one = Bytes::from_static(br#"{"email":"a@b.org","frequency":"daily"}"#);
        let one = SignUpForm::read(&headers, &one).unwrap();
        assert_eq!(one.frequency, ["daily"]);
        let wrong = Bytes::from_static(br#"{"email":"a@b.org","frequency":1}"#);
        let WebError::BadBody(why) = SignUpForm::read(&headers, &wrong).unwrap_err() else {
            panic!("another error");
        };
        assert!(why.contains("a text or a list of texts"), "{why}");
    }
}
