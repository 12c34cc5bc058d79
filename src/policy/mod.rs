//! What an application asks for, and what the core runs on: [`Config`] is parsed by [`Config::check`] into a [`Policy`],
//! which can be made in no other way and is therefore never wrong.

pub mod defaults;

use crate::time::Duration;

pub use defaults::{COUNT, Range, Setting, TEXTS};

use crate::breaker::BreakerPolicy;
use crate::brownout::BrownoutPolicy;
use crate::limit::LimitPolicy;
use crate::pressure::PressurePolicy;
use crate::pressure::usual::LatencyPolicy;
use crate::queue::Drop;
use crate::rate::quota::QuotaPolicy;
use crate::retry::backoff::BackoffPolicy;
use crate::retry::budget::BudgetPolicy;

/// What an application writes, one number a setting. Everything optional, nothing trusted.
#[derive(Clone, Debug)]
pub struct Config([Option<f64>; COUNT]);

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}

/// Settings that cannot be used: one bit each, by their place in [`TEXTS`].
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Faults(pub u32);

impl Faults {
    /// Each refused setting's path and what is accepted.
    pub fn each(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        TEXTS.iter().enumerate().filter(move |(i, _)| self.0 & (1 << i) != 0).map(|(_, text)| *text)
    }
}

impl Config {
    /// Nothing given.
    pub const fn new() -> Self {
        Self([None; COUNT])
    }

    /// Gives one setting a value: a number, 0 or 1 for a switch, the word's place for words. NaN stands for a wrong
    /// type and is refused by [`Config::check`]; an index that is no setting is ignored.
    pub fn set(&mut self, setting: usize, value: f64) {
        if let Some(slot) = self.0.get_mut(setting) {
            *slot = Some(value);
        }
    }

    /// Turns settings into a policy, or names all that cannot be used.
    pub fn check(&self) -> Result<Policy, Faults> {
        let faults = self.faults();
        if faults == Faults::default() { Ok(self.mend()) } else { Err(faults) }
    }

    /// Which settings are out of their range.
    pub fn faults(&self) -> Faults {
        let mut bits = 0;
        for (i, (given, range)) in self.0.iter().zip(&defaults::RANGES).enumerate() {
            if given.is_some_and(|value| !range.holds(value)) {
                bits |= 1 << i;
            }
        }
        Faults(bits)
    }

    /// The policy with the default in the place of every setting that cannot be used.
    pub fn mend(&self) -> Policy {
        Policy::new(self)
    }

    fn get(&self, setting: Setting) -> f64 {
        let range = &defaults::RANGES[setting as usize];
        self.0[setting as usize].filter(|value| range.holds(*value)).unwrap_or(range.default)
    }

    fn on(&self, setting: Setting) -> bool {
        self.get(setting) != 0.0
    }

    fn count(&self, setting: Setting) -> u32 {
        self.get(setting) as u32
    }

    fn ms(&self, setting: Setting) -> Duration {
        Duration::from_micros((self.get(setting) * 1000.0) as u64)
    }
}

/// Whether tidegate acts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mode {
    /// Decides and acts.
    On,
    /// Decides and emits, but sends every request at once.
    Observe,
    /// The platform's fetch.
    Off,
}

impl Mode {
    /// By its code; unknown codes are `Off`, the least harmful.
    pub fn from_code(code: u32) -> Self {
        match code {
            0 => Self::On,
            1 => Self::Observe,
            _ => Self::Off,
        }
    }
}

/// What the core runs on.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Whether it acts.
    pub mode: Mode,
    /// How long a user-facing request waits before it gets the true answer.
    pub patience: Duration,
    /// The same for background work.
    pub background_patience: Duration,
    /// Extra tries of one request; 0: nothing is sent twice.
    pub attempts: u32,
    /// Retries that all requests share.
    pub budget: BudgetPolicy,
    /// How retries that no server timed are spaced.
    pub backoff: BackoffPolicy,
    /// When failures stop a route.
    pub breaker: BreakerPolicy,
    /// How many may be in flight.
    pub limit: LimitPolicy,
    /// Places in the queue.
    pub queue_size: usize,
    /// Which waiter goes when the queue is full.
    pub queue_drop: Drop,
    /// How a server's quota is spread.
    pub quota: QuotaPolicy,
    /// Whether it is.
    pub pace: bool,
    /// Whether equal safe requests in flight share one.
    pub coalesce: bool,
    /// The longest a single server hint is obeyed.
    pub max_hint: Duration,
    /// What is kept of answers.
    pub copies: CopyPolicy,
    /// How features come back.
    pub brownout: BrownoutPolicy,
    /// How evidence becomes pressure.
    pub pressure: PressurePolicy,
    /// From when on an answer is late.
    pub latency: LatencyPolicy,
}

/// What is kept of answers, and how old it may be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CopyPolicy {
    /// So many at most; 0: none.
    pub entries: usize,
    /// Of so many bytes together.
    pub bytes: u32,
    /// The greatest age that the application accepts while a backend cannot answer; none: what the origin allows.
    pub most: Option<Duration>,
}

/// The opt-in to stale answers as it is written: 0 (false) none, 1 (true) of any age, else milliseconds. NaN: none.
pub fn stale(written: f64) -> Option<Duration> {
    (written > 0.0).then(|| {
        if written == 1.0 { Duration::MAX } else { Duration::from_micros((written * 1000.0) as u64) }
    })
}

fn limit(c: &Config) -> LimitPolicy {
    if !c.on(Setting::Concurrency) {
        return LimitPolicy { max: 0, adaptive: false, open_above: 0 };
    }
    LimitPolicy {
        max: c.count(Setting::ConcurrencyMax),
        adaptive: c.on(Setting::ConcurrencyAdaptive),
        open_above: defaults::LIMIT_OPEN_ABOVE,
    }
}

fn copies(c: &Config) -> CopyPolicy {
    CopyPolicy {
        entries: if c.on(Setting::Cache) { c.count(Setting::CacheEntries) as usize } else { 0 },
        bytes: c.count(Setting::CacheBytes),
        most: stale(c.get(Setting::CacheStale)),
    }
}

impl Policy {
    fn new(c: &Config) -> Self {
        let patience = c.ms(Setting::Deadline);
        let queued = c.ms(Setting::QueueMaxWait);
        // However long the patience: a guess is short.
        let window = patience.min(defaults::LONGEST_GUESS);
        let explicit = c.0[Setting::QueueMaxWait as usize].is_some();
        Self {
            mode: Mode::from_code(c.count(Setting::Mode)),
            patience: if explicit { patience.min(queued) } else { patience },
            background_patience: queued,
            attempts: if c.on(Setting::Retry) { c.count(Setting::RetryAttempts) } else { 0 },
            budget: BudgetPolicy {
                earn: (c.get(Setting::RetryBudgetPercent) * 100.0 + 0.5) as u32,
                cap: c.count(Setting::RetryBudgetCap),
                reserve: defaults::RETRY_RESERVE.min(c.count(Setting::RetryBudgetCap)),
            },
            backoff: BackoffPolicy {
                base: (window / defaults::BACKOFF_BASE).max(defaults::BACKOFF_LEAST),
                cap: window.max(defaults::BACKOFF_LEAST),
            },
            breaker: if c.on(Setting::Breaker) {
                BreakerPolicy {
                    trip: (c.get(Setting::BreakerTrip) * 10_000.0 + 0.5) as u32,
                    answers: defaults::BREAKER_ANSWERS,
                    rest: c.ms(Setting::BreakerRest),
                    longest: defaults::LONGEST_GUESS,
                }
            } else {
                BreakerPolicy::OFF
            },
            limit: limit(c),
            queue_size: c.count(Setting::QueueSize) as usize,
            queue_drop: if c.on(Setting::QueueDrop) { Drop::Newest } else { Drop::Oldest },
            quota: QuotaPolicy {
                reserve: defaults::QUOTA_RESERVE,
                low: defaults::QUOTA_LOW,
                longest: c.ms(Setting::MaxHint),
            },
            pace: c.on(Setting::Pace),
            coalesce: c.on(Setting::Coalesce),
            max_hint: c.ms(Setting::MaxHint),
            copies: copies(c),
            brownout: BrownoutPolicy {
                restore_after: c.ms(Setting::BrownoutRestoreAfter),
                spacing: defaults::FEATURE_SPACING,
            },
            pressure: defaults::PRESSURE,
            latency: LatencyPolicy {
                least: defaults::LATE_LEAST,
                cold: (patience / defaults::LATE_COLD).max(defaults::LATE_LEAST),
                drift: defaults::LATE_DRIFT,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn no_setting_is_the_defaults() {
        let policy = Config::default().check().unwrap();
        assert_eq!(policy.patience, Duration::from_secs(8));
        assert_eq!(policy.background_patience, Duration::from_secs(60));
        assert_eq!(policy.budget.earn, 1_000);
        assert_eq!(policy.mode, Mode::On);
    }

    #[test]
    fn every_fault_is_named_and_mended() {
        let mut config = Config::default();
        config.set(Setting::Deadline as usize, f64::NAN);
        config.set(Setting::BreakerTrip as usize, 1.5);
        config.set(usize::MAX, 1.0);
        let faults = config.check().unwrap_err();
        let paths: Vec<_> = faults.each().map(|(path, _)| path).collect();
        assert_eq!(paths, ["deadline", "breaker.trip"]);
        assert_eq!(config.mend().patience, Duration::from_secs(8));
    }

    #[test]
    fn a_hundredth_of_a_percent_is_exact() {
        let mut config = Config::default();
        config.set(Setting::RetryBudgetPercent as usize, 0.01);
        assert_eq!(config.mend().budget.earn, 1);
    }

    #[test]
    fn every_default_is_within_its_range_or_means_none() {
        for (range, (path, _)) in defaults::RANGES.iter().zip(TEXTS) {
            assert!(range.holds(range.default) || range.default == 0.0, "{path}");
        }
    }

    #[test]
    fn a_wait_that_is_set_bounds_everybodys_patience_and_one_that_is_not_only_that_of_background_work() {
        let patience = |ms: f64| {
            let mut config = Config::default();
            config.set(Setting::QueueMaxWait as usize, ms);
            let policy = config.check().unwrap();
            [policy.patience, policy.background_patience].map(Duration::as_millis)
        };
        assert_eq!(patience(3_000.0), [3_000, 3_000]);
        assert_eq!(patience(20_000.0), [8_000, 20_000]);
    }
}
