//! Chance as an argument: one seed per gate, forked per policy, so that a new draw in one policy shifts no other's.
//!
//! SplitMix64 (G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
//! Draws are integers: the same bits natively and in wasm.

use crate::time::Duration;

/// A seeded source of chance. Not for secrets.
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    /// The same seed gives the same draws, everywhere and for ever.
    pub fn from_seed(seed: u64) -> Self {
        Self(seed)
    }

    /// Starts an independent stream, so that a new draw in one policy moves no other policy's draws.
    pub fn fork(&self, lane: u64) -> Self {
        let mut child = Self(self.0 ^ lane.wrapping_mul(0xD6E8_FEB8_6659_FD93));
        child.bits();
        child
    }

    /// Sixty-four uniform bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `bound` (zero when `bound` is zero), by multiplication, without floats.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(bound)) >> 64) as u64
    }

    /// A duration from `low` up to, not including, `high`; `low` when the range is empty.
    pub fn between(&mut self, low: Duration, high: Duration) -> Duration {
        let (low, high) = (low.as_micros(), high.as_micros());
        Duration::from_micros(low.saturating_add(self.below(high.saturating_sub(low))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_published_generator() {
        // First outputs of the reference implementation for seed 1234567.
        let mut rng = Rng::from_seed(1_234_567);
        assert_eq!(rng.bits(), 6_457_827_717_110_365_317);
        assert_eq!(rng.bits(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn a_draw_in_one_fork_moves_no_other() {
        let parent = Rng::from_seed(7);
        let (mut a, mut b) = (parent.fork(1), parent.fork(2));
        let first = b.clone().bits();
        a.bits();
        assert_eq!(b.bits(), first);
        assert_ne!(parent.fork(1).bits(), parent.fork(2).bits());
    }

    #[test]
    fn stays_below_its_bound_and_reaches_both_ends() {
        let mut rng = Rng::from_seed(3);
        let mut seen = [false; 8];
        for _ in 0..1_000 {
            seen[rng.below(8) as usize] = true;
        }
        assert!(seen.iter().all(|s| *s));
        assert_eq!(rng.below(0), 0);
        let second = Duration::from_secs(1);
        assert_eq!(rng.between(second, second), second);
        assert!(rng.between(second, second * 2) < second * 2);
    }
}
