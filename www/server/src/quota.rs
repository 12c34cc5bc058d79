//! The quota that the server keeps when it speaks `RateLimit`: a fixed window, over all clients.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::{
    pool::Limits,
    trouble::{Hint, Settings},
};

/// Length of the window.
pub const WINDOW: Duration = Duration::from_secs(10);

/// How much of the window is used.
#[derive(Default)]
pub struct Quota(Mutex<Option<(Instant, u64)>>);

/// What the server says of its quota.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Standing {
    /// Requests a window.
    pub limit: u64,
    /// Requests left in this one; `None`: not even this request.
    pub remaining: Option<u64>,
    /// Until the window ends, rounded up to seconds.
    pub reset: u64,
}

impl Quota {
    /// Takes one request out of the quota, which is what the pool can do in a window; `None` while none is kept.
    pub fn take(&self, limits: &Limits, settings: &Settings) -> Option<Standing> {
        if settings.hint != Hint::Ratelimit {
            return None;
        }
        let each = limits.service(settings).as_secs_f64() / limits.capacity(settings) as f64;
        let limit = ((WINDOW.as_secs_f64() / each) as u64).max(1);
        let now = Instant::now();
        let mut window = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (start, used) = match *window {
            Some((start, used)) if now.duration_since(start) < WINDOW => (start, used),
            _ => (now, 0),
        };
        *window = Some((start, used.saturating_add(1)));
        let left = (start + WINDOW).duration_since(now);
        Some(Standing { limit, remaining: limit.checked_sub(used + 1), reset: whole_seconds(left) })
    }
}

/// Rounded up, and at least one: whoever comes back after this time is not early.
pub fn whole_seconds(time: Duration) -> u64 {
    (time.as_millis().div_ceil(1000) as u64).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_window_allows_its_limit_and_then_begins_anew() {
        let limits = Limits { workers: 1, queue: 1, service: Duration::from_secs(2) };
        let settings = Settings { hint: Hint::Ratelimit, ..Settings::default() };
        let quota = Quota::default();
        let remaining: Vec<_> =
            (0..7).map(|_| quota.take(&limits, &settings).expect("kept").remaining).collect();
        assert_eq!(remaining, [Some(4), Some(3), Some(2), Some(1), Some(0), None, None]);
        tokio::time::advance(Duration::from_millis(9_500)).await;
        assert_eq!(quota.take(&limits, &settings), Some(Standing { limit: 5, remaining: None, reset: 1 }));
        tokio::time::advance(Duration::from_millis(500)).await;
        assert_eq!(
            quota.take(&limits, &settings),
            Some(Standing { limit: 5, remaining: Some(4), reset: 10 })
        );
    }

    #[test]
    fn no_quota_is_kept_without_being_told() {
        let limits = Limits { workers: 1, queue: 1, service: Duration::from_secs(2) };
        assert_eq!(Quota::default().take(&limits, &Settings::default()), None);
    }
}
