//! Mail that comes back.

use anyhow::{Context, Result};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::App;
use crate::inbound::{lmtp, maildir};

impl App {
    /// Takes in mail that comes back, where the settings say how.
    pub(super) async fn take_mail(&self, stop: &CancellationToken) -> Result<TaskTracker> {
        let bounces = &self.settings.bounces;
        let tasks = TaskTracker::new();
        if let Some(address) = bounces.listen() {
            let listener = lmtp::listen(address)
                .await
                .with_context(|| format!("cannot listen on {address} (bounces.lmtp_listen)"))?;
            tasks.spawn(lmtp::serve(self.deps.clone(), listener, stop.clone()));
        }
        if let Some(folder) = bounces.maildir() {
            tasks.spawn(maildir::watch(self.deps.clone(), folder, stop.clone()));
        }
        Ok(tasks)
    }
}
