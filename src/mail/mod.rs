//! SMTP and MIME: composing messages, and handing them to relays.
//!
//! The only room that names `lettre`. It knows `domain` and nothing else.

mod certificate;
mod dial;
pub mod dkim;
pub mod dns;
pub mod headers;
pub mod message;
pub mod outcome;
mod quoted_printable;
pub mod relay;
mod sign_in;
pub mod skeleton;
pub mod smtp;
pub mod splice;
pub mod transport;

pub use headers::{Header, HeaderValue, ListHeaders, list_unsubscribe, notice_headers};
pub use message::{ComposeError, Draft, compose};
pub use relay::{Relay, RelayConfig, RelayError, Security};
pub use skeleton::{Piece, Reader, Shared, Skeleton};
pub use smtp::{Answer, Envelope, Parcel, Pieces, Refusal, Session, Step};
pub use splice::Spliced;
pub use transport::{ConnectError, Connection, Fault};
