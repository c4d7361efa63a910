//! What is taken as a part of a publication's own, and what is refused with which words.

use std::sync::Arc;

use super::contexts::DigestMail;
use super::own::{MOST_SOURCE, OwnPart};
use super::parts::PARTS;
use super::slots::Slot;
use super::{Renderer, parts};

fn own(part: &str, source: &str) -> OwnPart {
    OwnPart {
        part: parts::find(part).unwrap(),
        source: source.to_owned(),
    }
}

fn refusal(part: &str, source: &str) -> String {
    let renderer = Arc::new(Renderer::new().unwrap());
    renderer.check(&own(part, source)).unwrap_err().to_string()
}

/// The part of the program with something else in one place.
fn changed(part: &str, from: &str, to: &str) -> OwnPart {
    let source = parts::find(part).unwrap().source;
    assert!(source.contains(from), "{part}: {from}");
    own(part, &source.replace(from, to))
}

#[test]
fn every_part_of_the_program_would_be_taken() {
    let renderer = Arc::new(Renderer::new().unwrap());
    for part in &PARTS {
        let checked = renderer.check(&own(part.name, part.source)).unwrap();
        assert!(checked.html_bytes > 10_000 && checked.text_bytes > 1_000);
        assert!(PARTS.iter().filter(|other| other.name == part.name).count() == 1);
    }
}

#[test]
fn a_broken_placeholder_is_named_with_its_line_and_what_was_meant() {
    let said = refusal(
        "card.html",
        "<tr><td>\n<h3>{{ card.titel }}</h3>\n</td></tr>\n",
    );
    assert!(said.starts_with("card.html, line 2, column "), "{said}");
    assert!(
        said.contains("`titel`") && said.contains("Did you mean `title`?"),
        "{said}"
    );
    let said = refusal("line.html", "<tr><td>{{ crad.title }}</td></tr>");
    assert!(
        said.starts_with("line.html, line 1") && said.contains("Did you mean `card`?"),
        "{said}"
    );
    let said = refusal("line.txt", "{{ card.title | wrapp }}");
    assert!(
        said.contains("line 1") && said.contains("Did you mean `wrap`?"),
        "{said}"
    );
}

#[test]
fn whatever_does_not_parse_is_named_with_its_line() {
    for (source, line) in [
        ("<tr>\n{% if card %}\n</tr>", "line 3"),
        ("<tr>\n\n{{ card.title }\n</tr>", "line 3"),
        ("{% endif %}", "line 1"),
        ("{% include \"mail/digest/carrd.html\" %}", "line 1"),
        ("{% frobnicate %}", "line 1"),
    ] {
        let said = refusal("card.html", source);
        assert!(
            said.starts_with("card.html") && said.contains(line),
            "{source}: {said}"
        );
    }
    // A part that includes itself would never end.
    let said = refusal("card.html", "{% include \"mail/digest/card.html\" %}");
    assert!(said.to_lowercase().contains("circular"), "{said}");
}

#[test]
fn a_mistake_that_only_some_issues_would_show_is_found_too() {
    // Not every article has a picture.
    let said = refusal(
        "lead.html",
        "<tr><td>{{ card.image_url | upper }}</td></tr>",
    );
    assert!(said.starts_with("lead.html, line 1"), "{said}");
    // Only one design.
    let said = refusal(
        "notice.html",
        "{% if design == \"plain\" %}{{ nobody }}{% endif %}",
    );
    assert!(said.contains("`nobody`"), "{said}");
}

#[test]
fn nothing_goes_out_without_what_the_law_asks_for() {
    for (part, placeholder) in [
        ("footer.html", "{{ unsubscribe_url }}"),
        ("footer.html", "{{ preferences_url }}"),
        ("footer.txt", "{{ unsubscribe_url }}"),
        ("masthead.html", "{{ view_url }}"),
        ("layout.txt", "{{ publication.postal_address | wrap }}"),
    ] {
        let renderer = Arc::new(Renderer::new().unwrap());
        let without = changed(part, placeholder, "");
        let refused = renderer.check(&without);
        assert!(refused.is_err(), "{part}: {placeholder}");
        let said = refused.unwrap_err().to_string();
        let name = placeholder.trim_matches(|c| "{} ".contains(c));
        let name = name.split(' ').next().unwrap();
        assert!(said.starts_with(part) && said.contains(name), "{said}");
    }
    let said = refusal("line.html", "<tr><td><script>1</script></td></tr>");
    assert!(said.contains("<script>"), "{said}");
    let said = refusal(
        "line.html",
        "<!--reader--><tr><td>{{ card.title }}</td></tr>",
    );
    assert!(said.contains("<!--/reader-->"), "{said}");
}

#[test]
fn size_and_time_are_bounded() {
    let said = refusal("line.html", &" ".repeat(MOST_SOURCE + 1));
    assert!(said.contains("65537 bytes"), "{said}");
    let flood = "{% for _ in range(end=100000) %}<tr><td>words and words and words and words and words</td></tr>{% endfor %}";
    let flood = format!("{{% for _ in range(end=100000) %}}{flood}{{% endfor %}}");
    let said = refusal("section.html", &flood);
    assert!(said.contains("4 MB"), "{said}");
    let heavy = "<tr><td>".to_owned() + &"word ".repeat(4_000) + "</td></tr>";
    let said = refusal("line.html", &heavy);
    assert!(said.contains("102 KB"), "{said}");
    // Without a word of output, and for longer than anybody waits. What is rendered ends by itself, on
    // the thread that asked.
    let idle = "{% for _ in range(end=90000) %}".repeat(9) + &"{% endfor %}".repeat(9);
    let began = std::time::Instant::now();
    let said = refusal("section.html", &format!("<tr>\n{idle}</tr>"));
    assert!(
        said.starts_with("section.html, line 2, column ")
            && said.contains("more than 100000 times"),
        "{said}"
    );
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
}

/// How much memory the process has used at most, in KB, where the system says so.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.unwrap_or_default()
}

/// A variable of ten letters, and sixty steps that make more of it.
fn in_a_row(step: &str) -> String {
    format!("\n{{% set x = \"0123456789\" %}}{}", step.repeat(60))
}

fn in_a_loop(step: &str) -> String {
    format!("\n{{% set x = \"0123456789\" %}}{{% for _ in range(end=9000) %}}{step}{{% endfor %}}")
}

/// Parts that would fill the memory by what they keep and make, and what is said of each.
fn growing() -> Vec<(String, &'static str)> {
    vec![
        (in_a_row("{% set x = x ~ x %}"), "hold more than 256 KB"),
        (
            in_a_row("{% set y = x ~ x %}{% set x = y %}"),
            "hold more than 256 KB",
        ),
        (in_a_row("{% set x = [x, x] %}"), "hold more than 256 KB"),
        (
            in_a_row("{% set x = [...[x], ...[x]] %}"),
            "hold more than 256 KB",
        ),
        (
            in_a_row("{% set x = {\"a\": x, \"b\": x} %}"),
            "hold more than 256 KB",
        ),
        (
            in_a_row("{% set x = x | replace(from=\"0\", to=x) %}"),
            "more than",
        ),
        (
            in_a_row("")
                + &format!(
                    "{{{{ x{} }}}}",
                    " | replace(from=\"\", to=\"0123456789\")".repeat(20)
                ),
            "more than 1 MB",
        ),
        (
            in_a_row("") + "{{ range(end=100000) | join(sep=x ~ x ~ x) }}",
            "more than 1 MB",
        ),
        (
            in_a_row("{% set x = x | underline(with=x) %}{% set x = x ~ x %}"),
            "hold more than 256 KB",
        ),
        (in_a_row("") + "{{ x | indent(width=1000) }}", "`indent`"),
        (
            in_a_loop("{% set_global x = x ~ x %}"),
            "hold more than 256 KB",
        ),
        (
            in_a_loop("{% set_global x = [x] %}"),
            "hold more than 256 KB",
        ),
        (
            in_a_loop(&format!("{{% set x = \"{}\" %}}", "0".repeat(900))),
            "hold more than 4 MB",
        ),
    ]
}

/// Parts with what nothing would bound.
fn unbounded() -> Vec<(String, &'static str)> {
    vec![
        (
            in_a_row("{% set x %}{{ x }}{{ x }}{% endset %}"),
            "needs its value in the tag",
        ),
        (
            in_a_row("{% set x | upper %}{{ x }}{% endset %}"),
            "needs its value in the tag",
        ),
        (
            "\n{% filter upper %}x{% endfilter %}".to_owned(),
            "`filter` cannot be used",
        ),
        (
            "\n{% component a(x) %}{{ <a x={x ~ x} /> }}{% endcomponent a %}{{ <a x=\"xx\" /> }}"
                .to_owned(),
            "`component` cannot be used",
        ),
        (
            "\n{{ [[1 for b in range(end=100000)] for a in range(end=100000)] | length }}"
                .to_owned(),
            "by `for` within an expression",
        ),
        (
            "\n{% for c in [a ~ a for a in range(end=100000)] %}{% endfor %}".to_owned(),
            "by `for` within an expression",
        ),
        (
            "\n{{ \"\\\"}}\" ~ [x for x in also] }}".to_owned(),
            "by `for` within an expression",
        ),
        (
            format!("\n{{{{ \"a\"{} }}}}", " ~ \"a\"".repeat(200)),
            "This tag has",
        ),
        (
            "\n{{ __tera_context ~ __tera_context }}".to_owned(),
            "`__tera_context`",
        ),
        (
            "\n{{ range(end=100000000000) | length }}".to_owned(),
            "limit",
        ),
    ]
}

#[test]
fn no_part_fills_the_memory() {
    let began = std::time::Instant::now();
    let before = peak();
    for (source, words) in growing().into_iter().chain(unbounded()) {
        let said = refusal("section.html", &source);
        let shown: String = source.chars().take(120).collect();
        assert!(said.contains(words), "{shown}: {said}");
        assert!(
            said.starts_with("section.html, line 2, column "),
            "{shown}: {said}"
        );
    }
    // The tests beside this one need some memory, too.
    let grown = peak() - before;
    assert!(grown < 700_000, "{grown} KB");
    assert!(began.elapsed().as_secs() < 60, "{:?}", began.elapsed());
}

#[test]
fn what_parts_need_is_still_there() {
    let renderer = Arc::new(Renderer::new().unwrap());
    for source in [
        "<tr><td>{% set it = card %}{{ it.title ~ \", \" ~ it.url }}</td></tr>",
        "<tr><td>{% set all = sections %}{% set more = sections %}{{ all | length }}</td></tr>",
        "<tr><td>{{ card.title | replace(from=\"e\", to=\"<b>\") }}{{ [1, 2] | join(sep=\" & \") }}</td></tr>",
        "<tr><td>{{ \"for {% set %}\" }}{{ \"it's\" }}{% for a in also %}{{ a.title }}{% endfor %}</td></tr>",
    ] {
        renderer.check(&own("card.html", source)).unwrap();
    }
    let dressed = renderer.dressed(&[own(
        "card.html",
        "<tr><td>{{ \"a-b\" | replace(from=\"-\", to=\"<i>\") }}{{ (\"<u>\" | safe) | replace(from=\"u\", to=\"<s\") }}{{ [\"<\", \"x\"] | join(sep=\"&\") }}</td></tr>",
    )]);
    let mail = dressed.renderer.digest(&DigestMail::sample()).unwrap();
    assert!(
        mail.html.contains("a&lt;i&gt;b&lt;&lt;s&gt;&lt;&amp;x"),
        "{}",
        mail.html
    );
}

#[test]
fn own_parts_are_used_in_every_design_and_beside_each_other() {
    let usual = Arc::new(Renderer::new().unwrap());
    let dressed = usual.dressed(&[
        changed(
            "notice.html",
            "{{ notice.label }}",
            "* {{ notice.label }} *",
        ),
        changed(
            "footer.txt",
            "t(key=\"digest-leave\")",
            "\"Leave the Ledger\"",
        ),
    ]);
    assert!(dressed.left_out.is_empty(), "{:?}", dressed.left_out);
    let mail = dressed.renderer.digest(&DigestMail::sample()).unwrap();
    assert!(mail.html.contains("* Sponsor *") && mail.text.contains("Leave the Ledger"));
    let mail = usual.digest(&DigestMail::sample()).unwrap();
    assert!(!mail.html.contains("* Sponsor *") && !mail.text.contains("Leave the Ledger"));
}

#[test]
fn a_part_that_has_become_wrong_is_left_out_and_the_others_are_used() {
    let usual = Arc::new(Renderer::new().unwrap());
    let dressed = usual.dressed(&[
        own("card.html", "{{ card.of_an_older_program }}"),
        changed(
            "notice.html",
            "{{ notice.label }}",
            "* {{ notice.label }} *",
        ),
    ]);
    let left_out: Vec<&str> = dressed.left_out.iter().map(|(part, _)| part.name).collect();
    assert_eq!(left_out, ["card.html"]);
    let mail = dressed.renderer.digest(&DigestMail::sample()).unwrap();
    assert!(mail.html.contains("* Sponsor *") && mail.html.contains("Ferry line orders"));
}

#[test]
fn a_part_that_fails_with_one_issue_does_not_stop_it() {
    let usual = Arc::new(Renderer::new().unwrap());
    let picky = "{% if number == 129 %}{{ missing }}{% endif %}<tr><td>Mine</td></tr>";
    let forgetful = changed(
        "footer.txt",
        "{{ unsubscribe_url }}",
        "{% if number != 130 %}{{ unsubscribe_url }}{% endif %}",
    );
    let dressed = usual.dressed(&[own("section.html", picky), forgetful]);
    assert!(dressed.left_out.is_empty(), "{:?}", dressed.left_out);
    for (number, is_own) in [(128, true), (129, false), (130, false)] {
        let mut mail = DigestMail::sample();
        mail.head.number = number;
        let mail = dressed.renderer.digest(&mail).unwrap();
        assert_eq!(mail.html.contains("Mine"), is_own, "{number}");
        assert!(mail.text.contains(Slot::UnsubscribeUrl.mark()), "{number}");
    }
}
