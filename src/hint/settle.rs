//! What the dialects found in one response, and the rules that need all of it: what counts as a wait, when a 403 is
//! a limit, what an exhausted quota means, what a cache made stale.

use alloc::string::String;

use super::lookup::{Fields, Name};
use super::{Quota, Reading};

/// Collects what the dialects read.
pub struct Findings {
    /// The hint so far, but for its wait.
    pub reading: Reading,
    /// The request failed: by its status, or by what a dialect read in the body of a success.
    pub failed: bool,
    /// The first wait that stands in a field, in milliseconds, and that field.
    pub wait: Option<(u32, Name)>,
    /// Where an overload without a time was read.
    pub signal: Option<Name>,
    /// The field of a quota that tells the most.
    pub quota: Option<Name>,
}

impl Findings {
    /// Nothing found yet.
    pub fn new(status: u16) -> Self {
        Self {
            reading: Reading::default(),
            failed: status >= 400,
            wait: None,
            signal: None,
            quota: None,
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
            let unit = String::from("requests");
            quotas.push(Quota {
                name,
                unit,
                ..Quota::default()
            });
        }
        quotas.get_mut(place)
    }

    /// Applies the rules that need everything.
    pub fn settle(mut self, fields: &Fields<'_>) -> Reading {
        let hint = &mut self.reading.hint;
        if fields.cached {
            hint.quotas.clear();
            hint.load = None;
            self.quota = None;
        }
        // Frameworks send Retry-After on every success: there it is no wait.
        if fields.status < 300 && fields.status != 202 && !self.failed {
            self.wait = None;
        }
        let (mut spent, mut longest) = (false, None);
        for quota in &hint.quotas {
            spent |= quota.remaining == Some(0.0);
            // One with something left is not the reason.
            if quota.remaining.unwrap_or(0.0) == 0.0 {
                longest = longest.max(quota.reset_ms);
            }
        }
        hint.overloaded |= fields.status == 403 && (spent || self.wait.is_some());
        if self.wait.is_none() && self.failed && hint.overloaded {
            self.wait = longest.zip(self.quota);
        }
        hint.wait_ms = self.wait.map(|(ms, _)| ms);
        let source = self.wait.map(|(_, name)| name).or(self.signal).or(self.quota);
        self.reading.source = source.map(|(start, end)| {
            let mut name = String::from(start);
            name.push_str(end);
            name
        });
        self.reading
    }
}
