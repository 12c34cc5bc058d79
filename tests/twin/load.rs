//! L: load.

use super::binary::{self, Value};
use super::json::Json;
use super::number::{number, trim};
use super::{Answer, backpressure};

pub fn read(answer: &Answer) -> Option<f64> {
    // Q6.
    if answer.clock.cached {
        return None;
    }
    let percentage = || number(answer.fields.clean("x-ms-throttle-limit-percentage")?);
    backpressure::load(answer).or_else(|| orca(answer)).or_else(percentage).map(|load| load.min(1.0))
}

/// What a report says of the two utilisations.
#[derive(Default)]
struct Report {
    cpu: Option<f64>,
    application: Option<f64>,
}

/// L3: which field, and in which form.
fn orca(answer: &Answer) -> Option<f64> {
    let names = ["endpoint-load-metrics", "endpoint-load-metrics-json", "endpoint-load-metrics-bin"];
    let present: Vec<&str> = names.into_iter().filter(|name| answer.fields.value(name).is_some()).collect();
    let [name] = present[..] else { return None };
    let value = answer.fields.clean(name)?;
    let report = match name {
        "endpoint-load-metrics-json" => json(value),
        "endpoint-load-metrics-bin" => bin(value),
        _ => match value.split_once(' ') {
            Some(("JSON", rest)) => json(rest),
            Some(("BIN", rest)) => bin(rest),
            Some(("TEXT", rest)) => text(rest),
            _ => text(value),
        },
    }?;
    // L2.
    let above = |value: Option<f64>| value.filter(|value| *value > 0.0);
    above(report.application).or(above(report.cpu)).or(report.cpu).or(report.application)
}

fn text(value: &str) -> Option<Report> {
    let mut seen: Vec<(&str, f64)> = Vec::new();
    for member in value.split(',') {
        let (name, figure) = member.split_once([':', '='])?;
        let (name, figure) = (trim(name), exponent_number(trim(figure))?);
        if name.is_empty() || seen.iter().any(|(known, _)| *known == name) {
            return None;
        }
        seen.push((name, figure));
    }
    let of = |wanted: &str| seen.iter().find(|(name, _)| *name == wanted).map(|(_, figure)| *figure);
    Some(Report { cpu: of("cpu_utilization"), application: of("application_utilization") })
}

/// N1 with an exponent.
fn exponent_number(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let power = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let valid = number(mantissa).is_some() && !power.is_empty() && power.bytes().all(|b| b.is_ascii_digit());
    let value = text.parse::<f64>().ok().filter(|_| valid)?;
    value.is_finite().then_some(value)
}

fn json(value: &str) -> Option<Report> {
    let Json::Object(members) = Json::parse(value)? else { return None };
    let mut report = Report::default();
    let mut seen = Vec::new();
    for (name, value) in members {
        let name = snake_case(&name);
        if seen.contains(&name) || !is_valid(&value) {
            return None;
        }
        match (name.as_str(), &value) {
            ("cpu_utilization", Json::Number(figure)) => report.cpu = Some(*figure),
            ("application_utilization", Json::Number(figure)) => report.application = Some(*figure),
            ("cpu_utilization" | "application_utilization", Json::Null) => {}
            ("cpu_utilization" | "application_utilization", _) => return None,
            _ => {}
        }
        seen.push(name);
    }
    Some(report)
}

fn snake_case(name: &str) -> String {
    match name {
        "cpuUtilization" => "cpu_utilization".to_owned(),
        "applicationUtilization" => "application_utilization".to_owned(),
        name => name.to_owned(),
    }
}

/// Nothing negative, infinite or named twice, wherever it stands. What is beyond a double was parsed as the largest.
fn is_valid(value: &Json) -> bool {
    match value {
        Json::Number(figure) => *figure >= 0.0 && *figure < f64::MAX,
        Json::List(items) => items.iter().all(is_valid),
        Json::Object(members) => {
            let once = |name: &str| members.iter().filter(|(known, _)| known == name).count() == 1;
            members.iter().all(|(name, value)| once(name) && is_valid(value))
        }
        Json::Null | Json::Bool(_) | Json::Text(_) => true,
    }
}

/// ORCA's message: doubles 1, 2, 6, 7 and 9; maps from a name to a double 4, 5 and 8. A member of another wire type is
/// another member; of a scalar the last counts.
fn bin(value: &str) -> Option<Report> {
    let fields = binary::message(&binary::base64(trim(value))?)?;
    let mut report = Report::default();
    for (number, value) in fields {
        match (number, value) {
            (1, Value::Fixed64(bits)) => report.cpu = Some(figure(bits)?),
            (9, Value::Fixed64(bits)) => report.application = Some(figure(bits)?),
            (2 | 6 | 7, Value::Fixed64(bits)) => drop(figure(bits)?),
            (4 | 5 | 8, Value::Bytes(entry)) => {
                for (number, value) in binary::message(&entry)? {
                    if let (2, Value::Fixed64(bits)) = (number, value) {
                        figure(bits)?;
                    }
                }
            }
            _ => {}
        }
    }
    Some(report)
}

fn figure(bits: u64) -> Option<f64> {
    Some(f64::from_bits(bits)).filter(|figure| figure.is_finite() && *figure >= 0.0)
}
