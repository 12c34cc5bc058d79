//! What must hold of any bytes: for the fuzz target `cache`, and for tests that throw dice. The rules are looked for in
//! the text as naively as can be, so that a bug of the reader's is not one of the check's too.

use tidegate::cache::freshness::{Exchange, Fit, Mode, Term, Wish, judge};
use tidegate::time::{Duration, Instant, WallTime};

/// Fields that a choice of three bits stands for, so that inputs hit them more often.
const NAMES: [&str; 8] =
    ["cache-control", "expires", "date", "age", "last-modified", "vary", "etag", "accept-language"];

/// Makes an exchange and a later request of any bytes and checks them: a byte of switches, one of Fetch's mode and of
/// times, two of status; then the lines of the request, of the response and of the later request, between them an empty
/// line. A line that begins with `0` to `7` is of that field of [`NAMES`].
pub fn check(bytes: &[u8]) {
    let [switches, dial, high, low, text @ ..] = bytes else { return };
    let text = String::from_utf8_lossy(text);
    let mut parts = text.splitn(3, "\n\n").map(named);
    let [request, response, asks] = [(); 3].map(|()| parts.next().unwrap_or_default());
    let status = u16::from_be_bytes([*high, *low]);
    let on = |bit: u8| switches >> bit & 1 == 1;
    let exchange = Exchange {
        head: on(0),
        // Most are worth looking at.
        status: if on(1) { status } else { 200 },
        request: request.as_bytes(),
        response: response.as_bytes(),
        wall: WallTime(if on(2) { i64::from(status) << (dial & 31) } else { 1_795_348_800_000 }),
        took: Duration::from_millis(if on(3) { u64::from(*dial) * 100 } else { 0 }),
        held: (!on(4)).then_some(Duration::ZERO),
        hidden: on(5),
        wanted: on(6),
    };
    let mode = Mode::from_code(u32::from(dial & 7));
    let start = Instant::ORIGIN + Duration::from_secs(7);
    let term = judge(start, &exchange);
    apart_and_joined(&exchange, start);
    let Some(mut term) = term else { return };
    assert!(may_be_stored(&exchange), "stored: {exchange:?}");
    assert!(term.suits(exchange.request), "its own request");
    assert!(term.answers(exchange.head));
    assert!(term.yields_to(&term.clone()));
    term.suits(asks.as_bytes());
    over_time(&term, start, &exchange, &Wish::read(mode, asks.as_bytes()), &asks);
    term.outdate();
    assert!(matches!(term.fit(start, &Wish::read(mode, asks.as_bytes())), Fit::Ask | Fit::Pass));
    assert!(!term.stands_in(start, Some(Duration::MAX)));
}

fn named(part: &str) -> String {
    let line = |line: &str| match line.bytes().next() {
        Some(digit @ b'0'..=b'7') => format!("{}: {}", NAMES[usize::from(digit - b'0')], &line[1..]),
        _ => line.to_owned(),
    };
    part.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

/// Every value of a field.
fn values<'a>(text: &'a [u8], name: &str) -> Vec<&'a str> {
    let lines = std::str::from_utf8(text).unwrap().split('\n');
    let pairs = lines.filter_map(|line| line.split_once(':'));
    let blank = |c| c == ' ' || c == '\t';
    pairs
        .filter(|(own, _)| own.trim_matches(blank).eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
        .collect()
}

/// Is a directive there, as far as one can tell without reading quotes?
fn says(text: &[u8], word: &str) -> bool {
    let plain = |value: &&str| !value.contains('"');
    let list = values(text, "cache-control");
    list.iter().all(plain)
        && list.iter().flat_map(|value| value.split(',')).any(|member| {
            let name = member.split('=').next().unwrap_or_default();
            name.trim_matches([' ', '\t']).eq_ignore_ascii_case(word)
        })
}

/// What is never stored, whatever else holds.
fn may_be_stored(exchange: &Exchange<'_>) -> bool {
    let Exchange { status, request, response, .. } = *exchange;
    let star = values(response, "vary").iter().any(|list| list.split(',').any(|name| name.trim() == "*"));
    let unsure = status < 200 || status == 206 || status == 304;
    let forbidden = says(response, "no-store") && !says(response, "must-understand");
    !star && !unsure && !forbidden && !says(request, "no-store")
}

/// What was told, on lines apart and on one, is the same (RFC 9110 section 5.3), quotes across lines aside.
fn apart_and_joined(exchange: &Exchange<'_>, start: Instant) {
    let text = std::str::from_utf8(exchange.response).unwrap();
    if text.contains('"') {
        return;
    }
    let mut joined = String::new();
    for name in NAMES.iter().take(6) {
        let all = values(exchange.response, name);
        if !all.is_empty() {
            joined += &format!("{name}: {}\n", all.join(", "));
        }
    }
    let bare = |lines: &str| -> String {
        let kept = lines.split('\n').filter(|line| {
            let name = line.split(':').next().unwrap_or_default().trim_matches([' ', '\t']);
            line.contains(':') && NAMES.iter().take(6).any(|known| known.eq_ignore_ascii_case(name))
        });
        kept.collect::<Vec<_>>().join("\n")
    };
    let apart = bare(text);
    let [apart, joined] = [apart, joined]
        .map(|lines| format!("{:?}", judge(start, &Exchange { response: lines.as_bytes(), ..*exchange })));
    assert_eq!(apart, joined, "{exchange:?}");
}

/// What a copy may be used for only shrinks as it grows older.
fn over_time(term: &Term, start: Instant, exchange: &Exchange<'_>, wish: &Wish, asks: &str) {
    let longest = Duration::from_secs(1 << 31);
    let (mut age, mut fresh, mut stood, mut opted) = (Duration::ZERO, true, true, true);
    for secs in [0, 1, 9, 10, 59, 60, 61, 3_599, 3_600, 86_400, 1 << 30, 1 << 31, 1 << 33] {
        let now = start + Duration::from_secs(secs);
        let fit = term.fit(now, wish);
        assert!(term.age(now) >= age && term.age(now) <= longest);
        age = term.age(now);
        assert!(fresh || fit != Fit::Fresh, "fresh again: {exchange:?}");
        fresh = fit == Fit::Fresh;
        let stands_in = term.stands_in(now, None);
        assert!(stood || !stands_in, "stands in again: {exchange:?}");
        stood = stands_in;
        let may = term.stands_in(now, Some(Duration::from_secs(100)));
        assert!(opted || !may, "stands in again: {exchange:?}");
        assert!(!stands_in || may, "an opt-in takes nothing away: {exchange:?}");
        opted = may;
        if says(exchange.response, "no-cache") {
            assert!(!may && matches!(fit, Fit::Ask | Fit::Pass), "{exchange:?}");
        }
        if says(exchange.response, "must-revalidate") {
            assert!(!matches!(fit, Fit::Stale | Fit::Meanwhile), "{exchange:?}");
        }
        if says(asks.as_bytes(), "no-cache") || says(asks.as_bytes(), "no-store") {
            assert!(matches!(fit, Fit::Ask | Fit::Pass), "{asks:?}");
        }
        if fit == Fit::Fresh {
            let told = ["cache-control", "expires", "last-modified"];
            assert!(told.iter().any(|name| !values(exchange.response, name).is_empty()), "{exchange:?}");
            assert!(exchange.held.is_some(), "nobody knows how old it is");
            let known = ["date", "age"].iter().any(|name| !values(exchange.response, name).is_empty());
            assert!(known || !exchange.hidden, "{exchange:?}");
        }
    }
}
