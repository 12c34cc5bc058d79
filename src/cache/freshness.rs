//! What may be stored (RFC 9111 section 3), how long it is fresh (4.2), and when it may be used stale (4.2.4, RFC 5861).
//!
//! ```
//! use tidegate::cache::freshness::{Exchange, Fit, Wish, judge};
//! use tidegate::time::{Duration, Instant, WallTime};
//!
//! let exchange = Exchange { response: b"cache-control: max-age=60\nage: 10", ..Exchange::plain(WallTime(0)) };
//! let term = judge(Instant::ORIGIN, &exchange).unwrap();
//! let at = |secs| term.fit(Instant::ORIGIN + Duration::from_secs(secs), &Wish::plain());
//! assert_eq!((at(49), at(50)), (Fit::Fresh, Fit::Ask));
//! ```

use super::control::{Control, LONGEST, Word, field, first, seconds};
use super::vary::Selection;
pub use super::wish::{Fit, Mode, Wish};
use crate::policy::defaults::{GUESS_LONGEST, GUESS_PART};
use crate::text::{date, scan};
use crate::time::{Duration, Instant, WallTime};

/// A request and its answer.
#[derive(Clone, Copy, Debug)]
pub struct Exchange<'a> {
    /// The method was HEAD, else GET.
    pub head: bool,
    /// The status; 0 where the browser hides it.
    pub status: u16,
    /// The header lines that the page's script set.
    pub request: &'a [u8],
    /// The header lines that can be seen.
    pub response: &'a [u8],
    /// When the answer came.
    pub wall: WallTime,
    /// From sending the request to the answer: `response_delay` of RFC 9111 section 4.2.3.
    pub took: Duration,
    /// How long it was kept before, zero for one that has just come; none when nobody knows, which is longer than any.
    pub held: Option<Duration>,
    /// CORS hides fields. Unless Date or Age is in sight its age is not known and it is never fresh, only a stand-in;
    /// unless Vary is, it answers only requests with the same fields.
    pub hidden: bool,
    /// The application opted in to stale: whatever may be stored is wanted as a stand-in.
    pub wanted: bool,
}

impl Exchange<'_> {
    /// A GET that was answered at once with 200 and no fields.
    pub fn plain(wall: WallTime) -> Self {
        Self {
            head: false,
            status: 200,
            request: &[],
            response: &[],
            wall,
            took: Duration::ZERO,
            held: Some(Duration::ZERO),
            hidden: false,
            wanted: false,
        }
    }
}

/// What is remembered of a stored response; times in seconds, at most 2^31, and no age that nobody knows is below that.
#[derive(Clone, Debug)]
pub struct Term {
    selection: Selection,
    /// When its age was `initial`.
    at: Instant,
    initial: f64,
    lifetime: f64,
    /// Up to this age it is served while one asks again.
    meanwhile: f64,
    /// Up to this age it stands in for an error.
    grace: f64,
    /// Its age is known.
    known: bool,
    /// Never used without the origin's confirmation: `no-cache`, or invalidated.
    confirm: bool,
    /// Never used stale.
    strict: bool,
    immutable: bool,
    /// Its status is worth showing while the origin fails.
    good: bool,
    head: bool,
    kind: u8,
}

/// What is to be remembered of an exchange; none when it may not be stored (RFC 9111 section 3), or would be of no use:
/// neither fresh, nor with a validator, nor allowed to stand in.
pub fn judge(now: Instant, exchange: &Exchange<'_>) -> Option<Term> {
    let &Exchange { head, status, request, response, hidden, .. } = exchange;
    let told = Control::told(response);
    let explicit = told.has(Word::MaxAge)
        || told.has(Word::Public)
        || told.has(Word::Private)
        || first(response, b"expires").is_some();
    let may = status >= 200
        && !matches!(status, 206 | 304)
        && allowed(&told, status)
        && (explicit || guessable(status))
        && Wish::read(Mode::Default, request).mode == Mode::Default;
    if !may {
        return None;
    }
    let (initial, lifetime) = span(&told, exchange);
    let known = !hidden || first(response, b"date").or(first(response, b"age")).is_some();
    let confirm = told.has(Word::NoCache);
    let strict = confirm || told.has(Word::MustRevalidate);
    let good = status < 400 || matches!(status, 404 | 410);
    // Up to which age, where it is to be used stale for so long.
    let window = |word| {
        let extra = told.seconds(word);
        if extra == 0.0 { 0.0 } else { (lifetime + extra).min(LONGEST) }
    };
    let meanwhile = window(Word::StaleWhileRevalidate);
    let grace = meanwhile.max(window(Word::StaleIfError));
    let validator = first(response, b"etag").or(first(response, b"last-modified")).is_some();
    let fresh = known && !confirm && initial < lifetime;
    let stands_in = good && !strict && (exchange.wanted || initial < grace);
    if !(fresh || validator && !hidden || stands_in) {
        return None;
    }
    Some(Term {
        selection: Selection::read(request, response, hidden)?,
        at: now,
        initial,
        lifetime,
        meanwhile,
        grace,
        known,
        confirm,
        strict,
        immutable: told.has(Word::Immutable),
        good,
        head,
        kind: kind(first(response, b"content-type").unwrap_or_default()),
    })
}

/// Sections 5.2.2.3 and 5.2.2.5: with `must-understand` a status that is understood lifts `no-store`, and one that is not
/// forbids as much. Understood are those that are heuristically cacheable.
fn allowed(told: &Control, status: u16) -> bool {
    let word = if told.has(Word::MustUnderstand) { guessable(status) } else { !told.has(Word::NoStore) };
    word && !told.spoiled()
}

/// Heuristically cacheable (RFC 9110 section 15.1).
fn guessable(status: u16) -> bool {
    matches!(status, 200 | 203 | 204 | 300 | 301 | 308 | 404 | 405 | 410 | 414 | 501)
}

/// The age that it came with (section 4.2.3), and for how long it is fresh (4.2.1, 4.2.2), in seconds.
fn span(told: &Control, exchange: &Exchange<'_>) -> (f64, f64) {
    let &Exchange { status, response, wall, took, held, .. } = exchange;
    // A Date has whole seconds: a fraction of ours would make it older than it is.
    let wall = (wall.0 / 1000) as f64;
    let moment = |name| moment(response, name, wall);
    // Without a valid Date it is of the moment at which it came (RFC 9110 section 6.6.1).
    let date = moment(b"date");
    let date = if date > f64::NEG_INFINITY { date } else { wall };
    // A list-based Age counts by its first member, an invalid one not at all (section 5.1).
    let mut ages = first(response, b"age").unwrap_or_default();
    let age = seconds(scan::part(&mut ages, b',')).max(0.0);
    let initial = (wall - date).max(age + secs(took)) + held.map_or(LONGEST, secs);

    let (expires, modified) = (moment(b"expires"), moment(b"last-modified"));
    let lifetime = if told.has(Word::MaxAge) {
        told.seconds(Word::MaxAge)
    } else if !expires.is_nan() {
        expires - date
    } else if modified > f64::NEG_INFINITY && (guessable(status) || told.has(Word::Public)) {
        ((date - modified) / GUESS_PART).min(GUESS_LONGEST)
    } else {
        0.0
    };
    (initial, lifetime.clamp(0.0, LONGEST))
}

/// In seconds.
fn secs(span: Duration) -> f64 {
    span.as_micros() as f64 / 1e6
}

/// A field that holds one HTTP-date, in epoch seconds: NaN where there is none, the infinite past where it is invalid or
/// stands there twice.
fn moment(response: &[u8], name: &[u8], now: f64) -> f64 {
    let mut found = f64::NAN;
    field(response, name, &mut |mut value| {
        let at = date::take(&mut value, date::STRICT, now * 1000.0) / 1000.0;
        let valid = found.is_nan() && value.is_empty() && !at.is_nan();
        found = if valid { at } else { f64::NEG_INFINITY };
    });
    found
}

/// What kind of content there is: 0 nobody knows, 1 HTML, 2 anything else.
fn kind(media: &[u8]) -> u8 {
    let html = media.windows(4).any(|part| part.eq_ignore_ascii_case(b"html"));
    if media.is_empty() { 0 } else { 2 - u8::from(html) }
}

impl Term {
    /// How old it is (RFC 9111 section 4.2.3), at most 2^31 seconds; the field Age has it in whole ones.
    pub fn age(&self, now: Instant) -> Duration {
        Duration::from_micros((self.seconds(now) * 1e6) as u64)
    }

    fn seconds(&self, now: Instant) -> f64 {
        (self.initial + secs(now.since(self.at))).min(LONGEST)
    }

    /// Can it answer this method? What HEAD was told does not answer GET (RFC 9111 section 4).
    pub fn answers(&self, head: bool) -> bool {
        head || !self.head
    }

    /// Would a request with these header lines have selected it (RFC 9111 section 4.1)?
    pub fn suits(&self, request: &[u8]) -> bool {
        self.selection.suits(request)
    }

    /// For a plain request, one in mode default whose script set no fields: up to which millisecond of the axis it is
    /// [`Fit::Fresh`], and what makes its age of a moment, added to that in 32 bits. Zeros: it is not, or that is too far
    /// away for 32 bits. Never later than [`fit`](Self::fit) has it.
    pub fn plain(&self) -> [u32; 2] {
        let at = secs(self.at.since(Instant::ORIGIN));
        // Both below half of what 32 bits hold, in milliseconds.
        let near = self.initial.max(at) < 2e6;
        let fresh = self.known && !self.confirm && self.initial < self.lifetime;
        if !(near && fresh && self.selection.suits_any()) {
            return [0; 2];
        }
        let until = at + self.lifetime - self.initial;
        [(until * 1e3) as u32, ((self.initial * 1e3) as u32).wrapping_sub((at * 1e3) as u32)]
    }

    /// How it fits a request that it [`answers`](Self::answers) and [`suits`](Self::suits): RFC 9111 section 4.
    pub fn fit(&self, now: Instant, wish: &Wish) -> Fit {
        let age = self.seconds(now);
        let fresh = self.known && age < self.lifetime;
        match wish.mode {
            Mode::NoStore | Mode::Reload => return Fit::Pass,
            _ if self.confirm || wish.confirmed => return Fit::Ask,
            Mode::NoCache if !(fresh && self.immutable) => return Fit::Ask,
            Mode::ForceCache | Mode::OnlyIfCached if !fresh && !self.strict => return Fit::Stale,
            Mode::ForceCache | Mode::OnlyIfCached if fresh => return Fit::Fresh,
            _ => {}
        }
        let young = age < wish.max_age;
        if fresh && young && self.lifetime - age >= wish.min_fresh {
            return Fit::Fresh;
        }
        // How stale is not known of what has no known age.
        let stale = if self.known { age - self.lifetime } else { LONGEST };
        if self.strict || fresh || wish.min_fresh > 0.0 {
            Fit::Ask
        } else if young && stale < wish.max_stale {
            Fit::Stale
        } else if wish.max_age == f64::INFINITY && self.known && age < self.meanwhile {
            Fit::Meanwhile
        } else {
            Fit::Ask
        }
    }

    /// May it be shown in place of an origin that fails or is overloaded? While it is fresh; where the origin allows it
    /// stale (RFC 5861); where the application does (RFC 9111 section 4.2.4), up to an age of `most`. Never what must be
    /// confirmed, never stale against `must-revalidate`, and no answer that was a failure itself.
    pub fn stands_in(&self, now: Instant, most: Option<Duration>) -> bool {
        let age = self.seconds(now);
        let allowed = age < self.grace || most.is_some_and(|most| age <= secs(most));
        self.good && !self.confirm && (self.known && age < self.lifetime || !self.strict && allowed)
    }

    /// Something was written meanwhile: the origin must confirm it before it is used again (RFC 9111 section 4.4).
    pub fn outdate(&mut self) {
        self.confirm = true;
    }

    /// Is `new` content to take this one's place? Not HTML in the place of anything else: so a captive portal answers,
    /// and so do login pages. The other way round whatever comes is taken: the portal may have been there first.
    pub fn yields_to(&self, new: &Self) -> bool {
        !(self.kind == 2 && new.kind == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fraction_of_a_second_ages_nobody() {
        let response = b"cache-control: max-age=1\ndate: Thu, 01 Jan 1970 00:00:09 GMT";
        let came = |ms| Exchange { response, ..Exchange::plain(WallTime(ms)) };
        let age = |ms| judge(Instant::ORIGIN, &came(ms)).map(|term| term.age(Instant::ORIGIN));
        assert_eq!(age(9_999), Some(Duration::ZERO));
        assert_eq!(age(10_000), None, "stale when it came");
    }

    #[test]
    fn html_takes_the_place_of_html_only() {
        let term = |media: &[u8]| {
            let response = [b"cache-control: max-age=1\ncontent-type: ", media].concat();
            judge(Instant::ORIGIN, &Exchange { response: &response, ..Exchange::plain(WallTime(0)) }).unwrap()
        };
        let yields = |one: &[u8], other: &[u8]| term(one).yields_to(&term(other));
        assert!(yields(b"text/html; charset=utf-8", b"application/json"));
        assert!(!yields(b"application/json", b"text/html; charset=utf-8"));
        assert!(!yields(b"image/png", b"TEXT/HTML"));
        assert!(yields(b"text/html", b"application/xhtml+xml"));
        assert!(yields(b"application/problem+json", b"application/json"));
        assert!(yields(b"", b"text/html") && yields(b"application/json", b""));
    }
}
