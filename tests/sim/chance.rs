//! Draws from the distributions that humans and servers are described by.

use tidegate::rng::Rng;

use super::clock::Micros;

/// Above 0, at most 1.
fn unit(rng: &mut Rng) -> f64 {
    ((rng.bits() >> 11) as f64 + 1.0) / (1u64 << 53) as f64
}

/// True with this probability.
pub fn chance(rng: &mut Rng, p: f64) -> bool {
    unit(rng) <= p
}

/// From `low` up to, not including, `high`.
pub fn uniform(rng: &mut Rng, low: Micros, high: Micros) -> Micros {
    low + rng.below(high.saturating_sub(low))
}

/// Negative exponential with this mean, cut at ten times the mean (TPC-W cuts think times there).
pub fn exponential(rng: &mut Rng, mean: Micros) -> Micros {
    let x = -unit(rng).ln() * mean as f64;
    x.min(10.0 * mean as f64) as Micros
}

/// Log-normal with this median and this deviation of the logarithm (Box–Muller).
pub fn lognormal(rng: &mut Rng, median: Micros, sigma: f64) -> Micros {
    let (u, v) = (unit(rng), unit(rng));
    let normal = (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos();
    (median as f64 * (sigma * normal).exp()) as Micros
}
