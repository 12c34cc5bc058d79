//! A private HTTP cache for one page (RFC 9111): what may be stored, until when it is fresh, which request it answers,
//! and when it may stand in stale. The values, bodies and validators, live with the caller; order, weight and every
//! decision are here, by handle.
//!
//! Header text crosses as lines `name: value\n`, names in any case; a name on several lines is combined with commas.
//! Whatever a server sends, nothing panics, work is linear in what was sent, and doubt ends with the origin being asked.

pub mod control;
pub mod freshness;
pub mod store;
pub mod vary;
pub mod wish;

/// A copy's handle: its slot in the low 20 bits, the slot's generation above; never zero.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CopyId(pub u32);

impl CopyId {
    /// No copy's.
    pub const NONE: Self = Self(0);
}
