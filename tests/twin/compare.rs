//! The vectors' rules of comparison, between the parser, the twin and what a vector expects.

use tidegate::hint::{Hint, STATES};

use super::{Advice, Quota, Told};

/// The parser's words in the twin's.
pub fn told(hint: &Hint) -> Told {
    let quota = |quota: &tidegate::hint::Quota| Quota {
        name: quota.name.clone(),
        limit: quota.limit,
        remaining: quota.remaining,
        reset_ms: quota.reset_ms.map(f64::from),
        window_ms: quota.window_ms,
        unit: quota.unit.clone(),
    };
    Told {
        wait_ms: hint.wait_ms.map(f64::from),
        retry: hint.retry,
        overloaded: hint.overloaded,
        load: hint.load,
        quotas: hint.quotas.iter().map(quota).collect(),
        advice: hint.advice.as_ref().map(advice),
    }
}

fn advice(advice: &tidegate::hint::Advice) -> Advice {
    let state = |place: u8| String::from_utf8_lossy(STATES[usize::from(place)]).into_owned();
    Advice {
        state: advice.state.map(state),
        share: advice.share,
        batch: advice.batch.map(f64::from),
        off: advice.off.as_ref().map(|names| names.lines().map(str::to_owned).collect()),
        for_ms: f64::from(advice.for_ms),
    }
}

/// The first member in which two differ, if there is one.
pub fn difference(one: &Told, other: &Told) -> Option<String> {
    let differ = |what: &str, same: bool| (!same).then(|| what.to_owned());
    let members = differ("wait_ms", near(one.wait_ms, other.wait_ms, 1.0))
        .or_else(|| differ("retry", one.retry == other.retry))
        .or_else(|| differ("overloaded", one.overloaded == other.overloaded))
        .or_else(|| differ("load", near(one.load, other.load, 1e-9)))
        .or_else(|| differ("advice", one.advice == other.advice))
        .or_else(|| differ("number of quotas", one.quotas.len() == other.quotas.len()));
    members.or_else(|| {
        one.quotas.iter().find_map(|quota| {
            let Some(twin) = other.quotas.iter().find(|twin| twin.name == quota.name) else {
                return Some(format!("quota {:?}", quota.name));
            };
            let numbers = equal(quota.limit, twin.limit)
                && equal(quota.remaining, twin.remaining)
                && equal(quota.window_ms, twin.window_ms)
                && near(quota.reset_ms, twin.reset_ms, 1.0);
            differ(&format!("quota {:?}", quota.name), numbers && quota.unit == twin.unit)
        })
    })
}

/// The normal form: what holds for any input at all.
pub fn check_form(hint: &Hint) {
    let longest = super::number::LONGEST_MS as u32;
    let count = |value: Option<f64>| value.is_none_or(|value| value.is_finite() && value >= 0.0);
    assert!(hint.wait_ms.is_none_or(|ms| ms <= longest), "{hint:?}");
    assert!(hint.load.is_none_or(|load| (0.0..=1.0).contains(&load)), "{hint:?}");
    let mut names: Vec<&str> = hint.quotas.iter().map(|quota| quota.name.as_str()).collect();
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{hint:?}");
    for quota in &hint.quotas {
        assert!(quota.reset_ms.is_none_or(|ms| ms <= longest), "{quota:?}");
        assert!(count(quota.limit) && count(quota.remaining), "{quota:?}");
        assert!(quota.window_ms.is_none_or(|ms| ms.is_finite() && ms > 0.0), "{quota:?}");
        assert!(quota.limit.is_some() || quota.remaining.is_some() || quota.reset_ms.is_some(), "{quota:?}");
    }
}

fn near(one: Option<f64>, other: Option<f64>, by: f64) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => (one - other).abs() <= by,
        (one, other) => one.is_none() && other.is_none(),
    }
}

/// Numerically equal, but for the last bits of numbers that no double holds exactly.
fn equal(one: Option<f64>, other: Option<f64>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => (one - other).abs() <= one.abs() * 8.0 * f64::EPSILON,
        (one, other) => one.is_none() && other.is_none(),
    }
}
