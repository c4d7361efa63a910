//! Rules that put articles under topics.

use super::ids::TopicRuleId;
use super::slug::Slug;
use super::story::words_of;

named_states! {
    /// Where a rule looks.
    RuleField {
        Title => "title",
        Category => "category",
        Url => "url",
    }
}

/// An article whose field contains the text belongs to the topic.
#[derive(Debug, Clone)]
pub struct TopicRule {
    pub id: TopicRuleId,
    pub topic: Slug,
    pub field: RuleField,
    /// As `normalised` gives it.
    pub contains: String,
}

/// The form in which a rule's text is kept; empty where it holds nothing to look for.
pub fn normalised(field: RuleField, text: &str) -> String {
    match field {
        RuleField::Url => text.trim().to_lowercase(),
        RuleField::Title | RuleField::Category => words_of(&text.to_lowercase()),
    }
}

impl TopicRule {
    /// Whether an article falls under the rule. Words in titles and categories are compared from
    /// their beginning, so that "oil" finds "oilfield" and not "spoils"; addresses anywhere.
    pub fn covers(&self, title: &str, categories: &[String], url: &str) -> bool {
        let has = |text: &str| {
            let text = words_of(&text.to_lowercase());
            // Scripts without blanks have no beginnings of words to go by.
            if self.contains.chars().all(|c| c >= '\u{2e80}') {
                text.contains(&self.contains)
            } else {
                format!(" {text}").contains(&format!(" {}", self.contains))
            }
        };
        match self.field {
            RuleField::Title => has(title),
            RuleField::Category => categories.iter().any(|category| has(category)),
            RuleField::Url => url.to_lowercase().contains(&self.contains),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn words_are_found_from_their_beginning() {
        let rule = |field, text: &str| TopicRule {
            id: TopicRuleId(Uuid::nil()),
            topic: "energy".parse().unwrap(),
            field,
            contains: normalised(field, text),
        };
        let title = |text: &str, title: &str| rule(RuleField::Title, text).covers(title, &[], "");
        assert!(title("oil", "Crude OIL rises"));
        assert!(title("Oil", "Oilfield found"));
        assert!(!title("oil", "Rain spoils the fair"));
        assert!(title("wind-power", "Wind power: a record"));
        assert!(title("選挙", "東京都知事選挙の結果"));
        let categories = ["World".to_owned(), "Oil & Gas".to_owned()];
        let category = rule(RuleField::Category, "oil gas");
        assert!(category.covers("", &categories, ""));
        assert!(!category.covers("Oil gas", &[], ""));
        let url = rule(RuleField::Url, "/Energy/");
        assert!(url.covers("", &[], "https://x.example/energy/a"));
        assert!(!url.covers("", &[], "https://x.example/energetic"));
    }
}
