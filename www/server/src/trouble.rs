//! What the server suffers from, how it behaves, and what it says about it: set from the page, over by itself.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

/// Everything that can be switched. What is left out of a request is healthy.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Settings {
    /// How many times longer each request takes: 1 to 100.
    pub slower: f64,
    /// Workers: 1 to 64; null, as started.
    pub capacity: Option<usize>,
    /// Share of requests refused before any work: 0 to 1.
    pub refuse: f64,
    /// Share of requests whose connection is closed without an answer: 0 to 1.
    pub drop: f64,
    /// What bounds the queue.
    pub queue: Bound,
    /// Does the server notice that a client has gone, and drop its work?
    pub drop_gone: bool,
    /// What the server says when it suffers.
    pub hint: Hint,
    /// Seconds that a refusal names, 1 to 3600; null: as long as the queue will need.
    pub retry_after: Option<u32>,
    /// After this many seconds everything is healthy again: 1 to 3600; null: never.
    pub seconds: Option<u32>,
}

/// What bounds the queue.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Bound {
    /// This many requests wait (null: as started), however long that takes; at most 10 000.
    Length(Option<usize>),
    /// Nobody waits longer than this many milliseconds, 1 to 60 000, for a worker.
    Wait(u32),
}

/// How the server tells.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hint {
    /// A bare status.
    None,
    /// `Retry-After` (RFC 9110, section 10.2.3) on refusals.
    RetryAfter,
    /// `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers) on every answer, and a quota that is kept.
    Ratelimit,
    /// `endpoint-load-metrics` (ORCA, Envoy's load report) on every answer.
    Load,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            slower: 1.0,
            capacity: None,
            refuse: 0.0,
            drop: 0.0,
            queue: Bound::Length(None),
            drop_gone: true,
            hint: Hint::RetryAfter,
            retry_after: None,
            seconds: None,
        }
    }
}

impl Settings {
    /// Names the first setting that is out of range.
    ///
    /// # Errors
    /// A sentence for the person who sent it.
    pub fn check(self) -> Result<Self, &'static str> {
        let share = 0.0..=1.0;
        let seconds = |n: Option<u32>| n.is_none_or(|n| (1..=3600).contains(&n));
        let bound = match self.queue {
            Bound::Length(n) => n.is_none_or(|n| n <= 10_000),
            Bound::Wait(ms) => (1..=60_000).contains(&ms),
        };
        let rules = [
            ((1.0..=100.0).contains(&self.slower), "slower must be from 1 to 100"),
            (self.capacity.is_none_or(|n| (1..=64).contains(&n)), "capacity must be from 1 to 64"),
            (share.contains(&self.refuse), "refuse must be from 0 to 1"),
            (share.contains(&self.drop), "drop must be from 0 to 1"),
            (bound, "queue must be {length: up to 10000} or {wait: 1 to 60000}"),
            (seconds(self.retry_after), "retryAfter must be from 1 to 3600"),
            (seconds(self.seconds), "seconds must be from 1 to 3600"),
        ];
        match rules.iter().find(|(holds, _)| !holds) {
            Some((_, want)) => Err(want),
            None => Ok(self),
        }
    }
}

/// The settings in force.
#[derive(Default)]
pub struct Trouble {
    now: Mutex<(Settings, Option<Instant>)>,
    refused: Share,
    dropped: Share,
}

impl Trouble {
    /// Replaces the settings; their time starts now.
    pub fn set(&self, settings: Settings) {
        let until = settings.seconds.map(|s| Instant::now() + Duration::from_secs(s.into()));
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = (settings, until);
    }

    /// The settings in force: healthy ones once their time is over.
    pub fn get(&self) -> Settings {
        self.remaining().0
    }

    /// The settings in force, and how long they will be; `None`: until set anew.
    pub fn remaining(&self) -> (Settings, Option<Duration>) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        if now.1.is_some_and(|until| Instant::now() >= until) {
            *now = Default::default();
        }
        (now.0.clone(), now.1.map(|until| until.duration_since(Instant::now())))
    }

    /// Is this request one of those to refuse?
    pub fn refuses(&self) -> bool {
        self.refused.hits(self.get().refuse)
    }

    /// Is this request one of those whose connection is dropped?
    pub fn drops(&self) -> bool {
        self.dropped.hits(self.get().drop)
    }
}

/// Spreads a share evenly instead of drawing lots: of any hundred requests in a row exactly 30 are hit by 0.3.
#[derive(Default)]
struct Share(AtomicU64);

impl Share {
    const WHOLE: u64 = 1_000_000;

    fn hits(&self, share: f64) -> bool {
        let step = (share * Self::WHOLE as f64).round() as u64;
        let before = self.0.fetch_add(step, Ordering::Relaxed);
        (before % Self::WHOLE) + step >= Self::WHOLE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn trouble_ends_by_itself() {
        let trouble = Trouble::default();
        let bad = Settings { slower: 9.0, refuse: 1.0, seconds: Some(30), ..Settings::default() };
        trouble.set(bad.clone());
        tokio::time::advance(Duration::from_millis(29_999)).await;
        assert_eq!(trouble.remaining(), (bad, Some(Duration::from_millis(1))));
        assert!(trouble.refuses());
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(trouble.remaining(), (Settings::default(), None));
        assert!(!trouble.refuses());
    }

    #[test]
    fn a_share_is_exact() {
        for percent in [0, 1, 30, 50, 99, 100] {
            let share = Share::default();
            let hit = (0..100).filter(|_| share.hits(f64::from(percent) / 100.0)).count();
            assert_eq!(hit, percent as usize, "{percent} %");
        }
    }

    #[test]
    fn settings_are_refused_by_name() {
        for (json, want) in [
            (r#"{"slower": 0}"#, "slower"),
            (r#"{"capacity": 0}"#, "capacity"),
            (r#"{"refuse": 1.5}"#, "refuse"),
            (r#"{"drop": -0.1}"#, "drop"),
            (r#"{"queue": {"wait": 0}}"#, "queue"),
            (r#"{"retryAfter": 0}"#, "retryAfter"),
            (r#"{"seconds": 100000}"#, "seconds"),
        ] {
            let settings: Settings = serde_json::from_str(json).expect(json);
            assert!(settings.check().expect_err(json).starts_with(want), "{json}");
        }
        assert!(serde_json::from_str::<Settings>(r#"{"slwer": 2}"#).is_err(), "a misspelt name is told");
        assert_eq!(serde_json::from_str::<Settings>("{}").expect("empty"), Settings::default());
    }
}
