//! What becomes of sign-ups, counted by day: the counts outlive the sign-ups themselves.

named_states! {
    /// A step that sign-ups come to: asked for; spared a mail, since the address is suppressed or had
    /// one today; mailed; reminded; and how it ended.
    FunnelStep {
        Asked => "asked",
        Spared => "spared",
        Mailed => "mailed",
        Reminded => "reminded",
        Confirmed => "confirmed",
        Refused => "refused",
        Expired => "expired",
    }
}

impl FunnelStep {
    /// All of them, in their order.
    pub const ALL: [Self; 7] = [
        Self::Asked,
        Self::Spared,
        Self::Mailed,
        Self::Reminded,
        Self::Confirmed,
        Self::Refused,
        Self::Expired,
    ];
}
