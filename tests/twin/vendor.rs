//! Q8 and Q9: families with a dimension, and the vendors' own.

use super::fields::{Fields, bare, first_limit, least_remaining, longest_member};
use super::number::{longest, milliseconds, number, trim};
use super::quota::is_present;
use super::{Answer, Quota};

pub fn read(answer: &Answer) -> Vec<Quota> {
    let mut quotas = Vec::new();
    dimensions(answer, &mut quotas);
    let fields = &answer.fields;
    let more =
        shopify(fields).into_iter().chain(salesforce(fields)).chain(hubspot(fields)).chain(azure(fields));
    for quota in more.chain(zendesk(fields)).chain(amazon(fields)).chain(cost(answer)) {
        quotas.push(quota);
    }
    quotas
}

fn quota(name: &str, unit: &str) -> Quota {
    Quota { name: name.to_owned(), unit: unit.to_owned(), ..Quota::default() }
}

enum Member {
    Limit,
    Remaining,
    Reset,
}

/// Q8: what a field's name says: which member of which dimension. No dimension: a vendor's `default`.
fn place(name: &str) -> Option<(Member, String)> {
    let member = |text: &str| match text {
        "limit" => Some(Member::Limit),
        "remaining" => Some(Member::Remaining),
        "reset" => Some(Member::Reset),
        _ => None,
    };
    if ["x-hubspot-", "x-amzn-", "x-ms-"].iter().any(|vendor| name.starts_with(vendor)) {
        return None;
    }
    let (front, back) = ["ratelimit-", "rate-limit-"]
        .iter()
        .filter_map(|word| name.split_once(word))
        .min_by_key(|(front, _)| front.len())?;
    let unprefixed = front.strip_prefix("x-").unwrap_or(front);
    let vendor = unprefixed.strip_suffix('-');
    let is_vendor = vendor.is_some_and(|v| !v.is_empty() && v.bytes().all(|b| b.is_ascii_alphanumeric()));
    if !unprefixed.is_empty() && !is_vendor {
        return None;
    }
    if is_vendor
        && front.starts_with("x-")
        && let Some(member) = member(back)
    {
        return Some((member, "default".to_owned()));
    }
    if let Some((member, dim)) = back.rsplit_once('-').and_then(|(dim, last)| Some((member(last)?, dim))) {
        return (!dim.is_empty()).then(|| (member, dim.to_owned()));
    }
    let (first, dim) = back.split_once('-')?;
    (!is_vendor && !dim.is_empty() && dim != "after").then_some((member(first)?, dim.to_owned()))
}

fn dimensions(answer: &Answer, quotas: &mut Vec<Quota>) {
    for (name, value) in answer.fields.iter() {
        let Some((member, dim)) = place(name) else { continue };
        let Some(value) = answer.fields.clean(name).filter(|_| !value.is_empty()) else { continue };
        let unit = match &dim {
            dim if dim.contains("token") => "tokens",
            dim if dim.contains("complexity") => "complexity",
            _ => "requests",
        };
        let mut told = Quota { window_ms: window(&dim), ..quota(&dim, unit) };
        match member {
            Member::Limit => told.limit = first_limit(value),
            Member::Remaining => told.remaining = least_remaining(value),
            Member::Reset => {
                told.reset_ms =
                    longest_member(value, |text| answer.clock.until_reset(bare(text))).map(milliseconds);
            }
        }
        // What says nothing tells no window either.
        quotas.extend(Some(told).filter(is_present));
    }
}

fn window(dim: &str) -> Option<f64> {
    match dim {
        "second" | "secondly" => Some(1_000.0),
        "minute" => Some(60_000.0),
        "hour" => Some(3_600_000.0),
        "day" | "daily" => Some(86_400_000.0),
        _ => None,
    }
}

/// `used/limit`
fn of_use(name: &str, text: &str) -> Option<Quota> {
    let (used, limit) = text.split_once('/')?;
    let (used, limit) = (number(used)?, number(limit)?);
    Some(Quota { limit: Some(limit), remaining: Some((limit - used).max(0.0)), ..quota(name, "requests") })
}

fn shopify(fields: &Fields) -> Vec<Quota> {
    let value = fields.clean("x-shopify-shop-api-call-limit").unwrap_or_default();
    value.split(',').filter_map(|member| of_use("shop", bare(member))).collect()
}

fn salesforce(fields: &Fields) -> Vec<Quota> {
    let value = without_remarks(fields.clean("sforce-limit-info").unwrap_or_default());
    let one = |member: &str| {
        let (key, figures) = member.split_once('=')?;
        of_use(trim(key), figures).filter(|quota| !quota.name.is_empty())
    };
    value.split([';', ',']).filter_map(one).collect()
}

/// What stands in parentheses is a remark, to the end where they are not closed.
fn without_remarks(value: &str) -> String {
    let mut depth = 0_usize;
    let mut rest = String::new();
    for c in value.chars() {
        match c {
            '(' => depth += 1,
            ')' if depth > 0 => depth -= 1,
            c if depth == 0 => rest.push(c),
            _ => {}
        }
    }
    rest
}

fn hubspot(fields: &Fields) -> Vec<Quota> {
    let field = |suffix: &str| fields.clean(&format!("x-hubspot-ratelimit-{suffix}"));
    let of = |name: &str, limit: &str, remaining: &str, window_ms: Option<f64>| Quota {
        limit: field(limit).and_then(first_limit),
        remaining: field(remaining).and_then(least_remaining),
        window_ms,
        ..quota(name, "requests")
    };
    let interval = field("interval-milliseconds").and_then(first_limit).filter(|ms| *ms > 0.0);
    vec![
        of("daily", "daily", "daily-remaining", Some(86_400_000.0)),
        of("interval", "max", "remaining", interval),
        of("secondly", "secondly", "secondly-remaining", Some(1_000.0)),
    ]
}

fn azure(fields: &Fields) -> Vec<Quota> {
    let mut found = Vec::new();
    for (name, _) in fields.iter() {
        let Some(name) = name.strip_prefix("x-ms-ratelimit-remaining-") else { continue };
        let value = fields.clean(&format!("x-ms-ratelimit-remaining-{name}")).unwrap_or_default();
        if name == "resource" {
            found.extend(value.split(',').filter_map(|member| {
                let (name, left) = member.split_once(';').filter(|(name, _)| !trim(name).is_empty())?;
                Some(Quota { remaining: Some(number(left)?), ..quota(trim(name), "requests") })
            }));
        } else if !name.is_empty() {
            found.push(Quota { remaining: least_remaining(value), ..quota(name, "requests") });
        }
    }
    found
}

fn zendesk(fields: &Fields) -> Vec<Quota> {
    let mut found = Vec::new();
    for (name, _) in fields.iter() {
        let Some(short) = name.strip_prefix("zendesk-ratelimit-").filter(|name| !name.is_empty()) else {
            continue;
        };
        let value = fields.clean(name).unwrap_or_default();
        let of = |wanted: &str| -> Vec<&str> {
            let members = value.split([';', ',']).filter_map(|member| member.split_once('='));
            members
                .filter(|(key, figure)| trim(key) == wanted && !trim(figure).is_empty())
                .map(|(_, figure)| figure)
                .collect()
        };
        found.push(Quota {
            limit: of("total").first().and_then(|total| number(total)),
            remaining: of("remaining").into_iter().filter_map(number).reduce(f64::min),
            reset_ms: longest(of("resets").into_iter().filter_map(number)).map(|s| milliseconds(s * 1000.0)),
            ..quota(short, "requests")
        });
    }
    found
}

fn amazon(fields: &Fields) -> Option<Quota> {
    let limit = first_limit(fields.clean("x-amzn-ratelimit-limit")?)?;
    Some(Quota { limit: Some(limit), window_ms: Some(1_000.0), ..quota("default", "requests") })
}

/// Shopify's GraphQL cost.
fn cost(answer: &Answer) -> Option<Quota> {
    let status = answer.body.json.as_ref()?.at(&["extensions", "cost", "throttleStatus"])?;
    let figure = |name: &str| status.number(&[name]);
    let (limit, remaining) = (figure("maximumAvailable"), figure("currentlyAvailable"));
    Some(Quota { limit, remaining, ..quota("graphql-cost", "cost") })
}
