//! What the server says.

use alloc::string::String;
use alloc::vec::Vec;

/// All that one response says about the server's load and about when to come again. Times count from its arrival.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hint {
    /// Wait this long before trying again, in milliseconds, at most 2^31 - 1; none when the server named no time.
    pub wait_ms: Option<u32>,
    /// The server's explicit word: try again, or do not.
    pub retry: Option<bool>,
    /// An explicit overload or throttle signal.
    pub overloaded: bool,
    /// Utilisation from 0 to 1 where the server reports one.
    pub load: Option<f64>,
    /// The quotas it told, each name once.
    pub quotas: Vec<Quota>,
}

/// One quota of a server, as it was told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Quota {
    /// As sent; data from the network, may be any string.
    pub name: String,
    /// How much is allowed in a window; as sent, not capped.
    pub limit: Option<f64>,
    /// How much is left; as sent, not capped.
    pub remaining: Option<f64>,
    /// When more comes, in milliseconds from now, at most 2^31 - 1.
    pub reset_ms: Option<u32>,
    /// How long the window is, in milliseconds.
    pub window_ms: Option<f64>,
    /// What is counted; `requests` unless told otherwise.
    pub unit: String,
}
