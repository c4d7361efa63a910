//! `[metrics]`

use std::net::SocketAddr;

use serde::Deserialize;

use super::Problem;

/// Where Prometheus reads what a process does.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Metrics {
    /// An address and port of its own, without a password; empty for nowhere.
    pub listen: String,
}

impl Metrics {
    /// Where to listen, where that is asked for.
    pub fn listen(&self) -> Option<SocketAddr> {
        self.listen.trim().parse().ok()
    }

    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        let listen = self.listen.trim();
        if !listen.is_empty() && self.listen().is_none() {
            let text = format!("{listen:?} is no address and port, as in \"127.0.0.1:9464\"");
            problems.push(Problem::new("metrics.listen", text));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_port() {
        let complaints = |listen: &str| {
            let mut problems = Vec::new();
            let listen = listen.to_owned();
            Metrics { listen }.check(&mut problems);
            problems.len()
        };
        assert_eq!(complaints(""), 0);
        assert_eq!(complaints("127.0.0.1:9464"), 0);
        assert_eq!(complaints("[::1]:9464"), 0);
        assert_eq!(complaints("9464"), 1);
        assert_eq!(complaints("localhost:9464"), 1);
    }
}
