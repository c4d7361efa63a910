//! The form of a publication: its fields, and what they mean.

use chrono_tz::Tz;

use super::error::{AdminError, sentence};
use super::fields::Fields;
use super::forms::{
    Errors, choice, filled, short_name, take, take_optional, take_zone, text, words, zone,
};
use crate::domain::email_address::EmailAddress;
use crate::domain::links::UtmSource;
use crate::domain::look::{Colour, Design, Font, Logo, Look};
use crate::domain::opens::WARNING;
use crate::domain::publication::{Mailbox, Publication, Welcome};
use crate::render::admin::form::{Group, Input, Kind};
use crate::services::Deps;
use crate::services::manage_publication::PublicationError;

/// Whether steps on links are counted, in words.
const CLICKS: [&str; 2] = ["not counted", "counted"];

/// The box that has opens counted.
const OPENS: &str = "counted";

/// What everybody is asked for.
fn common(deps: &Deps) -> Vec<Input> {
    let languages = deps.renderer.languages();
    let languages = languages
        .iter()
        .map(|one| choice(&one.tag, &one.name))
        .collect();
    vec![
        text("name", "Name"),
        Input::new(Kind::Email, "from_email", "Sender's address"),
        text("from_name", "Sender's name")
            .optional()
            .help("Stands in the inbox, before the subject. Left empty, it is the name."),
        Input::new(Kind::Email, "reply_to", "Address for replies").optional(),
        text("postal_address", "Postal address")
            .help("Stands at the foot of every mail, as the law asks."),
        Input::select("language", "Language", languages),
        zone("timezone").help("As in Europe/Berlin. Schedules and times are in it."),
        text("description", "Promise")
            .optional()
            .help("One sentence above the form, as in: Business news, every weekday at seven."),
        Input::new(Kind::Url, "privacy_url", "Page about privacy").optional(),
    ]
}

/// The fields of a new publication: what it needs, and folded away what it may do without.
pub(super) fn of_new(deps: &Deps, is_only: bool, values: &Fields, errors: &Errors) -> Vec<Group> {
    let mut inputs = common(deps);
    let help = "Left empty, it is made of the name: Evening Post is evening-post. It stands in the address of its pages and cannot be changed.";
    inputs.insert(1, short_name(help));
    let (mut needed, spare): (Vec<Input>, Vec<Input>) = filled(inputs, values, errors)
        .into_iter()
        .partition(|input| input.required);
    if let Some(name) = needed.first_mut() {
        // Below a list, the page would open at its end.
        name.is_first = is_only;
    }
    let is_folded = spare
        .iter()
        .all(|input| input.error.is_none() && input.value.trim().is_empty());
    vec![
        Group {
            name: "",
            help: "",
            inputs: needed,
            is_folded: false,
        },
        Group {
            name: "More",
            help: "Short name, sender's name, replies, promise, privacy",
            inputs: spare,
            is_folded,
        },
    ]
}

/// The fields of one that is there.
pub(super) fn of_one(deps: &Deps, values: &Fields, errors: &Errors) -> Vec<Input> {
    let mut inputs = common(deps);
    inputs.extend([
        words("welcome", "Mail on confirming", Welcome::WORDS)
            .help("What a reader gets at once: nothing, a few words, or the latest issue."),
        words("clicks", "Steps on links to articles", &CLICKS)
            .help("Counted by article and never by reader: links then lead through this service."),
        text("utm_source", "Name for site statistics")
            .optional()
            .help("Stands as utm_source in the addresses of articles, with utm_medium and utm_campaign."),
        Input::picks("opens", "Opens of mails", vec![choice(OPENS, "Count how often the mails' picture is loaded")])
            .help(WARNING),
        words("design", "Design of the mails", Design::WORDS)
            .help("Of digests that have none of their own."),
        words("font", "Headlines", Font::WORDS),
        text("accent", "Accent").help(
            "A colour as in #1b5578. It must be readable on white, and is corrected for the dark.",
        ),
        Input::new(Kind::Url, "logo_url", "Address of the logo").optional(),
        text("logo_alt", "The logo in words").optional(),
        text("logo_width", "Width of the logo")
            .optional()
            .help("In pixels."),
    ]);
    filled(inputs, values, errors)
}

/// A publication as the form has it.
pub(super) fn values(p: &Publication) -> Fields {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let logo = p.look.logo.as_ref();
    let mut pairs = vec![
        ("name", p.name.clone()),
        ("from_name", p.from.name.clone()),
        ("from_email", p.from.email.to_string()),
        (
            "reply_to",
            text(p.reply_to.as_ref().map(EmailAddress::as_str)),
        ),
        ("postal_address", p.postal_address.clone()),
        ("language", p.language.clone()),
        ("timezone", p.timezone.name().to_owned()),
        ("description", text(p.description.as_deref())),
        ("privacy_url", text(p.privacy_url.as_deref())),
        ("welcome", p.welcome.to_string()),
        (
            "clicks",
            CLICKS[usize::from(p.links.count_clicks)].to_owned(),
        ),
        ("utm_source", p.links.utm_source.as_str().to_owned()),
        ("design", p.look.design.to_string()),
        ("font", p.look.font.to_string()),
        ("accent", p.look.accent.to_string()),
        ("logo_url", text(logo.map(|logo| logo.url.as_str()))),
        ("logo_alt", text(logo.map(|logo| logo.alt.as_str()))),
        (
            "logo_width",
            logo.map_or(String::new(), |logo| logo.width.to_string()),
        ),
    ];
    pairs.extend(p.count_opens.then(|| ("opens", OPENS.to_owned())));
    pairs.extend(p.relays.iter().map(|name| ("relays", name.clone())));
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(n, v)| (*n, v.as_str())).collect();
    Fields::of(&pairs)
}

/// What the form says, read.
pub(super) struct Given {
    pub(super) name: String,
    pub(super) from: Mailbox,
    pub(super) reply_to: Option<EmailAddress>,
    pub(super) postal_address: String,
    pub(super) language: String,
    pub(super) timezone: Tz,
    pub(super) description: Option<String>,
    pub(super) privacy_url: Option<String>,
    welcome: Option<Welcome>,
    count_clicks: Option<bool>,
    count_opens: Option<bool>,
    utm_source: Option<UtmSource>,
}

impl Given {
    /// Reads the fields; notes all that is wrong.
    pub(super) fn read(fields: &Fields, errors: &mut Errors) -> Option<Self> {
        let owned = |name: &str| fields.optional(name).map(str::to_owned);
        let email: Option<EmailAddress> = take(fields, "from_email", errors);
        let reply_to = take_optional(fields, "reply_to", errors);
        let timezone = take_zone(fields, errors);
        let welcome = take_optional(fields, "welcome", errors);
        let count_clicks = fields.optional("clicks").map(|word| word == CLICKS[1]);
        // A box that is not ticked is not sent, and nor is it by a form without it.
        let count_opens = count_clicks.map(|_| fields.ticked("opens"));
        // Empty takes the word away; a form without the field leaves it.
        let utm_source = fields.ticked("utm_source");
        let utm_source = utm_source
            .then(|| take(fields, "utm_source", errors))
            .flatten();
        let from = email.and_then(|email| {
            let named = fields.optional("from_name").unwrap_or(fields.text("name"));
            let from = format!("{named} <{email}>").parse();
            from.map_err(|e: crate::domain::publication::MailboxError| {
                errors.insert("from_name", sentence(&e.to_string()));
            })
            .ok()
        });
        if !errors.is_empty() {
            return None;
        }
        Some(Self {
            name: fields.text("name").to_owned(),
            from: from?,
            reply_to,
            postal_address: fields.text("postal_address").to_owned(),
            language: fields.text("language").to_owned(),
            timezone: timezone?,
            description: owned("description"),
            privacy_url: owned("privacy_url"),
            welcome,
            count_clicks,
            count_opens,
            utm_source,
        })
    }

    pub(super) fn apply(self, p: &mut Publication) {
        p.name = self.name;
        p.from = self.from;
        p.reply_to = self.reply_to;
        p.postal_address = self.postal_address;
        p.language = self.language;
        p.timezone = self.timezone;
        p.description = self.description;
        p.privacy_url = self.privacy_url;
        p.welcome = self.welcome.unwrap_or(p.welcome);
        p.links.count_clicks = self.count_clicks.unwrap_or(p.links.count_clicks);
        p.count_opens = self.count_opens.unwrap_or(p.count_opens);
        if let Some(source) = self.utm_source {
            p.links.utm_source = source;
        }
    }
}

/// The width of a logo that is not told otherwise, in pixels.
const LOGO_WIDTH: u16 = 200;

/// How the mails are to look.
pub(super) fn look(fields: &Fields, old: &Publication, errors: &mut Errors) -> Option<Look> {
    let (design, font) = (take(fields, "design", errors), take(fields, "font", errors));
    let accent = Colour::readable(fields.text("accent")).map_err(|e| {
        errors.insert("accent", sentence(&e.to_string()));
    });
    let width: Option<u16> = take_optional(fields, "logo_width", errors);
    let logo = fields.optional("logo_url").map(|url| {
        let alt = fields.optional("logo_alt").unwrap_or(&old.name);
        Logo::checked(url, alt, width.unwrap_or(LOGO_WIDTH))
    });
    let logo = logo.transpose().map_err(|e| {
        errors.insert("logo_url", sentence(&e.to_string()));
    });
    Some(Look {
        design: design?,
        accent: accent.ok()?,
        font: font?,
        logo: logo.ok()?,
    })
}

/// Puts an error of the service beside its field; returns the one that belongs to none.
pub(super) fn place(
    error: PublicationError,
    errors: &mut Errors,
) -> Result<Option<String>, AdminError> {
    let name = match &error {
        PublicationError::Store(_) => {
            let PublicationError::Store(error) = error else {
                return Err(AdminError::Failed);
            };
            return Err(error.into());
        }
        PublicationError::Unknown(_) => return Err(AdminError::NotFound),
        PublicationError::Exists(_) => "slug",
        PublicationError::Language(_) | PublicationError::OwnLanguage(_) => "language",
        PublicationError::PrivacyUrl(_) => "privacy_url",
        PublicationError::Logo(_) => "logo_url",
        other => return Ok(Some(sentence(&other.to_string()))),
    };
    errors.insert(name, sentence(&error.to_string()));
    Ok(None)
}
