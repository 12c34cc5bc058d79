//! Every number that shapes behaviour, with its reason and its source. Durations of settings are milliseconds.

use crate::time::Duration;

use crate::num::ONE;
use crate::pressure::PressurePolicy;
use crate::rate::share::SharePolicy;
use crate::rate::throttle::ThrottlePolicy;

/// What one setting accepts, and what it is when nothing usable was given.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    /// Least accepted value.
    pub min: f64,
    /// Greatest accepted value.
    pub max: f64,
    /// Must be a whole number (counts, switches, words).
    pub whole: bool,
    /// Used when nothing was given, or nothing usable.
    pub default: f64,
}

impl Range {
    /// Whether a value can be used. NaN never can.
    pub fn holds(&self, value: f64) -> bool {
        value >= self.min && value <= self.max && (!self.whole || value == (value as u32) as f64)
    }
}

const DAY: f64 = 86_400_000.0;

macro_rules! settings {
    ($($name:ident $path:literal $min:expr, $max:expr, $whole:literal, $default:expr, $want:literal;)*) => {
        /// A setting, by its place in the tables.
        #[allow(missing_docs, reason = "each is its path in TEXTS")]
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        #[repr(usize)]
        pub enum Setting { $($name),* }
        /// How many settings there are.
        pub const COUNT: usize = [$(Setting::$name),*].len();
        /// What each accepts.
        pub const RANGES: [Range; COUNT] = [$(Range { min: $min, max: $max, whole: $whole, default: $default }),*];
        /// Each setting's path, as the application writes it, and what is accepted, for errors. A list of words
        /// in `want` is separated by ` | `; the value that crosses is the word's place.
        pub const TEXTS: [(&str, &str); COUNT] = [$(($path, $want)),*];
    };
}

settings! {
    // Acts by default: whoever installs it wants it to act.
    Mode "mode" 0.0, 2.0, true, 0.0, "\"on\" | \"observe\" | \"off\"";
    // Below the 10 s at which common HTTP clients give up, so that the true answer still reaches somebody.
    Deadline "deadline" 0.0, DAY, false, 8_000.0, "milliseconds from 0 to 86400000";
    // On: a human who sees an error clicks again, which costs the server more than a retry within a budget.
    Retry "retry" 0.0, 1.0, true, 1.0, "an object or false";
    // Three tries are the field's habit (Google SRE book, "Handling Overload"); one more, since the budget bounds the sum.
    RetryAttempts "retry.attempts" 0.0, 14.0, true, 3.0, "a whole number from 0 to 14";
    // Google SRE book, "Handling Overload": a per-client retry ratio of 10 %.
    RetryBudgetPercent "retry.budget.percent" 0.0, 100.0, false, 10.0, "a percentage from 0 to 100";
    // A burst of failures may be answered by ten retries at once, no more than a screen full of requests.
    RetryBudgetCap "retry.budget.cap" 0.0, 1_000.0, true, 10.0, "a whole number from 0 to 1000";
    // On: it opens only after ten answers of one route, and never for longer than a guess may last.
    Breaker "breaker" 0.0, 1.0, true, 1.0, "an object or false";
    // Half: a route that fails more often than it works (M. Nygard, "Release It!", 2nd ed., "Circuit Breaker").
    BreakerTrip "breaker.trip" 0.0, 1.0, false, 0.5, "a share from 0 to 1";
    // Envoy and resilience4j rest 30 to 60 s; a page has a human in front of it, and LONGEST_GUESS is the bound.
    BreakerRest "breaker.rest" 1.0, 30_000.0, false, 5_000.0, "milliseconds from 1 to 30000";
    // On: there is no limit before the server has shown distress.
    Concurrency "concurrency" 0.0, 1.0, true, 1.0, "an object or false";
    // None: a healthy server is never limited by us.
    ConcurrencyMax "concurrency.max" 1.0, 10_000.0, true, 0.0, "a whole number from 1 to 10000";
    // On: without it a closure ends with everything that waited, at once.
    ConcurrencyAdaptive "concurrency.adaptive" 0.0, 1.0, true, 1.0, "true or false";
    // More than any screen shows; a page that queues more is polling.
    QueueSize "queue.size" 1.0, 100_000.0, true, 256.0, "a whole number from 1 to 100000";
    // The oldest waiter is the one whose human has most likely gone (Maurer, "Fail at Scale", ACM Queue 2015).
    QueueDrop "queue.drop" 0.0, 1.0, true, 0.0, "\"oldest\" | \"newest\"";
    // Background work may wait until most closures are over; after a minute what it would fetch is old.
    QueueMaxWait "queue.maxWait" 0.0, DAY, false, 60_000.0, "milliseconds from 0 to 86400000";
    // On: it holds background work only, until a quota is nearly spent.
    Pace "pace" 0.0, 1.0, true, 1.0, "true or false";
    // On: equal safe requests in flight are one question.
    Coalesce "coalesce" 0.0, 1.0, true, 1.0, "true or false";
    // The RateLimit draft names ten minutes as its example of a threshold against absurd values.
    MaxHint "maxHint" 1.0, DAY, false, 600_000.0, "milliseconds from 1 to 86400000";
    // On: by RFC 9111 a private cache may keep what a server lets it keep.
    Cache "cache" 0.0, 1.0, true, 1.0, "an object or false";
    // More URLs than a page asks for; each costs some two hundred bytes beside its answer.
    CacheEntries "cache.entries" 1.0, 1_000_000.0, true, 1_000.0, "a whole number from 1 to 1000000";
    // A page's data without its pictures, several times over.
    CacheBytes "cache.bytes" 1_024.0, 1_073_741_824.0, true, 5_000_000.0, "a whole number from 1024 to 1073741824";
    // Nothing: only an origin or its application may say that what is old is good enough. One (true) is any age.
    CacheStale "cache.staleWhileOverloaded" 0.0, f64::INFINITY, false, 0.0, "milliseconds from 0, or true or false";
    // As long as evidence needs to count half: who is called back sooner meets the load that sent him away.
    BrownoutRestoreAfter "brownout.restoreAfter" 0.0, DAY, false, 5_000.0, "milliseconds from 0 to 86400000";
}

/// Retries that a fresh page may make before any first try has earned one (Envoy's `min_retry_concurrency`: 3).
pub const RETRY_RESERVE: u32 = 3;
/// The first back-off is between this part of patience and all of it: a third. A fifth cost a tenth more attempts
/// against a server that refuses, a tenth of patience a third more, and neither served anybody more (docs/fleet.md).
pub const BACKOFF_BASE: u32 = 3;
/// Where so many requests are taken for one that is refused, a refusal is a hiccup: its window is this part of another's, and
/// it leaves no doubt. One server of many that restarts must not hold a busy page up.
pub const RARE: u32 = 10;
/// Neither is shorter than this, however short the patience: what refused a moment ago still refuses.
pub const BACKOFF_LEAST: Duration = Duration::from_millis(50);
/// The breaker looks at no fewer answers: with fewer one hiccup is a trend.
pub const BREAKER_ANSWERS: u32 = 10;
/// A closure that no server named lasts no longer: what we guess must be short (Chromium's anti-DDoS throttle
/// closed up to 15 minutes and was removed).
pub const LONGEST_GUESS: Duration = Duration::from_secs(30);
/// Concurrency is unlimited again above this: browsers open six connections a host on HTTP/1.1, a hundred streams on HTTP/2.
pub const LIMIT_OPEN_ABOVE: u32 = 64;
/// A request counts as in flight no longer than this without headers: long polls are no load.
pub const IN_FLIGHT_LONGEST: Duration = Duration::from_secs(10);
/// Share of a quota that background work leaves to humans: a fifth.
pub const QUOTA_RESERVE: u32 = ONE / 5;
/// User-facing work is looked at when less than this share of a quota is left: a tenth.
pub const QUOTA_LOW: u32 = ONE / 10;
/// A client's usual rate, where a server asks for a share of it.
pub const SHARE: SharePolicy = SharePolicy {
    // As long as such a word holds by itself: what was usual just before it was said.
    window: Duration::from_secs(10),
    // One request a second: a page that has just begun cannot tell yet what is usual for it.
    least: 10,
    // Slow start doubles per round trip; more than twice that is a burst again.
    most: 4,
};
/// A server's time is spread after it by at least this ...
pub const SPREAD_LEAST: Duration = Duration::from_secs(1);
/// ... and by this share of the wait, the wider of the two (none early, arrivals spread over a fifth of the pause).
pub const SPREAD_DIVISOR: u32 = 5;
/// A held request that was refused in the end is not held again within this time: an outer client's retries must not
/// multiply with ours.
pub const HOLD_ONCE: Duration = Duration::from_secs(30);
/// Waiters that are let go because tidegate was switched off leave this far apart.
pub const RELEASE_SPACING: Duration = Duration::from_millis(50);
/// What waited through sleep or the back-forward cache leaves within this time after the return.
pub const WAKE_SPREAD: Duration = Duration::from_secs(1);
/// Nobody decides within this of what he sees (Nielsen: what takes no longer is felt as at once): what is asked then,
/// after a page's return, is asked by the page.
pub const RETURN: Duration = Duration::from_millis(100);
/// Features of a page; a page has no more parts that its author can tell apart.
pub const FEATURES: usize = 64;
/// A feature changes no more often, and those that come back after each other are this far apart: a part of the page that
/// comes and goes faster is worse than one that is not there, and the server's answer to one is known before the next.
pub const FEATURE_SPACING: Duration = Duration::from_secs(1);
/// Nothing is late that takes less than this longer than usual: what a page's own work or a slow moment of a healthy
/// network adds. From here on background work stops; half of what is noticed.
pub const LATE_LEAST: Duration = Duration::from_millis(500);
/// Lateness is pressure from a second beyond the usual: Jakob Nielsen's limit for a flow of thought that is not interrupted.
pub const LATE_FAIR: Duration = Duration::from_millis(1_000);
/// Where nothing is usual yet, late is patience divided by this.
pub const LATE_COLD: u32 = 4;
/// Lateness is serious from this part of patience beyond the usual: a quarter, by the simulation in the docs.
pub const LATE_SERIOUS: u32 = 4;
/// Lateness below this is over: a hundredth, five half-lives of the first sign.
pub const LATE_OVER: u32 = ONE / 100;
/// A human's answer in time says for this long how the server is ...
pub const FRESH: Duration = Duration::from_secs(5);
/// ... and for this long that there is a human who will soon ask again: background work waits for that ...
pub const ACTIVE: Duration = Duration::from_secs(60);
/// ... but no longer than this.
pub const BLIND_LONGEST: Duration = Duration::from_secs(30);
/// Background work that no such answer speaks for waits this long for what its page asks for in the same moment: a page may
/// ask for its decoration first. Shorter than anybody sees.
pub const BLIND_MOMENT: Duration = Duration::from_millis(30);
/// The time in which a network that stays slower may double what is usual: a short overload is a quarter of it.
pub const LATE_DRIFT: Duration = Duration::from_secs(120);
/// While a server is doubted a user-facing request is sent when the predicted wait is within this part of the patience that
/// is left: a third. A human reloads well before patience ends.
pub const LAST_CHANCE: u32 = 3;
/// Classes that usually take longer than this do not hold background work back: nobody calls them essential.
pub const SLOW_CLASS: Duration = Duration::from_secs(2);
/// A look for late answers that comes this much after its time was held up by the page itself: what they took says nothing.
pub const LOOP_LATE: Duration = Duration::from_millis(50);
/// Adaptive throttling, with the book's factor of 2 for what humans wait for.
pub const THROTTLE: ThrottlePolicy = ThrottlePolicy {
    // Who blocks a human is kept back only where nearly all is refused; background with the first refusals beyond one in ten.
    k: [40_000, 20_000, 11_000],
    // Three refusals in a row are a hiccup, which closures cover.
    allowance: 3,
    // The book counts two minutes at a server's rate; a page changes faster.
    half_life: Duration::from_secs(15),
};
/// The record that survives a reload is written no more often than this.
pub const STORE_SPACING: Duration = Duration::from_secs(1);
/// What another tab says is obeyed no longer: any script of the origin can forge it.
pub const PEER_LONGEST: Duration = Duration::from_secs(60);
/// A tab speaks no more often than this: ten times a second is at once to a human.
pub const PEER_SPACING: Duration = Duration::from_millis(100);
/// While something is closed a tab calls the others this often: well within `PEER_LONGEST`, so that a longer closure is
/// obeyed for as long as the tab that was told lives.
pub const PEER_BEAT: Duration = Duration::from_secs(20);
/// Who has not answered a call within this is not there any more. Messages are not slowed down in hidden tabs.
pub const PEER_ANSWERS: Duration = Duration::from_secs(5);
/// A new tab takes the least part of what tabs share until the others can have answered: those that have just spoken
/// keep silent for `PEER_SPACING`, and a message takes less than a millisecond.
pub const PEER_HELLO: Duration = Duration::from_millis(120);
/// Messages of other tabs that are looked at in a second: five tabs that say all they may.
pub const PEER_MESSAGES: u32 = 50;
/// Other tabs that are counted.
pub const PEERS: usize = 63;
/// Scopes (origins) with state.
pub const SCOPES: usize = 64;
/// Route classes with state, over all scopes.
pub const ROUTES: usize = 256;
/// Copies whose bodies are on their way at once: more than browsers have requests to one origin (100 over HTTP/2); the
/// oldest above is not kept, which costs a copy and nothing else.
pub const COPIES_AWAITED: u32 = 256;
/// The part of a cache's room in which a new copy is on probation: a tenth (S3-FIFO, SOSP 2023, section 4).
pub const PROBATION_PART: u32 = 10;
/// How many uses of a copy are counted: two bits (S3-FIFO, SOSP 2023, section 4).
pub const USES_KEPT: u8 = 3;
/// Above this part of the room a copy is heavy: it must have been used twice to stay (docs/cache-store.md, measured).
pub const HEAVY_PART: u32 = 100;
/// The heaviest copy, as a part of a cache's room: an eighth, so that no single one takes the place of most others.
pub const LARGEST_PART: u32 = 8;
/// Request keys with state.
pub const KEYS: usize = if cfg!(feature = "raised") { 1 << 17 } else { 1_024 };
/// Quota partitions with state, over all scopes.
pub const PARTITIONS: usize = 64;
/// Requests that are tracked at once; more pass through untracked.
pub const TICKETS: usize = if cfg!(feature = "raised") { 1 << 17 } else { 4_096 };
/// What a debounced wait is multiplied by, per state: the human's side, decided in the face, which is told these by
/// the build. A wait of 300 ms becomes 0.5, 0.9 and 1.8 s: at fair words are no longer cut in two, at serious most
/// pauses between words are outwaited, at critical only a thought's end is asked about.
pub const STRETCH: [f64; 4] = [1.0, 1.5, 3.0, 6.0];
/// No wait grows beyond this: after ten seconds attention is gone (Miller 1968, Nielsen 1993). Longer ones stay as they are.
pub const STRETCHED_LONGEST: Duration = Duration::from_secs(10);
/// A stretched wait looks again this often whether the state has sunk by itself: half of what a human notices as a pause.
pub const STRETCH_LOOK: Duration = Duration::from_millis(250);
/// Text that was answered within this time is answered the same way: long enough to take a letter back.
pub const TYPED_AGAIN: Duration = Duration::from_secs(5);
/// Such answers that are kept, of all text boxes of an instance: a word's beginnings.
pub const TYPED_KEPT: u32 = 16;
/// A response that names no end is fresh for this part of the time since it was last modified: a tenth, the typical
/// fraction (RFC 9111 section 4.2.2) ...
pub const GUESS_PART: f64 = 10.0;
/// ... and no longer than this, in seconds: beyond a day a cache would have to warn (RFC 7234 section 5.5.4).
pub const GUESS_LONGEST: f64 = 86_400.0;
/// Fields that a stored response may vary on; a response that names more is not stored. What is common names one to four.
pub const VARY_NAMES: u32 = 16;
/// Bytes of their names: twice as long as the longest that are common, a thousand copies are half a megabyte at worst.
pub const VARY_BYTES: usize = 512;
/// Events that wait to be read.
pub const EVENTS: usize = 256;

/// Weights and thresholds of pressure, in ten-thousandths.
pub const PRESSURE: PressurePolicy = PressurePolicy {
    // An explicit refusal makes the state serious at once, the second one critical.
    refusal_floor: 6_500,
    refusal_step: 2_500,
    // A failure is weaker evidence: it takes two in a half-life to be fair, four to be serious.
    failure_step: 2_000,
    // What one route class of several says about its scope: fair at most.
    class_cap: 4_000,
    // Evidence is half as strong after five seconds: a short dip is forgotten in less than half a minute.
    half_life: Duration::from_secs(5),
    // Longer than a patience: nobody sends a request to refute it. At 20 s a fiftieth of the optional content is lost, at
    // 12 s the minutes after a deep overload are worse.
    late_half_life: Duration::from_secs(15),
    up: [3_000, 6_000, 8_500],
    // A state is left a good way below where it was entered: it never flaps.
    down: [1_500, 4_500, 7_000],
};
/// Copies that are owed a refresh at a time: what a page shows; of more the oldest is not.
pub const OWED: usize = 64;
/// The first refresh after the tide comes within this time of it, so that those who were all served stale do not all come
/// back in one moment: as wide as a fleet's return after a server's own word of half a minute.
pub const REFRESH_SPREAD: Duration = Duration::from_secs(6);
/// The refreshes of one page are this far apart at most, half of it as a rule.
pub const REFRESH_APART: Duration = Duration::from_secs(1);
/// How often one looks whether the tide is out.
pub const REFRESH_LOOK: Duration = Duration::from_secs(1);
