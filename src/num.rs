//! Arithmetic that gives the same bits everywhere: no platform float functions.

use crate::time::Duration;

/// One, in the fixed point that shares and levels are kept in: ten-thousandths.
pub const ONE: u32 = 10_000;

/// `value` after `elapsed`, halving every `half_life`; linear between halvings (at most 6.2 % above the exponential).
/// A `half_life` of zero forgets at once.
pub fn decay(value: u32, elapsed: Duration, half_life: Duration) -> u32 {
    // A healthy place is asked at every answer: it costs no division.
    if value == 0 {
        return 0;
    }
    let (elapsed, half) = (elapsed.as_micros(), half_life.as_micros());
    let Some(halvings) = elapsed.checked_div(half) else {
        return 0;
    };
    if halvings >= 32 {
        return 0;
    }
    let whole = u64::from(value >> halvings);
    let rest = elapsed % half;
    // whole * (1 - rest / (2 * half)), in integers; `half` is below 2^40 for any configured half-life.
    let fall = whole.saturating_mul(rest) / half.saturating_mul(2).max(1);
    (whole - fall.min(whole)) as u32
}

/// Where FNV-1a begins.
pub(crate) const FNV_BASIS: u64 = 0xCBF2_9CE4_8422_2325;

/// FNV-1a, 64 bits (draft-eastlake-fnv): short code, and a clash only makes two routes share their evidence.
pub(crate) fn fnv(from: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(from, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3))
}

/// An exponentially weighted mean in fixed point: each sample counts one eighth (RFC 6298's alpha).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Ewma(Option<u64>);

impl Ewma {
    /// Takes one more sample; the first one is the mean.
    pub fn add(&mut self, sample: u64) {
        self.0 = Some(match self.0 {
            None => sample,
            Some(mean) => mean - mean / 8 + sample / 8,
        });
    }

    /// The mean so far, or none before the first sample.
    pub fn mean(self) -> Option<u64> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decay_halves_at_every_half_life_and_never_rises() {
        let half = Duration::from_secs(5);
        assert_eq!(decay(ONE, Duration::ZERO, half), ONE);
        assert_eq!(decay(ONE, half, half), ONE / 2);
        assert_eq!(decay(ONE, half * 2, half), ONE / 4);
        assert_eq!(decay(ONE, Duration::MAX, half), 0);
        assert_eq!(decay(ONE, half, Duration::ZERO), 0);
        let mut last = ONE;
        for ms in 0..30_000 {
            let now = decay(ONE, Duration::from_millis(ms), half);
            assert!(now <= last, "{ms}");
            last = now;
        }
    }

    #[test]
    fn the_mean_moves_an_eighth_of_the_way() {
        let mut mean = Ewma::default();
        assert_eq!(mean.mean(), None);
        mean.add(800);
        mean.add(1_600);
        assert_eq!(mean.mean(), Some(900));
    }
}
