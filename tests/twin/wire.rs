//! What a fuzzer's bytes mean, and what must hold for any of them: two bytes of status, then header text and a body as
//! they cross from JavaScript.

use std::sync::LazyLock;

use tidegate::hint::{DIALECTS, Dialect, Reading, Response, fields, read, read_text};
use tidegate::time::WallTime;

use super::compare::check_form;
use super::vectors::{Case, joined};

/// The day of the vectors.
pub const NOW_MS: i64 = 1_795_284_000_000;
/// The parser looks at no more lines of one name; joined they are one.
const MOST_LINES: usize = 64;
/// Read by whoever reads anything.
const COMMON: [&str; 3] = ["date", "age", "content-type"];

/// Every name that some dialect reads.
static FIELDS: LazyLock<Vec<&str>> = LazyLock::new(fields);

type Lines = Vec<(Vec<u8>, Vec<u8>)>;

/// RFC 9110, section 5.6.2.
fn is_token(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte)
}

fn trim(name: &[u8]) -> &[u8] {
    let blank = |b: &u8| *b == b' ' || *b == b'\t';
    let start = name.iter().take_while(|b| blank(b)).count();
    let end = name.len() - name[start..].iter().rev().take_while(|b| blank(b)).count();
    &name[start..end]
}

/// A response as a fuzzer has it.
pub fn encode(status: u16, headers: &Lines, body: Option<&[u8]>) -> Vec<u8> {
    let mut bytes = status.to_be_bytes().to_vec();
    for (name, value) in headers {
        bytes.extend_from_slice(name);
        bytes.extend_from_slice(b": ");
        // A line break would be a new field.
        bytes.extend(value.iter().map(|b| if *b == b'\n' { 0 } else { *b }));
        bytes.push(b'\n');
    }
    if let Some(body) = body {
        bytes.push(b'\n');
        bytes.extend_from_slice(body);
    }
    bytes
}

/// A vector as a fuzzer has it.
pub fn seed(case: &Case) -> Vec<u8> {
    encode(case.status, &case.headers(), case.body().as_deref())
}

/// Status, fields, and the body where there is an empty line.
pub fn decode(bytes: &[u8]) -> Option<(u16, Lines, Option<&[u8]>)> {
    let [high, low, text @ ..] = bytes else { return None };
    let mut lines = Lines::new();
    let mut rest = text;
    let mut body = None;
    while !rest.is_empty() {
        let end = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
        let (line, tail) = (&rest[..end], rest.get(end + 1..).unwrap_or_default());
        rest = tail;
        if line.is_empty() {
            body = Some(rest);
            break;
        }
        let colon = line.iter().position(|b| *b == b':').unwrap_or(line.len());
        let name = trim(&line[..colon]).to_ascii_lowercase();
        // No browser hands out any other name.
        if !name.is_empty() && name.iter().all(is_token) {
            lines.push((name, line.get(colon + 1..).unwrap_or_default().to_vec()));
        }
    }
    Some((u16::from_be_bytes([*high, *low]), lines, body))
}

fn reading(status: u16, lines: &Lines, body: Option<&[u8]>) -> Reading {
    let fields: Vec<(&[u8], &[u8])> = lines.iter().map(|(n, v)| (n.as_slice(), v.as_slice())).collect();
    read(&Response { status, fields: &fields, body }, WallTime(NOW_MS))
}

/// What holds for any bytes: the normal form, the same from text and from fields, the same from fields joined.
pub fn check(bytes: &[u8]) {
    let Some((status, lines, body)) = decode(bytes) else { return };
    check_response(status, &lines, body);
    check_form(&read_text(status, &bytes[2..], WallTime(NOW_MS)).hint);
}

fn check_response(status: u16, lines: &Lines, body: Option<&[u8]>) {
    let told = reading(status, lines, body);
    check_form(&told.hint);
    let text = read_text(status, &encode(0, lines, body)[2..], WallTime(NOW_MS));
    let breaks = lines.iter().any(|(_, value)| value.contains(&b'\n'));
    assert!(breaks || text == told, "{text:?}\n{told:?}");
    let count = |name: &[u8]| lines.iter().filter(|(known, _)| known == name).count();
    if lines.iter().all(|(name, _)| count(name) <= MOST_LINES) {
        assert_eq!(reading(status, &joined(lines), body), told, "joined");
    }
}

/// The same for the fields of one dialect: a line of any other name becomes one of its.
pub fn check_dialect(dialect: &Dialect, bytes: &[u8]) {
    let Some((status, mut lines, body)) = decode(bytes) else { return };
    for (name, _) in &mut lines {
        let text = String::from_utf8_lossy(name).into_owned();
        let text = text.as_str();
        let of_a_family = !dialect.families.is_empty() && !FIELDS.contains(&text);
        if COMMON.contains(&text)
            || dialect.fields.contains(&text)
            || of_a_family
            || dialect.fields.is_empty()
        {
            continue;
        }
        let pick = name.iter().map(|b| usize::from(*b)).sum::<usize>() % dialect.fields.len();
        *name = dialect.fields[pick].as_bytes().to_vec();
    }
    check_response(status, &lines, body);
}

/// The dialect of a name.
pub fn dialect(name: &str) -> Option<&'static Dialect> {
    DIALECTS.iter().find(|dialect| dialect.name == name)
}
