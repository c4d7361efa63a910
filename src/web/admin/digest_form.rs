//! The form of a digest: its fields, and a recipe as it stands in them.

use chrono::Timelike;

use super::fields::Fields;
use super::forms::{Errors, choice, filled, short_name, text, zone};
use crate::domain::cadence::{Cadence, Days, LAST_COMMON_DAY, Weekday};
use crate::domain::digest::{Breaking, Digest};
use crate::domain::look::Design;
use crate::domain::publication::{Publication, Topic};
use crate::domain::span;
use crate::render::admin::form::{Group, Input, Kind};
use crate::render::admin::frame::Choice;

/// The ways to go out that have a time of day.
const AT_A_TIME: &str = "for-daily for-weekdays for-weekly for-monthly";
/// Those that have a schedule.
const BY_SCHEDULE: &str = "for-daily for-weekdays for-weekly for-monthly for-cron";

/// The choice of no design of its own.
pub(super) const AS_PUBLICATION: &str = "publication";

/// All fields; a new digest is asked for its short name too. What hardly anybody changes is folded away
/// where it says what is `usual`.
pub(super) fn groups(
    publication: &Publication,
    topics: &[Topic],
    is_new: bool,
    values: &Fields,
    usual: &Fields,
    errors: &Errors,
) -> Vec<Group> {
    let open = |name, inputs| Group {
        name,
        help: "",
        inputs: filled(inputs, values, errors),
        is_folded: false,
    };
    let foldable = |name, help, inputs| {
        let group = open(name, inputs);
        Group {
            help,
            is_folded: group
                .inputs
                .iter()
                .all(|input| input.error.is_none() && values.agree(usual, input.name)),
            ..group
        }
    };
    let approval = yes_or_no(
        "require_approval",
        "Approval",
        "An issue waits until somebody who may send has approved it",
    );
    vec![
        open("Name", named(is_new)),
        open("When it goes out", times()),
        foldable(
            "Days and hours",
            "Hours, holidays, how late at most",
            calendar(),
        ),
        foldable("Articles", "Topics, sections, how many", articles(topics)),
        foldable(
            "Words",
            "Subject, and what stands around the articles",
            words(is_new),
        ),
        foldable("Look", "A design of its own", vec![design(publication)]),
        foldable(
            "Before it goes out",
            "Whether somebody has to approve it",
            vec![approval],
        ),
    ]
}

fn named(is_new: bool) -> Vec<Input> {
    let mut inputs = vec![
        text("name", "Name")
            .first(is_new)
            .help("Readers choose by it, and it may stand in the subject."),
    ];
    if is_new {
        inputs.push(short_name(
            "Left empty, it is made of the name: Morning News is morning-news. It stands in addresses and cannot be changed.",
        ));
    }
    inputs
}

fn yes_or_no(name: &'static str, label: &'static str, yes: &'static str) -> Input {
    Input::select(name, label, vec![choice("no", "No"), choice("yes", yes)])
}

fn times() -> Vec<Input> {
    let ways = [
        ("daily", "Every day"),
        ("weekdays", "Every weekday, Monday to Friday"),
        ("weekly", "Every week"),
        ("monthly", "Every month"),
        ("cron", "As a cron line says"),
        ("news", "When there is news"),
        ("hand", "Only when somebody sends it"),
    ];
    let ways = ways.iter().map(|(value, name)| choice(value, name));
    let days = Weekday::all().map(|day| choice(day.as_str(), day.name()));
    vec![
        Input::select("goes_out", "How often", ways.collect()),
        Input::select("weekday", "Day of the week", days.collect()).only("for-weekly"),
        text("day", "Day of the month")
            .optional()
            .only("for-monthly")
            .help("1 to 28, which every month has. For others write a cron line."),
        Input::new(Kind::Time, "at", "Time of day")
            .optional()
            .only(AT_A_TIME),
        text("cron", "Cron line")
            .optional()
            .only("for-cron")
            .help("Minute, hour, day, month, weekday, as in 0 7 * * mon-fri."),
        zone("timezone").help("As in Europe/Berlin. All times of the digest are in it."),
        yes_or_no(
            "local_time",
            "At the readers' time",
            "Each reader gets it when their own clocks show the time",
        )
        .only(BY_SCHEDULE),
        text("min_gap", "At least between two issues")
            .optional()
            .only("for-news")
            .help("As in 30m or 2h."),
        text("max_per_day", "At most in a day")
            .optional()
            .only("for-news")
            .help("Issues, 1 to 100."),
    ]
}

fn calendar() -> Vec<Input> {
    vec![
        area("hours", "Only in these hours")
            .help("One a line, as in mon-fri 06:00-20:00. None: at all hours."),
        area("holidays", "Not on these days").help("One a line, as in 2026-12-25."),
        Input::select(
            "on_holiday",
            "An issue that falls on such a day",
            vec![
                choice("skip", "is left out"),
                choice("move", "moves to the next day that is none"),
            ],
        ),
        text("not_later_than", "At most so late")
            .optional()
            .help("As in 2h: an issue that would be later, after a standstill, is left out."),
    ]
}

fn area(name: &'static str, label: &'static str) -> Input {
    Input::new(Kind::Area, name, label).optional()
}

fn articles(topics: &[Topic]) -> Vec<Input> {
    let mut inputs = vec![Input::select(
        "window",
        "Which count as new",
        vec![
            choice("last-issue", "Those since the last issue"),
            choice("24h", "Those of the last 24 hours"),
            choice("7d", "Those of the last 7 days"),
        ],
    )];
    if !topics.is_empty() {
        let picks: Vec<Choice> = topics
            .iter()
            .map(|t| choice(t.slug.as_str(), &t.name))
            .collect();
        inputs.push(
            Input::picks("topics", "Only of these topics", picks).help("None ticked: of all."),
        );
        inputs.push(area("sections", "Sections").help(
            "One a line, in their order: the short name of a topic, or with the most articles it shows, as in energy:3. Topics without a line come behind.",
        ));
    }
    inputs.extend([
        text("max_items", "At most").help("Articles in a mail, 1 to 100."),
        text("full_items", "With a summary").help("So many of them; the others are headlines."),
        text("min_items", "At least").help("With fewer new articles nothing goes out."),
        Input::select(
            "languages",
            "Languages",
            vec![
                choice("auto", "A reader's own, where the publication writes in it"),
                choice("same", "Only a reader's own"),
                choice("all", "All, whatever readers told"),
            ],
        ),
    ]);
    inputs
}

fn words(is_new: bool) -> Vec<Input> {
    let next_intro = area("next_intro", "The same in the next issue alone")
        .help("Instead of the above; it is used up by that issue.");
    let mut inputs = vec![
        text("subject", "Subject").optional().help(
            "May name {{ headline }}, {{ publication }}, {{ digest }}, {{ number }}, {{ date }} and {{ articles }}. Empty: the top headline.",
        ),
        area("intro", "Before the articles").help("Markdown, in every issue."),
        area("outro", "Behind the articles").help("Markdown, in every issue."),
        area("notice", "A block behind the lead").help("Markdown: a sponsor's words, or a notice."),
        text("notice_label", "What stands above that block").optional().help(
            "As in Sponsor. Empty: the word for a notice in the language of the mail.",
        ),
    ];
    if !is_new {
        inputs.insert(2, next_intro);
    }
    inputs
}

fn design(publication: &Publication) -> Input {
    let usual = format!("As the publication ({})", publication.look.design);
    let usual = choice(AS_PUBLICATION, &usual);
    let own = Design::WORDS.iter().map(|word| choice(word, word));
    let choices = std::iter::once(usual).chain(own).collect();
    Input::select("design", "Design of its mails", choices).help(
        "editorial: a front page with pictures. compact: headlines with a sentence each. plain: like a letter. What has been composed keeps its design.",
    )
}

/// What a new digest is proposed as: every weekday at seven.
pub(super) fn proposal(draft: &Digest) -> Fields {
    let cron = Some("0 7 * * mon-fri".to_owned());
    let proposed = Digest {
        cron,
        ..draft.clone()
    };
    values(&proposed, "")
}

/// A digest as the form has it.
pub(super) fn values(d: &Digest, next_intro: &str) -> Fields {
    let (rules, calendar) = (&d.rules, &d.rules.calendar);
    let lines = |texts: Vec<String>| texts.join("\n");
    let breaking = rules.breaking.unwrap_or_default();
    let mut pairs = vec![
        ("name", d.name.clone()),
        ("timezone", d.timezone.name().to_owned()),
        ("local_time", yes(rules.local_time)),
        ("min_gap", span::written(breaking.gap_minutes)),
        ("max_per_day", breaking.most_a_day.to_string()),
        (
            "hours",
            lines(calendar.hours.iter().map(ToString::to_string).collect()),
        ),
        (
            "holidays",
            lines(calendar.holidays.iter().map(ToString::to_string).collect()),
        ),
        ("on_holiday", calendar.on_holiday.to_string()),
        (
            "not_later_than",
            calendar
                .not_later_than_minutes
                .map_or(String::new(), span::written),
        ),
        ("window", d.window.to_string()),
        (
            "sections",
            lines(rules.sections.iter().map(ToString::to_string).collect()),
        ),
        ("max_items", d.max_items.to_string()),
        ("full_items", rules.full_items.to_string()),
        ("min_items", d.min_items.to_string()),
        ("languages", rules.languages.to_string()),
        ("subject", rules.subject.clone().unwrap_or_default()),
        ("intro", rules.intro.clone()),
        ("next_intro", next_intro.to_owned()),
        ("outro", rules.outro.clone()),
        ("notice", rules.notice.clone()),
        ("notice_label", rules.notice_label.clone()),
        (
            "design",
            d.design.map_or(AS_PUBLICATION, Design::as_str).to_owned(),
        ),
        ("require_approval", yes(rules.require_approval)),
    ];
    pairs.extend(way(d));
    pairs.extend(d.topics.iter().map(|topic| ("topics", topic.to_string())));
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(n, v)| (*n, v.as_str())).collect();
    Fields::of(&pairs)
}

fn yes(is_so: bool) -> String {
    if is_so { "yes" } else { "no" }.to_owned()
}

/// How it goes out: a plain choice where the cron line is one.
fn way(d: &Digest) -> Vec<(&'static str, String)> {
    let plain = d.cron.as_deref().and_then(Cadence::of_cron);
    let way = match (&d.cron, d.rules.breaking, plain.map(|plain| plain.days)) {
        (None, Some(Breaking { .. }), _) => "news",
        (None, None, _) => "hand",
        (Some(_), _, None) => "cron",
        (_, _, Some(Days::Every)) => "daily",
        (_, _, Some(Days::Weekdays)) => "weekdays",
        (_, _, Some(Days::Weekly(_))) => "weekly",
        (_, _, Some(Days::Monthly(_))) => "monthly",
    };
    let at = plain.map_or("07:00".to_owned(), |plain| {
        format!("{:02}:{:02}", plain.time.hour(), plain.time.minute())
    });
    let (weekday, day) = match plain.map(|plain| plain.days) {
        Some(Days::Weekly(day)) => (day, 1),
        Some(Days::Monthly(day)) => (Weekday::Monday, day.min(LAST_COMMON_DAY)),
        _ => (Weekday::Monday, 1),
    };
    vec![
        ("goes_out", way.to_owned()),
        ("at", at),
        ("weekday", weekday.to_string()),
        ("day", day.to_string()),
        ("cron", d.cron.clone().unwrap_or_default()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_that_depends_on_the_way_is_of_a_class_that_the_style_knows() {
        let css = crate::render::admin::CSS;
        for class in BY_SCHEDULE.split(' ').chain(["for-news"]) {
            let value = class.trim_start_matches("for-");
            let rule = format!("[value={value}]:checked) .{class}");
            assert!(css.contains(&rule), "{rule}");
        }
    }
}
