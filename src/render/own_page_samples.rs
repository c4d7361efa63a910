//! One sample of each page on which readers see to their address and their data, for tests.

use super::Renderer;
use super::contexts::PublicationView;
use super::pages::{
    AddressPage, AddressState, DataPage, ErasePage, ErasedPage, LinkPage, LinkSentPage, OtherPlace,
    Page, Place, WhichPage,
};
use crate::domain::look::Direction;

/// All of them, rendered, with the names of their templates.
pub(super) fn all(renderer: &Renderer) -> Vec<(&'static str, String)> {
    fn page<P: Page>(renderer: &Renderer, page: &P) -> (&'static str, String) {
        (P::TEMPLATE, renderer.page(page).unwrap())
    }
    let mut all = vec![
        page(renderer, &LinkPage::sample()),
        page(renderer, &LinkSentPage::sample()),
        page(renderer, &WhichPage::sample()),
        page(renderer, &DataPage::sample()),
        page(renderer, &ErasePage::sample()),
        page(renderer, &ErasedPage::sample()),
    ];
    let moves = AddressPage::samples();
    all.extend(moves.iter().map(|shown| page(renderer, shown)));
    all
}

pub(super) fn others() -> Vec<OtherPlace> {
    let other = |slug: &str, name: &str, language: &str| OtherPlace {
        slug: slug.into(),
        name: name.into(),
        description: None,
        language: language.into(),
        preferences_url: None,
        unsubscribe_url: None,
        consent_text: format!("By signing up you ask Ledger Publishing to send you {name}."),
    };
    vec![
        OtherPlace {
            description: Some("What the tides bring, every Sunday.".into()),
            preferences_url: Some("/preferences/p_C5f9Zq1Wk7Tb3Xd6".into()),
            unsubscribe_url: Some("/unsubscribe/u_D8g2Yr4Vm6Sc0Ze9".into()),
            ..other("tides", "Tide Table", "en")
        },
        other("kontor", "Kontor am Kai", "de"),
    ]
}

impl LinkPage {
    pub(crate) fn sample() -> Self {
        Self {
            publication: PublicationView::sample(),
            email: "clara.mills@".into(),
            email_error: Some("This is not a whole address: the part after @ is missing.".into()),
        }
    }
}

impl LinkSentPage {
    pub(crate) fn sample() -> Self {
        Self {
            publication: PublicationView::sample(),
            email: "c***@example.org".into(),
            is_short: true,
            back_url: Some("/preferences/p_A7d3Ws6Yh0Jf5Lg2".into()),
        }
    }
}

impl WhichPage {
    pub(crate) fn sample() -> Self {
        let place = |name: &str, slug: &str, language: &str| Place {
            name: name.into(),
            language: language.into(),
            url: format!("/{slug}/link"),
        };
        Self {
            language: "en".into(),
            direction: Direction::Ltr,
            places: vec![
                place("The Harbour Ledger", "ledger", "en"),
                place("Kontor am Kai", "kontor", "de"),
            ],
        }
    }
}

impl AddressPage {
    pub(crate) fn sample(state: AddressState) -> Self {
        Self {
            publication: PublicationView::sample(),
            token: "a_B6n4Vx8Qw3Zs7Rt1".into(),
            state,
            old_email: "c***@example.org".into(),
            new_email: "clara@harbour.example".into(),
            email_error: None,
        }
    }

    pub(crate) fn samples() -> Vec<Self> {
        [
            AddressState::Form,
            AddressState::Sent,
            AddressState::Confirm,
            AddressState::Changed,
            AddressState::Told,
            AddressState::Undone,
            AddressState::Kept,
        ]
        .into_iter()
        .map(Self::sample)
        .collect()
    }
}

impl DataPage {
    pub(crate) fn sample() -> Self {
        Self {
            publication: PublicationView::sample(),
            token: "d_R4y8Wq2Zt6Xb1Nc5".into(),
            email: "clara.mills@example.org".into(),
        }
    }
}

impl ErasePage {
    pub(crate) fn sample() -> Self {
        Self {
            publication: PublicationView::sample(),
            token: "e_K7j3Hs9Lp5Vm2Gd8".into(),
            email: "clara.mills@example.org".into(),
        }
    }
}

impl ErasedPage {
    pub(crate) fn sample() -> Self {
        Self {
            publication: PublicationView::sample(),
        }
    }
}
