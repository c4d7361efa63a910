//! The HTML with which a site puts a publication's form into its own pages.

use url::form_urlencoded;

use super::{Deps, consent};
use crate::domain::digest::Digest;
use crate::domain::publication::{Publication, Topic};
use crate::render::RenderError;
use crate::render::embed::{EmbedCode, EmbedKind};

/// The three ways, and what a site's policy has to allow.
#[derive(Debug, Clone)]
pub struct Code {
    /// A form of the site's own, which works without scripts too.
    pub form: String,
    /// A place that the script fills.
    pub place: String,
    /// A frame.
    pub frame: String,
    /// Sources for directives of the site's content security policy.
    pub policy: Vec<(&'static str, String)>,
}

/// The HTML for a form that asks for these topics, or for all where none is named.
pub fn make(
    deps: &Deps,
    publication: &Publication,
    digests: &[Digest],
    topics: &[Topic],
    language: Option<&str>,
) -> Result<Code, RenderError> {
    let texts = deps.renderer.texts();
    let language = texts.best_of(publication, language);
    let base = &deps.limits.public_url;
    let slug = publication.slug.as_str();
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(topics.iter().map(|topic| ("topic", topic.slug.as_str())));
    query.append_pair("lang", language);
    let query = query.finish();
    let home_url = format!("{base}/{slug}");
    let code = |kind| EmbedCode {
        kind,
        name: publication.name.clone(),
        slug: slug.to_owned(),
        language: language.to_owned(),
        page_url: format!("{home_url}?{query}"),
        frame_url: format!("{base}/embed/{slug}?{query}"),
        script_url: format!("{base}/embed/{slug}.js?lang={language}"),
        home_url: home_url.clone(),
        topics: topics.iter().map(|topic| topic.slug.to_string()).collect(),
        topic_names: topics.iter().map(|topic| topic.name.clone()).collect(),
        consent_text: consent::text(texts, language, publication),
        asks_zone: digests.iter().any(|digest| digest.rules.local_time),
        privacy_url: publication.privacy_url.clone(),
    };
    let written = |kind| Ok(deps.renderer.page(&code(kind))?.trim().to_owned());
    let policy = ["script-src", "connect-src", "form-action", "frame-src"];
    Ok(Code {
        form: written(EmbedKind::Form)?,
        place: written(EmbedKind::Place)?,
        frame: written(EmbedKind::Frame)?,
        policy: policy.map(|name| (name, origin(base))).to_vec(),
    })
}

/// The origin of the service, as policies name it.
fn origin(base: &str) -> String {
    url::Url::parse(base).map_or_else(
        |_| base.to_owned(),
        |url| url.origin().ascii_serialization(),
    )
}
