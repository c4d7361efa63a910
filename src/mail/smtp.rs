//! The session that the delivery engine works with.
use super::relay::Relay;
use super::transport::{ConnectError, Connection};
use crate::domain::delivery::{Outcome, Step};
use crate::domain::email_address::EmailAddress;
#[derive(Clone)]
pub struct Envelope {
    pub from: String,
    pub to: EmailAddress,
    pub size: usize,
    pub envid: Option<String>,
    pub needs_utf8: bool,
    pub needs_8bit: bool,
}
pub struct Refusal {
    pub step: Step,
    pub outcome: Outcome,
}
pub struct Session(Option<Connection>, Option<Envelope>);
impl Relay {
    pub async fn open_session(&self) -> Result<Session, ConnectError> {
        Ok(Session(Some(self.connect().await?), None))
    }
}
impl Session {
    pub fn is_announced(&self) -> bool {
        self.1.is_some()
    }
    pub async fn announce(&mut self, e: &Envelope) {
        self.1 = Some(e.clone())
    }
    pub async fn ready(&mut self) -> Result<(), Refusal> {
        Ok(())
    }
    pub async fn send(&mut self, m: &[u8], next: Option<&Envelope>) -> Outcome {
        let e = self.1.take().unwrap();
        let o = self.0.as_mut().unwrap().send(&e.from, &e.to, m).await;
        self.1 = next.cloned();
        o
    }
    pub fn is_usable(&self) -> bool {
        self.0.as_ref().is_some_and(|c| c.is_usable())
    }
    pub fn abandon(&mut self) {
        self.0 = None;
    }
    pub async fn quit(self) {
        if let Some(c) = self.0 {
            c.quit().await
        }
    }
}
