//! The words of the many feed dialects, and the few that we go on with.

/// Whose word an element is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Space {
    /// The feed's own format.
    Home,
    Atom,
    Rss,
    Content,
    DublinCore,
    DublinTerms,
    Media,
    Xhtml,
    Other,
}

/// The format of a feed, told by its root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Home {
    Rss,
    Atom,
}

/// What an element holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// Other elements.
    Elements,
    /// Plain text.
    Text,
    /// A moment.
    Time,
    /// Text that readers see, as HTML.
    Html,
    /// An item of the feed.
    Item,
    /// Nothing of its own: its children count as the parent's.
    Through,
}

impl Home {
    /// The format for a root element's name.
    pub(super) fn of_root(local: &str) -> Option<Self> {
        match local.to_ascii_lowercase().as_str() {
            // RSS 0.90 and 1.0 are RDF.
            "rss" | "rdf" => Some(Self::Rss),
            "feed" => Some(Self::Atom),
            _ => None,
        }
    }

    /// The start of the document that we go on with.
    pub(super) fn opening(self) -> &'static str {
        match self {
            Self::Atom => {
                "<feed xmlns=\"http://www.w3.org/2005/Atom\" xmlns:media=\"http://search.yahoo.com/mrss/\""
            }
            Self::Rss => {
                "<rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" \
                 xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
                 xmlns:media=\"http://search.yahoo.com/mrss/\""
            }
        }
    }
}

/// Whose namespace an address names. Feeds write these with many small mistakes.
pub(super) fn space_of_uri(uri: &str) -> Space {
    let uri = uri.trim().to_ascii_lowercase();
    let uri = uri
        .trim_start_matches("https://")
        .trim_start_matches("http://")
        .trim_start_matches("www.")
        .trim_end_matches(['/', '#']);
    match uri {
        "w3.org/2005/atom" | "purl.org/atom/ns" => Space::Atom,
        "purl.org/rss/1.0/modules/content" => Space::Content,
        "w3.org/1999/xhtml" => Space::Xhtml,
        "purl.org/dc/terms" => Space::DublinTerms,
        "purl.org/rss/1.0"
        | "purl.org/rss/2.0"
        | "purl.org/net/rss1.1"
        | "backend.userland.com/rss"
        | "backend.userland.com/rss2"
        | "backend.userland.com/rss091"
        | "my.netscape.com/rdf/simple/0.9"
        | "channel.netscape.com/rdf/simple/0.9"
        | "my.netscape.com/publish/formats/rss-0.91.dtd"
        | "blogs.law.harvard.edu/tech/rss"
        | "cyber.law.harvard.edu/rss" => Space::Rss,
        _ if uri.starts_with("purl.org/dc/elements/1.") => Space::DublinCore,
        _ if uri.ends_with("yahoo.com/mrss") || uri == "rssboard.org/media-rss" => Space::Media,
        _ => Space::Other,
    }
}

/// What a prefix means where nobody declared it.
pub(super) fn space_of_prefix(prefix: &str) -> Space {
    match prefix.to_ascii_lowercase().as_str() {
        "atom" | "a10" => Space::Atom,
        "content" => Space::Content,
        "dc" => Space::DublinCore,
        "dcterms" => Space::DublinTerms,
        "media" => Space::Media,
        "rss" => Space::Rss,
        "xhtml" => Space::Xhtml,
        _ => Space::Other,
    }
}

/// The word that we go on with, and what it holds; `None` where we have no use for the element.
pub(super) fn translate(home: Home, space: Space, local: &str) -> Option<(&'static str, Holds)> {
    let local = local.to_ascii_lowercase();
    let local = local.as_str();
    match (home, space) {
        (_, Space::Media) => media(local),
        (Home::Atom, Space::Home | Space::Atom) => atom(local),
        (Home::Rss, Space::Home | Space::Rss) => rss(local),
        (Home::Rss, _) => rss_extension(space, local),
        (Home::Atom, _) => None,
    }
}

fn atom(local: &str) -> Option<(&'static str, Holds)> {
    Some(match local {
        "entry" => ("entry", Holds::Item),
        "title" => ("title", Holds::Html),
        "summary" => ("summary", Holds::Html),
        "content" => ("content", Holds::Html),
        "author" => ("author", Holds::Elements),
        "name" => ("name", Holds::Text),
        "email" => ("email", Holds::Text),
        "id" => ("id", Holds::Text),
        "link" => ("link", Holds::Text),
        "category" => ("category", Holds::Text),
        // The older names are those of Atom 0.3.
        "published" | "issued" | "created" | "pubdate" => ("published", Holds::Time),
        "updated" | "modified" => ("updated", Holds::Time),
        _ => return None,
    })
}

fn rss(local: &str) -> Option<(&'static str, Holds)> {
    Some(match local {
        "channel" => ("", Holds::Through),
        "item" => ("item", Holds::Item),
        "title" => ("title", Holds::Html),
        "description" => ("description", Holds::Html),
        "link" => ("link", Holds::Text),
        "guid" => ("guid", Holds::Text),
        "author" => ("author", Holds::Text),
        "category" => ("category", Holds::Text),
        "language" => ("language", Holds::Text),
        "enclosure" => ("enclosure", Holds::Text),
        "pubdate" => ("pubDate", Holds::Time),
        "updated" => ("updated", Holds::Time),
        _ => return None,
    })
}

fn rss_extension(space: Space, local: &str) -> Option<(&'static str, Holds)> {
    Some(match (space, local) {
        (Space::Content, "encoded") | (Space::Xhtml, "body") | (Space::Atom, "content") => {
            ("content:encoded", Holds::Html)
        }
        (Space::Atom, "summary") | (Space::DublinCore, "description") => {
            ("description", Holds::Html)
        }
        (Space::DublinCore | Space::Atom, "title") => ("title", Holds::Html),
        (Space::DublinCore, "creator") => ("dc:creator", Holds::Text),
        (Space::DublinCore, "subject") => ("category", Holds::Text),
        (Space::DublinCore, "language") => ("language", Holds::Text),
        (Space::DublinCore, "date")
        | (Space::DublinTerms, "created" | "issued")
        | (Space::Atom, "published") => ("pubDate", Holds::Time),
        (Space::DublinTerms, "modified") | (Space::Atom, "updated") => ("updated", Holds::Time),
        _ => return None,
    })
}

fn media(local: &str) -> Option<(&'static str, Holds)> {
    Some(match local {
        "group" => ("media:group", Holds::Elements),
        "content" => ("media:content", Holds::Elements),
        // The parser drops thumbnails that stand alone, as most do.
        "thumbnail" => ("media:content", Holds::Text),
        "title" => ("media:title", Holds::Text),
        "description" => ("media:description", Holds::Text),
        _ => return None,
    })
}

/// Whether an element, in the word that we go on with, holds the text of an item.
pub(super) fn is_long(word: &str) -> bool {
    matches!(
        word,
        "content" | "content:encoded" | "description" | "summary"
    )
}

/// The attributes worth keeping on the element we go on with.
pub(super) fn keeps_attribute(element: &str, attribute: &str) -> bool {
    match attribute {
        "xml:base" | "xml:lang" => true,
        "href" | "rel" | "hreflang" => element == "link",
        "term" | "label" => element == "category",
        "url" => matches!(element, "enclosure" | "media:content"),
        "type" => matches!(element, "link" | "enclosure" | "media:content"),
        _ => false,
    }
}
