//! Entropy for the gate's seed. Jitter is no secret, so the page's ordinary source will do.

use js_sys::Math;

/// A seed that other clients do not have.
pub fn entropy() -> u64 {
    Math::random().to_bits() ^ Math::random().to_bits().rotate_left(32)
}
