//! Development build only: options are read by serde and refused in one error that names every faulty path, what was
//! given, and what is accepted.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use js_sys::{Error, JsString};
use serde::Deserialize;
use wasm_bindgen::prelude::*;

use crate::policy::{Config, TEXTS};

/// One level of the options; values stay as the page gave them, functions too.
type Table = BTreeMap<String, Given>;

#[derive(Deserialize)]
struct Given(#[serde(with = "serde_wasm_bindgen::preserve")] JsValue);

/// An option that no number can carry: its path, what it must be, and how to tell.
type Other = (&'static str, &'static str, fn(&JsValue) -> bool);

const OTHERS: [Other; 14] = [
    ("name", "a string", JsValue::is_string),
    ("fetch", "a function", JsValue::is_function),
    ("scope", "a function", JsValue::is_function),
    ("user", "a function", JsValue::is_function),
    ("onShed", "\"response\" | \"error\"", |v| {
        v.as_string().is_some_and(|s| s == "response" || s == "error")
    }),
    ("storage", "an object with getItem, setItem and removeItem, or null", |v| v.is_object() || v.is_null()),
    ("channel", "a string or null", |v| v.is_string() || v.is_null()),
    ("retry.budget", "an object", JsValue::is_object),
    ("queue", "an object", JsValue::is_object),
    ("cache.persist", "true or false", |v| v.as_bool().is_some()),
    ("brownout", "an object", JsValue::is_object),
    ("serverTiming", "an object", JsValue::is_object),
    ("seed", "a number", |v| v.as_f64().is_some_and(f64::is_finite)),
    ("wasm", "a URL, a Response, bytes, a WebAssembly.Module, or a promise of one", |v| {
        v.is_object() || v.is_string()
    }),
];

/// Throws one error that names every faulty path; returns when all options can be used.
#[wasm_bindgen]
pub fn check(options: JsValue) -> Result<(), Error> {
    if options.is_undefined() {
        return Ok(());
    }
    let mut faults = Vec::new();
    if !options.is_object() {
        faults.push(fault("options", &options, "an object"));
    }
    let mut config = Config::default();
    for (setting, (path, want)) in TEXTS.iter().enumerate() {
        let Some(given) = look(&options, path) else {
            continue;
        };
        config.set(setting, number(&given, want));
        if config.faults().0 & (1 << setting) != 0 {
            faults.push(fault(path, &given, want));
        }
    }
    for (path, want, fits) in OTHERS {
        if let Some(given) = look(&options, path).filter(|given| !fits(given)) {
            faults.push(fault(path, &given, want));
        }
    }
    faults.extend(unknown(&options));
    if faults.is_empty() { Ok(()) } else { Err(Error::new(&format!("tidegate: {}", faults.join("; ")))) }
}

/// What stands at a path, if anything does.
fn look(options: &JsValue, path: &str) -> Option<JsValue> {
    let mut place = options.clone();
    for name in path.split('.') {
        if !place.is_object() {
            return None;
        }
        let mut table: Table = serde_wasm_bindgen::from_value(place).ok()?;
        place = table.remove(name)?.0;
    }
    (!place.is_undefined()).then_some(place)
}

/// A setting as it crosses to the core; NaN for a type that it does not accept.
fn number(given: &JsValue, want: &str) -> f64 {
    if let Some(word) = given.as_string() {
        let place = want.split(" | ").position(|w| w.trim_matches('"') == word && w.starts_with('"'));
        return place.map_or(f64::NAN, |place| place as f64);
    }
    if let Some(on) = given.as_bool() {
        let switch = want.contains("true or false") || !on && want.contains("or false");
        return if switch { f64::from(u8::from(on)) } else { f64::NAN };
    }
    if want.starts_with("an object") {
        return if given.is_object() { 1.0 } else { f64::NAN };
    }
    if want.contains(" | ") || want == "true or false" {
        f64::NAN
    } else {
        given.as_f64().unwrap_or(f64::NAN)
    }
}

/// Names that are no options: most often a typing error.
fn unknown(options: &JsValue) -> Vec<String> {
    let Ok(table) = serde_wasm_bindgen::from_value::<Table>(options.clone()) else {
        return Vec::new();
    };
    let known = |name: &String| {
        let top = |path: &str| path.split('.').next() == Some(name.as_str());
        TEXTS.iter().any(|(path, _)| top(path)) || OTHERS.iter().any(|(path, ..)| top(path))
    };
    table.keys().filter(|name| !known(name)).map(|name| format!("{name} is not an option")).collect()
}

fn fault(path: &str, given: &JsValue, want: &str) -> String {
    format!("{path} is {}; it must be {want}", shown(given))
}

fn shown(given: &JsValue) -> String {
    if let Some(text) = given.as_string() {
        return format!("{text:?}");
    }
    if given.is_function() {
        return "a function".to_string();
    }
    if given.is_object() {
        return "an object".to_string();
    }
    match given.as_f64() {
        Some(number) => number.to_string(),
        None => JsString::from(JsValue::from(format!("{given:?}"))).into(),
    }
}
