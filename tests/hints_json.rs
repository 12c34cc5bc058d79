//! The JSON reader against serde_json as its naive twin, seen through the hints that stand in bodies: whether a text is
//! well-formed, what its strings and numbers are, and where its members stand.

use proptest::prelude::*;
use proptest::string::string_regex;
use serde_json::Value;
use tidegate::hint::{Hint, Response, read};
use tidegate::time::WallTime;

const PROBLEM: &str = "https://iana.org/assignments/http-problem-types#quota-exceeded";

fn hint(status: u16, body: &[u8]) -> Hint {
    read(&Response { status, fields: &[], body: Some(body) }, WallTime(0)).hint
}

fn wait(body: &str) -> Option<u32> {
    hint(429, body.as_bytes()).wait_ms
}

/// Is this text a JSON value? Then it does not hide the member behind it.
fn is_value(text: &str) -> bool {
    wait(&format!("{{\"x\":{text},\"retry_after\":7}}")) == Some(7_000)
}

/// The same by serde_json, which has no number beyond a double and no half of a surrogate pair, as JavaScript has.
fn is_value_of_twin(text: &str) -> Option<bool> {
    match serde_json::from_str::<Value>(text) {
        Ok(_) => Some(true),
        Err(error) => {
            let told = error.to_string();
            let stricter = ["number out of range", "lone leading surrogate", "unexpected end of hex escape"];
            (!stricter.iter().any(|word| told.contains(word))).then_some(false)
        }
    }
}

/// What the text of a string stands for.
fn string(text: &str) -> Option<String> {
    let body = format!("{{\"violated-policies\":[{text}],\"type\":\"{PROBLEM}\"}}");
    hint(429, body.as_bytes()).quotas.pop().map(|quota| quota.name)
}

fn number(text: &str) -> Option<f64> {
    let body =
        format!("{{\"extensions\":{{\"cost\":{{\"throttleStatus\":{{\"maximumAvailable\":{text}}}}}}}}}");
    hint(200, body.as_bytes()).quotas.pop()?.limit
}

/// Text, is it one JSON value?
const TEXTS: &[(&str, bool)] = &[
    ("null", true),
    ("nul", false),
    ("nulls", false),
    ("True", false),
    ("truefalse", false),
    ("{}", true),
    ("[]", true),
    ("[[],{}]", true),
    ("{\"\":[{\"a\":null}]}", true),
    ("[ \r\n\t1 , 2 ]", true),
    ("[\u{b}1]", false),
    ("[1,]", false),
    ("[,1]", false),
    ("[1 2]", false),
    ("[1}", false),
    ("{]", false),
    ("{1:2}", false),
    ("{\"a\"}", false),
    ("{\"a\":}", false),
    ("{\"a\":1,}", false),
    ("{,}", false),
    ("{\"a\" 1}", false),
    ("{\"a\"::1}", false),
    ("{a:1}", false),
    ("{\"a\":1 \"b\":2}", false),
    ("[\"a\":1]", false),
    ("]", false),
    ("0", true),
    ("-0", true),
    ("-0.0e-0", true),
    ("1E400", true),
    ("1e-400", true),
    ("1e99999999999999999999", true),
    ("00", false),
    ("-01", false),
    ("+1", false),
    ("1.", false),
    (".1", false),
    ("-", false),
    ("--1", false),
    ("1e", false),
    ("1e+", false),
    ("1e+-1", false),
    ("1e1.5", false),
    ("1.5.2", false),
    ("e5", false),
    ("-e5", false),
    ("0x10", false),
    ("Infinity", false),
    ("\"\"", true),
    ("\"a", false),
    ("\"\\\"", false),
    ("\"\\x\"", false),
    ("\"\\u12\"", false),
    ("\"\\u12g4\"", false),
    ("\"\\u+123\"", false),
    ("\"\\ud800\"", true),
    ("\"\\ud800\\n\\udc00\"", true),
    ("\"\\ud800\\u0041\"", true),
    ("\"\\ud800\\uZ\"", false),
    ("\"\\ud800\\\"", false),
    ("\"\n\"", false),
    ("\"\t\"", false),
    ("\"\0\"", false),
    ("\"\u{7f}\u{80}\u{2028}\"", true),
    ("'a'", false),
    ("", false),
];

#[test]
fn values_are_told_from_what_is_none() {
    for &(text, valid) in TEXTS {
        assert_eq!(is_value(text), valid, "{text:?}");
        assert!(is_value_of_twin(text).is_none_or(|twin| twin == valid), "{text:?} by its twin");
    }
}

#[test]
fn nesting_as_deep_as_a_body_is_long_is_read_and_breaks_nothing() {
    let deep = 32_000;
    let around = |begin: &str, end: &str| {
        format!("{}1{}", begin.repeat(deep / begin.len()), end.repeat(deep / begin.len()))
    };
    assert!(is_value(&around("[", "]")));
    assert!(is_value(&around("{\"a\":", "}")));
    assert!(is_value(&around("[{\"a\":", "}]")));
    for open in ["[", "{\"a\":", "[{\"error\":{\"details\":[", "[[", "{\"\":"] {
        assert_eq!(hint(429, open.repeat(60_000 / open.len()).as_bytes()).wait_ms, None, "{open}");
    }
}

#[test]
fn a_body_cut_off_anywhere_says_nothing() {
    let whole =
        r#" {"retry_after":12,"a":[{"b":"é\u00e9\ud83d\ude00\n"},-1.5e+3,true,null,{}],"retryable":true} "#;
    let whole = whole.trim_end().as_bytes();
    assert_eq!(hint(429, whole).wait_ms, Some(12_000));
    for end in 0..whole.len() {
        assert_eq!(hint(429, &whole[..end]), hint(429, b""), "{end}");
    }
}

#[test]
fn a_body_of_65536_bytes_is_read_and_a_longer_one_is_not() {
    let filled = |length: usize| {
        let (begin, end) = ("{\"retry_after\":3,\"x\":\"", "\"}");
        format!("{begin}{}{end}", "y".repeat(length - begin.len() - end.len()))
    };
    assert_eq!(wait(&filled(65_536)), Some(3_000));
    assert_eq!(wait(&filled(65_537)), None);
}

#[test]
fn bytes_that_are_no_unicode_hide_nothing_but_themselves() {
    assert_eq!(hint(429, b"{\"\xff\":\"\xc3\",\"retry_after\":3}").wait_ms, Some(3_000));
    assert_eq!(hint(429, b"{\"retry_after\xff\":3}").wait_ms, None);
    let half = string("\"a\\ud800b\"").unwrap();
    assert!(half.starts_with('a') && half.ends_with('b') && half.contains('\u{fffd}'), "{half:?}");
}

#[test]
fn a_member_counts_on_its_own_path_alone() {
    for body in [
        r#"{"a":{"retry_after":3}}"#,
        r#"{"a":[{"retry_after":3}]}"#,
        r#"[{"retry_after":3}]"#,
        r#"{"retry_after":[3]}"#,
        r#"{"retry_after":{"retry_after":3}}"#,
        r#"{"retry_after\u0000":3}"#,
        r#"{".retry_after":3}"#,
        r#"{"":{"retry_after":3}}"#,
        r#""retry_after""#,
    ] {
        assert_eq!(wait(body), None, "{body}");
    }
    for body in [
        r#"{"a":{"b":[[{"c":1}],2]},"retry_after":3}"#,
        r#"{"retry\u005fafter":3}"#,
        r#"{"a":{},"b":[],"retry_after":3,"c":{"d":[]}}"#,
        r#"{"retry_after":"1","retry_after":3}"#,
    ] {
        assert_eq!(wait(body), Some(3_000), "{body}");
    }
    let named = |name: &str| {
        hint(200, format!("{{\"errors\":[{{\"{name}\":\"THROTTLED\"}}]}}").as_bytes()).overloaded
    };
    assert!(named("type"));
    assert!(!named("extensions.code") && !named("]type") && !named("[].type"));
}

/// JSON with white space between any two tokens.
fn spaced(value: &Value, blank: &str) -> String {
    let inner = |parts: Vec<String>| parts.join(&format!("{blank},{blank}"));
    match value {
        Value::Array(all) => {
            format!("[{blank}{}{blank}]", inner(all.iter().map(|one| spaced(one, blank)).collect()))
        }
        Value::Object(all) => {
            let member = |(name, one): (&String, &Value)| {
                format!("{}{blank}:{blank}{}", Value::from(name.as_str()), spaced(one, blank))
            };
            format!("{{{blank}{}{blank}}}", inner(all.iter().map(member).collect()))
        }
        scalar => scalar.to_string(),
    }
}

fn json() -> impl Strategy<Value = Value> {
    let name =
        || prop::sample::select(vec!["a", "retry_after", "error", "code", "details", "[]", "", "é.\"\\"]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((name(), inner), 0..5)
                .prop_map(|all| all.into_iter().map(|(name, one)| (name.to_owned(), one)).collect()),
        ]
    })
}

/// What JSON is made of, in any order.
fn pieces() -> impl Strategy<Value = String> {
    let words = vec![
        "{", "}", "[", "]", ":", ",", "\"", "\"a\"", "\"a\":", "\\", "\\u", "\\ud83d", "\\ude00", "\\n",
        "00e9", "0", "1", "-", ".", "e", "E+", "true", "false", "null", " ", "\n", "é", "\u{1}", "//",
    ];
    prop::collection::vec(prop::sample::select(words), 0..14).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_048))]

    #[test]
    fn whatever_the_twin_writes_is_a_value(value in json(), blank in "[ \t\r\n]{0,2}") {
        prop_assert!(is_value(&spaced(&value, &blank)), "{}", spaced(&value, &blank));
    }

    #[test]
    fn a_value_with_one_character_gone_is_judged_as_the_twin_does(value in json(), at: prop::sample::Index) {
        let mut text: Vec<char> = value.to_string().chars().collect();
        text.remove(at.index(text.len()));
        let text: String = text.into_iter().collect();
        if let Some(twin) = is_value_of_twin(&text) {
            prop_assert_eq!(is_value(&text), twin, "{}", text);
        }
    }

    #[test]
    fn any_order_of_tokens_is_judged_as_the_twin_does(text in pieces()) {
        let body = format!("{{\"x\":[{text}],\"retry_after\":7}}");
        if let Some(twin) = is_value_of_twin(&body) {
            prop_assert_eq!(wait(&body) == Some(7_000), twin, "{}", body);
        }
    }

    #[test]
    fn strings_are_those_of_the_twin(text in string_regex(
        "\"([ -!#-\\[\\]-~é€😀]|\\\\[\"\\\\/bfnrt]|\\\\u[0-9a-cA-C][0-9a-fA-F]{3}|\\\\u[dD][89abAB][0-9a-f]{2}\\\\u[dD][c-fC-F][0-9A-F]{2}){0,12}\""
    ).unwrap()) {
        prop_assert_eq!(string(&text), serde_json::from_str(&text).ok(), "{}", text);
    }

    #[test]
    fn numbers_are_those_of_the_twin(text in "(0|[1-9][0-9]{0,17})(\\.[0-9]{1,17})?([eE][-+]?[0-9]{1,2})?") {
        let (ours, theirs) = (number(&text).unwrap(), serde_json::from_str::<f64>(&text).unwrap());
        prop_assert!((ours - theirs).abs() <= theirs * 128.0 * f64::EPSILON, "{text}: {ours} {theirs}");
    }

    #[test]
    fn any_bytes_behind_a_member_are_read_within_bounds(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let body = [b"{\"retry_after\":7,\"x\":", &*bytes].concat();
        let told = hint(429, &body).wait_ms;
        prop_assert!(told.is_none_or(|ms| ms == 7_000 || bytes.contains(&b'"')), "{told:?}");
    }
}
