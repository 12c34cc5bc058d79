//! A response as dialects read it: finding a field, within bounds, the clock that absolute times are measured
//! against, and what stands in the body.

use alloc::vec::Vec;

use super::body::Media;
use super::json::{self, Leaf};
use super::scan::{self, Pair, Scan, class};
use super::{Response, STEM, date};
use crate::time::WallTime;

/// The fields that every dialect leans on: the clocks (RFC 9110 section 6.6.1, RFC 9111 section 5.1), and what kind of
/// body there is (RFC 9110 section 8.3).
pub const CLOCKS: &[&str] = &["date", "age"];

/// A longer value is not read.
const MAX_VALUE: usize = 8_192;

/// No more lines of one name than this are looked at.
const MAX_LINES: usize = 64;

/// No more names of one open family than this are looked at.
const MAX_NAMES: usize = 256;

/// What one response holds.
pub struct Answer<'a> {
    /// Its status.
    pub status: u16,
    /// Its lines, names in lower case, then the trailers of a gRPC-Web body.
    pub lines: &'a [Pair<'a>],
    /// The server's clock when the response arrived, in epoch milliseconds: `Date` and `Age`, else the client's.
    pub reference: f64,
    /// A cache held it for a while, so what it says of quotas and load may be old.
    pub cached: bool,
    /// What the body is.
    pub media: Media,
    /// The body; empty when it was not read, or is longer than is read.
    pub body: &'a [u8],
    /// The members of a JSON body that some dialect asked for.
    pub leaves: Vec<Leaf<'a>>,
}

impl<'a> Answer<'a> {
    /// Reads the two clocks and the members of a JSON body. A repeated `Age` counts by its first member (RFC 9111
    /// section 5.1), a `Date` that is no HTTP-date not at all.
    pub fn new(status: u16, lines: &'a [Pair<'a>], media: Media, body: &'a [u8], wall: WallTime) -> Self {
        let wall = wall.0 as f64;
        let (age, date) = (value(lines, b"age"), value(lines, b"date"));
        let (mut ages, mut dates) = (&*age, &*date);
        let mut rest = Scan(scan::part(&mut ages, b','));
        let age = rest.number();
        let cached = age > 0.0 && rest.0.is_empty();
        let age = if cached { age } else { 0.0 };
        let date = date::take(&mut dates, date::HTTP, wall);
        let valid = dates.is_empty() && !date.is_nan();
        Self {
            status,
            lines,
            reference: if valid { date + age * 1000.0 } else { wall },
            cached,
            media,
            body,
            leaves: if media == Media::Json { json::leaves(body) } else { Vec::new() },
        }
    }

    /// The value of a field, as [`value`] has it.
    pub fn value(&self, name: &str) -> Vec<u8> {
        value(self.lines, name.as_bytes())
    }

    /// Hands over the fields whose names begin so and go on, each once: what stands behind the beginning, and the value.
    /// How a family is found whose names are open.
    pub fn family(&self, stem: &[u8], take: &mut dyn FnMut(&'a [u8], &mut [u8])) {
        let mut names = Vec::<&[u8]>::new();
        for &(name, _) in self.lines {
            if let Some(rest) = name.strip_prefix(stem)
                && !rest.is_empty()
                && scan::holds(name, STEM)
                && names.len() < MAX_NAMES
                && !names.contains(&rest)
            {
                names.push(rest);
                take(rest, &mut value(self.lines, name));
            }
        }
    }

    /// Is there a field of that name that is not too long to be read? It may be empty.
    pub fn told(&self, name: &str) -> bool {
        joined(self.lines, name.as_bytes()).is_some()
    }

    /// Is there a field of that name, whatever its value?
    pub fn has(&self, name: &str) -> bool {
        self.lines.iter().any(|(line, _)| *line == name.as_bytes())
    }

    /// A member's value as it is written, of a name that stands twice the last, as JSON's readers have it. `member`: the
    /// place of its path among those that dialects ask for.
    pub fn raw(&self, member: usize) -> &'a [u8] {
        self.leaves.iter().rfind(|leaf| leaf.member == member).map_or(&[], |leaf| leaf.raw)
    }

    /// A member's text, empty when it is none.
    pub fn text(&self, member: usize) -> Vec<u8> {
        json::text(self.raw(member))
    }

    /// A member's number, NaN when it is none or has a sign.
    pub fn number(&self, member: usize) -> f64 {
        json::scaled(&mut Scan(self.raw(member)))
    }
}

/// The value of a field to read numbers in, empty when absent or too long. One that holds a control character (a tab
/// counts as a space) reads as a single malformed member.
pub fn value(lines: &[Pair<'_>], name: &[u8]) -> Vec<u8> {
    let mut value = text(lines, name);
    if value.iter().any(|&byte| scan::is(byte, class::CONTROL)) {
        value.clear();
        value.push(b'?');
    }
    value
}

/// The lines of that name, trimmed and joined by a comma and a space, as Fetch does: any characters, empty when
/// absent or too long.
pub fn text(lines: &[Pair<'_>], name: &[u8]) -> Vec<u8> {
    joined(lines, name).unwrap_or_default()
}

fn joined(lines: &[Pair<'_>], name: &[u8]) -> Option<Vec<u8>> {
    let mut joined = Vec::new();
    let mut count = 0;
    for &(line, value) in lines {
        if line == name && count < MAX_LINES {
            if count > 0 {
                joined.extend_from_slice(b", ");
            }
            count += 1;
            joined.extend_from_slice(scan::trim(value));
        }
    }
    // An empty last line leaves a blank that is none of the value.
    joined.truncate(scan::trim(&joined).len());
    (count > 0 && joined.len() <= MAX_VALUE).then_some(joined)
}

/// What the fields and the body of a response are, before anything is read.
pub fn media(response: &Response<'_>) -> Media {
    match response.body {
        Some(body) if body.len() <= super::MAX_BODY => {
            Media::of(&text(response.fields, b"content-type"), body)
        }
        _ => Media::Other,
    }
}
