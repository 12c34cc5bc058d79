//! The hint parser against any input, and against naive twins of its grammars.

use std::time::{Duration, UNIX_EPOCH};

use proptest::prelude::*;
use tidegate::hint::{Reading, Response, fields, read, read_text};
use tidegate::time::WallTime;

const LONGEST_MS: u32 = 2_147_483_647;

/// What hints are made of, so that chance gets past the first byte of a grammar.
fn value() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "\"a\"",
        "\"b\\\"\"",
        ";",
        "r=",
        "q=",
        "w=",
        "t=",
        "pk=",
        ":AA==:",
        "qu=",
        ",",
        ", ",
        "=",
        "?1",
        "@",
        "%\"",
        " ",
        "\t",
        "limit=",
        "remaining=",
        "reset=",
        "total=",
        "resets=",
        "a=1/5",
        "/",
        "a;1",
        "Sat, ",
        "Saturday, ",
        "21 Nov 2026",
        "21-Nov-26",
        " 18:00:00",
        " GMT",
        "Sat Nov ",
        "2026-11-21T",
        "18:00:00",
        ".5",
        "Z",
        "+01:00",
        "1m",
        "20ms",
        "5s",
        "µs",
        "-",
        "0",
        "7",
        "1795284060",
        "99999999999999",
        "1795284060000",
        "1e9",
        "NaN",
        "__proto__",
        "\u{1}",
        "\u{7f}",
        "(",
        "*",
        "é",
    ]);
    let piece = prop_oneof![6 => words.prop_map(str::to_owned), 1 => "[0-9]{1,20}", 1 => ".{0,3}"];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// Names of families, which no dialect lists.
const OPEN: [&str; 9] = [
    "x-ratelimit-limit-tokens",
    "x-ratelimit-remaining-tokens",
    "x-ratelimit-tokens-remaining",
    "anthropic-ratelimit-day-reset",
    "x-foo-ratelimit-reset",
    "zendesk-ratelimit-a",
    "x-ms-ratelimit-remaining-reads",
    "x-ms-ratelimit-remaining-resource",
    "rate-limit-reset-reset",
];

fn lines() -> impl Strategy<Value = Vec<(&'static str, String)>> {
    let listed = prop::sample::select(fields());
    let name = prop_oneof![3 => listed, 1 => prop::sample::select(&OPEN[..])];
    prop::collection::vec((name, value()), 0..10)
}

fn reading(status: u16, lines: &[(&str, String)], wall: i64) -> Reading {
    let fields: Vec<(&[u8], &[u8])> = lines.iter().map(|(n, v)| (n.as_bytes(), v.as_bytes())).collect();
    read(&Response { status, fields: &fields, body: None }, WallTime(wall))
}

fn check_bounds(told: &Reading) -> Result<(), TestCaseError> {
    let hint = &told.hint;
    prop_assert!(hint.wait_ms.is_none_or(|ms| ms <= LONGEST_MS));
    prop_assert!(hint.load.is_none_or(|load| (0.0..=1.0).contains(&load)));
    for (place, quota) in hint.quotas.iter().enumerate() {
        prop_assert!(quota.reset_ms.is_none_or(|ms| ms <= LONGEST_MS));
        for count in [quota.limit, quota.remaining].into_iter().flatten() {
            prop_assert!(count.is_finite() && count >= 0.0, "{quota:?}");
        }
        prop_assert!(quota.window_ms.is_none_or(|ms| ms.is_finite() && ms > 0.0), "{quota:?}");
        prop_assert!(quota.limit.is_some() || quota.remaining.is_some() || quota.reset_ms.is_some());
        prop_assert!(hint.quotas.iter().skip(place + 1).all(|other| other.name != quota.name));
    }
    Ok(())
}

fn wait(lines: &[(&str, String)]) -> Option<u32> {
    reading(503, lines, 0).hint.wait_ms
}

fn limit(text: &str) -> Option<f64> {
    reading(200, &[("x-ratelimit-limit", text.to_owned())], 0).hint.quotas.first()?.limit
}

/// N1, said once more.
fn is_number(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    parts.len() <= 2 && parts.iter().all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}

/// The dimension that a name tells by rule Q8, and whether it tells a limit: said once more, by splitting.
fn dimension(name: &str) -> Option<(String, bool)> {
    let one = name.replace("rate-limit", "ratelimit");
    let words: Vec<&str> = one.split('-').collect();
    let at = words.iter().position(|word| *word == "ratelimit")?;
    let (before, behind) = (&words[..at], &words[at + 1..]);
    let (marked, vendor) = match before {
        [] => (false, ""),
        ["x"] => (true, ""),
        ["x", vendor] => (true, *vendor),
        [vendor] => (false, *vendor),
        _ => return None,
    };
    if before.len() > usize::from(marked) && !vendor.chars().all(|c| c.is_ascii_alphanumeric())
        || before.last() == Some(&"")
        || marked && ["hubspot", "amzn", "ms"].contains(&vendor)
    {
        return None;
    }
    let roles = ["limit", "remaining", "reset"];
    let told = |dimension: &[&str], role: &str| Some((dimension.join("-"), role == "limit"));
    match behind {
        [role, dimension @ ..]
            if roles.contains(role)
                && vendor.is_empty()
                && !matches!(dimension.join("-").as_str(), "" | "after") =>
        {
            told(dimension, role)
        }
        [role] if roles.contains(role) && marked && !vendor.is_empty() => told(&["default"], role),
        [dimension @ .., role] if roles.contains(role) && !dimension.join("-").is_empty() => {
            told(dimension, role)
        }
        _ => None,
    }
}

const WEEKDAYS: [&str; 7] = ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"];

/// The three forms of an HTTP-date. The first is the other crate's, the others are made out of its parts.
fn forms(second: u64) -> [String; 3] {
    let imf = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(second));
    let day = WEEKDAYS[(second / 86_400 % 7) as usize];
    let (date, month, year, time) = (&imf[5..7], &imf[8..11], &imf[12..16], &imf[17..25]);
    let rfc850 = format!("{day}, {date}-{month}-{} {time} GMT", &year[2..]);
    let padded = format!("{:>2}", date.trim_start_matches('0'));
    let asctime = format!("{} {month} {padded} {time} {year}", &day[..3]);
    [imf, rfc850, asctime]
}

/// The end of the year 9999.
const LAST_SECOND: u64 = 253_402_300_799;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_bytes_are_read_within_bounds(
        status: u16, text in prop::collection::vec(any::<u8>(), 0..400), wall: i64,
    ) {
        check_bounds(&read_text(status, &text, WallTime(wall)))?;
    }

    #[test]
    fn any_fields_are_read_within_bounds(
        status in prop::sample::select(vec![0_u16, 200, 202, 403, 429, 500, 503, 65_535]), lines in lines(), wall: i64,
    ) {
        check_bounds(&reading(status, &lines, wall))?;
    }

    #[test]
    fn repeated_fields_read_alike_apart_and_joined(lines in lines(), wall in 0..4_000_000_000_000_i64) {
        let mut joined: Vec<(&str, String)> = Vec::new();
        for (name, value) in &lines {
            let value = value.trim_matches([' ', '\t']);
            match joined.iter_mut().find(|(known, _)| known == name) {
                Some((_, all)) => *all = format!("{all}, {value}"),
                None => joined.push((name, value.to_owned())),
            }
        }
        prop_assert_eq!(reading(429, &lines, wall), reading(429, &joined, wall));
    }

    #[test]
    fn numbers_are_those_of_the_standard_library(text in "[0-9]{1,25}(\\.[0-9]{1,25})?") {
        let (ours, theirs) = (limit(&text).unwrap(), text.parse::<f64>().unwrap());
        prop_assert!((ours - theirs).abs() <= theirs * 4.0 * f64::EPSILON, "{ours} {theirs}");
    }

    #[test]
    fn short_numbers_are_exact(text in "[0-9]{1,9}(\\.[0-9]{1,6})?") {
        prop_assert_eq!(limit(&text), text.parse().ok());
    }

    #[test]
    fn nothing_but_numbers_is_a_number(text in "[-+0-9.eExXinf]{1,5}") {
        prop_assert_eq!(limit(&text).is_some(), is_number(&text), "{}", text);
    }

    #[test]
    fn dates_in_every_form_are_those_of_another_parser(
        second in 0..LAST_SECOND, ahead in 0..2_000_000_u64, form in 0..3_usize,
    ) {
        // Two-digit years are compared with what was written, within the window that the server's clock gives.
        let then = (second + ahead).min(LAST_SECOND);
        let lines = [("date", forms(second)[0].clone()), ("retry-after", forms(then)[form].clone())];
        prop_assert_eq!(wait(&lines), Some(((then - second) * 1000) as u32));
        if form != 1 {
            let theirs = httpdate::parse_http_date(&lines[1].1).unwrap();
            prop_assert_eq!(theirs, UNIX_EPOCH + Duration::from_secs(then));
        }
    }

    #[test]
    fn iso_times_are_the_same_moment_in_every_zone(
        second in 1_000_000..LAST_SECOND - 1_000_000, millis in 0..1000_u64, ahead in 0..500_000_u64,
        hours in -23..=23_i64, minutes in 0..60_i64,
    ) {
        let shift = (hours * 60 + if hours < 0 { -minutes } else { minutes }) * 60;
        let local = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs((second + ahead).strict_add_signed(shift)));
        let month = 1 + "JanFebMarAprMayJunJulAugSepOctNovDec".find(&local[8..11]).unwrap() / 3;
        let sign = if shift < 0 { '-' } else { '+' };
        let text = format!(
            "{}-{month:02}-{}T{}.{millis:03}{sign}{:02}:{minutes:02}",
            &local[12..16], &local[5..7], &local[17..25], hours.abs(),
        );
        let lines = [("date", forms(second)[0].clone()), ("x-ratelimit-reset", text)];
        let reset = reading(429, &lines, 0).hint.wait_ms;
        prop_assert_eq!(reset, Some((ahead * 1000 + millis) as u32), "{:?}", lines);
    }

    #[test]
    fn structured_quotas_come_back_as_written(
        quotas in prop::collection::btree_map("[ -~]{0,6}", (0..1_000_000_000_000_000_u64, 0..2_000_000_u32, 1..9_999_u32), 0..6),
    ) {
        let quoted = |name: &str| format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""));
        let limits: Vec<String> = quotas.iter().map(|(n, (r, t, _))| format!("{};r={r};t={t}", quoted(n))).collect();
        let policies: Vec<String> = quotas.iter().map(|(n, (_, _, w))| format!("{};w={w};q=9", quoted(n))).collect();
        let told = reading(200, &[("ratelimit", limits.join(", ")), ("ratelimit-policy", policies.join(","))], 0);
        prop_assert_eq!(told.malformed, 0);
        prop_assert_eq!(told.hint.quotas.len(), quotas.len());
        for quota in &told.hint.quotas {
            let (r, t, w) = quotas[&quota.name];
            prop_assert_eq!(quota.remaining, Some(r as f64));
            prop_assert_eq!(quota.reset_ms, Some(t * 1000));
            prop_assert_eq!((quota.limit, quota.window_ms), (Some(9.0), Some(f64::from(w) * 1000.0)));
        }
    }

    #[test]
    fn dimensions_are_found_where_the_rule_says(
        before in prop::sample::select(vec!["", "x-", "x-foo1-", "foo1-", "x-a_b-", "x-ms-", "x-hubspot-", "x-a-b-", "x--", "-"]),
        stem in prop::sample::select(vec!["ratelimit", "rate-limit", "ratelimits"]),
        behind in prop::collection::vec(prop::sample::select(vec![
            "limit", "remaining", "reset", "after", "tokens", "day", "ratelimit", "",
        ]), 1..5),
    ) {
        let name = format!("{before}{stem}-{}", behind.join("-"));
        // These have rules of their own.
        prop_assume!(!name.starts_with("x-ms-ratelimit-remaining-") && !fields().contains(&name.as_str()));
        let mut told = reading(200, &[(&name, "7".to_owned())], 0).hint.quotas;
        let expected = dimension(&name);
        prop_assert_eq!(told.len(), usize::from(expected.is_some()), "{}: {:?}", name, told);
        if let (Some(quota), Some((name, limit))) = (told.pop(), expected) {
            prop_assert_eq!((&quota.name, quota.limit), (&name, limit.then_some(7.0)));
            prop_assert_eq!(quota.window_ms, (name == "day").then_some(86_400_000.0));
            prop_assert_eq!(quota.unit, if name.contains("token") { "tokens" } else { "requests" });
        }
    }

    #[test]
    fn go_durations_are_sums(h in 0..500_u64, m in 0..999_u64, s in 0..999_u64, ms in 0..999_u64) {
        let text = format!("{h}h{m}m{s}.{ms:03}s");
        let sum = ((h * 60 + m) * 60 + s) * 1000 + ms;
        prop_assert_eq!(wait(&[("x-retry-in", text)]).map(u64::from), Some(sum));
    }
}
