//! Several mails of a connection in one go, where its server takes that: one commit for all their
//! marks and the results of those before, one round trip for all.

use super::item::Item;
use super::lane::{Lane, Mail, sender_refused};
use crate::domain::delivery::Outcome;
use crate::mail::{Parcel, Session};
use crate::store::StoreError;

impl Mail {
    fn parcel(&self) -> Parcel<'_> {
        Parcel {
            envelope: &self.envelope,
            message: self.item.message.pieces().into(),
        }
    }
}

impl Lane {
    /// Sends a mail and as many more as are there at once, up to `most`.
    pub(super) async fn send_window(
        &mut self,
        open: &mut Session,
        first: Item,
        most: usize,
    ) -> Result<(), StoreError> {
        let mut items = vec![first];
        while items.len() < most
            && let Some(item) = self.take_at_once().await?
        {
            items.push(item);
        }
        let mails = self.begin(items).await?;
        if mails.is_empty() {
            return Ok(());
        }
        let parcels: Vec<Parcel<'_>> = mails.iter().map(Mail::parcel).collect();
        let answers = open.send_window(&parcels).await;
        let mut fault = None;
        let mut unsent = Vec::new();
        for (mail, answer) in mails.into_iter().zip(answers) {
            if let Outcome::NotBegun(text) | Outcome::Unknown(text) = &answer.outcome {
                // One broken connection is one fault, however many mails were on it.
                fault.get_or_insert_with(|| text.clone());
            }
            if let Outcome::NotBegun(_) = &answer.outcome {
                unsent.push(mail);
                continue;
            }
            let sender_refused = sender_refused(answer.step, &answer.outcome);
            self.answered(mail, answer.outcome);
            if let Some(text) = sender_refused {
                self.routes.sender_refused(self.at, &text);
            }
        }
        if let Some(text) = fault {
            self.routes.fault(self.at, None, &text);
        }
        self.withdraw(unsent).await
    }

    /// Marks mails as begun, and writes them meanwhile, which takes about as long; returns those that
    /// may be sent.
    async fn begin(&mut self, mut items: Vec<Item>) -> Result<Vec<Mail>, StoreError> {
        for item in &items {
            self.mark(item);
        }
        let mut step = std::mem::take(&mut self.step);
        let (may_send, written) = tokio::join!(self.write_this(&mut step), async {
            // The database comes first, with the marks of the other connections.
            tokio::task::yield_now().await;
            let written = items.iter_mut().map(|item| self.compose(item));
            written.collect::<Vec<_>>()
        });
        // What was not written stays to be written.
        self.step = step;
        let may_send = may_send?;
        let mut mails = Vec::with_capacity(written.len());
        for ((item, written), may_send) in items.into_iter().zip(written).zip(may_send) {
            match written {
                Ok(envelope) if may_send => mails.push(Mail { item, envelope }),
                Ok(_) => self.forget(&item),
                // Nothing of it has left: the next step says that it has failed.
                Err(error) => self.unwritable(&item, &error),
            }
        }
        Ok(mails)
    }

    /// Takes the marks of mails back of which the server has nothing: no attempt, and not the
    /// reader's fault; another connection takes them.
    async fn withdraw(&mut self, unsent: Vec<Mail>) -> Result<(), StoreError> {
        if unsent.is_empty() {
            return Ok(());
        }
        let ids = unsent.iter().map(|mail| mail.item.claimed.id);
        self.step.withdrawn.extend(ids);
        self.record().await?;
        for mail in unsent {
            self.give_back(mail.item);
        }
        Ok(())
    }
}
