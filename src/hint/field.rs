//! Grammars that dialects share: numbers, durations, delays and lists of them. Inside the parser NaN is "no number",
//! which weighs less than an `Option`.

use alloc::string::String;

use super::date;
use super::scan::{self, Scan, class};

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

/// Digits and nothing else; NaN otherwise.
pub fn integer(text: &[u8]) -> f64 {
    let mut rest = Scan(text);
    let digits = rest.run(class::DIGIT);
    if rest.0.is_empty() { Scan(digits).number() } else { f64::NAN }
}

/// A number and nothing else; NaN otherwise.
pub fn number(text: &[u8]) -> f64 {
    let mut rest = Scan(text);
    let number = rest.number();
    if rest.0.is_empty() { number } else { f64::NAN }
}

/// A number for the hint.
pub fn known(number: f64) -> Option<f64> {
    (!number.is_nan()).then_some(number)
}

/// The member of a list that counts, by its form: a count, or milliseconds from now, not yet bounded and below zero
/// when the moment has passed; NaN when there is none. Malformed members are counted. `reference`: the server's
/// clock, in epoch milliseconds.
pub fn pick(mut list: &[u8], form: Form, reference: f64, malformed: &mut u32) -> f64 {
    let mut best = f64::NAN;
    while !list.is_empty() {
        // A date comes first, because it holds a comma.
        let before = list.len();
        let forms = match form {
            Form::Date | Form::Duration => date::HTTP,
            Form::Reset => date::ANY,
            _ => 0,
        };
        let at = date::take(&mut list, forms, reference);
        let dated = list.len() < before;
        let mut member = scan::part(&mut list, b',');
        if !dated && member.is_empty() {
            continue;
        }
        if !(Form::Millis..Form::Reset).contains(&form) {
            member = scan::part(&mut member, b';');
        }
        // No number stands behind a date, not even behind one that does not exist.
        let value = match member {
            _ if !dated => amount(member, form, reference),
            [] => at - reference,
            _ => f64::NAN,
        };
        *malformed += u32::from(value.is_nan());
        if form == Form::First {
            return value;
        }
        if !value.is_nan() && (best.is_nan() || (value < best) == (form == Form::Least)) {
            best = value;
        }
    }
    best
}

/// A number by its form, or a duration as Go's `time.Duration` prints it (`6m0s`, `1.5s`), and days; NaN otherwise.
fn amount(text: &[u8], form: Form, reference: f64) -> f64 {
    let mut rest = Scan(text);
    let mut number = rest.number();
    if rest.0.is_empty() {
        return match form {
            Form::First | Form::Least | Form::Most | Form::Millis => number,
            Form::Reset => by_size(number, reference),
            Form::Seconds | Form::Date | Form::Duration => number * 1000.0,
        };
    }
    let mut total = 0.0;
    while form >= Form::Duration && !f64::is_nan(total) {
        total += number * unit(&mut rest);
        if rest.0.is_empty() {
            return total;
        }
        number = rest.number();
    }
    f64::NAN
}

/// One of Go's units, in milliseconds. The micro sign arrives as UTF-8 or as ISO 8859-1.
fn unit(rest: &mut Scan<'_>) -> f64 {
    let mut first = rest.next();
    if first == Some(b'\xc2') && rest.0.first() == Some(&b'\xb5') {
        first = rest.next();
    }
    match first {
        Some(b'd') => 86_400_000.0,
        Some(b'h') => 3_600_000.0,
        Some(b's') => 1_000.0,
        Some(b'm') if !rest.eat(b's') => 60_000.0,
        Some(b'm') => 1.0,
        Some(b'u' | b'\xb5') if rest.eat(b's') => 1e-3,
        Some(b'n') if rest.eat(b's') => 1e-6,
        _ => f64::NAN,
    }
}

/// A reset without a unit: seconds from now, epoch seconds or epoch milliseconds, told apart by size.
fn by_size(number: f64, reference: f64) -> f64 {
    let ms = if number < 1e11 { number * 1000.0 } else { number };
    match number {
        n if n < 1e9 => ms,
        n if n < 1e14 => ms - reference,
        _ => f64::NAN,
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
