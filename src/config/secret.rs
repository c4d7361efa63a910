//! Secrets: given in place or as the name of a file, kept out of logs.

use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};

/// Reads a secret from `value` or from the file `file`; both at once are a mistake.
pub fn read(
    field: &str,
    value: Option<&SecretString>,
    file: Option<&PathBuf>,
) -> Result<Option<SecretString>, String> {
    match (value, file) {
        (Some(_), Some(_)) => Err(format!(
            "both {field} and {field}_file are set; keep one of them"
        )),
        (Some(value), None) => Ok(Some(value.clone())),
        (None, Some(path)) => read_file(path).map(Some),
        (None, None) => Ok(None),
    }
}

fn read_file(path: &Path) -> Result<SecretString, String> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    Ok(SecretString::from(
        text.trim_end_matches(['\r', '\n']).to_owned(),
    ))
}

/// An address with its password replaced by `***`, for showing.
pub fn redact_url(secret: &SecretString) -> String {
    let text = secret.expose_secret();
    match url::Url::parse(text) {
        Ok(mut url) if url.password().is_some() => {
            let _ = url.set_password(Some("***"));
            url.to_string()
        }
        Ok(_) => text.to_owned(),
        Err(_) => "(not an address)".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_shown() {
        let shown = redact_url(&SecretString::from(
            "smtp://ann:s3cret@mail.example:587".to_owned(),
        ));
        assert_eq!(shown, "smtp://ann:***@mail.example:587");
    }

    #[test]
    fn a_secret_comes_from_one_place() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "from file\n").unwrap();
        let path = file.path().to_owned();
        let secret = read("url", None, Some(&path)).unwrap().unwrap();
        assert_eq!(secret.expose_secret(), "from file");
        assert!(
            read("url", Some(&secret), Some(&path))
                .unwrap_err()
                .contains("url_file")
        );
    }
}
