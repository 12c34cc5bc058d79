//! L: load.

use super::Answer;
use super::binary::{self, Value};
use super::json::Json;
use super::number::number;

pub fn read(answer: &Answer) -> Option<f64> {
    // Q6.
    if answer.clock.cached {
        return None;
    }
    let percentage = || number(answer.fields.clean("x-ms-throttle-limit-percentage")?);
    orca(answer).or_else(percentage).map(|load| load.min(1.0))
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
        let (name, figure) = (name.trim_matches(' '), exponent_number(figure.trim_matches(' '))?);
        if seen.iter().any(|(known, _)| *known == name) {
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

/// Nothing negative, wherever it stands.
fn is_valid(value: &Json) -> bool {
    match value {
        Json::Number(figure) => *figure >= 0.0,
        Json::List(items) => items.iter().all(is_valid),
        Json::Object(members) => members.iter().all(|(_, value)| is_valid(value)),
        Json::Null | Json::Bool(_) | Json::Text(_) => true,
    }
}

fn bin(value: &str) -> Option<Report> {
    let fields = binary::message(&binary::base64(value.trim_matches(' '))?)?;
    let mut report = Report::default();
    for (number, value) in fields {
        let place = match number {
            1 => &mut report.cpu,
            9 => &mut report.application,
            _ => continue,
        };
        let Value::Fixed64(bits) = value else { return None };
        let figure = f64::from_bits(bits);
        if place.is_some() || !figure.is_finite() || figure < 0.0 {
            return None;
        }
        *place = Some(figure);
    }
    Some(report)
}
