//! The cache's decisions beside somebody else's: `http-cache-semantics` reads the same random exchanges. Where the two
//! differ, the difference is one of those listed, each of which is shown once by a case of its own.
//!
//! `PROPTEST_CASES=1000000 cargo test --release --test cache_twin` runs long; without it, a few thousand.
#![cfg(not(target_arch = "wasm32"))]

use std::fs;
use std::path::Path;
use std::time::{Duration as StdDuration, SystemTime};

use http::{Request, Response};
use http_cache_semantics::{BeforeRequest, CacheOptions, CachePolicy};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use tidegate::cache::freshness::{Exchange, Fit, Mode, Wish, judge};
use tidegate::time::{Duration, Instant, WallTime};

/// Sun, 22 Nov 2026 12:00:00 GMT.
const NOON: u64 = 1_795_348_800;

/// Header lines of a request, of its answer, and of a later request; how much later it is.
#[derive(Clone, Debug, Default)]
struct Case {
    status: u16,
    request: Vec<String>,
    response: Vec<String>,
    asks: Vec<String>,
    later: u64,
}

fn case(response: &[&str], asks: &[&str], later: u64) -> Case {
    let lines = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
    Case { status: 200, request: Vec::new(), response: lines(response), asks: lines(asks), later }
}

/// Would a cache answer the later request without asking? Ours.
fn ours(case: &Case) -> bool {
    let (request, response, asks) = (case.request.join("\n"), case.response.join("\n"), case.asks.join("\n"));
    let exchange = Exchange {
        status: case.status,
        request: request.as_bytes(),
        response: response.as_bytes(),
        ..Exchange::plain(WallTime(NOON as i64 * 1000))
    };
    let Some(term) = judge(Instant::ORIGIN, &exchange) else { return false };
    let fit = term
        .fit(Instant::ORIGIN + Duration::from_secs(case.later), &Wish::read(Mode::Default, asks.as_bytes()));
    term.suits(asks.as_bytes()) && matches!(fit, Fit::Fresh | Fit::Stale)
}

/// And theirs.
fn theirs(case: &Case) -> bool {
    let split = |line: &String| {
        let (name, value) = line.split_once(':').unwrap();
        (name.to_owned(), value.trim().to_owned())
    };
    let request = |lines: &[String]| {
        let mut request = Request::builder().uri("https://a.example/");
        for (name, value) in lines.iter().map(split) {
            request = request.header(name, value);
        }
        request.body(()).unwrap()
    };
    let mut response = Response::builder().status(case.status);
    for (name, value) in case.response.iter().map(split) {
        response = response.header(name, value);
    }
    let came = SystemTime::UNIX_EPOCH + StdDuration::from_secs(NOON);
    let options = CacheOptions { shared: false, ..CacheOptions::default() };
    let policy =
        CachePolicy::new_options(&request(&case.request), &response.body(()).unwrap(), came, options);
    let now = came + StdDuration::from_secs(case.later);
    policy.is_storable()
        && matches!(policy.before_request(&request(&case.asks), now), BeforeRequest::Fresh(_))
}

/// All values of a field, joined.
fn value(lines: &[String], name: &str) -> Option<String> {
    let own = |line: &String| {
        line.split_once(':').filter(|(own, _)| *own == name).map(|(_, v)| v.trim().to_owned())
    };
    let values: Vec<_> = lines.iter().filter_map(own).collect();
    (!values.is_empty()).then(|| values.join(","))
}

fn directives(lines: &[String]) -> Vec<String> {
    let list = value(lines, "cache-control").unwrap_or_default();
    list.split(',').map(|member| member.trim().to_owned()).collect()
}

fn told(lines: &[String], word: &str) -> Vec<String> {
    let named = |member: &String| {
        let (name, value) = member.split_once('=').unwrap_or((member, ""));
        (name.trim().eq_ignore_ascii_case(word)).then(|| value.to_owned())
    };
    directives(lines).iter().filter_map(named).collect()
}

/// Who of the two answers where the other asks, at most.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Who {
    Ours,
    Theirs,
    Either,
}
use Who::{Either, Ours, Theirs};

/// A known difference: what it is, who is laxer there, where it can show, and a case in which it does.
struct Known {
    what: &'static str,
    who: Who,
    shows: fn(&Case) -> bool,
    example: fn() -> Case,
}

/// A date of the answer, in seconds.
fn at(case: &Case, name: &str) -> Option<u64> {
    let date = httpdate::parse_http_date(&value(&case.response, name)?).ok()?;
    Some(date.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs())
}

/// Does any directive stand there twice?
fn any_twice(lines: &[String]) -> bool {
    let all = directives(lines);
    let mut names: Vec<_> = all.iter().map(|member| member.split('=').next().unwrap().trim()).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    names.len() < count
}

fn no_number(lines: &[String]) -> bool {
    let words = ["max-age", "max-stale", "min-fresh"];
    words
        .iter()
        .flat_map(|word| told(lines, word))
        .any(|value| value.trim_matches('"').parse::<u64>().is_err())
}

const KNOWN: &[Known] = &[
    Known {
        what: "Names of directives: theirs only in lower case, ours in any (9111 5.2).",
        who: Either,
        shows: |c| {
            [&c.response, &c.asks].iter().any(|l| directives(l).iter().any(|d| *d != d.to_lowercase()))
        },
        example: || case(&["cache-control: Max-Age=60"], &[], 1),
    },
    Known {
        what: "A comma in a quoted string ends a directive for theirs (9110 5.6.4).",
        who: Either,
        shows: |c| [&c.response, &c.asks].iter().any(|l| directives(l).iter().any(|d| d.contains('"'))),
        example: || case(&["cache-control: a=\"x, max-age=90\", max-age=60"], &[], 70),
    },
    Known {
        what: "Blanks around the sign: theirs takes them, to ours the value is invalid (9111 5.2).",
        who: Theirs,
        shows: |c| {
            [&c.response, &c.asks]
                .iter()
                .any(|l| directives(l).iter().any(|d| d.contains(" =") || d.contains("= ")))
        },
        example: || case(&["cache-control: max-age =60"], &[], 1),
    },
    Known {
        what: "A directive twice: both take the first; theirs adds must-revalidate (9111 4.2.1 leaves the choice).",
        who: Ours,
        shows: |c| any_twice(&c.response),
        example: || case(&["cache-control: max-age=60, max-age=90"], &["cache-control: max-stale"], 61),
    },
    Known {
        what: "Theirs stores only statuses that RFC 7231 knew; ours all final ones with explicit freshness (9111 3).",
        who: Ours,
        shows: |c| {
            ![200, 203, 204, 300, 301, 302, 303, 307, 308, 404, 405, 410, 414, 501].contains(&c.status)
        },
        example: || Case { status: 503, ..case(&["cache-control: max-age=60"], &[], 1) },
    },
    Known {
        what: "private alone makes no status storable to theirs (9111 3: it does, for a private cache).",
        who: Ours,
        shows: |c| !told(&c.response, "private").is_empty(),
        example: || {
            let told = &["cache-control: private", "etag: \"1\""];
            Case { status: 302, ..case(told, &["cache-control: max-stale"], 1) }
        },
    },
    Known {
        what: "Theirs does not know must-understand (9111 5.2.2.3).",
        who: Either,
        shows: |c| !told(&c.response, "must-understand").is_empty(),
        example: || case(&["cache-control: no-store, must-understand, max-age=60"], &[], 1),
    },
    Known {
        what: "Theirs leaves the time since Date out of the age (9111 4.2.3).",
        who: Theirs,
        shows: |c| at(c, "date").is_some_and(|date| date < NOON),
        example: || case(&["cache-control: max-age=60", "date: Sun, 22 Nov 2026 11:50:00 GMT"], &[], 1),
    },
    Known {
        what: "Theirs takes Pragma of a response for no-cache (9111 5.4: it means nothing).",
        who: Ours,
        shows: |c| value(&c.response, "pragma").is_some(),
        example: || case(&["expires: Sun, 22 Nov 2026 13:00:00 GMT", "pragma: no-cache"], &[], 1),
    },
    Known {
        what: "Theirs obeys Pragma of a request beside Cache-Control too (7234 5.4).",
        who: Ours,
        shows: |c| value(&c.asks, "pragma").is_some(),
        example: || {
            case(&["cache-control: max-age=60"], &["pragma: no-cache", "cache-control: max-age=90"], 1)
        },
    },
    Known {
        what: "immutable alone is a day to theirs (8246 2: it says nothing on how long).",
        who: Theirs,
        shows: |c| !told(&c.response, "immutable").is_empty(),
        example: || case(&["cache-control: immutable"], &[], 1),
    },
    Known {
        what: "Theirs guesses for any status that it stores, and for longer than a day (9111 4.2.2).",
        who: Theirs,
        shows: |c| {
            let guessed = [200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501].contains(&c.status);
            let told = at(c, "date").unwrap_or(NOON);
            at(c, "last-modified").is_some_and(|changed| !guessed || told.saturating_sub(changed) > 864_000)
        },
        example: || case(&["last-modified: Sun, 22 Nov 2020 12:00:00 GMT"], &[], 90_000),
    },
    Known {
        what: "Dates: theirs are those of RFC 2822, with other zones and without the two old forms of HTTP (9110 5.6.7).",
        who: Either,
        shows: |c| {
            let strange = |date: String| !date.ends_with(" GMT") || date.len() != 29;
            ["date", "expires", "last-modified"]
                .iter()
                .any(|name| value(&c.response, name).is_some_and(strange))
        },
        example: || case(&["expires: Sun, 22 Nov 2026 13:00:00 +0000"], &[], 1),
    },
    Known {
        what: "max-stale makes theirs answer with no-cache (9111 5.2.2.4: never).",
        who: Theirs,
        shows: |c| !told(&c.response, "no-cache").is_empty() && !told(&c.asks, "max-stale").is_empty(),
        example: || case(&["cache-control: no-cache", "etag: \"1\""], &["cache-control: max-stale"], 1),
    },
    Known {
        what: "Theirs answers requests with no-store from what is stored.",
        who: Theirs,
        shows: |c| !told(&c.asks, "no-store").is_empty(),
        example: || case(&["cache-control: max-age=60"], &["cache-control: no-store"], 1),
    },
    Known {
        what: "Nothing lasts longer than 2^31 seconds with ours (9111 1.2.2).",
        who: Theirs,
        shows: |c| {
            let long = |value: &String| value.trim_matches('"').len() > 9;
            told(&c.asks, "min-fresh").iter().any(long) || value(&c.response, "age").iter().any(long)
        },
        example: || {
            case(&["expires: Fri, 31 Dec 9999 23:59:59 GMT"], &["cache-control: min-fresh=2147483648"], 1)
        },
    },
    Known {
        what: "Exactly as old as the request's max-age: ours asks, so that max-age=0 always does.",
        who: Theirs,
        shows: |c| !told(&c.asks, "max-age").is_empty(),
        example: || case(&["cache-control: max-age=60"], &["cache-control: max-age=9"], 9),
    },
    Known {
        what: "A value in a request that is no number: theirs ignores the directive, ours takes the strictest.",
        who: Theirs,
        shows: |c| no_number(&c.asks),
        example: || case(&["cache-control: max-age=60"], &["cache-control: max-age=x"], 1),
    },
    Known {
        what: "A list in Age: theirs ignores it, or takes the first line; ours the first member (9111 5.1).",
        who: Either,
        shows: |c| value(&c.response, "age").is_some_and(|age| age.contains(',')),
        example: || case(&["cache-control: max-age=60", "age: 90, 1"], &[], 1),
    },
    Known {
        what: "Vary: ours normalises, and takes no chance with Cookie, Referer and client hints (9111 4.1).",
        who: Either,
        shows: |c| value(&c.response, "vary").is_some(),
        example: || {
            let request = vec!["foo: 1, 2".to_owned()];
            Case { request, ..case(&["cache-control: max-age=60", "vary: foo"], &["foo: 1,2"], 1) }
        },
    },
    Known {
        what: "Authorization selects always with ours.",
        who: Theirs,
        shows: |c| value(&c.request, "authorization") != value(&c.asks, "authorization"),
        example: || case(&["cache-control: max-age=60"], &["authorization: a"], 1),
    },
    Known {
        what: "Ranges and conditions of the caller's own pass ours by.",
        who: Theirs,
        shows: |c| {
            ["range", "if-none-match"]
                .iter()
                .any(|n| value(&c.asks, n).is_some() || value(&c.request, n).is_some())
        },
        example: || case(&["cache-control: max-age=60"], &["range: bytes=0-1"], 1),
    },
    Known {
        what: "Ours keeps nothing that is stale from the start and cannot be confirmed.",
        who: Theirs,
        shows: |c| !told(&c.asks, "max-stale").is_empty(),
        example: || case(&["cache-control: max-age=0"], &["cache-control: max-stale"], 1),
    },
];

/// None when both decide the same, or differ in a way that is known; else what is wrong.
fn difference(case: &Case) -> Option<String> {
    let (ours, theirs) = (ours(case), theirs(case));
    let laxer = if ours { Ours } else { Theirs };
    let known = |known: &&Known| (known.who == Either || known.who == laxer) && (known.shows)(case);
    (ours != theirs && !KNOWN.iter().any(|row| known(&row)))
        .then(|| format!("ours answers: {ours}, theirs: {theirs}, nobody knows why"))
}

#[test]
fn every_known_difference_shows() {
    for known in KNOWN {
        let case = (known.example)();
        let (ours, theirs) = (ours(&case), theirs(&case));
        assert_ne!(ours, theirs, "{}", known.what);
        assert!((known.shows)(&case), "{}", known.what);
        assert!(known.who == Either || (known.who == Ours) == ours, "{}", known.what);
    }
}

#[test]
fn the_page_lists_every_known_difference() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/caching.md")).unwrap();
    for known in KNOWN {
        assert!(page.contains(&format!("- {}\n", known.what)), "docs/caching.md lacks: {}", known.what);
    }
}

fn seconds() -> impl Strategy<Value = String> {
    const ODD: [&str; 8] = ["", "x", "-1", "1.0", "99999999999", "2147483648", "\"60\"", " 60"];
    prop_oneof![
        9 => select(&[0_u64, 1, 10, 59, 60, 61, 90, 600, 3600, 3600, 86_400, 100_001][..]).prop_map(|n| n.to_string()),
        1 => select(&ODD[..]).prop_map(str::to_owned),
    ]
}

fn directive(words: &'static [&'static str]) -> impl Strategy<Value = String> {
    (select(words), seconds(), 0..30_u8).prop_map(|(word, seconds, odd)| {
        let word = if odd == 0 { word.to_uppercase() } else { word.to_owned() };
        word.replace("=N", &format!("={seconds}"))
    })
}

fn control(words: &'static [&'static str], most: usize, none: u32) -> impl Strategy<Value = Vec<String>> {
    prop_oneof![
        none => Just(Vec::new()),
        4 => prop::collection::vec(directive(words), 1..=most).prop_map(|all| vec![format!("cache-control: {}", all.join(", "))]),
        1 => prop::collection::vec(directive(words).prop_map(|one| format!("cache-control: {one}")), 1..=2),
    ]
}

const TOLD: &[&str] = &[
    "max-age=N",
    "max-age=N",
    "max-age=N",
    "max-age=N",
    "max-age=N",
    "max-age=N",
    "max-age=N",
    "s-maxage=N",
    "public",
    "private",
    "must-revalidate",
    "no-cache",
    "no-store",
    "no-transform",
    "proxy-revalidate",
    "stale-if-error=N",
    "stale-while-revalidate=N",
    "immutable",
    "must-understand",
    "foo",
    "foo=N",
    "foo=\"a, max-age=60\"",
    "private=\"a\"",
    "max-age =N",
];
const ASKED: &[&str] = &[
    "max-age=N",
    "max-stale=N",
    "max-stale",
    "min-fresh=N",
    "no-cache",
    "no-store",
    "only-if-cached",
    "foo",
];
const DATES: &[&str] = &[
    "Sun, 22 Nov 2026 12:00:00 GMT",
    "Sun, 22 Nov 2026 12:00:59 GMT",
    "Sun, 22 Nov 2026 12:01:00 GMT",
    "Sun, 22 Nov 2026 11:50:00 GMT",
    "Sun, 22 Nov 2026 13:00:00 GMT",
    "Sat, 21 Nov 2026 12:00:00 GMT",
    "0",
    "-1",
    "Sun, 22 Nov 2026 13:00:00 +0000",
    "Sunday, 22-Nov-26 13:00:00 GMT",
    "Sun Nov 22 13:00:00 2026",
    "Sun, 22 Nov 2020 12:00:00 GMT",
    "Fri, 31 Dec 9999 23:59:59 GMT",
];

/// A line with one of these values, in so many cases of ten.
fn line(
    name: &'static str,
    values: &'static [&'static str],
    often: u32,
) -> impl Strategy<Value = Vec<String>> {
    prop_oneof![
        10 - often => Just(Vec::new()),
        often => select(values).prop_map(move |value| vec![format!("{name}: {value}")]),
    ]
}

fn cases() -> impl Strategy<Value = Case> {
    let status = prop_oneof![8 => Just(200_u16), 2 => select(&[
        201_u16, 203, 204, 206, 299, 301, 302, 304, 307, 308, 403, 404, 410, 500, 501, 503, 599,
    ][..])];
    let response = (
        control(TOLD, 3, 1),
        line("expires", DATES, 3),
        line("date", DATES, 2),
        line("age", &["0", "10", "59", "60", "x", "-1", "5, 90", "90, 5", "2147483648"], 2),
        line("last-modified", DATES, 3),
        line("etag", &["\"1\"", "W/\"1\""], 3),
        line("vary", &["foo", "foo, bar", "*", "cookie", "accept-language"], 1),
        line("pragma", &["no-cache"], 1),
    );
    let fields = || (line("foo", &["1", "2", "1, 2", "1,2"], 2), line("authorization", &["a", "b"], 1));
    let asks = (
        control(ASKED, 2, 8),
        fields(),
        line("pragma", &["no-cache", "foo"], 1),
        line("range", &["bytes=0-1"], 1),
    );
    let later = select(&[0_u64, 1, 9, 10, 11, 50, 59, 60, 61, 90, 599, 600, 3600, 86_400, 100_000][..]);
    (status, response, fields(), asks, later).prop_map(|(status, r, (a, b), (c, (d, e), f, g), later)| Case {
        status,
        response: [r.0, r.1, r.2, r.3, r.4, r.5, r.6, r.7].concat(),
        request: [a, b].concat(),
        asks: [c, d, e, f, g].concat(),
        later,
    })
}

/// The comparison is worth something: often enough both answer, both ask, and nothing would excuse a difference.
#[test]
fn what_is_compared_is_no_easy_game() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut answered, mut asked, mut plain) = (0, 0, 0);
    for _ in 0..4_096 {
        let case = cases().new_tree(&mut runner).unwrap().current();
        match (ours(&case), theirs(&case)) {
            (true, true) => answered += 1,
            (false, false) => asked += 1,
            _ => continue,
        }
        plain += usize::from(!KNOWN.iter().any(|known| (known.shows)(&case)));
    }
    assert!(answered > 400 && asked > 2_000 && plain > 400, "{answered} {asked} {plain}");
}

fn often() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|often| often.parse().ok()).unwrap_or(8_192)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: often(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_decide_the_same_but_for_what_is_known(case in cases()) {
        prop_assert_eq!(difference(&case), None);
    }
}
