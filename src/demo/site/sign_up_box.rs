//! The sign-up box beneath an article: a plain HTML form that goes to Paperround, and the script
//! that lets it answer in place.

use super::super::content::{TOPICS, Topic};
use super::super::html::{each, esc};
use super::{Links, Published};

/// The digests of the demo's publication, the usual one first.
const FREQUENCIES: [(&str, &str, &str); 3] = [
    ("daily", "Every day", "at seven in the morning"),
    ("weekly", "Every week", "on Saturday, the best of it"),
    ("two-minutes", "Every two minutes", "for this demo"),
];

/// The line and the form. The article's topics are preselected; consent is the button, and the
/// link in the mail that follows.
pub(super) fn sign_up_box(links: &Links, item: &Published) -> String {
    format!(
        "<section class=\"sign-up\" id=\"sign-up\" aria-labelledby=\"sign-up-title\">\n\
         <h2 id=\"sign-up-title\">Stay updated on business news</h2>\n\
         <p>The headlines of The Harbour Ledger in one quiet mail. No tracking.</p>\n\
         <form data-paperround method=\"post\" action=\"{action}/subscribe\">\n\
         <input type=\"hidden\" name=\"source\" value=\"{source}\">\n\
         <p class=\"field\"><label for=\"email\">Your email address</label>\n\
         <input type=\"email\" id=\"email\" name=\"email\" required maxlength=\"254\" \
         autocomplete=\"email\" placeholder=\"you@example.org\"></p>\n\
         <p class=\"trap\" aria-hidden=\"true\"><label for=\"website\">Leave this field empty</label>\n\
         <input type=\"text\" id=\"website\" name=\"website\" tabindex=\"-1\" autocomplete=\"off\"></p>\n\
         <div class=\"choices\">\n\
         <fieldset aria-describedby=\"topics-hint\"><legend>Topics</legend>\n{topics}\
         <p class=\"hint\" id=\"topics-hint\">Tick none to get all of them.</p></fieldset>\n\
         <fieldset aria-describedby=\"frequencies-hint\"><legend>How often</legend>\n{frequencies}\
         <p class=\"hint\" id=\"frequencies-hint\">You can tick several.</p></fieldset>\n</div>\n\
         <button type=\"submit\">Sign up</button>\n\
         <p class=\"hint\">We send you one mail with a link to confirm, and nothing else before \
         that. Every issue has a link to leave. Your address is used for this newsletter only.</p>\n\
         </form>\n<script src=\"{script}\" defer></script>\n</section>\n",
        action = esc(&links.sign_up()),
        script = esc(&links.script()),
        source = esc(&links.article(item.article.slug)),
        topics = each(TOPICS, |topic| topic_choice(
            topic,
            item.article.topics.contains(&topic)
        )),
        frequencies = each(FREQUENCIES.into_iter().enumerate(), |(index, frequency)| {
            frequency_choice(frequency, index == 0)
        }),
    )
}

fn topic_choice(topic: Topic, chosen: bool) -> String {
    format!(
        "<label class=\"choice\"><input type=\"checkbox\" name=\"topics\" value=\"{}\"{}> {}</label>\n",
        esc(topic.slug),
        if chosen { " checked" } else { "" },
        esc(topic.name),
    )
}

fn frequency_choice((slug, name, when): (&str, &str, &str), chosen: bool) -> String {
    format!(
        "<label class=\"choice\"><input type=\"checkbox\" name=\"frequency\" value=\"{}\"{}> \
         <span>{} <small>{}</small></span></label>\n",
        esc(slug),
        if chosen { " checked" } else { "" },
        esc(name),
        esc(when),
    )
}
