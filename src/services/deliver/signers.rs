//! Threads that write and sign mails: a signature with RSA takes longer than all the rest of a
//! mail, and must not keep the connections waiting.

use std::sync::Arc;
use std::thread::{self, JoinHandle};

use flume::{Receiver, Sender};

use super::QUEUE;
use super::item::{Item, Shared};
use crate::services::Deps;

/// Mails that are passed on together, where so many wait: the connections take them in groups, and
/// each group costs a commit.
const BATCH: usize = 64;

/// A mail and the relay that was chosen for it.
pub(super) type Unsigned = (usize, Item);

/// The threads, one for each core.
pub(super) struct Signers(Vec<JoinHandle<()>>);

impl Signers {
    /// Starts them; they pass mails on to `queues` and end when the sender is dropped.
    pub(super) fn start(
        deps: &Deps,
        shared: &Arc<Shared>,
        queues: &[Sender<Item>],
    ) -> std::io::Result<(Sender<Unsigned>, Self)> {
        let (sender, unsigned) = flume::bounded(QUEUE);
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let mut threads = Vec::new();
        for _ in 0..cores {
            let signer = Signer {
                deps: deps.clone(),
                shared: Arc::clone(shared),
                unsigned: unsigned.clone(),
                queues: queues.to_vec(),
            };
            let thread = thread::Builder::new().name("signer".to_owned());
            threads.push(thread.spawn(move || signer.run())?);
        }
        Ok((sender, Self(threads)))
    }

    /// Waits for their end.
    pub(super) async fn join(self) {
        let joined = tokio::task::spawn_blocking(move || {
            for thread in self.0 {
                if thread.join().is_err() {
                    tracing::error!("a thread that signs mails failed");
                }
            }
        });
        let _ = joined.await;
    }
}

struct Signer {
    deps: Deps,
    shared: Arc<Shared>,
    unsigned: Receiver<Unsigned>,
    queues: Vec<Sender<Item>>,
}

impl Signer {
    fn run(self) {
        let mut written = Vec::with_capacity(BATCH);
        while let Ok(unsigned) = self.unsigned.recv() {
            written.push(self.write(unsigned));
            while written.len() < BATCH
                && let Ok(unsigned) = self.unsigned.try_recv()
            {
                written.push(self.write(unsigned));
            }
            for (at, item) in written.drain(..) {
                // The connections are gone when the turn ends; the row is freed with it.
                if self.queues[at].send(item).is_err() {
                    return;
                }
            }
        }
    }

    fn write(&self, (at, mut item): Unsigned) -> Unsigned {
        self.shared.make_room(self.unsigned.len());
        let mut message = self.shared.buffer();
        let letters = Arc::clone(&item.letters);
        // What cannot be written is tried once more by the connection, which records why.
        if letters.write(&self.deps, &item, &mut message).is_ok() {
            item.message = message;
        }
        (at, item)
    }
}
