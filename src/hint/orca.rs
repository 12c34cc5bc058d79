//! Open Request Cost Aggregation: a server's report of its own load in a response field, as text, JSON or protobuf
//! (`xds.data.orca.v3.OrcaLoadReport`). Envoy's parser is the model: what is not a number from zero up, or stands
//! twice, rejects the report. Of what it tells, only the two utilisations that gRFC A58 balances by are a load.

use alloc::vec::Vec;

use super::Dialect;
use super::answer::Answer;
use super::json;
use super::scan::{self, Scan};
use super::settle::Findings;
use super::{base64, protobuf};

pub(super) const DIALECT: Dialect = Dialect {
    name: "orca",
    spec: "xds.data.orca.v3.OrcaLoadReport; gRFC A51, A58; Envoy's parser",
    fields: FIELDS,
    read,
    ..Dialect::PLAIN
};

const FIELDS: &[&str] = &["endpoint-load-metrics", "endpoint-load-metrics-json", "endpoint-load-metrics-bin"];

/// How the first field says which of the three it might be.
const KINDS: &[u8] = b"TEXT JSON BIN";

/// The names of a load, the stronger first, as protobuf spells them, and as JSON may too.
const LOADS: &[u8] = b"application_utilization cpu_utilization";
const JSON_LOADS: &[u8] = b"applicationUtilization cpuUtilization";

fn read(answer: &Answer<'_>, findings: &mut Findings) {
    let (mut kind, mut count) = (FIELDS.len(), 0);
    for place in (0..FIELDS.len()).rev() {
        if FIELDS.get(place).is_some_and(|name| answer.has(name)) {
            (kind, count) = (place, count + 1);
        }
    }
    let Some(name) = FIELDS.get(kind) else {
        return;
    };
    let value = answer.value(name);
    let mut body = &*value;
    if kind == 0 {
        let (word, rest) = scan::cut(body, b" ");
        let told = scan::place(KINDS, word);
        if told != scan::NOWHERE && !rest.is_empty() {
            (kind, body) = (told, scan::trim(rest));
        }
    }
    let mut report = Report { loads: [f64::NAN; 2], names: Vec::new() };
    let valid = match kind {
        0 => text(body, &mut report),
        1 => json(body, &mut report),
        _ => binary(body, &mut report),
    };
    // Of two reports nobody knows which is right.
    if valid.is_none() || count > 1 {
        findings.reading.malformed += u32::from(!value.is_empty());
        return;
    }
    let [application, cpu] = report.loads;
    findings.load(if application > 0.0 { application } else { cpu.max(application) });
}

/// What a report told so far.
struct Report {
    /// As [`LOADS`].
    loads: [f64; 2],
    /// The names that it told, sorted.
    names: Vec<Vec<u8>>,
}

impl Report {
    /// Remembers a name; false when it was there before, or is none.
    fn is_new(&mut self, name: &[u8]) -> bool {
        let place = self.names.binary_search_by(|known| known.as_slice().cmp(name));
        if let Err(place) = place {
            self.names.insert(place, name.to_vec());
        }
        place.is_err() && !name.is_empty()
    }

    /// Takes what a metric says; false when that rejects the report.
    fn take(&mut self, metric: usize, value: f64) -> bool {
        if let Some(load) = self.loads.get_mut(metric) {
            *load = value;
        }
        // Beyond the largest is infinity.
        (0.0..f64::MAX).contains(&value)
    }

    /// Takes what a metric says as protobuf has it, like [`Report::take`].
    fn double(&mut self, metric: usize, bytes: &[u8]) -> Option<()> {
        let value = f64::from_le_bytes(bytes.try_into().ok()?);
        self.take(metric, value).then_some(())
    }
}

/// A metric that is no load.
const OTHER: usize = scan::NOWHERE;

/// Metrics with commas between them, and between name and value a colon (Envoy) or an equals sign (vLLM, Knative).
fn text(text: &[u8], report: &mut Report) -> Option<()> {
    let mut valid = true;
    scan::each(text, &mut |member| {
        let (name, value) = scan::cut(member, b":=");
        let mut rest = Scan(scan::trim(value.get(1..).unwrap_or_default()));
        let number = json::scaled(&mut rest);
        let name = scan::trim(name);
        // Without a mark there is no number either.
        valid &= rest.0.is_empty() && report.is_new(name) && report.take(scan::place(LOADS, name), number);
    });
    valid.then_some(())
}

/// Proto3's JSON.
fn json(text: &[u8], report: &mut Report) -> Option<()> {
    let mut valid = true;
    let whole = json::walk(text, &mut |path, _, raw| {
        let spelt = scan::place(JSON_LOADS, path);
        // Both spellings are one name.
        let load = spelt.min(scan::place(LOADS, path));
        let name: &[u8] = match spelt {
            OTHER => path,
            0 => b"application_utilization",
            _ => b"cpu_utilization",
        };
        // The elements of an array have no names of their own; the whole has none, but is an object.
        let named = scan::holds(path, b"[") || report.is_new(name) || path.is_empty() && raw == b"{";
        let number = json::number(&mut Scan(raw));
        let typed = if load == OTHER { number.is_nan() } else { raw == b"null" };
        valid &= named && (report.take(load, number) || typed);
    });
    (whole && valid).then_some(())
}

/// Base64 of the protobuf. Of a field that stands twice the last counts, as the format has it.
fn binary(text: &[u8], report: &mut Report) -> Option<()> {
    let mut bytes = Vec::new();
    let whole = base64::decode(text, &mut bytes);
    let mut rest = &*bytes;
    while !rest.is_empty() {
        let mut record = protobuf::take(&mut rest)?;
        let metric = match record.key {
            APPLICATION => 0,
            CPU => 1,
            MEMORY | REQUESTS | ERRORS => OTHER,
            COSTS | UTILIZATIONS | NAMED => {
                while !record.bytes.is_empty() {
                    let part = protobuf::take(&mut record.bytes)?;
                    if part.key == MAP_VALUE {
                        report.double(OTHER, part.bytes)?;
                    }
                }
                continue;
            }
            _ => continue,
        };
        report.double(metric, record.bytes)?;
    }
    whole.then_some(())
}

// The records of doubles, and of maps of doubles by name: the number of the field times eight, and its wire type.
const CPU: u64 = 1 << 3 | 1;
const MEMORY: u64 = 2 << 3 | 1;
const COSTS: u64 = 4 << 3 | 2;
const UTILIZATIONS: u64 = 5 << 3 | 2;
const REQUESTS: u64 = 6 << 3 | 1;
const ERRORS: u64 = 7 << 3 | 1;
const NAMED: u64 = 8 << 3 | 2;
const APPLICATION: u64 = 9 << 3 | 1;
/// In the record of such a map.
const MAP_VALUE: u64 = 2 << 3 | 1;
