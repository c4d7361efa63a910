//! The keys that links are signed with, made from the secrets of the settings.

use anyhow::{Context, Result, anyhow};
use secrecy::ExposeSecret;

use crate::config::Settings;
use crate::config::init::{new_key, write_new};
use crate::domain::random::Random;
use crate::domain::token::Keys;

/// The keys of the secret in use and of those before it.
pub(super) fn keys(settings: &Settings, random: &dyn Random) -> Result<Keys> {
    let secret = secret_key(settings, random)?;
    let previous = settings
        .security
        .previous()
        .map_err(|e| anyhow!("security.previous_secret_key_files: {e}"))?;
    let previous: Vec<&[u8]> = previous
        .iter()
        .map(|key| key.expose_secret().as_bytes())
        .collect();
    Ok(Keys::with_previous(secret.as_bytes(), &previous))
}

/// The key from the settings or its file; the file is made where it is missing.
fn secret_key(settings: &Settings, random: &dyn Random) -> Result<String> {
    let given = settings
        .security
        .key()
        .map_err(|e| anyhow!("security.secret_key_file: {e}"))?;
    if let Some(key) = given {
        return Ok(key.expose_secret().to_owned());
    }
    let path = &settings.security.secret_key_file;
    let key = new_key(random);
    match write_new(path, &key, true) {
        Ok(()) => {
            tracing::info!(file = %path.display(), "a secret key was made; keep a copy of it");
            Ok(key.trim_end().to_owned())
        }
        // Another process was first.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            let key = settings
                .security
                .key()
                .map_err(|e| anyhow!("security.secret_key_file: {e}"))?;
            key.map(|k| k.expose_secret().to_owned())
                .ok_or_else(|| anyhow!("{}: empty", path.display()))
        }
        Err(error) => {
            Err(error).with_context(|| format!("cannot write the secret key {}", path.display()))
        }
    }
}
