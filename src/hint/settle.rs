//! What the dialects found in one response, and the rules that need all of it: what counts as a wait, when a 403 is
//! a limit, what an exhausted quota means, what a cache made stale.

use alloc::string::String;
use alloc::vec::Vec;

use super::answer::Answer;
use super::field::{self, Form, bounded};
use super::{Quota, Reading};

/// More quotas than these are not told: looking for a name takes time with each.
const MOST_QUOTAS: usize = 4_096;

/// Kinds of word about when to come again, the strongest first: a field; a member of the body; what a query costs,
/// which counts for an overload alone; an event stream's steady setting, which counts always.
#[derive(Clone, Copy)]
pub enum From {
    /// A response field.
    Field,
    /// A member of the body.
    Body,
    /// What a query costs and how fast that comes back.
    Cost,
    /// The `retry:` of an event stream.
    Stream,
}

/// A wait in milliseconds, and where it was read.
#[derive(Clone, Copy)]
struct Wait(u32, &'static str);

/// A quota of which one member is told.
pub struct Told<'a> {
    /// As it came from the network.
    pub name: &'a [u8],
    /// What is counted.
    pub unit: &'static str,
    /// In milliseconds; NaN when it is unknown.
    pub window: f64,
    /// The field.
    pub source: &'static str,
}

/// Collects what the dialects read.
pub struct Findings {
    /// The hint so far, but for its wait; its source is that of an overload without a time.
    pub reading: Reading,
    /// The request failed: by its status, or by what a dialect read in the fields or the body of a success.
    pub failed: bool,
    /// A quota without a dimension was read: the other families restate it.
    pub unnamed: bool,
    /// The newest quota of each of 256 kinds of name, and for each quota the one of its kind before it; none: the most.
    newest: [u16; 256],
    earlier: Vec<u16>,
    /// The field of a quota that tells the most.
    pub quota_source: Option<&'static str>,
    waits: [Option<Wait>; 4],
}

impl Findings {
    /// Nothing found yet.
    pub fn new(status: u16) -> Self {
        Self {
            reading: Reading::default(),
            failed: status >= 400,
            unnamed: false,
            quota_source: None,
            newest: [MOST_QUOTAS as u16; 256],
            earlier: Vec::new(),
            waits: [None; 4],
        }
    }

    /// A wait, in milliseconds, not yet bounded; NaN: none. The first of each kind counts, in the order of the dialects.
    pub fn wait(&mut self, from: From, ms: f64, source: &'static str) {
        let slot = &mut self.waits[from as usize];
        if slot.is_none() && !ms.is_nan() {
            *slot = Some(Wait(bounded(ms), source));
        }
    }

    /// The server's word on trying again. The first counts.
    pub fn retry(&mut self, retry: Option<bool>) {
        let told = &mut self.reading.hint.retry;
        *told = told.or(retry);
    }

    /// An explicit signal of overload, and where it was read.
    pub fn overloaded(&mut self, source: &'static str) {
        self.reading.hint.overloaded = true;
        self.reading.source.get_or_insert(source);
    }

    /// A load from 0 up; above 1 is 1. The first counts.
    pub fn load(&mut self, load: f64) {
        let told = &mut self.reading.hint.load;
        if told.is_none() && !load.is_nan() {
            *told = Some(load.clamp(0.0, 1.0));
        }
    }

    /// The quota of that name: the one told before, else a new one that counts requests. `source`: its field. None
    /// when there are more than any server has.
    pub fn quota(&mut self, name: String, source: &'static str) -> Option<&mut Quota> {
        self.quota_source = Some(source);
        let quotas = &mut self.reading.hint.quotas;
        let bucket = name.bytes().fold(0, |hash: u8, byte| hash.rotate_left(3) ^ byte);
        let newest = self.newest.get_mut(usize::from(bucket))?;
        let mut place = usize::from(*newest);
        while quotas.get(place).is_some_and(|quota| quota.name != name) {
            place = self.earlier.get(place).map_or(MOST_QUOTAS, |earlier| usize::from(*earlier));
        }
        if place == MOST_QUOTAS && quotas.len() < MOST_QUOTAS {
            place = quotas.len();
            self.earlier.push(*newest);
            *newest = place as u16;
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

    /// Tells members of a quota: limit, remaining, milliseconds to its reset, and its window; NaN is unknown. Told again
    /// under the same name, the first limit with its window, the least remaining and the longest reset count. Nothing
    /// is told without a limit, a remaining or a reset.
    pub fn tell(&mut self, name: &[u8], unit: &str, told: [f64; 4], source: &'static str) {
        let [limit, remaining, reset, window] = told;
        if limit.is_nan() && remaining.is_nan() && reset.is_nan() {
            return;
        }
        let Some(quota) = self.quota(field::string(name, false), source) else {
            return;
        };
        let known = quota.limit.is_some();
        if !known && quota.remaining.is_none() && quota.reset_ms.is_none() {
            quota.unit = String::from(unit);
        }
        if !known {
            quota.limit = field::known(limit);
        }
        if quota.window_ms.is_none() && (!known || limit.is_nan()) {
            // A window is above zero.
            quota.window_ms = (window > 0.0).then_some(window);
        }
        if quota.remaining.is_none_or(|least| remaining < least) {
            quota.remaining = field::known(remaining);
        }
        quota.reset_ms = quota.reset_ms.max(field::known(reset).map(bounded));
    }

    /// Tells the member of a list that counts by its form: a limit, a remaining or a reset of a quota with this window.
    pub fn tell_one(&mut self, list: &[u8], form: Form, answer: &Answer<'_>, quota: &Told<'_>) {
        let &Told { name, unit, window, source } = quota;
        let mut told = [f64::NAN, f64::NAN, f64::NAN, window];
        let place = match form {
            Form::First => 0,
            Form::Least => 1,
            _ => 2,
        };
        told[place] = field::pick(list, form, answer.reference, &mut self.reading.malformed);
        self.tell(name, unit, told, source);
    }

    /// Applies the rules that need everything.
    pub fn settle(&mut self, answer: &Answer<'_>) {
        let hint = &mut self.reading.hint;
        if answer.cached {
            hint.quotas.clear();
            hint.load = None;
            self.quota_source = None;
        }
        let [field, body, cost, stream] = self.waits;
        // Frameworks send Retry-After on every success: there it is no wait.
        let asked = answer.status >= 300 || answer.status == 202 || self.failed;
        let mut wait = field.filter(|_| asked).or(body.filter(|_| self.failed));
        let (mut spent, mut longest) = (false, None);
        for quota in &hint.quotas {
            spent |= quota.remaining == Some(0.0);
            // One with something left is not the reason.
            if quota.remaining.unwrap_or(0.0) == 0.0 {
                longest = longest.max(quota.reset_ms);
            }
        }
        hint.overloaded |= answer.status == 403 && (spent || wait.is_some());
        if wait.is_none() && self.failed && hint.overloaded {
            let source = self.quota_source.unwrap_or_default();
            wait = cost.or(longest.map(|ms| Wait(ms, source)));
        }
        if let Some(Wait(ms, source)) = wait.or(stream) {
            hint.wait_ms = Some(ms);
            self.reading.source = Some(source);
        }
        self.reading.source = self.reading.source.or(self.quota_source);
    }
}
