//! The templates of the operators' pages, which are part of the program.

/// Lists templates by their names.
macro_rules! embedded {
    ($($name:literal),+ $(,)?) => {
        &[$((
            concat!("admin/", $name, ".html"),
            include_str!(concat!("../../web/templates/admin/", $name, ".html")),
        )),+]
    };
}

/// Every template by its name.
pub const TEMPLATES: &[(&str, &str)] = embedded! {
    "parts", "token", "tools", "me", "nav", "base", "door", "sign_in", "code", "welcome", "refusal",
    "today", "search", "audit",
    "operators", "operator", "link", "account", "second_step", "recovery_codes",
    "tokens", "token_made",
    "publications", "publication",
    "topics", "topic_removal",
    "feeds", "feed",
    "issues", "issue", "issue_cancel", "issue_deliveries",
    "calendar", "calendar_run", "calendar_holidays",
    "readers", "reader", "imports", "import",
    "digests", "digest", "digest_form", "editor", "editor_article", "digest_send",
    "mail_views",
    "relays", "suppression", "sign_up_rules",
    "alerts",
    "webhooks", "webhook", "webhook_secret",
    "templates", "template",
    "statistics", "settings",
};
