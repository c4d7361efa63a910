//! Servers that we hand mail to, as far as all know them.

named_states! {
    /// How a relay is doing, as one process has found out.
    RelayState {
        Resting => "left alone for a while",
        Troubled => "in trouble",
        Working => "works",
        Unused => "not used yet",
    }
}
