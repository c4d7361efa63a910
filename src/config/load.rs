//! Reading the settings.

use std::path::{Path, PathBuf};

use config::{Config, Environment, File, FileFormat};
use thiserror::Error;

use super::{Problem, Settings};

/// The file that is read where no other is named.
pub const DEFAULT_FILE: &str = "paperround.toml";

/// Why the settings cannot be used.
#[derive(Debug, Error)]
pub enum ConfigError {
    #[error("there is no settings file {}; `paperround init` writes one", .0.display())]
    Missing(PathBuf),
    #[error("cannot read the settings: {0}")]
    Read(#[from] config::ConfigError),
    #[error("{file}: {reason}")]
    Syntax { file: String, reason: String },
    #[error("{source_name}: {path}: {reason}")]
    Field {
        source_name: String,
        path: String,
        reason: String,
    },
    #[error("{}", list(.0))]
    Problems(Vec<Problem>),
}

fn list(problems: &[Problem]) -> String {
    problems
        .iter()
        .map(|p| format!("{}: {}", p.field, p.text))
        .collect::<Vec<_>>()
        .join("; ")
}

/// Reads `file` (or `paperround.toml` where there is one), then the environment, and checks all.
pub fn load(file: Option<&Path>) -> Result<Settings, ConfigError> {
    let settings = read(file, environment())?;
    match settings.problems() {
        problems if problems.is_empty() => Ok(settings),
        problems => Err(ConfigError::Problems(problems)),
    }
}

fn environment() -> Environment {
    Environment::with_prefix("PAPERROUND")
        .prefix_separator("__")
        .separator("__")
        .list_separator(",")
        .with_list_parse_key("http.trusted_proxies")
        .with_list_parse_key("signup.embed_origins")
        .with_list_parse_key("alerts.to")
        .with_list_parse_key("security.previous_secret_keys")
        .with_list_parse_key("security.previous_secret_key_files")
        .try_parsing(true)
}

fn read(file: Option<&Path>, environment: Environment) -> Result<Settings, ConfigError> {
    let mut builder = Config::builder();
    let mut source_name = "settings".to_owned();
    let path = file.unwrap_or(Path::new(DEFAULT_FILE));
    if path.exists() {
        source_name = path.display().to_string();
        builder = builder.add_source(File::from(path).format(FileFormat::Toml));
    } else if file.is_some() {
        return Err(ConfigError::Missing(path.to_owned()));
    }
    let built = builder.add_source(environment).build();
    let merged: serde_json::Value = match built {
        Err(config::ConfigError::FileParse { cause, .. }) => {
            return Err(ConfigError::Syntax {
                file: source_name,
                reason: without_source(&cause.to_string()),
            });
        }
        built => built?.try_deserialize()?,
    };
    serde_path_to_error::deserialize(merged).map_err(|error| ConfigError::Field {
        source_name,
        path: error.path().to_string(),
        reason: error.into_inner().to_string(),
    })
}

/// A parser's message without the line of the file that it quotes, which may hold a secret.
fn without_source(message: &str) -> String {
    let is_quoted = |line: &&str| {
        let rest = line.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ');
        rest.starts_with('|')
    };
    let kept: Vec<&str> = message.lines().filter(|line| !is_quoted(line)).collect();
    kept.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    fn from(toml: &str, variables: &[(&str, &str)]) -> Result<Settings, ConfigError> {
        let file = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
        std::fs::write(file.path(), toml).unwrap();
        let variables: HashMap<String, String> = variables
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect();
        read(Some(file.path()), environment().source(Some(variables)))
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let settings = from(
            "[http]\nlisten = \"127.0.0.1:9000\"\n[[relay]]\nname = \"a\"\n",
            &[
                ("PAPERROUND__HTTP__LISTEN", "127.0.0.1:9001"),
                ("PAPERROUND__SIGNUP__PER_IP_PER_HOUR", "7"),
                ("PAPERROUND__HTTP__TRUSTED_PROXIES", "10.0.0.0/8,::1"),
                (
                    "PAPERROUND__SIGNUP__EMBED_ORIGINS",
                    "https://a.example/,https://b.example",
                ),
            ],
        )
        .unwrap();
        assert_eq!(settings.http.listen.port(), 9001);
        assert_eq!(settings.signup.per_ip_per_hour, 7);
        assert_eq!(settings.http.trusted_proxies.len(), 2);
        let sites = ["https://a.example", "https://b.example"];
        assert_eq!(settings.signup.embed_origins, sites);
        assert_eq!(settings.relay.0[0].name, "a");
    }

    #[test]
    fn a_relay_can_come_from_the_environment() {
        let settings = from("", &[("PAPERROUND__RELAY__URL", "smtps://mail.example")]).unwrap();
        assert_eq!(settings.relay.0.len(), 1);
        assert!(settings.problems().is_empty());
    }

    #[test]
    fn a_slip_of_the_pen_does_not_show_a_secret() {
        for line in ["private_key = \"tell-none", "private_key = tell-none"] {
            let text = from(&format!("[[dkim]]\n{line}\n"), &[]).unwrap_err();
            let text = text.to_string();
            assert!(
                text.contains("line 2") && !text.contains("tell-none"),
                "{text}"
            );
            assert!(text.contains("expected"), "{text}");
        }
    }

    #[test]
    fn unknown_keys_and_wrong_values_name_their_field() {
        let text = |toml| from(toml, &[]).unwrap_err().to_string();
        assert!(
            text("[http]\nlisten_on = 1\n").contains("listen_on"),
            "{}",
            text("[http]\nlisten_on = 1\n")
        );
        assert!(text("[feeds]\nmax_bytes = \"many\"\n").contains("feeds.max_bytes"));
        assert!(text("[delivery]\nretry_for = \"soon\"\n").contains("delivery.retry_for"));
        assert!(from("", &[("PAPERROUND__HTTP__LISTN", "x")]).is_err());
        let wrong = from(
            "[http]\npublic_url = \"news\"\n[[relay]]\nurl = \"http://x\"\n",
            &[],
        )
        .unwrap();
        let fields: Vec<String> = wrong.problems().into_iter().map(|p| p.field).collect();
        assert_eq!(fields, ["http.public_url", "relay \"main\": url"]);
    }

    #[test]
    fn a_relay_says_how_to_reach_it() {
        use crate::config::relay::Auth;
        let settings = from(
            "[[relay]]\npipelining = false\nauth = \"xoauth2\"\nca_file = \"/nowhere/ca.pem\"\n",
            &[],
        )
        .unwrap();
        let relay = &settings.relay.0[0];
        assert!(!relay.pipelining && relay.auth == Auth::XOAuth2);
        let problems = settings.problems();
        assert_eq!(problems[0].field, "relay \"main\": ca_file");
        for window in ["0", "17"] {
            let wrong = from(&format!("[[relay]]\nwindow = {window}\n"), &[]).unwrap();
            assert_eq!(wrong.problems()[0].field, "relay \"main\": window");
        }
        let error = from("[[relay]]\nauth = \"cram-md5\"\n", &[]).unwrap_err();
        assert!(error.to_string().contains("xoauth2"), "{error}");
    }
}
