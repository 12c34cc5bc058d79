//! Finding a field of a response, within bounds, and the clock that its absolute times are measured against.

use alloc::vec::Vec;

use super::field::Form;
use super::scan::{self, Pair, Scan, class};
use super::{Response, date};
use crate::time::WallTime;

/// The fields that every absolute time leans on (RFC 9110 section 6.6.1, RFC 9111 section 5.1).
pub const CLOCKS: &[&str] = &["date", "age"];

/// A longer value is not read.
const MAX_VALUE: usize = 8_192;

/// No more lines of one name than this are looked at.
const MAX_LINES: usize = 64;

/// The fields of one response.
pub struct Fields<'a> {
    /// Its status.
    pub status: u16,
    /// Its lines, names in lower case.
    pub lines: &'a [Pair<'a>],
    /// The server's clock when the response arrived, in epoch milliseconds: `Date` and `Age`, else the client's.
    pub reference: f64,
    /// A cache held it for a while, so what it says of quotas and load may be old.
    pub cached: bool,
}

impl<'a> Fields<'a> {
    /// Reads the two clocks. A repeated `Age` counts by its first member (RFC 9111 section 5.1), a `Date` that is
    /// no HTTP-date not at all.
    pub fn new(response: &Response<'a>, wall: WallTime) -> Self {
        let lines = response.fields;
        let wall = wall.0 as f64;
        let (age, date) = (value(lines, "age"), value(lines, "date"));
        let (mut ages, mut dates) = (&*age, &*date);
        let mut rest = Scan(scan::part(&mut ages, b','));
        let age = rest.number();
        let cached = age > 0.0 && rest.0.is_empty();
        let age = if cached { age } else { 0.0 };
        let date = date::take(&mut dates, Form::Date, wall);
        let valid = dates.is_empty() && !date.is_nan();
        Self {
            status: response.status,
            lines,
            reference: if valid { date + age * 1000.0 } else { wall },
            cached,
        }
    }
}

/// The value of a field to read numbers in, empty when absent or too long. One that holds a control character (a tab
/// counts as a space) reads as a single malformed member.
pub fn value(lines: &[Pair<'_>], name: &str) -> Vec<u8> {
    let mut value = text(lines, name);
    if value.iter().any(|&byte| scan::is(byte, class::CONTROL)) {
        value.clear();
        value.push(b'?');
    }
    value
}

/// The lines of that name, trimmed and joined by a comma and a space, as Fetch does: any characters, empty when
/// absent or too long.
pub fn text(lines: &[Pair<'_>], name: &str) -> Vec<u8> {
    let mut joined = Vec::new();
    let mut count = 0;
    for &(line, value) in lines {
        if line == name.as_bytes() && count < MAX_LINES {
            if count > 0 {
                joined.extend_from_slice(b", ");
            }
            count += 1;
            joined.extend_from_slice(scan::trim(value));
        }
    }
    if joined.len() > MAX_VALUE {
        joined.clear();
    }
    joined
}
