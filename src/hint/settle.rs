//! What the dialects found in one response, and the rules that need all of it: what counts as a wait, when a 403 is
//! a limit, what an exhausted quota means, what a cache made stale.

use super::lookup::Fields;
use super::{Quota, Reading};

/// Collects what the dialects read.
pub struct Findings {
    /// The hint so far, but for its wait.
    pub reading: Reading,
    /// The request failed: by its status, or by what a dialect read in the body of a success.
    pub failed: bool,
    wait: Option<(u32, &'static str)>,
    quota_source: Option<&'static str>,
}

impl Findings {
    /// Nothing found yet.
    pub fn new(status: u16) -> Self {
        Self {
            reading: Reading::default(),
            failed: status >= 400,
            wait: None,
            quota_source: None,
        }
    }

    /// A wait that stands in a field. The first one told counts.
    pub fn wait(&mut self, ms: u32, source: &'static str) {
        self.wait = self.wait.or(Some((ms, source)));
    }

    /// A quota. Told again under the same name, the first limit, the least remaining and the longest reset count.
    pub fn quota(&mut self, quota: Quota, source: &'static str) {
        if quota.reset_ms.is_some() || self.quota_source.is_none() {
            self.quota_source = Some(source);
        }
        let quotas = &mut self.reading.hint.quotas;
        let Some(told) = quotas.iter_mut().find(|told| told.name == quota.name) else {
            quotas.push(quota);
            return;
        };
        told.limit = told.limit.or(quota.limit);
        told.window_ms = told.window_ms.or(quota.window_ms);
        told.reset_ms = told.reset_ms.max(quota.reset_ms);
        told.remaining = match (told.remaining, quota.remaining) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }

    /// Applies the rules that need everything.
    pub fn settle(mut self, fields: &Fields<'_>) -> Reading {
        let status = fields.response.status;
        let hint = &mut self.reading.hint;
        if fields.cached {
            hint.quotas.clear();
            hint.load = None;
            self.quota_source = None;
        }
        // Frameworks send Retry-After on every success: there it is no wait.
        let mut wait = self
            .wait
            .filter(|_| status >= 300 || status == 202 || self.failed);
        let spent = hint.quotas.iter().any(|quota| quota.remaining == Some(0.0));
        if status == 403 && (wait.is_some() || spent) {
            hint.overloaded = true;
        }
        if wait.is_none() && self.failed && hint.overloaded {
            wait = longest_reset(&hint.quotas).zip(self.quota_source);
        }
        hint.wait_ms = wait.map(|(ms, _)| ms);
        let strongest = wait.map(|(_, source)| source);
        self.reading.source = strongest.or(self.reading.source).or(self.quota_source);
        self.reading
    }
}

/// When the last quota that may be the reason opens again: one with something left is not the reason.
fn longest_reset(quotas: &[Quota]) -> Option<u32> {
    let mut longest = None;
    for quota in quotas {
        if quota.remaining.unwrap_or(0.0) == 0.0 {
            longest = longest.max(quota.reset_ms);
        }
    }
    longest
}
