//! The operators' pages, each with what it is told; in English only.
//!
//! A page has a [`Frame`]: navigation, the publication at hand, the state of sending, what was just
//! done. `frame.rs` of `web/admin` fills it in. Whoever adds a page names its template in
//! `templates.rs` and its context with `admin_pages!`, and, where it stands in the navigation, its
//! place in `nav.rs`.

pub mod alerts;
pub mod calendar;
pub mod digests;
pub mod doors;
pub mod editor;
pub mod form;
pub mod frame;
pub mod imports;
pub mod issues;
pub mod log;
pub mod nav;
pub mod own_parts;
pub mod people;
pub mod places;
pub mod qr;
pub mod readers;
pub mod search;
pub mod service;
pub mod settings;
pub mod statistics;
pub(super) mod templates;
pub mod today;
pub mod tokens;
pub mod webhooks;
pub mod when;

use std::sync::LazyLock;

use ring::digest::{SHA256, digest};

use super::pages::Page;
pub use frame::Frame;

/// The whole style of the operators' pages.
pub const CSS: &str = include_str!("../../web/assets/admin.css");

/// Lets articles be put into order by dragging.
pub const EDITOR_SCRIPT: &str = include_str!("../../web/assets/editor.js");

/// Keeps the figures of an issue up to date.
pub const ISSUE_SCRIPT: &str = include_str!("../../web/assets/issue.js");

/// Keeps a page that tells of work up to date.
pub const PROGRESS_SCRIPT: &str = include_str!("../../web/assets/progress.js");

/// Fills in the time zone of the browser.
pub const HERE_SCRIPT: &str = include_str!("../../web/assets/here.js");

/// The address of the style.
pub fn css_url() -> &'static str {
    static URL: LazyLock<String> = LazyLock::new(|| asset_url("admin.css", CSS));
    &URL
}

/// The address of the editor's script.
pub fn editor_script_url() -> &'static str {
    static URL: LazyLock<String> = LazyLock::new(|| asset_url("editor.js", EDITOR_SCRIPT));
    &URL
}

/// The address of the script of an issue's page.
pub fn issue_script_url() -> &'static str {
    static URL: LazyLock<String> = LazyLock::new(|| asset_url("issue.js", ISSUE_SCRIPT));
    &URL
}

/// The address of the script of a page that tells of work.
pub fn progress_url() -> &'static str {
    static URL: LazyLock<String> = LazyLock::new(|| asset_url("progress.js", PROGRESS_SCRIPT));
    &URL
}

/// The address of the script that knows the browser's time zone.
pub fn here_script_url() -> &'static str {
    static URL: LazyLock<String> = LazyLock::new(|| asset_url("here.js", HERE_SCRIPT));
    &URL
}

/// The address of a file, which changes with it, so that browsers may keep it for good.
fn asset_url(name: &str, content: &str) -> String {
    let hash = digest(&SHA256, content.as_bytes());
    let bytes = hash.as_ref()[..8].iter();
    let hash: String = bytes.map(|byte| format!("{byte:02x}")).collect();
    format!("/admin/assets/{name}?v={hash}")
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
