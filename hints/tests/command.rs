//! The command as a backend engineer runs it.

use std::io::Write;
use std::process::{Command, Stdio};

/// Runs it; answers whether it ended well, and what it printed.
fn hints(words: &[&str], input: &[u8]) -> (bool, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_hints"))
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Wrong words end it before it reads.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stdout), text(output.stderr))
}

const REFUSED: &[u8] = b"HTTP/2 429 \r\n\
    Date: Sat, 21 Nov 2026 18:00:00 GMT\r\n\
    RateLimit: \"a\";r=0;t=30\r\n\
    RateLimit-Policy: \"a\";q=100;w=60\r\n\
    Retry-After: 2, x\r\n\r\n";

#[test]
fn a_refusal_is_explained_in_words() {
    let (ok, said, _) = hints(&["--now", "2026-11-21T18:00:00Z"], REFUSED);
    assert!(ok);
    for line in [
        "wait        2000 ms, until 2026-11-21T18:00:02.000Z",
        "overloaded  yes",
        "quota       \"a\": 0 of 100 requests left in 60000 ms, more in 30000 ms",
        "read from   retry-after",
        "malformed   1 ignored",
    ] {
        assert!(said.contains(line), "{line:?} in {said}");
    }
}

#[test]
fn the_same_as_json() {
    let (ok, said, _) = hints(&["--json", "--now", "1795284000000"], REFUSED);
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert!(ok);
    assert_eq!(said["waitMs"], 2000);
    assert_eq!(said["quotas"][0]["remaining"], 0.0);
    assert_eq!(said["field"], "retry-after");
}

#[test]
fn absolute_times_are_measured_against_the_given_clock() {
    let text = b"HTTP/1.1 503 No\nRetry-After: Sat, 21 Nov 2026 18:00:30 GMT\n\n";
    for now in ["1795284000000", "2026-11-21T18:00:00Z", "Sat, 21 Nov 2026 18:00:00 GMT"] {
        let (ok, said, _) = hints(&["--now", now], text);
        assert!(ok && said.contains("wait        30000 ms"), "{now}: {said}");
    }
}

#[test]
fn what_is_wrong_is_said() {
    let (ok, _, told) = hints(&[], b"{}");
    assert!(!ok && told.contains("HTTP/1.1 429"), "{told}");
    let (ok, _, told) = hints(&["--now", "soon"], REFUSED);
    assert!(!ok && told.contains("RFC 3339"), "{told}");
}
