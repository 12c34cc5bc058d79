//! The working group's tests of Structured Fields (RFC 9651), all that speak of parsing; and another parser's verdict on
//! random text. The vectors are the group's, with their licence beside them.
#![cfg(not(target_arch = "wasm32"))]

use std::fs;
use std::path::Path;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};
use sfv::Parser;
use tidegate::hint::structured::{Form, Part, string, walk};

#[derive(Deserialize)]
struct Case {
    name: String,
    raw: Vec<String>,
    header_type: String,
    #[serde(default)]
    expected: Value,
    #[serde(default)]
    must_fail: bool,
    #[serde(default)]
    can_fail: bool,
}

fn cases() -> Vec<(String, Case)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/structured-fields");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files.filter(|path| path.extension().is_some_and(|e| e == "json")).collect();
    files.sort();
    let read =
        |path: &Path| -> Vec<Case> { serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap() };
    files
        .iter()
        .flat_map(|path| read(path).into_iter().map(|case| (path.display().to_string(), case)))
        .collect()
}

fn form(name: &str) -> Form {
    match name {
        "item" => Form::Item,
        "list" => Form::List,
        "dictionary" => Form::Dictionary,
        other => panic!("{other}"),
    }
}

type Pairs = Vec<(String, Value)>;

/// What the walk hands over, as the group writes it; none when it does not parse.
fn parse(text: &[u8], form: Form) -> Option<Value> {
    let mut members = Pairs::new();
    let (mut at, mut is_inner) = (0, false);
    let valid = walk(text, form, &mut |part, key, raw| {
        match part {
            Part::Member => {
                is_inner = raw == b"(";
                let value = if is_inner { json!([[], []]) } else { json!([bare(raw), []]) };
                at = put(&mut members, key, value, form == Form::Dictionary);
            }
            Part::Inner => inner(&mut members[at].1).push(json!([bare(raw), []])),
            Part::Close => is_inner = false,
            Part::Parameter => {
                let member = &mut members[at].1;
                let owner = if is_inner { inner(member).last_mut().unwrap() } else { member };
                let mut params: Pairs = serde_json::from_value(owner[1].take()).unwrap();
                put(&mut params, key, bare(raw), true);
                owner[1] = json!(params);
            }
        }
        true
    });
    let values = || members.iter().map(|(_, value)| value.clone());
    valid.then(|| match form {
        Form::Item => values().next().unwrap(),
        Form::List => values().collect(),
        Form::Dictionary => json!(members),
    })
}

fn inner(member: &mut Value) -> &mut Vec<Value> {
    member[0].as_array_mut().unwrap()
}

/// Where a value was put. Of a key that stands twice the last value counts, at the place of the first.
fn put(all: &mut Pairs, key: &[u8], value: Value, once: bool) -> usize {
    let key = String::from_utf8(key.to_vec()).unwrap();
    match all.iter().position(|(known, _)| once && *known == key) {
        Some(place) => {
            all[place].1 = value;
            place
        }
        None => {
            all.push((key, value));
            all.len() - 1
        }
    }
}

fn bare(raw: &[u8]) -> Value {
    let text = std::str::from_utf8(raw).unwrap();
    match raw[0] {
        b'"' => json!(string(raw)),
        b'?' => json!(text == "?1"),
        b':' => json!({ "__type": "binary", "value": base32(&base64(text.trim_matches(':'))) }),
        b'@' => json!({ "__type": "date", "value": text[1..].parse::<i64>().unwrap() }),
        b'%' => json!({ "__type": "displaystring", "value": percent_decoded(&text[2..text.len() - 1]) }),
        b'-' | b'0'..=b'9' => json!(text.parse::<f64>().unwrap()),
        _ => json!({ "__type": "token", "value": text }),
    }
}

fn base64(text: &str) -> Vec<u8> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    GeneralPurpose::new(&STANDARD, config).decode(text).unwrap()
}

fn base32(bytes: &[u8]) -> String {
    let group = |five: &[u8]| {
        let bits =
            five.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte)) << (8 * (5 - five.len()));
        let digit = |place: usize| {
            char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[(bits >> (35 - 5 * place)) as usize & 31])
        };
        let used = (five.len() * 8).div_ceil(5);
        (0..8).map(move |place| if place < used { digit(place) } else { '=' }).collect::<String>()
    };
    bytes.chunks(5).map(group).collect()
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = if c == '%' { 3 } else { 1 };
        bytes.push(if c == '%' { u8::from_str_radix(&rest[1..3], 16).unwrap() } else { c as u8 });
        rest = &rest[length..];
    }
    String::from_utf8(bytes).unwrap()
}

/// Equal, numbers by their value.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len() && one.iter().all(|(key, value)| same(value, &other[key]))
        }
        (one, other) => one == other,
    }
}

#[test]
fn every_test_of_the_working_group_passes_that_must() {
    let (mut parsed, mut refused, mut free) = (0, 0, 0);
    for (file, case) in cases() {
        let told = parse(case.raw.join(", ").as_bytes(), form(&case.header_type));
        let what = format!("{file}: {}: {told:?}", case.name);
        if case.can_fail {
            // May parse or not; when it does, it says what the group says.
            assert!(told.is_none_or(|told| same(&told, &case.expected)), "{what}");
            free += 1;
        } else if case.must_fail {
            assert!(told.is_none(), "{what}");
            refused += 1;
        } else {
            assert!(told.is_some_and(|told| same(&told, &case.expected)), "{what}, not {}", case.expected);
            parsed += 1;
        }
    }
    assert_eq!((parsed, refused, free), (721, 864, 6));
}

#[test]
fn a_walk_ends_where_its_visitor_refuses() {
    let text = b"a, (b;c d);e=f, g";
    let parts: &[&[u8]] = &[b"a", b"(", b"b", b"c", b"d", b"", b"e", b"g"];
    for end in 0..=parts.len() {
        let mut seen = Vec::new();
        let whole = walk(text, Form::List, &mut |_, key, raw| {
            seen.push(if key.is_empty() { raw } else { key });
            seen.len() <= end
        });
        assert_eq!(whole, end == parts.len(), "{end}");
        assert_eq!(seen, parts[..parts.len().min(end + 1)], "{end}");
    }
}

/// What structured fields are made of.
const PIECES: &[&str] = &[
    "a",
    "b=1",
    "key",
    "*",
    "=",
    ";",
    ";x=1",
    ", ",
    ",",
    " ",
    "\t",
    "(",
    ")",
    "(a b)",
    "\"",
    "\"s\"",
    "\\",
    "\\\"",
    "1",
    "-",
    "0",
    "1.5",
    ".",
    "999999999999999",
    "@1",
    "@-5",
    "?",
    "?1",
    "?0",
    ":",
    ":YQ==:",
    ":YQ:",
    "%\"",
    "%c3%bc",
    "%C3",
    "é",
    "\u{7f}",
    "T/:x",
    "A",
    "12345678901.5",
    "1.2345",
];

fn text() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(PIECES).prop_map(|piece| piece.as_bytes().to_vec());
    let piece = prop_oneof![9 => known, 1 => prop::collection::vec(any::<u8>(), 1..3)];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn another_parser_takes_and_refuses_the_same(text in text()) {
        let ours = [Form::Item, Form::List, Form::Dictionary].map(|form| walk(&text, form, &mut |_, _, _| true));
        let parser = || Parser::new(&text);
        let theirs = [
            parser().parse::<sfv::Item>().is_ok(),
            parser().parse::<sfv::List>().is_ok(),
            parser().parse::<sfv::Dictionary>().is_ok(),
        ];
        prop_assert_eq!(ours, theirs, "{:?}", String::from_utf8_lossy(&text));
    }
}
