//! Grammars that dialects share: numbers, lists, durations and delays.

use alloc::string::String;

use super::date;

/// The longest wait or reset, in milliseconds: a browser's timer holds no longer one and would fire at once.
const LONGEST_MS: f64 = 2_147_483_647.0;

/// What the members of a list are, and which of them counts. The order matters: from [`Form::Date`] on HTTP-dates are
/// read, from [`Form::Duration`] on durations too.
#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
pub enum Form {
    /// A number; only the first member counts. Parameters behind a semicolon are cut off.
    First,
    /// A number; the least counts. Parameters are cut off.
    Least,
    /// A number; the most counts. Parameters are cut off.
    Most,
    /// Seconds from now; the longest counts. Parameters are cut off.
    Seconds,
    /// Milliseconds from now; from here on the longest counts.
    Millis,
    /// Seconds from now or an HTTP-date.
    Date,
    /// Seconds from now, an HTTP-date or a Go duration.
    Duration,
    /// A number whose unit its size tells, an HTTP-date, a Go duration or an ISO 8601 time. Parameters are cut off.
    Reset,
}

/// Without spaces and tabs around it.
pub fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

/// What stands before the first `mark` and what behind it, both trimmed. Without a mark all stands before it.
pub fn cut(text: &[u8], mark: u8) -> (&[u8], &[u8]) {
    let place = text.iter().position(|&byte| byte == mark).unwrap_or(text.len());
    let (head, tail) = text.split_at_checked(place).unwrap_or_default();
    (trim(head), trim(tail.get(1..).unwrap_or_default()))
}

/// A number, `1*DIGIT [ "." 1*DIGIT ]` after trimming: no sign, no exponent. Exact up to 15 digits, within a few
/// units of the last place beyond, and never infinite.
pub fn number(text: &[u8]) -> Option<f64> {
    /// Another digit still fits below this.
    const FULL: u64 = 1_000_000_000_000_000_000;
    let (mut digits, mut scale, mut point, mut after_digit) = (0_u64, 0_i32, false, false);
    for &byte in trim(text) {
        match byte {
            b'0'..=b'9' if digits < FULL => {
                digits = digits * 10 + u64::from(byte - b'0');
                scale -= i32::from(point);
                after_digit = true;
            }
            b'0'..=b'9' => {
                scale += i32::from(!point);
                after_digit = true;
            }
            b'.' if after_digit && !point => (point, after_digit) = (true, false),
            _ => return None,
        }
    }
    let mut power = 1.0;
    for _ in 0..scale.unsigned_abs() {
        power *= 10.0;
    }
    let value = if scale < 0 {
        digits as f64 / power
    } else {
        digits as f64 * power
    };
    after_digit.then_some(value.min(f64::MAX))
}

/// A number without a fraction.
pub fn integer(text: &[u8]) -> Option<f64> {
    number(text).filter(|_| text.iter().all(u8::is_ascii_digit))
}

/// Takes the next member of a list off `rest`, trimmed. Marks inside quotes do not separate, neither does the comma
/// of an HTTP-date; empty members are skipped (RFC 9110 section 5.6.1.2).
pub fn member<'a>(rest: &mut &'a [u8], mark: u8) -> Option<&'a [u8]> {
    while !rest.is_empty() {
        let (mut end, mut quoted, mut last) = (0, false, b' ');
        while let Some(&byte) = rest.get(end) {
            let in_date = last.is_ascii_alphabetic() && follows_weekday(rest.get(end..));
            if byte == mark && !quoted && !in_date {
                break;
            }
            quoted ^= byte == b'"';
            end += if quoted && byte == b'\\' { 2 } else { 1 };
            last = byte;
        }
        let (head, tail) = rest.split_at_checked(end).unwrap_or((rest, &[]));
        *rest = tail.get(1..).unwrap_or_default();
        if !trim(head).is_empty() {
            return Some(trim(head));
        }
    }
    None
}

/// Is this the comma between the weekday and the day of an HTTP-date?
fn follows_weekday(text: Option<&[u8]>) -> bool {
    matches!(
        text,
        Some([b',', b' ', b'0'..=b'9', b'0'..=b'9', b' ' | b'-', b'A'..=b'Z', ..])
    )
}

/// Go's units in milliseconds; the longer spelling first where one begins another.
const UNITS: &[(&[u8], f64)] = &[
    (b"ms", 1.0),
    (b"us", 1e-3),
    (b"\xc2\xb5s", 1e-3),
    (b"\xb5s", 1e-3),
    (b"ns", 1e-6),
    (b"d", 86_400_000.0),
    (b"h", 3_600_000.0),
    (b"m", 60_000.0),
    (b"s", 1_000.0),
];

/// A duration as Go's `time.Duration` prints it (`6m0s`, `1.5s`), and days, in milliseconds.
pub fn duration(text: &[u8]) -> Option<f64> {
    let mut rest = trim(text);
    let mut total = None;
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| !matches!(byte, b'0'..=b'9' | b'.'))?;
        let (amount, tail) = rest.split_at_checked(end)?;
        let &(unit, ms) = UNITS.iter().find(|(unit, _)| tail.starts_with(unit))?;
        total = Some(total.unwrap_or(0.0) + number(amount)? * ms);
        rest = tail.get(unit.len()..)?;
    }
    total
}

/// The member of a list that counts, by its form: a count, or milliseconds from now, not yet bounded and below zero
/// when the moment has passed. Malformed members are counted. `reference`: the server's clock, in epoch milliseconds.
pub fn pick(mut list: &[u8], form: Form, reference: f64, malformed: &mut u32) -> Option<f64> {
    let mut best = None;
    while let Some(member) = member(&mut list, b',') {
        let whole = (Form::Millis..Form::Reset).contains(&form);
        let value = one(if whole { member } else { cut(member, b';').0 }, form, reference);
        *malformed += u32::from(value.is_none());
        if form == Form::First {
            return value;
        }
        best = match (best, value) {
            (Some(best), Some(value)) if (value < best) != (form == Form::Least) => Some(best),
            (best, value) => value.or(best),
        };
    }
    best
}

/// One member by its form.
fn one(text: &[u8], form: Form, reference: f64) -> Option<f64> {
    if let Some(number) = number(text) {
        return match form {
            Form::First | Form::Least | Form::Most | Form::Millis => Some(number),
            Form::Reset => by_size(number, reference),
            Form::Seconds | Form::Date | Form::Duration => Some(number * 1000.0),
        };
    }
    if form < Form::Date {
        return None;
    }
    let mut at = date::http_date(text, reference);
    if at.is_none() && form == Form::Reset {
        at = date::iso(text);
    }
    match at {
        None if form >= Form::Duration => duration(text),
        at => Some(at? - reference),
    }
}

/// A reset without a unit: seconds from now, epoch seconds or epoch milliseconds, told apart by size.
fn by_size(number: f64, reference: f64) -> Option<f64> {
    match number {
        n if n < 1e9 => Some(n * 1000.0),
        n if n < 1e11 => Some(n * 1000.0 - reference),
        n if n < 1e14 => Some(n - reference),
        _ => None,
    }
}

/// Text as data: one character for each byte, as Fetch hands out field values (ISO 8859-1). `escaped`: a backslash
/// stands for the character behind it.
pub fn string(bytes: &[u8], escaped: bool) -> String {
    let mut text = String::new();
    let mut after = false;
    for &byte in bytes {
        after = escaped && byte == b'\\' && !after;
        if !after {
            text.push(char::from(byte));
        }
    }
    text
}

/// Rounded to the nearest millisecond, from zero to [`LONGEST_MS`].
pub fn bounded(ms: f64) -> u32 {
    (ms.clamp(0.0, LONGEST_MS) + 0.5) as u32
}
