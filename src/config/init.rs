//! What `paperround init` writes.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::domain::random::Random;

/// The commented settings file; every line that is not a comment states a default.
pub const TEMPLATE: &str = include_str!("../../deploy/config.example.toml");

/// Writes a file that must not exist yet, readable by its owner alone where `secret`.
pub fn write_new(path: &Path, content: &str, secret: bool) -> io::Result<()> {
    let mode = if secret { 0o600 } else { 0o644 };
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)?;
    file.write_all(content.as_bytes())?;
    file.sync_all()
}

/// A new secret key: 48 random bytes in base64.
pub fn new_key(random: &dyn Random) -> String {
    let mut bytes = [0_u8; 48];
    random.fill(&mut bytes);
    format!("{}\n", STANDARD_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::load::load;

    #[test]
    fn the_template_states_the_defaults() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("paperround.toml");
        write_new(&path, TEMPLATE, false).unwrap();
        let written = load(Some(&path)).unwrap().redacted();
        assert_eq!(written, crate::config::Settings::default().redacted());
        assert!(
            write_new(&path, "", false).is_err(),
            "an existing file is kept"
        );
    }
}
