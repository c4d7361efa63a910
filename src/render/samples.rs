//! One sample of each context: a business newspaper of a port. Parts that a publication has of its own
//! are tried out with the digests.

use super::arrange::MakeUp;
use super::contexts::{Brand, Card, DigestHead, DigestMail, Notice, PublicationView};
use crate::domain::look::{Design, Direction, Look};

const SITE: &str = "https://www.harbourledger.example";
const NEWS: &str = "https://news.harbourledger.example";

impl PublicationView {
    pub(crate) fn sample() -> Self {
        Self {
            name: "The Harbour Ledger".into(),
            slug: "ledger".into(),
            language: "en".into(),
            direction: Direction::Ltr,
            own_language: "en".into(),
            description: Some(
                "Business news from the ports and the towns behind them, every weekday at seven."
                    .into(),
            ),
            from_name: "The Harbour Ledger".into(),
            from_email: "briefing@harbourledger.example".into(),
            postal_address: "Ledger Publishing\n14 Quay Street\nPortmouth PM1 4AB".into(),
            privacy_url: Some(format!("{SITE}/privacy")),
            home_url: format!("{NEWS}/ledger"),
            brand: Brand::from(&Look::default()),
        }
    }
}

#[cfg(test)]
impl super::contexts::ConfirmationMail {
    pub(crate) fn sample() -> Self {
        Self {
            publication: PublicationView::sample(),
            confirm_url: format!("{NEWS}/confirm/c_b6Ck0nYtM1y7vZ2Jw9q4Rr0XgUe5HdLs"),
            never_url: format!("{NEWS}/never/n_T5x8Re2Qy6Uw1Kd3Fz7Hb0Mc4"),
            requested_at: "24 November 2026 at 9:14 GMT".into(),
            source: Some("www.harbourledger.example".into()),
            network: Some("203.0.113".into()),
            topics: vec!["Energy".into(), "Ports and shipping".into()],
            digests: vec!["Morning briefing".into(), "Breaking news".into()],
            expires_days: 7,
            expires_at: None,
            changes: false,
        }
    }
}

#[cfg(test)]
impl super::contexts::WelcomeMail {
    pub(crate) fn sample() -> Self {
        Self {
            publication: PublicationView::sample(),
            next_issue: Some("Wednesday, 25 November 2026, at 7:00".into()),
            topics: vec!["Energy".into(), "Ports and shipping".into()],
            digests: vec!["Morning briefing".into()],
            archive_url: format!("{NEWS}/ledger/archive"),
            change_url: format!("{NEWS}/preferences/p_A7d3Ws6Yh0Jf5Lg2"),
            leave_url: format!("{NEWS}/unsubscribe/u_M9x2Qe7Tn4Vb8Kc1"),
        }
    }
}

#[cfg(test)]
impl super::contexts::AlertMail {
    pub(crate) fn sample() -> Self {
        let line = |summary: &str, closed: Option<&str>| super::contexts::AlertWords {
            kind: "feed-dead".into(),
            summary: summary.into(),
            opened_at: "2026-11-24 07:00 UTC".into(),
            closed_at: closed.map(str::to_owned),
        };
        Self {
            site: NEWS.into(),
            opened: vec![
                line(
                    "the feed https://<news>.example/ of ledger is gone for good",
                    None,
                ),
                line(
                    "the relay \"main\" is out of order since 2026-11-24 06:50 UTC: cannot connect",
                    None,
                ),
            ],
            reminded: vec![line(
                "ledger/daily, due at 2026-11-23 06:00 UTC, has not gone out",
                None,
            )],
            over: vec![line(
                "the webhook https://crm.example/in was disabled: it answers 410",
                Some("2026-11-24 07:30 UTC"),
            )],
        }
    }
}

#[cfg(test)]
impl super::contexts::LinkMail {
    pub(crate) fn sample() -> Self {
        Self {
            publication: PublicationView::sample(),
            words: super::contexts::LinkWords {
                title: "Your data".into(),
                lead: "Somebody, most likely you, asked for all that we keep about this address."
                    .into(),
                button: "See my data".into(),
                lifetime: Some("The link works for one hour, and is for you alone.".into()),
                not_you: Some("If this was not you, do nothing: everything stays as it is.".into()),
            },
            url: format!("{NEWS}/reader/data/R4y8Wq2Zt6Xb1Nc5Vd0Ks3Jg7Hf9Lm1Qe"),
        }
    }
}

#[cfg(test)]
impl super::slots::SlotValues {
    pub(crate) fn sample() -> Self {
        Self {
            unsubscribe_url: format!("{NEWS}/unsubscribe/u_M9x2Qe7Tn4Vb8Kc1"),
            preferences_url: format!("{NEWS}/preferences/p_A7d3Ws6Yh0Jf5Lg2"),
            email: "clara.mills@example.org".into(),
            signed_up: " (3 May 2026, www.harbourledger.example)".into(),
        }
    }
}

pub(crate) fn head() -> DigestHead {
    DigestHead {
        publication: PublicationView::sample(),
        digest_name: "Morning briefing".into(),
        number: 128,
        date: "Tuesday, 24 November 2026".into(),
        when: Some("every weekday at 7:00".into()),
        language: "en".into(),
        direction: Direction::Ltr,
        design: Design::Editorial,
        intro_html: Some(format!(
            "<p>Good morning. The port authority meets today, and the \
             <a href=\"{SITE}/auction\">wind auction</a> closes at noon. Both will decide what \
             the quay looks like in ten years.</p>"
        )),
        intro_text: Some(
            "Good morning. The port authority meets today, and the wind auction closes at noon. \
             Both will decide what the quay looks like in ten years."
                .into(),
        ),
        outro_html: Some(
            "<p>That is the morning. <em>Write to us</em>: we read it all.</p>".into(),
        ),
        outro_text: Some("That is the morning. Write to us: we read it all.".into()),
        notice: Some(Notice {
            label: "Sponsor".into(),
            html: format!(
                "<p>The <a href=\"{SITE}/fair\">Quayside Trade Fair</a> opens on Thursday. \
                 Readers enter free of charge.</p>"
            ),
            text: format!(
                "The Quayside Trade Fair opens on Thursday. Readers enter free of charge. \
                 {SITE}/fair"
            ),
        }),
        topics: vec![
            "Energy".into(),
            "Ports and shipping".into(),
            "Banking".into(),
        ],
        view_url: format!("{NEWS}/ledger/archive/128"),
    }
}

/// What the sample's articles say: title, topic, source, minutes, summary, picture and its alt.
type Story = (
    &'static str,
    &'static str,
    &'static str,
    usize,
    &'static str,
    Option<(&'static str, &'static str)>,
);

const STORIES: [Story; 12] = [
    (
        "Portmouth clears the way for its largest terminal in forty years",
        "Ports and shipping",
        "harbourledger.example",
        6,
        "The port authority has approved a second deep-water terminal on the east quay. Work \
         starts in March and will cost an estimated 410 million. Ship owners welcome the extra \
         berths; the fishing cooperative will lose a third of its moorings.",
        Some(("terminal", "Cranes over the east quay at first light")),
    ),
    (
        "Wind auction draws eleven bidders, twice as many as last year",
        "Energy",
        "harbourledger.example",
        4,
        "Cheaper turbines and a guaranteed price have brought foreign utilities back. The \
         regulator names the winners on Friday.",
        Some(("wind", "Turbines in a calm sea")),
    ),
    (
        "Regional banks tighten loans for office buildings",
        "Banking",
        "tradecourier.example",
        3,
        "Three lenders now ask for forty per cent equity. Vacancy in the city centre has risen to \
         its highest level since 2011.",
        None,
    ),
    (
        "Ferry line orders two electric ships from a local yard",
        "Ports and shipping",
        "harbourledger.example",
        5,
        "The contract secures 600 jobs until 2030. Charging at both ends of the crossing takes \
         eighteen minutes.",
        Some(("ferry", "A white ferry leaving the harbour")),
    ),
    (
        "Heat from data centres to warm 9,000 flats",
        "Energy",
        "northwindpost.example",
        4,
        "The city works will lay four kilometres of pipe under the canal. Tenants are promised \
         bills that follow the price of electricity, not of gas.",
        None,
    ),
    (
        "Savings bank closes nine branches and opens a bus",
        "Banking",
        "harbourledger.example",
        2,
        "From January a counter on wheels will stop in each village once a week.",
        None,
    ),
    (
        "Spot rates for containers fall for a fifth week",
        "Ports and shipping",
        "tradecourier.example",
        3,
        "A box from Asia now costs less than before the canal was closed. Carriers answer with \
         slower ships and cancelled sailings.",
        None,
    ),
    (
        "Grid operator asks for 200 million more to bury the northern line",
        "Energy",
        "harbourledger.example",
        5,
        "Villages along the route had threatened to sue. The regulator will decide in spring who \
         pays for it.",
        None,
    ),
    (
        "Tug crews vote for a one-day strike on Thursday",
        "Ports and shipping",
        "harbourledger.example",
        2,
        "",
        None,
    ),
    (
        "Pension fund sells its last coal shares",
        "Banking",
        "tradecourier.example",
        2,
        "",
        None,
    ),
    (
        "Biogas plant at the old dairy goes on stream",
        "Energy",
        "northwindpost.example",
        3,
        "",
        None,
    ),
    (
        "Customs office to open round the clock before the holidays",
        "Ports and shipping",
        "harbourledger.example",
        1,
        "",
        None,
    ),
];

pub(crate) fn cards() -> Vec<Card> {
    STORIES
        .iter()
        .zip(1001..)
        .map(
            |((title, topic, source, minutes, summary, picture), id)| Card {
                title: (*title).into(),
                url: format!("https://www.{source}/business/{id}"),
                summary_text: (*summary).into(),
                source: (*source).into(),
                reading_minutes: *minutes,
                date: "24 Nov".into(),
                topic: Some((*topic).into()),
                image_url: picture.map(|(file, _)| format!("{SITE}/pictures/{file}.jpg")),
                image_alt: picture.map(|(_, alt)| alt.into()),
                ..Card::default()
            },
        )
        .collect()
}

/// Three articles in Arabic, which is written from right to left.
#[cfg(test)]
pub(crate) fn arabic_cards() -> Vec<Card> {
    let titles = [
        "الميناء يوافق على أكبر محطة منذ أربعين عاما",
        "أحد عشر متنافسا في مزاد الرياح",
        "البنوك تشدد شروط القروض",
    ];
    titles
        .into_iter()
        .zip(cards())
        .map(|(title, card)| Card {
            title: title.into(),
            summary_text: "تبدأ الأعمال في مارس، وتقدر التكلفة بنحو 410 ملايين.".into(),
            topic: Some("الاقتصاد".into()),
            ..card
        })
        .collect()
}

impl DigestMail {
    /// The first card leads, the next seven stand under their topics, the rest is headlines.
    pub(crate) fn arrange(head: DigestHead, cards: Vec<Card>) -> Self {
        let mut cards = cards.into_iter();
        let mut made = MakeUp {
            lead: cards.next(),
            ..MakeUp::default()
        };
        for card in cards.by_ref().take(7) {
            let topic = card.topic.clone();
            match made.sections.iter_mut().find(|(title, _)| *title == topic) {
                Some((_, cards)) => cards.push(card),
                None => made.sections.push((topic, vec![card])),
            }
        }
        made.sections.sort_by_key(|(title, _)| title.is_none());
        made.also = cards.collect();
        Self::new(head, made)
    }

    #[cfg(test)]
    pub(crate) fn sample() -> Self {
        Self::arrange(head(), cards())
    }
}

/// A digest with all that there can be.
pub(crate) fn full() -> DigestMail {
    let mut cards = cards();
    cards[2].summary_html = Some(format!(
        "<p>{} <a href=\"{SITE}/rates\">See the rates</a>.</p>",
        cards[2].summary_text
    ));
    DigestMail::arrange(head(), cards)
}

/// A digest in which whatever may be absent is.
pub(crate) fn bare() -> DigestMail {
    let cards = (1..=10).map(|number| Card {
        title: format!("Headline {number}"),
        url: format!("{SITE}/{number}"),
        date: "24 Nov".into(),
        ..Card::default()
    });
    DigestMail::arrange(bare_head(), cards.collect())
}

/// A digest without any article.
pub(crate) fn empty() -> DigestMail {
    DigestMail::arrange(bare_head(), Vec::new())
}

fn bare_head() -> DigestHead {
    DigestHead {
        when: None,
        intro_html: None,
        intro_text: None,
        outro_html: None,
        outro_text: None,
        notice: None,
        topics: Vec::new(),
        ..head()
    }
}
