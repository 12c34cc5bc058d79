//! Q1: the structured fields, as the `sfv` crate parses them.

use sfv::{BareItem, List, ListEntry, Parser};

use super::Quota;
use super::fields::Fields;
use super::quota::add;

/// One quota per name from both fields; a field that is wrong anywhere says nothing.
pub fn read(fields: &Fields) -> Vec<Quota> {
    let mut quotas: Vec<Quota> = Vec::new();
    let limits = list(fields, "ratelimit", limit);
    let policies = list(fields, "ratelimit-policy", policy);
    for (name, quota) in limits {
        add(&mut quotas, Quota { name, ..quota });
    }
    for (name, quota) in policies {
        // The first policy of a name says the unit.
        let known = quotas.iter_mut().find(|known| known.name == name && known.limit.is_none());
        let unit = quota.unit.clone();
        known.into_iter().for_each(|known| known.unit = unit.clone());
        add(&mut quotas, Quota { name, ..quota });
    }
    quotas
}

type Params = sfv::Parameters;

fn list(fields: &Fields, name: &str, read: fn(&Params) -> Option<Quota>) -> Vec<(String, Quota)> {
    let value = fields.value(name).unwrap_or_default();
    let Ok(list) = Parser::new(value).parse::<List>() else { return Vec::new() };
    let item = |entry: &ListEntry| {
        let ListEntry::Item(item) = entry else { return None };
        let BareItem::String(name) = &item.bare_item else { return None };
        let pk = item.params.get("pk");
        if pk.is_some_and(|pk| !matches!(pk, BareItem::ByteSequence(_))) {
            return None;
        }
        Some((name.as_str().to_owned(), read(&item.params)?))
    };
    list.iter().map(item).collect::<Option<_>>().unwrap_or_default()
}

/// `Ok(None)`: absent. `Err`: of a wrong type or range.
fn count(params: &Params, key: &str) -> Result<Option<f64>, ()> {
    match params.get(key) {
        None => Ok(None),
        Some(BareItem::Integer(value)) if i64::from(*value) >= 0 => Ok(Some(i64::from(*value) as f64)),
        Some(_) => Err(()),
    }
}

fn limit(params: &Params) -> Option<Quota> {
    let remaining = Some(count(params, "r").ok()??);
    let reset = count(params, "t").ok()?;
    Some(Quota {
        remaining,
        reset_ms: reset.map(|s| super::number::milliseconds(s * 1000.0)),
        unit: "requests".to_owned(),
        ..Quota::default()
    })
}

fn policy(params: &Params) -> Option<Quota> {
    let limit = Some(count(params, "q").ok()??);
    let window = count(params, "w").ok()?;
    if window == Some(0.0) {
        return None;
    }
    let unit = match params.get("qu") {
        None => "requests".to_owned(),
        Some(BareItem::String(unit)) => unit.as_str().to_owned(),
        Some(_) => return None,
    };
    Some(Quota { limit, window_ms: window.map(|s| s * 1000.0), unit, ..Quota::default() })
}
