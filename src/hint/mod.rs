//! What the server says: one response in, one [`Hint`] out.
//!
//! Each family of fields is a dialect: one file, one row in [`DIALECTS`], one file of vectors. The order of the rows
//! is their precedence. Reading never fails, never panics and never decides: what is malformed is ignored and
//! counted; caps, spread and budgets are the gate's. A value of more than 8192 characters is not read, of one name
//! no more than 64 lines; waits and resets are at most 2^31 - 1 ms, the longest delay that a browser's timer holds.
//!
//! ```
//! use tidegate::hint::{Response, read};
//! use tidegate::time::WallTime;
//!
//! let fields: &[(&[u8], &[u8])] = &[(b"retry-after", b"120")];
//! let reading = read(&Response { status: 503, fields, body: None }, WallTime(0));
//! assert_eq!(reading.hint.wait_ms, Some(120_000));
//! assert!(reading.hint.overloaded);
//! assert_eq!(reading.source, Some("retry-after"));
//! ```

use alloc::string::String;
use alloc::vec::Vec;

use crate::text::{date, scan};
use crate::time::WallTime;

use answer::Answer;
use settle::Findings;

pub use backpressure::{Advice, STATES};

mod amazon;
mod answer;
mod azure;
mod backpressure;
mod base64;
mod body;
mod codes;
mod envoy;
mod error_codes;
mod event_stream;
mod family;
mod field;
mod github;
mod graph;
mod graphql;
mod grpc;
mod hubspot;
mod json;
mod orca;
mod problem;
mod protobuf;
mod ratelimit;
mod ratelimit_dictionary;
mod ratelimit_dimensions;
mod ratelimit_fields;
mod retry_after;
mod retry_body;
mod retry_info;
mod salesforce;
mod settle;
mod shopify;
mod should_retry;
mod status;
#[doc(hidden)]
pub mod structured;
mod x_retry_after;
mod zendesk;

/// All that one response says about the server's load and about when to come again. Times count from its arrival.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hint {
    /// Wait this long before trying again, in milliseconds, at most 2^31 - 1; none when the server named no time.
    pub wait_ms: Option<u32>,
    /// The server's explicit word: try again, or do not.
    pub retry: Option<bool>,
    /// An explicit overload or throttle signal.
    pub overloaded: bool,
    /// Utilisation from 0 to 1 where the server reports one.
    pub load: Option<f64>,
    /// The quotas it told, each name once.
    pub quotas: Vec<Quota>,
    /// What it asks for beyond that, in a `Backpressure` field.
    pub advice: Option<Advice>,
}

/// One quota of a server, as it was told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Quota {
    /// As sent; data from the network, may be any string.
    pub name: String,
    /// How much is allowed in a window; as sent, not capped; finite and not negative.
    pub limit: Option<f64>,
    /// How much is left; as sent, not capped; finite and not negative.
    pub remaining: Option<f64>,
    /// When more comes, in milliseconds from now, at most 2^31 - 1.
    pub reset_ms: Option<u32>,
    /// How long the window is, in milliseconds; above zero, not capped.
    pub window_ms: Option<f64>,
    /// What is counted; `requests` unless told otherwise.
    pub unit: String,
}

/// What arrived, as far as hints may stand in it.
#[derive(Clone, Copy, Debug)]
pub struct Response<'a> {
    /// The HTTP status; 0 where the browser hides it.
    pub status: u16,
    /// Lower-case name and raw value of each field, in wire order; repeated names are joined as Fetch does.
    pub fields: &'a [(&'a [u8], &'a [u8])],
    /// The body's bytes where they were read.
    pub body: Option<&'a [u8]>,
}

/// A hint, where it was found, and what was thrown away.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// What the response said.
    pub hint: Hint,
    /// The field that the wait was read from, else the strongest signal's: `status`, or the field of a quota.
    pub source: Option<&'static str>,
    /// How many members were ignored as malformed.
    pub malformed: u32,
}

/// One family of fields and how to read it. To add one: a file here, a row in [`DIALECTS`], a file of vectors.
#[derive(Clone, Copy)]
pub struct Dialect {
    /// Stable name, as in the vectors' file name.
    pub name: &'static str,
    /// Where it is specified.
    pub spec: &'static str,
    /// The exact response fields that it reads, lower-case: only these need to cross from JavaScript.
    pub fields: &'static [&'static str],
    /// The names of further fields, as a manual writes them: `[X-]RateLimit-Limit-DIM`. All hold one of [`MARKS`].
    pub families: &'static [&'static str],
    /// The paths of members of a JSON body, as [`json`] writes them.
    pub members: &'static [&'static str],
    /// Other bodies that it reads, as a manual writes them.
    pub bodies: &'static str,
    read: Reader,
}

impl Dialect {
    /// Reads nothing.
    const PLAIN: Self =
        Self { name: "", spec: "", fields: &[], families: &[], members: &[], bodies: "", read: |_, _| {} };
}

/// What the name of every field of a family holds: worth to cross, whatever else the name says.
pub const MARKS: &[&str] = &["ratelimit", "rate-limit", "retry"];

/// A longer body is not read, in bytes.
pub const MAX_BODY: usize = 65_536;

type Reader = fn(&Answer<'_>, &mut Findings);

/// Every dialect, strongest claim first.
pub const DIALECTS: &[Dialect] = &[
    status::DIALECT,
    retry_after::DIALECT,
    should_retry::DIALECT,
    retry_info::DIALECT,
    grpc::DIALECT,
    x_retry_after::DIALECT,
    envoy::DIALECT,
    backpressure::DIALECT,
    retry_body::DIALECT,
    error_codes::DIALECT,
    graphql::DIALECT,
    github::DIALECT,
    ratelimit::DIALECT,
    ratelimit_dictionary::DIALECT,
    ratelimit_fields::DIALECT,
    ratelimit_dimensions::DIALECT,
    shopify::DIALECT,
    salesforce::DIALECT,
    hubspot::DIALECT,
    zendesk::DIALECT,
    azure::DIALECT,
    amazon::DIALECT,
    problem::DIALECT,
    event_stream::DIALECT,
    orca::DIALECT,
    graph::DIALECT,
];

/// A dialect as it ships: names and specifications weigh nothing in the module. It is asked only when the response has
/// one of these signs, which most responses have of few dialects.
struct Row {
    read: Reader,
    signs: u64,
}

/// Signs that are no name's: of every response; of one with a body; of one with a field of an open family.
const ANY: u64 = 1 << 61;
const BODY: u64 = 1 << 62;
const FAMILY: u64 = 1 << 63;

/// What stands in every name of an open family.
const STEM: &[u8] = b"limit";

/// One of 61 signs: two names may share theirs, and then a dialect is asked in vain.
const fn sign(name: &[u8]) -> u64 {
    match name {
        [first, .., last] => 1 << ((*first as usize + 5 * *last as usize + 7 * name.len()) % 61),
        _ => ANY,
    }
}

/// The dialect that this build leaves out, or `all`: so it is known what each adds to the module (`cargo xtask weigh`).
const WITHOUT: &[u8] = match option_env!("TIDEGATE_WITHOUT") {
    Some(name) => name.as_bytes(),
    None => b"",
};

/// The table as a build has it that leaves this dialect out.
const fn table(without: &[u8]) -> [Dialect; DIALECTS.len()] {
    let mut table = [Dialect::PLAIN; DIALECTS.len()];
    let mut row = 0;
    while row < DIALECTS.len() {
        if !same(without, DIALECTS[row].name.as_bytes()) && !same(without, b"all") {
            table[row] = DIALECTS[row];
        }
        row += 1;
    }
    table
}

/// Are they equal?
const fn same(one: &[u8], other: &[u8]) -> bool {
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}

const SHIPPED: [Dialect; DIALECTS.len()] = table(WITHOUT);

const ROWS: [Row; DIALECTS.len()] = {
    let mut rows = [const { Row { read: Dialect::PLAIN.read, signs: ANY } }; DIALECTS.len()];
    let mut row = 0;
    while row < DIALECTS.len() {
        let Dialect { fields, families, members, bodies, read, .. } = SHIPPED[row];
        let mut signs = 0;
        let mut at = 0;
        while at < fields.len() {
            signs |= sign(fields[at].as_bytes());
            at += 1;
        }
        if !families.is_empty() {
            signs |= FAMILY;
        }
        if !members.is_empty() || !bodies.is_empty() {
            signs |= BODY;
        }
        rows[row] = Row { read, signs: if signs == 0 { ANY } else { signs } };
        row += 1;
    }
    rows
};

/// The signs of a response.
fn signs(answer: &Answer<'_>) -> u64 {
    let mut signs = if answer.body.is_empty() { ANY } else { ANY | BODY };
    for (name, _) in answer.lines {
        signs |= sign(name);
        if name.windows(STEM.len()).any(|part| part == STEM) {
            signs |= FAMILY;
        }
    }
    signs
}

/// The paths that the dialects ask for, one after the other.
const MEMBERS: [&str; count()] = {
    let mut all = [""; count()];
    let (mut row, mut next) = (0, 0);
    while row < SHIPPED.len() {
        let mut at = 0;
        while at < SHIPPED[row].members.len() {
            all[next] = SHIPPED[row].members[at];
            (at, next) = (at + 1, next + 1);
        }
        row += 1;
    }
    all
};

/// The place of a path in [`MEMBERS`], the first of equal ones; none that there is when its dialect is left out.
const fn member(path: &str) -> usize {
    let mut at = 0;
    while at < MEMBERS.len() && !same(MEMBERS[at].as_bytes(), path.as_bytes()) {
        at += 1;
    }
    at
}

/// How many there are.
const fn count() -> usize {
    let (mut count, mut row) = (0, 0);
    while row < SHIPPED.len() {
        count += SHIPPED[row].members.len();
        row += 1;
    }
    count
}

/// Reads all that a response says. `wall`: the client's clock when it arrived, used where the server's own is hidden.
pub fn read(response: &Response<'_>, wall: WallTime) -> Reading {
    let media = answer::media(response);
    let body = response.body.unwrap_or_default();
    // Trailers are fields that come late.
    let trailers = body::trailers(media, body);
    let mut lines = response.fields.to_vec();
    body::lines(&trailers, &mut lines);
    let answer = Answer::new(response.status, &lines, media, body, wall);
    let mut findings = Findings::new(response.status);
    let signs = signs(&answer);
    for row in &ROWS {
        if row.signs & signs != 0 {
            (row.read)(&answer, &mut findings);
        }
    }
    findings.settle(&answer);
    findings.reading
}

/// Reads header text of one line per field, `name: value\n`, names in lower case, and behind an empty line the body:
/// what crosses from JavaScript. The caller replaces a line break inside a value by another control character, so that
/// the value stays invalid and cannot pose as a field. A line without a colon is a field without a value.
pub fn read_text(status: u16, text: &[u8], wall: WallTime) -> Reading {
    let mut end = 0;
    while let Some(line) = text.get(end..).filter(|rest| !rest.is_empty() && !rest.starts_with(b"\n")) {
        end += line.iter().position(|&byte| byte == b'\n').map_or(line.len(), |at| at + 1);
    }
    let (head, rest) = text.split_at(end);
    let fields = &scan::pairs(head, b'\n', b':');
    read(&Response { status, fields, body: rest.get(1..) }, wall)
}

/// Every exact field name that a dialect reads, and the two that correct clocks: sorted, each once. What
/// `Access-Control-Expose-Headers` has to name, and what JavaScript looks for.
pub fn fields() -> Vec<&'static str> {
    let mut all: Vec<&'static str> = Vec::new();
    let names = DIALECTS.iter().flat_map(|dialect| dialect.fields);
    for name in names.chain(answer::CLOCKS) {
        if let Err(place) = all.binary_search(name) {
            all.insert(place, name);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_can_leave_out_each_dialect_and_all() {
        let names = |table: &[Dialect]| table.iter().map(|dialect| dialect.name).collect::<Vec<_>>();
        let every = names(DIALECTS);
        assert_eq!(names(&table(b"")), every);
        assert!(names(&table(b"all")).iter().all(|name| name.is_empty()));
        for (row, left_out) in every.iter().enumerate() {
            let mut rest = every.clone();
            rest[row] = "";
            assert_eq!(names(&table(left_out.as_bytes())), rest);
        }
    }

    #[test]
    fn a_dialect_that_is_left_out_reads_nothing() {
        let lines: &[(&[u8], &[u8])] = &[(b"retry-after", b"120")];
        let answer = Answer::new(503, lines, body::Media::Other, &[], WallTime(0));
        let wait = |table: &[Dialect]| {
            let mut findings = Findings::new(503);
            for dialect in table {
                (dialect.read)(&answer, &mut findings);
            }
            findings.settle(&answer);
            findings.reading.hint.wait_ms
        };
        assert_eq!(wait(&table(b"")), Some(120_000));
        assert_eq!(wait(&table(b"orca")), Some(120_000));
        assert_eq!(wait(&table(b"retry-after")), None);
        assert_eq!(wait(&table(b"all")), None);
    }
}
