//! The picture at the end of a mail whose opens are counted.

/// The end of what a mail shows.
const END: &str = "</body>";

/// The HTML of a mail with the picture at its end, the same for all readers. It has no words and no place:
/// who does not load it misses nothing.
pub fn with_picture(html: &str, address: &str) -> String {
    let (shown, end) = html.split_at(html.rfind(END).unwrap_or(html.len()));
    format!(
        "{shown}<img src=\"{address}\" width=\"1\" height=\"1\" alt=\"\" style=\"display:block;border:0\">\n{end}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_last_thing_in_the_mail() {
        let img = "<img src=\"https://x.example/open/t.gif\" width=\"1\" height=\"1\" alt=\"\" style=\"display:block;border:0\">\n";
        let with = |html| with_picture(html, "https://x.example/open/t.gif");
        assert_eq!(
            with("<body>\n<p>a</p>\n</body>\n</html>\n"),
            format!("<body>\n<p>a</p>\n{img}</body>\n</html>\n")
        );
        assert_eq!(with("<p>a</p>\n"), format!("<p>a</p>\n{img}"));
    }
}
