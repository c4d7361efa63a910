//! A message in the pieces that it is kept in, which go over the line as one.

/// The pieces of a message, none of which is empty.
#[derive(Debug, Clone)]
pub struct Pieces<'a>(Vec<&'a [u8]>);

impl<'a> Pieces<'a> {
    /// In octets.
    pub fn len(&self) -> usize {
        self.0.iter().map(|piece| piece.len()).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &'a [u8]> {
        self.0.iter().copied()
    }

    pub(super) fn bytes(&self) -> impl Iterator<Item = u8> {
        self.iter().flatten().copied()
    }

    /// Whether CRLF stands at its end, in however many pieces.
    pub(super) fn has_line_end(&self) -> bool {
        let mut backwards = self.0.iter().rev().flat_map(|piece| piece.iter().rev());
        backwards.next() == Some(&b'\n') && backwards.next() == Some(&b'\r')
    }
}

impl<'a> From<Vec<&'a [u8]>> for Pieces<'a> {
    fn from(mut pieces: Vec<&'a [u8]>) -> Self {
        pieces.retain(|piece| !piece.is_empty());
        Self(pieces)
    }
}

impl<'a, T: AsRef<[u8]> + ?Sized> From<&'a T> for Pieces<'a> {
    fn from(message: &'a T) -> Self {
        vec![message.as_ref()].into()
    }
}
