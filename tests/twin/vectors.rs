//! The vectors' files, as they stand in `tests/vectors/hint`.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::{Advice, Quota, Told};

#[derive(Deserialize)]
pub struct Case {
    pub id: String,
    pub now_ms: i64,
    pub status: u16,
    headers: Vec<(String, String)>,
    body: Option<String>,
    body_encoding: Option<String>,
    expect: Expect,
}

#[derive(Deserialize)]
struct Expect {
    wait_ms: Option<f64>,
    retry: Option<bool>,
    overloaded: bool,
    load: Option<f64>,
    quotas: Vec<ExpectedQuota>,
    advice: Option<ExpectedAdvice>,
}

#[derive(Clone, Deserialize)]
struct ExpectedAdvice {
    state: Option<String>,
    share: Option<f64>,
    batch: Option<f64>,
    off: Option<Vec<String>>,
    for_ms: f64,
}

#[derive(Deserialize)]
struct ExpectedQuota {
    name: String,
    limit: Option<f64>,
    remaining: Option<f64>,
    reset_ms: Option<f64>,
    window_ms: Option<f64>,
    unit: String,
}

/// The files of a repository, in order.
pub fn files(root: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root.join("tests/vectors/hint")).expect("the folder of the vectors");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    files
}

/// Every case of one file.
pub fn cases(path: &Path) -> Vec<Case> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

impl Case {
    /// The fields as sent, names in lower case.
    pub fn headers(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let bytes =
            |(name, value): &(String, String)| (name.to_lowercase().into_bytes(), value.clone().into_bytes());
        self.headers.iter().map(bytes).collect()
    }

    /// The body's bytes.
    pub fn body(&self) -> Option<Vec<u8>> {
        let text = self.body.as_ref()?;
        match self.body_encoding.as_deref() {
            None => Some(text.clone().into_bytes()),
            Some("base64") => Some(STANDARD.decode(text).expect(&self.id)),
            Some(other) => panic!("{}: {other}", self.id),
        }
    }

    pub fn expected(&self) -> Told {
        let quota = |quota: &ExpectedQuota| Quota {
            name: quota.name.clone(),
            limit: quota.limit,
            remaining: quota.remaining,
            reset_ms: quota.reset_ms,
            window_ms: quota.window_ms,
            unit: quota.unit.clone(),
        };
        Told {
            wait_ms: self.expect.wait_ms,
            retry: self.expect.retry,
            overloaded: self.expect.overloaded,
            load: self.expect.load,
            quotas: self.expect.quotas.iter().map(quota).collect(),
            advice: self.expect.advice.clone().map(|advice| Advice {
                state: advice.state,
                share: advice.share,
                batch: advice.batch,
                off: advice.off,
                for_ms: advice.for_ms,
            }),
        }
    }
}

/// Repeated fields as Fetch hands them out: one entry a name.
pub fn joined(headers: &[(Vec<u8>, Vec<u8>)]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut all: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    for (name, value) in headers {
        let blank = |b: &&u8| matches!(**b, b' ' | b'\t');
        let start = value.iter().take_while(blank).count();
        let end = value.len() - value[start..].iter().rev().take_while(blank).count();
        match all.iter_mut().find(|(known, _)| known == name) {
            Some((_, sum)) => {
                sum.extend_from_slice(b", ");
                sum.extend_from_slice(&value[start..end]);
            }
            None => all.push((name.clone(), value[start..end].to_vec())),
        }
    }
    all
}
