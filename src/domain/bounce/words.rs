//! A server's words in a form that can be searched: lower case, without marks and addresses.

/// Stands for any address: what an address is called must not be read as what was said.
const ADDRESS: &str = "@";

/// How much of a text is looked at.
const MOST_BYTES: usize = 16 * 1024;

/// The words of a text. Negations and marks are spelt one way: `can't` is `can not`.
pub(super) fn words(text: &str) -> Vec<String> {
    let text = &text[..text.floor_char_boundary(MOST_BYTES)];
    let mut words = Vec::new();
    for word in text.split(|c: char| c.is_whitespace() || "<>()[]\"|,".contains(c)) {
        if word.is_empty() || word.contains("://") {
            continue;
        }
        if is_address(word) {
            words.push(ADDRESS.to_owned());
        } else {
            spell(word, &mut words);
        }
    }
    words
}

fn is_address(word: &str) -> bool {
    word.find('@').is_some_and(|at| {
        at > 0 && word[at + 1..].starts_with(|c: char| c.is_alphanumeric() || c == '[')
    })
}

fn spell(word: &str, words: &mut Vec<String>) {
    let word = word.replace('\u{2019}', "'").to_lowercase();
    let is_code = word
        .trim_start_matches('#')
        .starts_with(|c: char| c.is_ascii_digit());
    let keep = |c: char| c.is_alphanumeric() || c == '\'' || (is_code && c == '.');
    for piece in word.split(|c: char| !keep(c)) {
        let piece = piece.trim_matches(['.', '\'']);
        let stem = piece.strip_suffix("n't").or(piece.strip_suffix("nnot"));
        match stem {
            _ if piece.is_empty() => {}
            // "can't" and "won't" lose a letter that the others do not.
            Some("ca") => words.extend(["can".to_owned(), "not".to_owned()]),
            Some("wo") => words.extend(["will".to_owned(), "not".to_owned()]),
            Some(stem) => words.extend([stem.to_owned(), "not".to_owned()]),
            None => words.push(piece.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_lose_marks_and_addresses() {
        let said =
            "550-5.1.1 <ada@x.example>: User unknown;\r\n (see https://x.example/) it isn't, can't";
        assert_eq!(
            words(said).join(" "),
            "550 5.1.1 @ user unknown see it is not can not"
        );
        assert_eq!(
            words("cannot L\u{d6}SCHEN").join(" "),
            "can not l\u{f6}schen"
        );
        assert_eq!(words("(#5.4.4) mail-box").join(" "), "5.4.4 mail box");
    }

    #[test]
    fn a_text_is_read_to_a_limit() {
        let long = "\u{e4} ".repeat(MOST_BYTES);
        assert!(words(&long).len() < MOST_BYTES);
    }
}
