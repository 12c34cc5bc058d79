//! The traces beside this file, as `record.mjs` packed them.

use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// What was asked for, one after the other.
pub struct Trace {
    pub name: &'static str,
    /// Keys, from 0 in the order of their first requests.
    pub requests: Vec<usize>,
    /// What each key weighs.
    pub weights: Vec<u32>,
}

impl Trace {
    /// What all keys weigh together.
    pub fn footprint(&self) -> u64 {
        self.weights.iter().map(|w| u64::from(*w)).sum()
    }
}

fn number(bytes: &mut impl Iterator<Item = u8>) -> Option<usize> {
    let (mut number, mut shift) = (0, 0);
    loop {
        let byte = usize::from(bytes.next()?);
        number |= (byte & 127) << shift;
        shift += 7;
        if byte < 128 {
            return Some(number);
        }
    }
}

/// Reads one; its name is that of its file.
pub fn read(name: &'static str) -> Trace {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cache").join(name).with_extension("base64");
    let text = fs::read_to_string(path).expect("a trace");
    let mut bytes = STANDARD.decode(text.trim()).expect("base64").into_iter();
    let (mut requests, mut weights, mut recent) = (vec![], vec![], vec![]);
    while let Some(back) = number(&mut bytes) {
        let key = match back {
            0 => {
                weights.push(number(&mut bytes).expect("a size") as u32);
                weights.len() - 1
            }
            back => recent.remove(recent.len() - back),
        };
        recent.push(key);
        requests.push(key);
    }
    Trace { name, requests, weights }
}
