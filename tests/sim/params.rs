//! Every parameter of humans, pages and network, with its source or an honest "chosen". They were written down before
//! the first run and are the same for all clients.

use super::clock::{MS, Micros, SECOND};

/// One parameter, as `docs/fleet.md` prints it.
pub struct Row(pub &'static str, pub &'static str, pub &'static str);

/// How long a human waits for one intent in all. Nah 2004: first wait before giving a page up, without feedback: mean
/// 13 s, median 9 s; the log-normal with these two has sigma sqrt(2 ln(13/9)).
pub const PATIENCE_MEDIAN: Micros = 9 * SECOND;
pub const PATIENCE_SIGMA: f64 = 0.857;
/// Nobody is asked to be faster than this, and nobody waits longer.
pub const PATIENCE: (Micros, Micros) = (3 * SECOND, 30 * SECOND);
/// When those who do not just sit there first do something.
pub const FIRST_BREAK_MEDIAN: Micros = 4 * SECOND;
pub const FIRST_BREAK_SIGMA: f64 = 0.5;
/// Between that and the next, and between an error on the screen and the next try.
pub const NEXT_BREAK_MEDIAN: Micros = 3_500 * MS;
pub const NEXT_BREAK_SIGMA: f64 = 0.4;
/// Clicks of a rage, and their distance.
pub const RAGE: (u32, Micros) = (3, 200 * MS);
/// Think time after the time that was set aside for an intent.
pub const THINK_MEAN: Micros = 7 * SECOND;

/// Of ten humans so many: patient, click again, rage, reload, open another tab.
pub const HABITS: [u64; 5] = [40, 20, 15, 15, 10];
/// Of a hundred intents so many: a view, a search, the rest are saves.
pub const VIEWS: u64 = 60;
pub const SEARCHES: u64 = 25;

/// Requests without which a view is nothing.
pub const ESSENTIAL: u8 = 2;
/// What pages ask for beyond that.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mix {
    /// Requests that decorate a view.
    pub optional: u8,
    /// Every open page asks for news this often.
    pub poll_every: Micros,
}

pub const RICH: Mix = Mix { optional: 3, poll_every: 30 * SECOND };
/// Most of the load is essential.
pub const LEAN: Mix = Mix { optional: 1, poll_every: 120 * SECOND };
/// Keys pressed in a search, from and to (inclusive).
pub const KEYS: (u64, u64) = (4, 9);
/// Between two keys.
pub const KEY_MEDIAN: Micros = 200 * MS;
pub const KEY_SIGMA: f64 = 0.6;
/// The search box's debounce.
pub const DEBOUNCE: Micros = 250 * MS;
/// Until a reloaded or new page runs: document and scripts come from a static host that is not part of the overload.
pub const DOCUMENT: (Micros, Micros) = (300 * MS, 1_200 * MS);
/// One way between a human and the backend, median; each human keeps theirs.
pub const ONE_WAY_MEDIAN: Micros = 25 * MS;
pub const ONE_WAY_SIGMA: f64 = 0.5;

/// Mean service time of one request.
pub const SERVICE_MEAN: Micros = 100 * MS;
/// The backend's utilisation before anything happens.
pub const UTILISATION: f64 = 0.7;
/// What refusing costs, as a share of a service.
pub const REFUSAL_COST: f64 = 0.05;

/// Before this nobody counts: caches, floors and habits settle.
pub const WARM: Micros = 20 * SECOND;
/// When the trigger begins.
pub const TRIGGER: Micros = 60 * SECOND;
/// Five minutes.
pub const RUN: Micros = 300 * SECOND;
/// Intents that begin later than this are not counted: not all have ended.
pub const COUNTED: Micros = 270 * SECOND;

/// For the page of the documentation.
pub const TABLE: &[Row] = &[
    Row(
        "patience with one intent",
        "log-normal, median 9 s, mean 13 s, within 3 to 30 s",
        "Nah 2004: first wait without feedback until giving up, mean 13 s, median 9 s; cut: chosen",
    ),
    Row(
        "first thing done while waiting",
        "log-normal, median 4 s, sigma 0.5",
        "Galletta et al. 2004: performance and intentions have fallen as far as they fall at delays of 4 s; DoubleClick/Google 2016: 53 % of mobile visits are left after 3 s",
    ),
    Row(
        "between later things done, and after an error",
        "log-normal, median 3.5 s, sigma 0.4",
        "Nah 2004: second and third attempts are given 4 and 3 s",
    ),
    Row(
        "think time",
        "exponential, mean 7 s, at most 70 s, after the patience of the intent before",
        "TPC-W 1.8 (mean 7 to 8 s, cut at ten times the mean)",
    ),
    Row(
        "habits: patient, clicks again, rages, reloads, opens tabs",
        "40, 20, 15, 15, 10 of a hundred humans",
        "chosen",
    ),
    Row(
        "a rage",
        "3 clicks, 200 ms apart",
        "the session-replay tools' definition of a rage click (three or more clicks in a second or two); distance chosen",
    ),
    Row(
        "intents: view, search, save",
        "60, 25, 15 of a hundred",
        "chosen; near TPC-W's shopping mix of 80 % browsing and 20 % ordering",
    ),
    Row(
        "requests of a view",
        "2 essential, 3 optional (lean pages: 1); every page load 1 more for the shell",
        "chosen",
    ),
    Row("polling", "each open page, every 30 s (lean pages: 120 s), skipped while one is out", "chosen"),
    Row(
        "typing",
        "4 to 9 keys, log-normal gaps, median 200 ms, sigma 0.6",
        "Card, Moran, Newell 1980: 0.2 s a key; Dhakal et al. 2018: mean gap 239 ms, long tail",
    ),
    Row("debounce of the search box", "250 ms", "chosen, the usual 200 to 300 ms"),
    Row("page load until scripts run", "uniform 0.3 to 1.2 s, from a static host", "chosen"),
    Row("network, one way", "log-normal, median 25 ms, sigma 0.5, a constant of each human", "chosen"),
    Row(
        "service time",
        "exponential, mean 100 ms (scenario `lognormal`: log-normal of the same mean, sigma 1)",
        "M/M/c; mean chosen",
    ),
    Row(
        "utilisation before the trigger",
        "0.7, essential requests alone about 0.24 (lean pages: 0.42)",
        "chosen: what capacity planners call healthy",
    ),
    Row(
        "a refusal",
        "costs 5 % of a service",
        "chosen; Google SRE book, \"Handling Overload\": rejecting is cheap and not free",
    ),
];
