//! Looking at a relay without sending anything: as far as signing in, and out again.

use rustls::ProtocolVersion;

use super::capabilities::Capabilities;
use super::session::Session;
use crate::domain::clock::Time;
use crate::mail::certificate;
use crate::mail::relay::Relay;
use crate::mail::transport::ConnectError;

/// What a relay showed of itself.
#[derive(Debug, Clone)]
pub struct Examined {
    /// The first line that it said.
    pub greeting: String,
    pub capabilities: Capabilities,
    /// Where TLS is on.
    pub protection: Option<Protection>,
}

/// The TLS of a connection.
#[derive(Debug, Clone)]
pub struct Protection {
    /// Such as `TLS 1.3`.
    pub version: String,
    /// The end of the certificate's validity, where it can be read.
    pub ends_at: Option<Time>,
}

impl Relay {
    /// Connects, signs in where there are credentials, and takes leave.
    pub async fn examine(&self) -> Result<Examined, ConnectError> {
        let opened = self.open_wire().await?;
        let protection = opened.wire.tls().map(|tls| Protection {
            version: version(tls.protocol_version()),
            ends_at: tls
                .peer_certificates()
                .and_then(|chain| chain.first())
                .and_then(|own| certificate::ends_at(own)),
        });
        let capabilities = opened.capabilities.clone();
        Session::new(self.clone(), opened.wire, opened.capabilities)
            .quit()
            .await;
        Ok(Examined {
            greeting: opened.greeting,
            capabilities,
            protection,
        })
    }
}

fn version(version: Option<ProtocolVersion>) -> String {
    match version {
        Some(ProtocolVersion::TLSv1_2) => "TLS 1.2".to_owned(),
        Some(ProtocolVersion::TLSv1_3) => "TLS 1.3".to_owned(),
        other => format!("TLS ({other:?})"),
    }
}
