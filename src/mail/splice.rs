//! One reader's mail as it is kept until it has left: what is the reader's own stands here, and the long
//! pieces that all readers share stay where they are, in the skeleton. So they are copied once, by the
//! kernel, and lie in the processor's cache for the next mail.

use std::sync::Arc;

use super::skeleton::Skeleton;

/// A mail as it goes over the line, in pieces or in one.
#[derive(Debug, Default)]
pub struct Spliced {
    own: Vec<u8>,
    /// Where those parts of `own` end behind which a shared piece stands.
    ends: Vec<usize>,
    /// Whose the shared pieces are.
    skeleton: Option<Arc<Skeleton>>,
}

impl Spliced {
    /// The mail, or nothing where it has not been written.
    pub fn pieces(&self) -> Vec<&[u8]> {
        let mut pieces = Vec::with_capacity(2 * self.ends.len() + 1);
        let mut start = 0;
        let shared = self.skeleton.iter().flat_map(|skeleton| skeleton.long());
        for (shared, &end) in shared.zip(&self.ends) {
            pieces.extend([&self.own[start..end], shared]);
            start = end;
        }
        pieces.push(&self.own[start..]);
        pieces.retain(|piece| !piece.is_empty());
        pieces
    }

    /// In octets.
    pub fn len(&self) -> usize {
        let shared = self.skeleton.iter().flat_map(|skeleton| skeleton.long());
        self.own.len() + shared.map(<[u8]>::len).sum::<usize>()
    }

    /// Whether nothing has been written.
    pub fn is_empty(&self) -> bool {
        self.own.is_empty()
    }

    /// Forgets the mail and keeps the room for another.
    pub fn clear(&mut self) {
        self.own.clear();
        self.ends.clear();
        self.skeleton = None;
    }

    /// The room for a mail in one piece.
    pub fn whole(&mut self) -> &mut Vec<u8> {
        self.clear();
        &mut self.own
    }

    /// The room for the parts of a skeleton's mail that are the reader's own.
    pub(super) fn parts(&mut self, skeleton: &Arc<Skeleton>) -> (&mut Vec<u8>, &mut Vec<usize>) {
        self.clear();
        self.skeleton = Some(Arc::clone(skeleton));
        (&mut self.own, &mut self.ends)
    }
}
