//! The operators' pages, each with what it is told; in English only.
//!
//! A page has a [`Frame`]: navigation, the publication at hand, the state of sending, what was just
//! done. `frame.rs` of `web/admin` fills it in. Whoever adds a page names its template in
//! `templates.rs` and its context with `admin_pages!`, and, where it stands in the navigation, its
//! place in `nav.rs`.

pub mod digests;
pub mod doors;
pub mod form;
pub mod frame;
pub mod log;
pub mod nav;
pub mod people;
pub mod places;
pub mod qr;
pub mod readers;
pub mod search;
pub mod service;
pub(super) mod templates;
pub mod today;
pub mod tokens;
pub mod when;

use std::sync::LazyLock;

use ring::digest::{SHA256, digest};

use super::pages::Page;
pub use frame::Frame;

/// The whole style of the operators' pages.
pub const CSS: &str = include_str!("../../web/assets/admin.css");

/// The address of the style, which changes with it, so that browsers may keep it for good.
pub fn css_url() -> &'static str {
    static URL: LazyLock<String> = LazyLock::new(|| {
        let hash = digest(&SHA256, CSS.as_bytes());
        let hash: String = hash.as_ref()[..8]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        format!("/admin/assets/admin.css?v={hash}")
    });
    &URL
}

/// A page within the frame.
pub trait Framed: Page {
    fn frame(&self) -> &Frame;
}

/// Names the template of each page within the frame.
macro_rules! admin_pages {
    ($($page:ident => $template:literal),+ $(,)?) => {
        $(
            impl $crate::render::pages::Page for $page {
                const TEMPLATE: &'static str = $template;
            }

            impl $crate::render::admin::Framed for $page {
                fn frame(&self) -> &$crate::render::admin::Frame {
                    &self.frame
                }
            }
        )+
    };
}
pub(super) use admin_pages;
