//! The hint parser against its vectors: every file in `vectors/hint` belongs to a dialect and every dialect has one.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use serde::Deserialize;
use tidegate::hint::{
    Advice, DIALECTS, MARKS, MAX_BODY, Quota, Reading, Response, STATES, fields, read, read_text,
};
use tidegate::time::WallTime;

#[derive(Deserialize)]
struct Case {
    id: String,
    now_ms: i64,
    status: u16,
    headers: Vec<(String, String)>,
    body: Option<String>,
    body_encoding: Option<String>,
    expect: Expect,
}

#[derive(Deserialize)]
struct Expect {
    wait_ms: Option<f64>,
    retry: Option<bool>,
    overloaded: bool,
    load: Option<f64>,
    quotas: Vec<ExpectedQuota>,
    /// What only a `Backpressure` field tells.
    advice: Option<ExpectedAdvice>,
}

#[derive(Deserialize)]
struct ExpectedAdvice {
    state: Option<String>,
    share: Option<f64>,
    batch: Option<u32>,
    off: Option<Vec<String>>,
    for_ms: u32,
}

#[derive(Deserialize)]
struct ExpectedQuota {
    name: String,
    limit: Option<f64>,
    remaining: Option<f64>,
    reset_ms: Option<f64>,
    window_ms: Option<f64>,
    unit: String,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/hint")
}

fn cases(dialect: &str) -> Vec<Case> {
    let path = folder().join(format!("{dialect}.json"));
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

type Lines = Vec<(String, String)>;

fn apart(case: &Case) -> Lines {
    case.headers.iter().map(|(name, value)| (name.to_lowercase(), value.clone())).collect()
}

/// As Fetch hands them out: one entry a name.
fn joined(case: &Case) -> Lines {
    let mut lines = Lines::new();
    for (name, value) in apart(case) {
        match lines.iter_mut().find(|(known, _)| *known == name) {
            Some((_, all)) => *all = format!("{all}, {value}"),
            None => lines.push((name, value)),
        }
    }
    lines
}

/// Its text, or the bytes that its base64 stands for.
fn body(case: &Case) -> Option<Vec<u8>> {
    let text = case.body.as_deref()?;
    match case.body_encoding.as_deref() {
        None => Some(text.as_bytes().to_vec()),
        Some("base64") => Some(base64(text).unwrap_or_else(|| panic!("{}: no base64", case.id))),
        Some(other) => panic!("{}: {other}", case.id),
    }
}

fn base64(text: &str) -> Option<Vec<u8>> {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut held, mut bits) = (Vec::new(), 0, 0);
    for sign in text.trim_end_matches('=').chars() {
        held = (held << 6 | alphabet.find(sign)?) & 0xffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
        }
    }
    Some(bytes)
}

fn reading(case: &Case, lines: &Lines) -> Reading {
    let fields: Vec<(&[u8], &[u8])> = lines.iter().map(|(n, v)| (n.as_bytes(), v.as_bytes())).collect();
    let body = body(case);
    read(&Response { status: case.status, fields: &fields, body: body.as_deref() }, WallTime(case.now_ms))
}

fn near(told: Option<f64>, expected: Option<f64>, by: f64) -> bool {
    match (told, expected) {
        (Some(told), Some(expected)) => (told - expected).abs() <= by,
        (told, expected) => told.is_none() && expected.is_none(),
    }
}

fn is_expected(quota: &Quota, expected: &ExpectedQuota) -> bool {
    quota.name == expected.name
        && quota.unit == expected.unit
        && near(quota.limit, expected.limit, 0.0)
        && near(quota.remaining, expected.remaining, 0.0)
        && near(quota.reset_ms.map(f64::from), expected.reset_ms, 1.0)
        && near(quota.window_ms, expected.window_ms, 0.0)
}

fn is_advised(told: Option<&Advice>, expected: Option<&ExpectedAdvice>) -> bool {
    let (Some(told), Some(expected)) = (told, expected) else {
        return told.is_none() && expected.is_none();
    };
    let state = told.state.map(|place| STATES[usize::from(place)]);
    let names = told.off.as_ref().map(|names| names.lines().map(str::to_owned).collect());
    state == expected.state.as_deref().map(str::as_bytes)
        && near(told.share, expected.share, 1e-9)
        && (told.batch, names, told.for_ms) == (expected.batch, expected.off.clone(), expected.for_ms)
}

fn check(case: &Case, told: &Reading) {
    let (id, hint, expect) = (&case.id, &told.hint, &case.expect);
    assert!(near(hint.wait_ms.map(f64::from), expect.wait_ms, 1.0), "{id}: wait in {told:?}");
    assert_eq!(hint.retry, expect.retry, "{id}: retry");
    assert_eq!(hint.overloaded, expect.overloaded, "{id}: overloaded");
    assert!(near(hint.load, expect.load, 1e-9), "{id}: load in {told:?}");
    assert!(is_advised(hint.advice.as_ref(), expect.advice.as_ref()), "{id}: advice in {told:?}");
    assert_eq!(hint.quotas.len(), expect.quotas.len(), "{id}: {told:?}");
    for expected in &expect.quotas {
        assert!(hint.quotas.iter().any(|q| is_expected(q, expected)), "{id}: {} in {told:?}", expected.name);
    }
}

#[test]
fn every_vector_reads_as_expected_with_fields_apart_and_joined() {
    for dialect in DIALECTS {
        let cases = cases(dialect.name);
        assert!(!cases.is_empty(), "{}", dialect.name);
        for case in &cases {
            check(case, &reading(case, &apart(case)));
            check(case, &reading(case, &joined(case)));
        }
    }
}

#[test]
fn text_from_javascript_reads_as_the_fields_do() {
    for dialect in DIALECTS {
        for case in &cases(dialect.name) {
            let lines = joined(case);
            // A line break would be a new field: the caller replaces it.
            let line = |(n, v): &(String, String)| format!("{n}: {}\n", v.replace(['\r', '\n'], "\0"));
            let mut text = lines.iter().map(line).collect::<String>().into_bytes();
            if let Some(body) = body(case) {
                text.push(b'\n');
                text.extend(body);
            }
            check(case, &read_text(case.status, &text, WallTime(case.now_ms)));
        }
    }
}

#[test]
fn every_dialect_has_vectors_and_every_file_of_vectors_a_dialect() {
    let files: BTreeSet<String> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap().replace(".json", ""))
        .collect();
    let names: BTreeSet<String> = DIALECTS.iter().map(|dialect| dialect.name.to_owned()).collect();
    assert_eq!(files, names);
    assert_eq!(names.len(), DIALECTS.len(), "a name stands twice");
}

#[test]
fn every_dialect_is_decisive_for_one_of_its_vectors() {
    let exact = fields();
    for dialect in
        DIALECTS.iter().filter(|dialect| !dialect.fields.is_empty() || !dialect.families.is_empty())
    {
        // The names of families are those that no dialect lists.
        let open = !dialect.families.is_empty();
        let own = |n: &str| dialect.fields.contains(&n) || open && !exact.contains(&n);
        let decides = |case: &Case| {
            let without = apart(case).into_iter().filter(|(n, _)| !own(n));
            reading(case, &without.collect()).hint != reading(case, &apart(case)).hint
        };
        assert!(cases(dialect.name).iter().any(decides), "{}", dialect.name);
    }
}

#[test]
fn vector_ids_are_unique() {
    let mut seen = BTreeSet::new();
    for dialect in DIALECTS {
        for case in cases(dialect.name) {
            assert!(seen.insert(case.id.clone()), "{}", case.id);
        }
    }
}

#[test]
fn the_names_that_cross_are_sorted_unique_lower_case_and_complete() {
    let all = fields();
    assert!(all.is_sorted_by(|one, other| one < other), "{all:?}");
    assert!(all.iter().all(|name| !name.is_empty() && *name == name.to_lowercase()));
    for name in ["age", "date", "retry-after", "ratelimit", "x-ratelimit-reset-after", "x-rate-limit-limit"] {
        assert!(all.contains(&name), "{name}");
    }
    assert!(DIALECTS.iter().flat_map(|dialect| dialect.fields).all(|name| all.contains(name)));
    assert!(DIALECTS.iter().all(|dialect| !dialect.spec.is_empty()));
}

#[test]
fn what_a_vector_depends_on_crosses_from_javascript() {
    let exact = fields();
    // The kind of a body crosses with the body.
    let crosses =
        |n: &str| n == "content-type" || exact.contains(&n) || MARKS.iter().any(|mark| n.contains(mark));
    let mut lost = 0;
    for case in DIALECTS.iter().flat_map(|dialect| cases(dialect.name)) {
        let all = apart(&case);
        let crossed: Lines = all.iter().filter(|(n, _)| crosses(n)).cloned().collect();
        lost += all.len() - crossed.len();
        assert_eq!(reading(&case, &crossed), reading(&case, &all), "{}", case.id);
    }
    assert!(lost > 20, "nearly everything crosses: {lost} fields do not");
}

#[test]
fn every_name_of_a_family_holds_a_mark() {
    for family in DIALECTS.iter().flat_map(|dialect| dialect.families) {
        for spelling in ["", "-"] {
            let name = family.replace("[-]", spelling).to_lowercase();
            assert!(MARKS.iter().any(|mark| name.contains(mark)), "{name}");
        }
    }
}

/// Status, header text, expected source, expected number of malformed members.
const SOURCES: &[(u16, &str, Option<&str>, u32)] = &[
    (200, "", None, 0),
    (429, "", Some("status"), 0),
    (503, "retry-after: 3\nratelimit: \"a\";r=0;t=1\n", Some("retry-after"), 0),
    (503, "retry-after: soon\nx-retry-in: 1s\n", Some("x-retry-in"), 1),
    (429, "retry-after-ms: 5, -5, x\nretry-after: 1\n", Some("retry-after-ms"), 2),
    (429, "ratelimit: \"a\";r=0;t=1\nratelimit-policy: \"a\";q=5\n", Some("ratelimit"), 0),
    (200, "ratelimit: \"a\";r=x\nratelimit-policy: \"a\";q=5\n", Some("ratelimit-policy"), 1),
    (200, "ratelimit: limit=1, remaining=x\n", Some("ratelimit"), 1),
    (200, "ratelimit: limit=x\n", None, 1),
    (200, "ratelimit: default;r=1\n", None, 1),
    // Padding may be left out, but what is there has to fit.
    (200, "ratelimit: \"a\";r=1;pk=:YQ=:\n", None, 1),
    (429, "ratelimit-policy: 5;w=1\nratelimit: limit=5, remaining=0, reset=1\n", Some("ratelimit"), 0),
    (429, "x-ratelimit-remaining: 0\nx-ratelimit-reset: 5\n", Some("x-ratelimit-reset"), 0),
    (403, "x-ratelimit-remaining: 0\n", Some("x-ratelimit-remaining"), 0),
    (200, "x-rate-limit-limit: NaN\nx-rate-limit-remaining: -1\nx-rate-limit-reset: never\n", None, 3),
    (200, "retry-after: 5\n", None, 0),
    (200, "age: 3\nx-ratelimit-remaining: 0\n", None, 0),
    (429, "x-ratelimit-remaining-a: 0\nx-ratelimit-reset-a: 5, -5, x\n", Some("ratelimit-*"), 2),
    (200, "zendesk-ratelimit-a: total=x; resets=y\nzendesk-ratelimit-b: 5\nzendesk-ratelimit-c: \n", None, 2),
    (200, "zendesk-ratelimit-a: remaining=1; total=x\n", Some("zendesk-ratelimit-*"), 1),
    (200, "x-ms-ratelimit-remaining-resource: A;1,B;x,;2,3\n", Some("x-ms-ratelimit-remaining-*"), 3),
    (200, "x-ms-ratelimit-remaining-a: 1, x\n", Some("x-ms-ratelimit-remaining-*"), 1),
    (200, "x-shopify-shop-api-call-limit: 1/2, 1/x, 3\n", Some("x-shopify-shop-api-call-limit"), 2),
    (200, "sforce-limit-info: a=1/2; b; =1/2; c=1/2/3;;\n", Some("sforce-limit-info"), 3),
    (
        200,
        "x-hubspot-ratelimit-max: x\nx-hubspot-ratelimit-secondly: 5\n",
        Some("x-hubspot-ratelimit-secondly"),
        1,
    ),
    (200, "x-amzn-ratelimit-limit: -1\n", None, 1),
    (200, "x-ms-throttle-limit-percentage: 80%\n", None, 1),
    (200, "x-ms-throttle-limit-percentage: 0.8\n", None, 0),
    (503, "backpressure: wait=2\n", Some("backpressure"), 0),
    (500, "backpressure: state=serious\n", Some("backpressure"), 0),
    (200, "backpressure: load=a, state=b, wait=-1, retry=1, share, batch=0, off=c, for=?1\n", None, 8),
    (200, "backpressure: off=(1 a \"\" b), load=a, load=1\n", None, 3),
    (200, "backpressure: load=a; share=2, other=(x)\n", None, 1),
    (200, "backpressure: load=0.5, share=\n", None, 1),
    (200, "age: 9\nbackpressure: load=?\n", None, 0),
    (429, "\n{\"retry_after\":3}", Some("retry_after"), 0),
    (400, "\n{\"code\":\"slowdown\"}", Some("code"), 0),
    (400, "\n<Error><Code>SlowDown</Code></Error>", Some("Code"), 0),
    (400, "x-amzn-errortype: SlowDown\n", Some("x-amzn-errortype"), 0),
    (400, "\n{\"message\":\"Secondary Rate Limit\"}", Some("message"), 0),
    (
        429,
        "\n{\"details\":[{\"type\":\"google.rpc.RetryInfo\",\"value\":\"CgIIBQ\"}]}",
        Some("details[].value"),
        0,
    ),
    (200, "\n{\"errors\":[{\"type\":\"RATE_LIMITED\"}]}", Some("errors[].type"), 0),
    (400, "\n{\"type\":\"https://iana.org/assignments/http-problem-types#quota-exceeded\"}", Some("type"), 0),
    (
        429,
        "ratelimit: \"a\";r=0;t=9\n\n{\"type\":\"https://iana.org/assignments/http-problem-types#quota-exceeded\",\"violated-policies\":[\"b\"]}",
        Some("ratelimit"),
        0,
    ),
    (200, "content-type: text/event-stream\n\nretry: 5\n\n", Some("retry"), 0),
    (200, "content-type: text/event-stream\n\nretry: soon\n\n", None, 0),
    (
        200,
        "content-type: text/event-stream\n\nevent: error\ndata: {\"error\":{\"type\":\"overloaded_error\"}}\n\n",
        Some("error.type"),
        0,
    ),
    (429, "retry-after: Sat, 29 Feb 2027 12:00:00 GMT 5\n", Some("status"), 1),
    (429, "retry-after: Sat, 29 Feb 2027 12:00:00 GMT\n", Some("status"), 1),
    (500, "x-should-retry: maybe, true,\nstripe-should-retry: 1\n", None, 2),
    (200, "grpc-status: 14\ngrpc-retry-pushback-ms: 5\n", Some("grpc-retry-pushback-ms"), 0),
    (200, "grpc-status: 14\ngrpc-retry-pushback-ms: never\n", Some("grpc-status"), 0),
    (200, "grpc-status: 8, , x\n", Some("grpc-status"), 1),
    (200, "grpc-status: 8\ngrpc-status-details-bin: CAg\n", Some("grpc-status"), 0),
    (200, "grpc-status: 8\ngrpc-status-details-bin: CAgx, ?\n", Some("grpc-status"), 2),
    (200, "content-type: application/grpc-web\n\n\0\0\0\0\0", None, 0),
    (500, "x-envoy-ratelimited: \nx-envoy-overloaded: \n", Some("x-envoy-overloaded"), 0),
    (500, "x-envoy-ratelimited\n", Some("x-envoy-ratelimited"), 0),
    (200, "endpoint-load-metrics: TEXT cpu_utilization=1\n", None, 0),
    (200, "endpoint-load-metrics: TEXT cpu_utilization=x, mem_utilization=y\n", None, 1),
    (200, "endpoint-load-metrics: cpu_utilization=1\nendpoint-load-metrics-bin: \n", None, 1),
    (200, "endpoint-load-metrics-json: \n", None, 0),
];

#[test]
fn a_reading_names_its_source_and_counts_what_it_ignored() {
    for &(status, text, source, malformed) in SOURCES {
        let told = read_text(status, text.as_bytes(), WallTime(0));
        assert_eq!((told.source, told.malformed), (source, malformed), "{status} {text:?}: {told:?}");
    }
}

#[test]
fn a_value_of_8192_characters_is_read_and_a_longer_one_is_not() {
    let wait = |digits: usize| {
        let text = format!("retry-after: {}7\n", "0".repeat(digits - 1));
        read_text(503, text.as_bytes(), WallTime(0)).hint.wait_ms
    };
    assert_eq!(wait(8_192), Some(7_000));
    assert_eq!(wait(8_193), None);
}

#[test]
fn a_body_of_64_kib_is_read_and_a_longer_one_is_not() {
    let overloaded = |length: usize| {
        let trailers = b"\x80\0\0\0\x0egrpc-status: 8";
        let message = length - 5 - trailers.len();
        let mut body = vec![0];
        body.extend((message as u32).to_be_bytes());
        body.extend(vec![0; message]);
        body.extend(trailers);
        assert_eq!(body.len(), length);
        let fields: &[(&[u8], &[u8])] = &[(b"content-type", b"application/grpc-web+proto")];
        read(&Response { status: 200, fields, body: Some(&body) }, WallTime(0)).hint.overloaded
    };
    assert!(overloaded(MAX_BODY));
    assert!(!overloaded(MAX_BODY + 1));
}

#[test]
fn no_more_than_64_lines_of_one_name_are_looked_at() {
    let wait = |lines: usize| {
        let text = "retry-after: 1\n".repeat(lines - 1) + "retry-after: 9\n";
        read_text(503, text.as_bytes(), WallTime(0)).hint.wait_ms
    };
    assert_eq!(wait(64), Some(9_000));
    assert_eq!(wait(65), Some(1_000));
}

#[test]
fn no_more_than_256_names_of_a_family_are_looked_at() {
    let quotas = |names: u32| {
        let line = |n: u32| format!("x-ratelimit-limit-a{n}: 1\nx-ratelimit-limit-a{n}: 2\n");
        let text: String = (0..names).map(line).collect();
        read_text(200, text.as_bytes(), WallTime(0)).hint.quotas.len()
    };
    assert_eq!((quotas(255), quotas(256), quotas(5_000)), (255, 256, 256));
}

#[test]
fn a_two_digit_year_is_placed_in_a_year_of_four_digits() {
    let first_of_9990 = WallTime(253_086_768_000_000);
    let wait = |year: &str| {
        let text = format!("retry-after: Monday, 06-Nov-{year} 08:49:37 GMT\n");
        read_text(503, text.as_bytes(), first_of_9990).hint.wait_ms
    };
    assert_eq!(wait("90"), Some(2_147_483_647));
    assert_eq!((wait("89"), wait("40"), wait("00")), (Some(0), Some(0), Some(0)));
}

#[test]
fn a_micro_sign_is_one_byte_or_two_and_no_part_of_another_unit() {
    let wait =
        |value: &[u8]| read_text(503, &[b"x-retry-in: ", value, b"\n"].concat(), WallTime(0)).hint.wait_ms;
    assert_eq!((wait(b"5000\xb5s"), wait(b"5000\xc2\xb5s")), (Some(5), Some(5)));
    for value in [&b"5\xc2s"[..], b"5s\xb5s", b"5\xc2\xc2s", b"5\xb5", b"5\xc2\xb5"] {
        assert_eq!(wait(value), None, "{value:?}");
    }
}

/// Names of three characters that no separator stands in, each another.
fn names(mark: char, count: usize) -> impl Iterator<Item = String> {
    let sign = |n: usize| char::from(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"[n]);
    (0..count).map(move |n| format!("{mark}{}{}", sign(n / 62), sign(n % 62)))
}

#[test]
fn no_more_than_4096_quotas_are_told_whatever_tells_of_the_next() {
    let list = |mark, count, before: &str, behind: &str| {
        names(mark, count).map(|name| format!("{before}{name}{behind}")).collect::<String>()
    };
    let text = |last: usize| {
        let limits = list('l', 744, "\"", "\";r=1,");
        let policies = list('p', 744, "\"", "\";q=1,");
        let (usage, left) = (list('s', 1_000, "", "=1/2,"), list('a', last, "", ";1,"));
        let wide = list('d', 244, "x-ratelimit-limit-", ": 1\n");
        format!(
            "ratelimit: {}\nratelimit-policy: {}\n{wide}sforce-limit-info: {usage}\n\
            x-ms-ratelimit-remaining-resource: {left}\nx-amzn-ratelimit-limit: 1\n",
            limits.trim_end_matches(','),
            policies.trim_end_matches(','),
        )
    };
    let problem = "\n{\"violated-policies\":[\"laa\",\"new\"],\
        \"type\":\"https://iana.org/assignments/http-problem-types#quota-exceeded\"}";
    let told = |last| read_text(429, (text(last) + problem).as_bytes(), WallTime(0)).hint.quotas;
    let named = |quotas: &[Quota], name: &str| quotas.iter().any(|quota| quota.name == name);
    let (room, full) = (told(1_362), told(1_364));
    assert_eq!((room.len(), full.len()), (4_096, 4_096));
    assert!(named(&room, "default") && named(&room, "new"));
    assert!(!named(&full, "default") && !named(&full, "new"));
    assert_eq!(full.iter().find(|quota| quota.name == "laa").unwrap().remaining, Some(1.0));
}
