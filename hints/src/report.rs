//! A reading in words and as JSON.

use std::fmt::Write;
use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Value, json};
use tidegate::hint::{DIALECTS, Quota, Reading};

use crate::message::Message;

/// For people.
pub fn text(message: &Message<'_>, reading: &Reading, now: i64) -> String {
    let mut out = String::new();
    let mut say = |what: &str, text: String| {
        let _ = writeln!(out, "{what:<12}{text}");
    };
    let hint = &reading.hint;
    say("status", message.status.to_string());
    say("wait", hint.wait_ms.map_or("the server named no time".into(), |ms| wait(ms, now)));
    say("retry", hint.retry.map_or("no word", |yes| if yes { "yes" } else { "no" }).into());
    say("overloaded", if hint.overloaded { "yes" } else { "no" }.into());
    say("load", hint.load.map_or("not told".into(), |load| format!("{:.1} %", load * 100.0)));
    for quota in &hint.quotas {
        say("quota", words(quota));
    }
    let source = reading.source.unwrap_or("nothing: there is no hint in it");
    say("read from", source.into());
    if let Some(dialect) =
        DIALECTS.iter().find(|d| d.fields.iter().chain(d.members).any(|name| *name == source))
    {
        say("", format!("{}: {}", dialect.name, dialect.spec));
    }
    say("malformed", format!("{} ignored", reading.malformed));
    out
}

fn wait(ms: u32, now: i64) -> String {
    let until = u64::try_from(now).unwrap_or(0).saturating_add(u64::from(ms));
    let until = UNIX_EPOCH + Duration::from_millis(until);
    format!("{ms} ms, until {}", humantime::format_rfc3339_millis(until))
}

fn words(quota: &Quota) -> String {
    let number = |number: Option<f64>| number.map_or("?".into(), |n| n.to_string());
    let Quota { name, unit, .. } = quota;
    let mut text = format!("{name:?}: {} of {} {unit} left", number(quota.remaining), number(quota.limit));
    if let Some(ms) = quota.window_ms {
        let _ = write!(text, " in {ms} ms");
    }
    if let Some(ms) = quota.reset_ms {
        let _ = write!(text, ", more in {ms} ms");
    }
    text
}

/// For programs: the members that `readHints` has, and where they were read.
pub fn json(message: &Message<'_>, reading: &Reading) -> String {
    let hint = &reading.hint;
    let quotas: Vec<Value> = hint
        .quotas
        .iter()
        .map(|quota| {
            json!({
                "name": quota.name, "limit": quota.limit, "remaining": quota.remaining,
                "resetMs": quota.reset_ms, "windowMs": quota.window_ms, "unit": quota.unit,
            })
        })
        .collect();
    let all = json!({
        "status": message.status, "waitMs": hint.wait_ms, "retry": hint.retry, "overloaded": hint.overloaded,
        "load": hint.load, "quotas": quotas, "field": reading.source, "malformed": reading.malformed,
    });
    format!("{all:#}\n")
}
