//! Copies of answers: which are kept, how long, and which go when there is no room.

pub mod freshness;
pub mod store;

/// A copy's handle: its slot in the low 20 bits, the slot's generation above; never zero.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CopyId(pub u32);

impl CopyId {
    /// No copy's.
    pub const NONE: Self = Self(0);
}
