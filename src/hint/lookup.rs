//! Finding a field of a response, within bounds, and the clock that its absolute times are measured against.

use alloc::vec::Vec;

use super::{Response, date, field};
use crate::time::WallTime;

/// The fields that every absolute time leans on (RFC 9110 section 6.6.1, RFC 9111 section 5.1).
pub const CLOCKS: &[&str] = &["date", "age"];

/// A longer value is not read.
const MAX_VALUE: usize = 8_192;

/// No more lines of one name than this are looked at.
const MAX_LINES: u32 = 64;

/// Stands for a value that must not be read: a member that is malformed in every grammar.
const UNREADABLE: &[u8] = b"?";

/// The fields of one response.
pub struct Fields<'a> {
    /// Where they come from.
    pub response: &'a Response<'a>,
    /// The server's clock when the response arrived, in epoch milliseconds: `Date` and `Age`, else the client's.
    pub reference: f64,
    /// A cache held it for a while, so what it says of quotas and load may be old.
    pub cached: bool,
}

impl<'a> Fields<'a> {
    /// Reads the two clocks. A repeated `Age` counts by its first member (RFC 9111 section 5.1), a `Date` that is
    /// no HTTP-date not at all.
    pub fn new(response: &'a Response<'a>, wall: WallTime) -> Self {
        let mut fields = Self {
            response,
            reference: wall.0 as f64,
            cached: false,
        };
        let age = fields
            .value("age")
            .and_then(|age| field::number(field::cut(&age, b',').0))
            .unwrap_or(0.0);
        fields.cached = age > 0.0;
        if let Some(date) = fields
            .value("date")
            .and_then(|date| date::http_date(&date, fields.reference))
        {
            fields.reference = date + age * 1000.0;
        }
        fields
    }

    /// The value of a field that is a mere name: any characters, none when absent, empty or too long.
    pub fn text(&self, name: &str) -> Option<Vec<u8>> {
        self.joined(name)
            .filter(|value| !value.is_empty() && value.len() <= MAX_VALUE)
    }

    /// The value of a field to read numbers in. One that is too long or holds a control character (a tab counts as
    /// a space) reads as a single malformed member.
    pub fn value(&self, name: &str) -> Option<Vec<u8>> {
        let mut value = self.joined(name)?;
        let control = |&byte: &u8| (byte < b' ' && byte != b'\t') || byte == 0x7f;
        if value.len() > MAX_VALUE || value.iter().any(control) {
            value = UNREADABLE.to_vec();
        }
        Some(value)
    }

    /// The lines of that name, trimmed and joined by a comma and a space, as Fetch does; cut soon after the bound.
    fn joined(&self, name: &str) -> Option<Vec<u8>> {
        let mut joined: Option<Vec<u8>> = None;
        let mut lines = 0;
        for (line, value) in self.response.fields {
            if *line != name.as_bytes() || lines == MAX_LINES {
                continue;
            }
            lines += 1;
            let all = joined.get_or_insert_default();
            if lines > 1 {
                all.extend_from_slice(b", ");
            }
            let value = field::trim(value);
            let room = MAX_VALUE.saturating_sub(all.len()) + 1;
            all.extend_from_slice(value.get(..room).unwrap_or(value));
        }
        joined
    }
}
