//! A subscriber's place in a publication, and the consent it rests on.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use chrono_tz::Tz;
use ipnet::IpNet;

use super::clock::Time;
use super::digest::DigestChoice;
use super::ids::{PublicationId, SignUpId, SubscriberId, SubscriptionId};
use super::publication::TopicChoice;

named_states! {
    /// Whether a subscriber gets the publication.
    SubscriptionState {
        Pending => "pending",
        Confirmed => "confirmed",
        Unsubscribed => "unsubscribed",
    }
}

named_states! {
    /// What a consent record proves.
    ConsentKind {
        Requested => "requested",
        Confirmed => "confirmed",
        Changed => "changed",
        Withdrawn => "withdrawn",
        Restored => "restored",
        Explained => "explained",
        Refused => "refused",
        Imported => "imported",
    }
}

named_states! {
    /// By which door a reader left.
    LeaveReason {
        OneClick => "one-click",
        Page => "page",
        Mail => "mail",
        Complaint => "complaint",
        Operator => "operator",
        Import => "import",
        Merged => "merged",
    }
}

named_states! {
    /// Why a reader left, where they want to say so.
    Why {
        TooOften => "too-often",
        NotForMe => "not-for-me",
        NeverAsked => "never-asked",
        NotNow => "not-now",
        Other => "other",
    }
}

/// A subscriber's place in a publication.
#[derive(Debug, Clone)]
pub struct Subscription {
    pub id: SubscriptionId,
    pub subscriber: SubscriberId,
    pub publication: PublicationId,
    pub state: SubscriptionState,
    pub topics: TopicChoice,
    pub digests: DigestChoice,
    /// The reader's language; `None` means the publication's.
    pub language: Option<String>,
    /// The reader's time zone, where it is known.
    pub timezone: Option<Tz>,
    pub created_at: Time,
    pub confirmed_at: Option<Time>,
    pub unsubscribed_at: Option<Time>,
    /// Until when nothing is sent; see [`Subscription::pause`].
    pub paused_until: Option<Time>,
}

impl Subscription {
    /// Until when nothing is sent, if that is so now.
    pub fn pause(&self, now: Time) -> Option<Time> {
        self.paused_until.filter(|until| *until > now)
    }
}

/// One request to subscribe with the choices made in the form: they apply once it is confirmed.
#[derive(Debug, Clone)]
pub struct SignUp {
    pub id: SignUpId,
    pub subscription: SubscriptionId,
    pub name: Option<String>,
    pub topics: TopicChoice,
    pub digests: DigestChoice,
    pub language: Option<String>,
    pub source: Option<String>,
    /// Where the request came from, truncated.
    pub network: Option<String>,
    pub created_at: Time,
    pub expires_at: Time,
    pub used_at: Option<Time>,
}

/// The network of a request, kept as evidence of consent without naming one household: the
/// first 24 bits of an IPv4 address, 48 of an IPv6 address.
pub fn truncated(address: IpAddr) -> String {
    network(address, 24, 48)
}

/// The part of a truncated network that its addresses begin with, as in 203.0.113.
pub fn beginning(network: &str) -> Option<String> {
    let net: IpNet = network.parse().ok()?;
    Some(match net {
        IpNet::V4(net) => {
            let [a, b, c, _] = net.network().octets();
            format!("{a}.{b}.{c}")
        }
        IpNet::V6(net) => {
            let [a, b, c, ..] = net.network().segments();
            format!("{a:x}:{b:x}:{c:x}")
        }
    })
}

/// The network that requests are counted by: one IPv4 address, or a /64 of IPv6, which is what
/// one customer of a provider has at least.
pub fn counted(address: IpAddr) -> String {
    network(address, 32, 64)
}

/// Whether a network as [`truncated`] has it is that of the machine itself.
pub fn is_own_machine(network: &str) -> bool {
    network == truncated(Ipv4Addr::LOCALHOST.into())
        || network == truncated(Ipv6Addr::LOCALHOST.into())
}

fn network(address: IpAddr, v4_bits: u8, v6_bits: u8) -> String {
    let address = address.to_canonical();
    let bits = if address.is_ipv4() { v4_bits } else { v6_bits };
    IpNet::new(address, bits).map_or_else(|_| String::new(), |net| net.trunc().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_cut() {
        assert_eq!(truncated("203.0.113.77".parse().unwrap()), "203.0.113.0/24");
        assert_eq!(
            truncated("2001:db8:1:2::9".parse().unwrap()),
            "2001:db8:1::/48"
        );
        let begins = |text: &str| beginning(&truncated(text.parse().unwrap()));
        assert_eq!(begins("203.0.113.77").as_deref(), Some("203.0.113"));
        assert_eq!(begins("2001:db8:1:2::9").as_deref(), Some("2001:db8:1"));
        assert_eq!(beginning(""), None);
        assert_eq!(
            counted("::ffff:203.0.113.77".parse().unwrap()),
            "203.0.113.77/32"
        );
        assert_eq!(
            counted("2001:db8:1:2:3::9".parse().unwrap()),
            "2001:db8:1:2::/64"
        );
        for (address, is_own) in [
            ("127.0.0.9", true),
            ("::1", true),
            ("127.1.0.1", false),
            ("2001:db8::1", false),
        ] {
            let network = truncated(address.parse().unwrap());
            assert_eq!(is_own_machine(&network), is_own, "{address}");
        }
    }
}
