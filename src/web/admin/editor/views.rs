//! The mail of the coming issue looked at in several ways, and as somebody.

use std::collections::BTreeSet;

use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use url::form_urlencoded;

use super::Named;
use crate::domain::email_address::EmailAddress;
use crate::domain::publication::{Publication, TopicChoice};
use crate::domain::slug::Slug;
use crate::render::admin::editor::{MailViewsPage, View};
use crate::render::admin::frame::Choice;
use crate::render::admin::nav::Section;
use crate::services::preview_digest::{self, Eyes, Preview, PreviewError};
use crate::store::{deliveries, publications};
use crate::web::Web;
use crate::web::admin::digests::path;
use crate::web::admin::error::{AdminError, sentence};
use crate::web::admin::signed_in::{Reads, SignedIn};

/// The ways to look: word, name, and the form of the mail.
const VIEWS: [(&str, &str, &str); 6] = [
    ("desktop", "Desktop", "html"),
    ("phone", "Phone", "html"),
    ("dark", "Dark", "html"),
    ("dark-phone", "Dark, phone", "html"),
    ("text", "Text", "text"),
    ("source", "Source", "source"),
];

/// Whether a mail program shows mails in the dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    Light,
    Dark,
}

/// What the address asks for.
#[derive(Debug, Default)]
pub(super) struct Asked {
    view: String,
    reader: String,
    email: Option<Result<EmailAddress, String>>,
    topics: BTreeSet<Slug>,
    language: String,
}

impl Asked {
    pub(super) fn read(query: Option<&str>) -> Self {
        let mut asked = Self::default();
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            match name.as_ref() {
                "view" => asked.view = value.into_owned(),
                "as" => value.trim().clone_into(&mut asked.reader),
                "topic" => asked.topics.extend(value.parse::<Slug>()),
                "language" => asked.language = value.into_owned(),
                _ => {}
            }
        }
        if !asked.reader.is_empty() {
            let read = asked.reader.parse::<EmailAddress>();
            asked.email = Some(read.map_err(|error| error.to_string()));
        }
        asked
    }

    fn view(&self) -> (&'static str, &'static str, &'static str) {
        let mut views = VIEWS.into_iter();
        let found = views.find(|(word, ..)| *word == self.view);
        found.unwrap_or(VIEWS[0])
    }

    pub(super) fn form(&self) -> &'static str {
        self.view().2
    }

    pub(super) fn scheme(&self) -> Scheme {
        if self.view().0.starts_with("dark") {
            Scheme::Dark
        } else {
            Scheme::Light
        }
    }

    /// As whom to look; the error says what is wrong with the address of the reader.
    pub(super) fn eyes(&self) -> Result<Eyes<'_>, String> {
        match &self.email {
            Some(Ok(email)) => Ok(Eyes::Reader(email)),
            Some(Err(why)) => Err(why.clone()),
            None => Ok(Eyes::Chosen(deliveries::Choice {
                topic_key: TopicChoice(self.topics.clone()).key(),
                language: self.language.clone(),
            })),
        }
    }

    /// The same question in another view.
    fn query(&self, view: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("view", view);
        for (name, value) in [("as", &self.reader), ("language", &self.language)] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        for topic in &self.topics {
            query.append_pair("topic", topic.as_str());
        }
        query.finish()
    }
}

/// `GET /admin/p/{publication}/digests/{digest}/preview`
pub(in crate::web::admin) async fn show(
    State(web): State<Web>,
    me: SignedIn<Reads>,
    Path((publication, slug)): Named,
    RawQuery(query): RawQuery,
) -> Result<Response, AdminError> {
    let (publication, digest) = me.digest(&publication, &slug).await?;
    let asked = Asked::read(query.as_deref());
    let title = format!("The coming issue of {}", digest.name);
    let framing = me.frame_of(Section::Digests, title, Some(&publication));
    let frame = framing.await?.frame;
    let path = path(&publication, &digest);
    let made = match asked.eyes() {
        Ok(eyes) => {
            let (publication, digest) = (publication.clone(), digest);
            let made = preview_digest::digest(&me.deps, publication, digest, None, eyes);
            match made.await {
                Ok(made) => Ok(made),
                Err(PreviewError::Store(error)) => return Err(error.into()),
                Err(error) => Err(sentence(&error.to_string())),
            }
        }
        Err(why) => Err(sentence(&why)),
    };
    let topics = topics(&me, &publication, &asked).await?;
    let languages = languages(&publication, &asked);
    let view = |(word, name, _): (&str, &'static str, &str)| View {
        name,
        url: format!("{path}/preview?{}", asked.query(word)),
        is_open: word == asked.view().0,
    };
    let page = MailViewsPage {
        frame,
        views: VIEWS.into_iter().map(view).collect(),
        view: asked.view().0,
        topics,
        languages,
        error: made.as_ref().err().cloned(),
        subject: of(&made, |made| made.edition.subject.clone()),
        from: of(&made, |made| made.publication.from.to_string()),
        articles: of(&made, |made| made.articles),
        kilobytes: of(&made, |made| made.html().len().div_ceil(1024)),
        mail_url: format!("{path}/mail?{}", asked.query(asked.view().0)),
        reader: asked.reader.clone(),
        path,
    };
    me.page(&web, &page)
}

fn of<T: Default>(made: &Result<Preview, String>, take: impl Fn(&Preview) -> T) -> T {
    made.as_ref().map(take).unwrap_or_default()
}

async fn topics(
    me: &SignedIn<Reads>,
    publication: &Publication,
    asked: &Asked,
) -> Result<Vec<Choice>, AdminError> {
    let mut tx = me.deps.store.read().await?;
    let all = publications::topics(&mut tx, publication.id).await?;
    let choice = |topic: crate::domain::publication::Topic| Choice {
        chosen: asked.topics.contains(&topic.slug),
        value: topic.slug.to_string(),
        name: topic.name,
    };
    Ok(all.into_iter().map(choice).collect())
}

/// The publication's own language stands for no choice.
fn languages(publication: &Publication, asked: &Asked) -> Vec<Choice> {
    let own = Choice {
        value: String::new(),
        name: publication.language.clone(),
        chosen: asked.language.is_empty(),
    };
    let other = |tag: &String| Choice {
        value: tag.clone(),
        name: tag.clone(),
        chosen: *tag == asked.language,
    };
    let others = publication.languages.iter();
    let others = others.filter(|tag| **tag != publication.language);
    std::iter::once(own).chain(others.map(other)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_says_how_and_as_whom() {
        let asked = Asked::read(Some("view=dark&topic=energy&topic=No+Slug&language=de"));
        assert_eq!((asked.form(), asked.scheme()), ("html", Scheme::Dark));
        assert_eq!(asked.query("text"), "view=text&language=de&topic=energy");
        assert!(matches!(asked.eyes(), Ok(Eyes::Chosen(c)) if c.topic_key == "energy"));
        let reader = Asked::read(Some("as=+ada%40inbox.example&topic=energy"));
        assert!(matches!(reader.eyes(), Ok(Eyes::Reader(_))));
        assert!(Asked::read(Some("as=nobody")).eyes().is_err());
        assert_eq!(Asked::read(None).view().0, "desktop");
    }
}
