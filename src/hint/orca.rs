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

/// How a report is written.
type Grammar = fn(&[u8], &mut Report) -> Option<()>;

/// The grammar of each field, and the prefix by which the first field says another one.
const GRAMMARS: [(&[u8], Grammar); 3] = [(b"TEXT ", text), (b"JSON ", json), (b"BIN ", binary)];

/// The names of a load, the stronger first, as protobuf and as JSON spell them, and its record in protobuf.
const LOADS: [([&[u8]; 2], u64); 2] = [
    ([b"application_utilization", b"applicationUtilization"], 9 << 3 | DOUBLE),
    ([b"cpu_utilization", b"cpuUtilization"], 1 << 3 | DOUBLE),
];

/// The wire type of a double.
const DOUBLE: u64 = 1;

fn read(answer: &Answer<'_>, findings: &mut Findings) {
    let mut fields = FIELDS.iter().zip(GRAMMARS).filter(|(name, _)| answer.has(name));
    let Some((name, (_, mut grammar))) = fields.next() else {
        return;
    };
    let value = answer.value(name);
    let mut body = &*value;
    if value.is_empty() {
        return;
    }
    for (prefix, other) in GRAMMARS {
        if *name == FIELDS[0]
            && let Some(rest) = value.strip_prefix(prefix)
        {
            (body, grammar) = (rest, other);
        }
    }
    let mut report = Report { loads: [f64::NAN; 2], names: Vec::new() };
    // Of two reports nobody knows which is right.
    if fields.next().is_some() || grammar(scan::trim(body), &mut report).is_none() {
        findings.reading.malformed += 1;
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
    fn take(&mut self, name: &[u8], value: f64) -> bool {
        for (load, ([known, _], _)) in self.loads.iter_mut().zip(LOADS) {
            if name == known {
                *load = value;
            }
        }
        is_valid(value)
    }
}

/// A number from zero up; beyond the largest is infinity.
fn is_valid(value: f64) -> bool {
    (0.0..f64::MAX).contains(&value)
}

/// Metrics with commas between them, and between name and value a colon (Envoy) or an equals sign (vLLM, Knative).
fn text(text: &[u8], report: &mut Report) -> Option<()> {
    for member in scan::members(text) {
        let at = member.iter().position(|byte| matches!(byte, b':' | b'='))?;
        let (name, value) = member.split_at(at);
        let mut rest = Scan(scan::trim(value.get(1..)?));
        let number = json::scaled(&mut rest);
        let name = scan::trim(name);
        if !rest.0.is_empty() || !report.is_new(name) || !report.take(name, number) {
            return None;
        }
    }
    Some(())
}

/// Proto3's JSON.
fn json(text: &[u8], report: &mut Report) -> Option<()> {
    let mut valid = true;
    let whole = json::walk(text, &mut |path, _, raw| {
        let first = path.iter().position(|byte| matches!(byte, b'.' | b'[')).unwrap_or(path.len());
        let (mut name, below) = path.split_at(first);
        let load = LOADS.iter().find(|(names, _)| names.contains(&name));
        if let Some(([known, _], _)) = load {
            name = known;
        }
        if !below.is_empty() {
            name = path;
        }
        let number = json::number(&mut Scan(raw));
        // The elements of an array have no names of their own; the whole has none, but is an object.
        let named = below.contains(&b'[') || report.is_new(name) || raw == b"{" && path.is_empty();
        let typed = match load {
            Some(_) => below.is_empty() && (report.take(name, number) || raw == b"null"),
            None => number.is_nan() || is_valid(number),
        };
        valid &= named && typed;
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
        match record.key >> 3 {
            // Doubles, the last of them the application's utilisation.
            1 | 2 | 6 | 7 | 9 if record.key & 7 == DOUBLE => {
                let value = double(record.bytes)?;
                for (load, (_, key)) in report.loads.iter_mut().zip(LOADS) {
                    if record.key == key {
                        *load = value;
                    }
                }
            }
            // Maps of doubles by name.
            4 | 5 | 8 => {
                while !record.bytes.is_empty() {
                    let part = protobuf::take(&mut record.bytes)?;
                    if part.key == 2 << 3 | DOUBLE {
                        double(part.bytes)?;
                    }
                }
            }
            _ => {}
        }
    }
    whole.then_some(())
}

fn double(bytes: &[u8]) -> Option<f64> {
    let value = f64::from_le_bytes(bytes.try_into().ok()?);
    is_valid(value).then_some(value)
}
