//! In which language to answer.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use url::form_urlencoded;

use super::Web;
use crate::domain::publication::Publication;

/// More wishes than anybody has; the rest of a header is not read.
const MOST_WISHES: usize = 20;

/// The languages that a request asks for.
#[derive(Debug, Default, Clone)]
pub(super) struct Asked {
    /// The one chosen on the page: `lang` in its address or in its form.
    chosen: Option<String>,
    /// Those of `Accept-Language`, the best first.
    accepted: Vec<String>,
}

impl<S: Sync> FromRequestParts<S> for Asked {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or_default();
        let chosen = form_urlencoded::parse(query.as_bytes())
            .find(|(name, _)| name == "lang")
            .map(|(_, value)| value.into_owned());
        let accepted = parts
            .headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok())
            .map(accepted)
            .unwrap_or_default();
        Ok(Self { chosen, accepted })
    }
}

impl Asked {
    /// The same with the language of a form, which was chosen before the form was sent.
    pub(super) fn or_form(mut self, language: &str) -> Self {
        if self.chosen.is_none() && !language.is_empty() {
            self.chosen = Some(language.to_owned());
        }
        self
    }

    /// The language of a page that knows neither reader nor publication.
    pub(super) fn alone<'w>(&self, web: &'w Web) -> &'w str {
        let wishes = self.chosen.iter().chain(&self.accepted);
        web.deps.renderer.texts().best(wishes.map(String::as_str))
    }

    /// The language of a publication's page: chosen, else accepted by the browser, else the
    /// publication's own; of those that the publication offers.
    pub(super) fn of_page<'w>(&self, web: &'w Web, publication: &Publication) -> &'w str {
        self.of_reader(web, None, publication)
    }

    /// The same, whatever the browser accepts: chosen in the address, else the publication's own.
    pub(super) fn chosen_of<'w>(&self, web: &'w Web, publication: &Publication) -> &'w str {
        let texts = web.deps.renderer.texts();
        texts.best_of(publication, self.chosen.as_deref())
    }

    /// The language of a reader's own page: chosen, else the one that they signed up in.
    pub(super) fn of_reader<'w>(
        &self,
        web: &'w Web,
        reader: Option<&str>,
        publication: &Publication,
    ) -> &'w str {
        let accepted = self.accepted.iter().map(String::as_str);
        let wishes = self.chosen.as_deref().into_iter().chain(reader);
        let texts = web.deps.renderer.texts();
        texts.best_of(publication, wishes.chain(accepted))
    }
}

/// The languages of an `Accept-Language` header by their weight; refused ones are left out.
fn accepted(value: &str) -> Vec<String> {
    let mut found: Vec<(f32, &str)> = Vec::new();
    for part in value.split(',').take(MOST_WISHES) {
        let (tag, parameter) = part.split_once(';').unwrap_or((part, ""));
        let weight = parameter.trim().strip_prefix("q=");
        let weight = weight.map_or(1.0, |q| q.trim().parse().unwrap_or(0.0));
        if weight > 0.0 {
            found.push((weight, tag.trim()));
        }
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found.into_iter().map(|(_, tag)| tag.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepted_languages_are_sorted_by_weight() {
        assert_eq!(
            accepted("fr;q=0.7, it-CH, de ; q=0.9,es;q=0,en;q=x"),
            ["it-CH", "de", "fr"]
        );
        assert!(accepted("").iter().all(String::is_empty));
    }
}
