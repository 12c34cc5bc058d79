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

/// The greatest age, and the longest that anything lasts: no age is below it that nobody knows.
const MOST: Duration = Duration::from_secs(LONGEST as u64);

/// What is remembered of a stored response.
#[derive(Clone, Debug)]
pub struct Term {
    selection: Selection,
    /// When its age was `initial`.
    at: Instant,
    initial: Duration,
    lifetime: Duration,
    /// Up to this age it is served while one asks again.
    meanwhile: Duration,
    /// Up to this age it stands in for an error.
    grace: Duration,
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
    // How long after its freshness; an age of nothing is never below nothing.
    let window = |word| {
        let extra = told.seconds(word).unwrap_or_default();
        if strict || extra == Duration::ZERO { Duration::ZERO } else { (lifetime + extra).min(MOST) }
    };
    let (meanwhile, error) = (window(Word::StaleWhileRevalidate), window(Word::StaleIfError));
    let grace = meanwhile.max(error);
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

/// Sections 3, 5.2.2.3 and 5.2.2.5: with `must-understand` a status that is understood lifts `no-store`, and one that is
/// not forbids as much. Understood are the final ones of RFC 9110 section 15.
fn allowed(told: &Control, status: u16) -> bool {
    let understood =
        matches!(status, 200..=205 | 300..=305 | 307 | 308 | 400..=417 | 421 | 422 | 426 | 500..=505);
    !told.spoiled() && if told.has(Word::MustUnderstand) { understood } else { !told.has(Word::NoStore) }
}

/// Heuristically cacheable (RFC 9110 section 15.1).
fn guessable(status: u16) -> bool {
    matches!(status, 200 | 203 | 204 | 300 | 301 | 308 | 404 | 405 | 410 | 414 | 501)
}

/// The age that it came with (section 4.2.3), and for how long it is fresh (4.2.1, 4.2.2).
fn span(told: &Control, exchange: &Exchange<'_>) -> (Duration, Duration) {
    let &Exchange { status, response, wall, .. } = exchange;
    // A Date has whole seconds: a fraction of ours would make it older than it is.
    let (second, wall) = ((wall.0 / 1000 * 1000) as f64, wall.0 as f64);
    // Without a valid Date it is of the moment at which it came (RFC 9110 section 6.6.1). What is no number becomes zero.
    let date = moment(response, b"date", wall).filter(|date| !date.is_nan()).unwrap_or(wall);
    let past = |from: f64, to: f64| Duration::from_millis((to - from) as u64);
    // A list-based Age counts by its first member, an invalid one not at all (section 5.1).
    let mut ages = first(response, b"age").unwrap_or_default();
    let age = seconds(scan::part(&mut ages, b',')).unwrap_or_default();
    let initial = past(date, second).max(Duration::from_secs(u64::from(age)) + exchange.took);

    let zero = Duration::ZERO;
    let lifetime = if told.has(Word::MaxAge) {
        told.value(Word::MaxAge, zero, zero, zero)
    } else if let Some(expires) = moment(response, b"expires", wall) {
        past(date, expires)
    } else if guessable(status) || told.has(Word::Public) {
        let modified = moment(response, b"last-modified", wall).unwrap_or(f64::NAN);
        (past(modified, date) / GUESS_PART).min(GUESS_LONGEST)
    } else {
        zero
    };
    (initial + exchange.held.unwrap_or(MOST), lifetime.min(MOST))
}

/// A field that holds one HTTP-date, in epoch milliseconds; NaN when it is invalid or stands there twice.
fn moment(response: &[u8], name: &[u8], now: f64) -> Option<f64> {
    let mut found = None;
    field(response, name, &mut |mut value| {
        let at = date::take(&mut value, date::STRICT, now);
        let valid = found.is_none() && value.is_empty();
        found = Some(if valid { at } else { f64::NAN });
    });
    found
}

/// The family of a content type: zero when it names none, else one byte of what tells JSON, HTML, XML, text, images and
/// so on apart: of the suffix or subtype where that is one of the first three, else of the type, with one bit more.
fn kind(media: &[u8]) -> u8 {
    let (essence, _) = scan::cut(media, b"; ,");
    let (top, sub) = scan::cut(essence, b"/");
    let last = sub.rsplit(|byte| matches!(byte, b'/' | b'+')).next().unwrap_or_default();
    let is = |known: &[u8]| known.eq_ignore_ascii_case(last);
    let told = is(b"json") || is(b"html") || is(b"xml");
    let (word, bit) = if told { (last, 0) } else { (top, 32) };
    word.first().map_or(0, |letter| letter & !32 | bit)
}

impl Term {
    /// How old it is (RFC 9111 section 4.2.3), at most 2^31 seconds; the field Age has it in whole ones.
    pub fn age(&self, now: Instant) -> Duration {
        (self.initial + now.since(self.at)).min(MOST)
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
        let [at, initial] = [self.at.since(Instant::ORIGIN), self.initial].map(Duration::as_millis);
        let never = !self.known || self.confirm || initial.max(at) > u64::from(u32::MAX / 2);
        if never || self.initial >= self.lifetime || !self.selection.suits_any() {
            return [0; 2];
        }
        let until = at + (self.lifetime - self.initial).as_millis();
        [until.min(u64::from(u32::MAX)) as u32, (initial as u32).wrapping_sub(at as u32)]
    }

    /// How it fits a request that it [`answers`](Self::answers) and [`suits`](Self::suits): RFC 9111 section 4.
    pub fn fit(&self, now: Instant, wish: &Wish) -> Fit {
        let age = self.age(now);
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
        let stale = if self.known { age - self.lifetime } else { MOST };
        if self.strict || fresh || wish.min_fresh > Duration::ZERO {
            Fit::Ask
        } else if young && stale < wish.max_stale {
            Fit::Stale
        } else if wish.max_age == Duration::MAX && self.known && age < self.meanwhile {
            Fit::Meanwhile
        } else {
            Fit::Ask
        }
    }

    /// May it be shown in place of an origin that fails or is overloaded? While it is fresh; where the origin allows it
    /// stale (RFC 5861); where the application does (RFC 9111 section 4.2.4), up to an age of `most`. Never what must be
    /// confirmed, never stale against `must-revalidate`, and no answer that was a failure itself.
    pub fn stands_in(&self, now: Instant, most: Option<Duration>) -> bool {
        let age = self.age(now);
        let allowed = age < self.grace || most.is_some_and(|most| age <= most);
        self.good && !self.confirm && (self.known && age < self.lifetime || !self.strict && allowed)
    }

    /// Something was written meanwhile: the origin must confirm it before it is used again (RFC 9111 section 4.4).
    pub fn outdate(&mut self) {
        self.confirm = true;
    }

    /// Is the content of the same family, as far as both say? A captive portal answers with HTML in place of JSON.
    pub fn alike(&self, other: &Self) -> bool {
        self.kind == 0 || other.kind == 0 || self.kind == other.kind
    }
}
