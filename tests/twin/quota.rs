//! Q: quotas, all but the families of Q8 and Q9.

use super::clock::Clock;
use super::fields::{
    Fields, bare, first_limit, least_remaining, longest_member, old_policies, split_outside_quotes,
};
use super::json::Json;
use super::number::{longest, milliseconds, number, trim};
use super::{Answer, Quota, overload, policy, vendor};

/// Q2: the unnamed families in their order.
const FAMILIES: [&str; 4] = ["ratelimit", "x-ratelimit", "x-rate-limit", "rate-limit"];

pub fn read(answer: &Answer) -> Vec<Quota> {
    // Q6.
    if answer.clock.cached {
        return Vec::new();
    }
    let mut quotas = unnamed(&answer.fields, &answer.clock);
    for quota in vendor::read(answer) {
        add(&mut quotas, quota);
    }
    // Q5.
    quotas.retain(is_present);
    violated(answer, &mut quotas);
    quotas
}

/// Names are unique. Open: two that speak of one name are joined as D2 joins repeated fields.
pub fn add(quotas: &mut Vec<Quota>, quota: Quota) {
    match quotas.iter_mut().find(|known| known.name == quota.name) {
        Some(known) => {
            // A window belongs to its limit.
            if known.limit.is_none() || quota.limit.is_none() {
                known.window_ms = known.window_ms.or(quota.window_ms);
            }
            known.limit = known.limit.or(quota.limit);
            known.remaining = [known.remaining, quota.remaining].into_iter().flatten().reduce(f64::min);
            known.reset_ms = longest([known.reset_ms, quota.reset_ms].into_iter().flatten());
        }
        None => quotas.push(quota),
    }
}

/// Q2: the first family that is present.
fn unnamed(fields: &Fields, clock: &Clock) -> Vec<Quota> {
    let structured = policy::read(fields);
    if !structured.is_empty() {
        return structured;
    }
    dictionary(fields)
        .or_else(|| FAMILIES.iter().find_map(|prefix| family(fields, clock, prefix)))
        .into_iter()
        .collect()
}

/// The dictionary of draft 07.
fn dictionary(fields: &Fields) -> Option<Quota> {
    let value = fields.clean("ratelimit")?;
    let of = |key: &str| {
        let figures = split_outside_quotes(value, ',').into_iter().filter_map(move |member| {
            let (name, figure) = trim(&member).split_once('=')?;
            (trim(name) == key).then(|| figure.to_owned())
        });
        figures.collect::<Vec<_>>().join(",")
    };
    let limit = first_limit(&of("limit"));
    let remaining = least_remaining(&of("remaining"));
    let reset = longest_member(&of("reset"), |text| number(bare(text)));
    let quota = Quota {
        name: "default".to_owned(),
        limit,
        remaining,
        reset_ms: reset.map(|s| milliseconds(s * 1000.0)),
        window_ms: window(fields, &[], limit),
        unit: "requests".to_owned(),
    };
    is_present(&quota).then_some(quota)
}

pub fn is_present(quota: &Quota) -> bool {
    quota.limit.is_some() || quota.remaining.is_some() || quota.reset_ms.is_some()
}

/// `PREFIX-Limit` and its relatives.
fn family(fields: &Fields, clock: &Clock, prefix: &str) -> Option<Quota> {
    let field = |suffix: &str| fields.clean(&format!("{prefix}-{suffix}"));
    // Open for both: what can be read.
    let limits = [field("limit"), field("total")].map(Option::unwrap_or_default);
    let limit = limits.into_iter().find_map(first_limit);
    let remaining = field("remaining").and_then(least_remaining);
    let used = field("used").and_then(most_used).or_else(|| field("observed").and_then(most_used));
    let after = || longest_member(field("reset-after")?, |text| number(bare(text)).map(|s| s * 1000.0));
    let reset = |suffix: &str| longest_member(field(suffix)?, |text| clock.until_reset(bare(text)));
    let reset = after().or_else(|| reset("reset")).or_else(|| reset("resettime"));
    if limit.is_none() && remaining.is_none() && reset.is_none() {
        return None;
    }
    let name = ["bucket", "resource", "name"]
        .iter()
        .filter_map(|suffix| fields.value(&format!("{prefix}-{suffix}")))
        .find(|name| !name.is_empty());
    // Q4.
    let known_limit = limit.or_else(|| Some(used? + remaining?));
    let remaining = remaining.or_else(|| Some((limit? - used?).max(0.0)));
    Some(Quota {
        name: name.unwrap_or("default").to_owned(),
        limit: known_limit,
        remaining,
        reset_ms: reset.map(milliseconds),
        window_ms: window(fields, &limits, known_limit),
        unit: "requests".to_owned(),
    })
}

/// Open for several: the largest.
fn most_used(value: &str) -> Option<f64> {
    longest_member(value, |text| number(bare(text)))
}

/// Q5: the window of the first policy whose quota is the limit.
fn window(fields: &Fields, limits: &[&str], limit: Option<f64>) -> Option<f64> {
    let mut policies = fields.clean("ratelimit-policy").unwrap_or_default().to_owned();
    for value in limits {
        let value = value.trim_start_matches([',', ' ', '\t']);
        // Open for a quote that is not closed: one list.
        policies = policies + "," + value.split_once(',').map_or("", |(_, later)| later);
    }
    let mut all = old_policies(&policies).into_iter();
    let found = all.find(|(quota, window)| Some(*quota) == limit && *window > 0.0)?;
    Some(found.1 * 1000.0)
}

/// Q7.
fn violated(answer: &Answer, quotas: &mut Vec<Quota>) {
    let Some(json) = answer.body.json.as_ref().filter(|_| overload::is_problem(answer)) else { return };
    let text = |item: &Json| match item {
        Json::Text(text) => Some(text.clone()),
        _ => None,
    };
    for name in json.list(&["violated-policies"]).iter().filter_map(text).take(32) {
        match quotas.iter_mut().find(|known| known.name == name) {
            Some(known) => known.remaining = known.remaining.or(Some(0.0)),
            None => quotas.push(Quota {
                name,
                remaining: Some(0.0),
                unit: "requests".to_owned(),
                ..Quota::default()
            }),
        }
    }
}
