//! What the dialects found in one response, and the rules that need all of it: what counts as a wait, when a 403 is
//! a limit, what an exhausted quota means, what a cache made stale.

use alloc::string::String;

use super::lookup::Fields;
use super::{Quota, Reading};

/// Collects what the dialects read.
pub struct Findings {
    /// The hint so far, but for its wait; its source is that of an overload without a time.
    pub reading: Reading,
    /// The request failed: by its status, or by what a dialect read in the body of a success.
    pub failed: bool,
    /// The first wait that stands in a field.
    pub wait_ms: u32,
    /// That field.
    pub wait_source: Option<&'static str>,
    /// The field of a quota that tells the most.
    pub quota_source: Option<&'static str>,
}

impl Findings {
    /// Nothing found yet.
    pub fn new(status: u16) -> Self {
        Self {
            reading: Reading::default(),
            failed: status >= 400,
            wait_ms: 0,
            wait_source: None,
            quota_source: None,
        }
    }

    /// The quota of that name: the one told before, else a new one that counts requests.
    pub fn named(&mut self, name: String) -> Option<&mut Quota> {
        let quotas = &mut self.reading.hint.quotas;
        let mut place = 0;
        while quotas.get(place).is_some_and(|quota| quota.name != name) {
            place += 1;
        }
        if place == quotas.len() {
            // Spelt out: a default would be made and dropped as a whole.
            quotas.push(Quota {
                name,
                limit: None,
                remaining: None,
                reset_ms: None,
                window_ms: None,
                unit: String::from("requests"),
            });
        }
        quotas.get_mut(place)
    }

    /// Applies the rules that need everything.
    pub fn settle(&mut self, fields: &Fields<'_>) {
        let hint = &mut self.reading.hint;
        if fields.cached {
            hint.quotas.clear();
            hint.load = None;
            self.quota_source = None;
        }
        // Frameworks send Retry-After on every success: there it is no wait.
        if fields.status < 300 && fields.status != 202 && !self.failed {
            self.wait_source = None;
        }
        let (mut spent, mut longest) = (false, -1);
        for quota in &hint.quotas {
            spent |= quota.remaining == Some(0.0);
            // One with something left is not the reason.
            if quota.remaining.unwrap_or(0.0) == 0.0 {
                longest = longest.max(quota.reset_ms.map_or(-1, |ms| ms as i32));
            }
        }
        hint.overloaded |= fields.status == 403 && (spent || self.wait_source.is_some());
        if self.wait_source.is_none() && self.failed && hint.overloaded && longest >= 0 {
            self.wait_ms = longest as u32;
            self.wait_source = self.quota_source;
        }
        if self.wait_source.is_some() {
            hint.wait_ms = Some(self.wait_ms);
            self.reading.source = self.wait_source;
        }
        self.reading.source = self.reading.source.or(self.quota_source);
    }
}
