//! What the server that delivers a mail writes before it.

/// The return path, which the server that delivers puts first (RFC 5321, 4.4).
pub fn return_path(message: &[u8]) -> Option<&str> {
    let lines = message.split(|byte| *byte == b'\n');
    let head = lines.take_while(|line| !line.trim_ascii().is_empty());
    let field = head.filter_map(|line| std::str::from_utf8(line).ok());
    field
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("return-path"))
        .map(|(_, value)| value.trim().trim_start_matches('<').trim_end_matches('>'))
}

#[cfg(test)]
mod tests {
    use super::return_path;

    #[test]
    fn the_return_path_is_the_first_of_the_header() {
        let of = |text: &'static str| return_path(text.as_bytes());
        assert_eq!(of("Return-Path: <>\r\nTo: a@b.example\r\n\r\n"), Some(""));
        assert_eq!(
            of("A: b\nreturn-path: <a@b.example>\n\n"),
            Some("a@b.example")
        );
        assert_eq!(of("A: b\n\nReturn-Path: <>\n"), None, "in the body");
        assert_eq!(of(""), None);
    }
}
