//! JSON from a fuzzer: what the parser and another one make of the same bytes.

use tidegate::hint::{Hint, Response, read};
use tidegate::time::WallTime;

use super::compare::{difference, told};
use super::json::Json;

const FIELDS: &[(&[u8], &[u8])] = &[(b"content-type", b"application/json")];

fn hint(status: u16, body: &[u8]) -> Hint {
    read(&Response { status, fields: FIELDS, body: Some(body) }, WallTime(0)).hint
}

/// A member that is looked for is found if and only if what stands around it is JSON; and of JSON alone both say the
/// same.
pub fn check(bytes: &[u8]) {
    // Longer bodies are not read.
    if bytes.len() > 60_000 {
        return;
    }
    for (before, after) in [("{\"retry_after\":3,\"x\":", "}"), ("{\"x\":", ",\"retry_after\":3}")] {
        let body = [before.as_bytes(), bytes, after.as_bytes()].concat();
        let is_json = Json::parse(&String::from_utf8_lossy(&body)).is_some();
        assert_eq!(hint(503, &body).wait_ms.is_some(), is_json, "{:?}", String::from_utf8_lossy(&body));
    }
    // What crosses from JavaScript is UTF-8; of other bytes the letters are anybody's guess.
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if Json::parse(text).is_some_and(|json| json.repeats()) {
        return;
    }
    let headers = [(b"content-type".to_vec(), b"application/json".to_vec())];
    for status in [200, 403, 500] {
        let twin = super::read(status, &headers, Some(bytes), 0);
        let ours = told(&hint(status, bytes));
        assert_eq!(difference(&ours, &twin), None, "{status} {:?}", String::from_utf8_lossy(bytes));
    }
}
