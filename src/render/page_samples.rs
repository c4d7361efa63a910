//! One sample of each page, for tests.

use super::contexts::PublicationView;
use super::embed::{FramePage, FrameState, colours};
use super::own_page_samples::others;
use super::pages::{
    ArchivePage, ArchivedIssue, CheckInboxPage, ConfirmPage, ConfirmState, ConfirmedPage,
    DigestOption, GoodbyePage, GuardFields, Headline, LanguageOption, LatestIssue, LeavePage,
    Meant, MessageLink, MessagePage, NeverMailPage, NeverMailState, PauseView, PreferencesPage,
    ReturnedPage, SignUpPage, TopicOption,
};
use super::samples;
use crate::domain::look::{Colour, Direction};
use crate::domain::palette::{Palette, Wish};

const NEWS: &str = "https://news.harbourledger.example";

pub(super) const TOPICS: [(&str, &str); 3] = [
    ("banking", "Banking"),
    ("energy", "Energy"),
    ("ports", "Ports and shipping"),
];

fn topics(checked: &[&str]) -> Vec<TopicOption> {
    TOPICS
        .into_iter()
        .map(|(slug, name)| TopicOption {
            slug: slug.into(),
            name: name.into(),
            checked: checked.contains(&slug),
        })
        .collect()
}

fn languages() -> Vec<LanguageOption> {
    [("en", "English"), ("de", "Deutsch"), ("it", "Italiano")]
        .into_iter()
        .map(|(tag, name)| LanguageOption {
            tag: tag.into(),
            name: name.into(),
        })
        .collect()
}

fn digests() -> Vec<DigestOption> {
    [
        ("morning", "Morning briefing", "every weekday at 7:00"),
        ("week", "The week in business", "every Friday at 16:00"),
    ]
    .into_iter()
    .map(|(slug, name, when)| DigestOption {
        slug: slug.into(),
        name: name.into(),
        when: when.into(),
        checked: slug == "morning",
    })
    .collect()
}

impl GuardFields {
    fn sample() -> Self {
        Self {
            stamp: "AAABnKzq0ABzdGFtcHN0YW1wc3RhbXBzdGFtcA".into(),
            challenge: None,
            is_asked: false,
            goes_on: false,
            wait_seconds: 15,
        }
    }
}

impl SignUpPage {
    pub(crate) fn sample() -> Self {
        let headline = |card: super::contexts::Card| Headline {
            title: card.title,
            url: card.url,
            date: card.date,
        };
        Self {
            publication: PublicationView::sample(),
            topics: topics(&[]),
            digests: digests(),
            headlines: samples::cards().into_iter().take(3).map(headline).collect(),
            sample: ConfirmedPage::sample().latest,
            email: String::new(),
            name: String::new(),
            email_error: None,
            topics_error: None,
            digests_error: None,
            form_error: None,
            guard: GuardFields::sample(),
            languages: languages(),
            consent_text: "By signing up you ask The Harbour Ledger to send you its issues by \
                           mail until you leave."
                .into(),
            asks_zone: false,
            source: None,
        }
    }

    pub(crate) fn asked_sample() -> Self {
        Self {
            email: "clara.mills@inbox.example".into(),
            guard: GuardFields {
                challenge: Some("{\"algorithm\":\"SHA-256\"}".into()),
                is_asked: true,
                goes_on: true,
                ..GuardFields::sample()
            },
            ..Self::sample()
        }
    }

    pub(crate) fn wrong_sample() -> Self {
        Self {
            email: "clara.mills@".into(),
            name: "Clara Mills".into(),
            email_error: Some("This is not a whole address: the part after @ is missing.".into()),
            topics_error: Some("One of the topics does not exist any more.".into()),
            digests_error: Some("One of the digests does not exist any more.".into()),
            form_error: Some("Nothing was sent yet. Please correct what is marked.".into()),
            source: Some("www.harbourledger.example".into()),
            topics: topics(&["energy"]),
            ..Self::sample()
        }
    }
}

impl CheckInboxPage {
    pub(crate) fn sample() -> Self {
        let publication = PublicationView::sample();
        Self {
            email: "clara.mills@example.org".into(),
            from_email: publication.from_email.clone(),
            archive_url: Some(format!("{NEWS}/ledger/archive")),
            publication,
            meant: Some(Meant {
                address: "clara.mills@gmail.com".into(),
                fields: vec![("topics".into(), "energy".into())],
            }),
        }
    }
}

impl ConfirmPage {
    pub(crate) fn sample() -> Self {
        Self {
            publication: PublicationView::sample(),
            token: "c_b6Ck0nYtM1y7vZ2J".into(),
            topics: vec!["Energy".into(), "Ports and shipping".into()],
            digests: vec!["Morning briefing".into(), "The week in business".into()],
            state: ConfirmState::Open,
            consent_text: "By signing up you ask The Harbour Ledger to send you its issues by \
                           mail until you leave."
                .into(),
        }
    }
}

impl ConfirmPage {
    pub(crate) fn when(self, state: ConfirmState) -> Self {
        Self { state, ..self }
    }
}

impl ConfirmedPage {
    pub(crate) fn sample() -> Self {
        Self {
            publication: PublicationView::sample(),
            next_issue: Some("Wednesday, 25 November 2026, at 7:00".into()),
            preferences_url: format!("{NEWS}/preferences/p_A7d3Ws6Yh0Jf5Lg2"),
            latest: Some(LatestIssue {
                title: samples::cards()[0].title.clone(),
                url: format!("{NEWS}/ledger/archive/128"),
            }),
        }
    }
}

impl LeavePage {
    pub(crate) fn sample() -> Self {
        Self {
            publication: PublicationView::sample(),
            token: "u_M9x2Qe7Tn4Vb8Kc1".into(),
            email: "c***@example.org".into(),
            preferences_url: format!("{NEWS}/preferences/p_A7d3Ws6Yh0Jf5Lg2"),
            rarer: digests().pop(),
            subscribed: true,
        }
    }
}

impl GoodbyePage {
    pub(crate) fn sample() -> Self {
        Self {
            publication: PublicationView::sample(),
            token: "u_M9x2Qe7Tn4Vb8Kc1".into(),
            can_undo: true,
            thanked: false,
        }
    }
}

impl NeverMailPage {
    pub(crate) fn sample(state: NeverMailState) -> Self {
        Self {
            publication: PublicationView::sample(),
            token: "n_T5x8Re2Qy6Uw1Kd3".into(),
            email: "c***@example.org".into(),
            state,
        }
    }
}

impl ReturnedPage {
    pub(crate) fn sample() -> Self {
        Self {
            publication: PublicationView::sample(),
            preferences_url: format!("{NEWS}/preferences/p_A7d3Ws6Yh0Jf5Lg2"),
        }
    }
}

impl PreferencesPage {
    pub(crate) fn sample() -> Self {
        Self {
            publication: PublicationView::sample(),
            token: "p_A7d3Ws6Yh0Jf5Lg2".into(),
            email: "c***@example.org".into(),
            topics: topics(&["energy", "ports"]),
            digests: digests(),
            languages: languages(),
            zones: None,
            saved: true,
            error: None,
            digests_error: None,
            subscribed: true,
            unsubscribe_url: format!("{NEWS}/unsubscribe/u_M9x2Qe7Tn4Vb8Kc1"),
            pause: PauseView {
                until: None,
                first_day: "2026-11-25".into(),
                last_day: "2027-11-25".into(),
                error: None,
            },
            others: others(),
        }
    }
}

impl ArchivePage {
    pub(crate) fn sample() -> Self {
        let dates = [
            "Tuesday, 24 November 2026",
            "Monday, 23 November 2026",
            "Friday, 20 November 2026",
            "Thursday, 19 November 2026",
        ];
        let issue = |((card, date), back): ((super::contexts::Card, &str), i64)| ArchivedIssue {
            title: card.title,
            number: 128 - back,
            digest_name: "Morning briefing".into(),
            date: date.into(),
            url: format!("{NEWS}/ledger/archive/{}", 128 - back),
        };
        let titles = samples::cards().into_iter().zip(dates).zip(0..);
        Self {
            publication: PublicationView::sample(),
            issues: titles.map(issue).collect(),
            sign_up_url: format!("{NEWS}/ledger"),
            newer_url: Some("/ledger/archive?page=1".into()),
            older_url: Some("/ledger/archive?page=3".into()),
        }
    }
}

impl MessagePage {
    pub(crate) fn sample() -> Self {
        Self {
            language: "en".into(),
            direction: Direction::Ltr,
            title: "This page does not exist".into(),
            text: "The address may have been cut off when it was copied. Try the link in your \
                   mail again."
                .into(),
            link: Some(MessageLink {
                url: "/reader/link".into(),
                text: "Have a new link mailed".into(),
            }),
        }
    }
}

impl FramePage {
    pub(crate) fn sample(state: FrameState) -> Self {
        let form = SignUpPage::sample();
        Self {
            publication: form.publication,
            state,
            frame_url: "/embed/ledger?topic=energy".into(),
            colours: colours(Palette::wished(Wish::default(), Colour::ACCENT)),
            topics: vec!["energy".into()],
            topic_names: vec!["Energy".into()],
            email: "clara.mills@example.org".into(),
            email_error: None,
            form_error: None,
            guard: form.guard,
            asks_zone: false,
            consent_text: form.consent_text,
            source: None,
            meant: CheckInboxPage::sample().meant,
        }
    }
}
