//! A reload does not reset what the server said.

use tidegate::coalesce::KeyId;
use tidegate::gate::Gate;
use tidegate::hint::Hint;
use tidegate::policy::Config;
use tidegate::snapshot::Snapshot;
use tidegate::time::{Duration, Instant, WallTime};
use tidegate::verdict::{How, Outcome, Verdict};

const CAP: Duration = Duration::from_secs(600);
const GUESS: Duration = Duration::from_secs(30);
const GET: How = How(1 | How::SAFE | How::REPEAT | How::JOIN);

fn page(seed: u64) -> (Gate, impl Fn(&mut Gate, &str) -> KeyId) {
    let intern = |gate: &mut Gate, url: &str| {
        let scope = gate.scope(Instant::ORIGIN, b"https://a.example").unwrap();
        gate.key(Instant::ORIGIN, scope, b"GET", url.as_bytes())
    };
    (Gate::new(Config::default().mend(), seed), intern)
}

fn refuse(gate: &mut Gate, key: KeyId, status: u16, wait_ms: u32) {
    let Verdict::Go(ticket) = gate.ask(Instant::ORIGIN, key, GET, None) else { panic!("it goes") };
    let hint = Hint { wait_ms: Some(wait_ms), overloaded: true, ..Hint::default() };
    let _ = gate.settle(Instant::ORIGIN, ticket, Outcome::Status(status), Some(&hint));
}

#[test]
fn what_the_server_said_holds_the_next_page_and_nothing_else_does() {
    let (mut before, intern) = page(1);
    let login = intern(&mut before, "https://a.example/login");
    assert_eq!(before.snapshot(Instant::ORIGIN), None, "nothing is closed, nothing is stored");
    refuse(&mut before, login, 429, 300_000);
    let bytes = before.snapshot(Instant::ORIGIN).unwrap().encode(WallTime(0));

    // A minute later, on a page whose axis begins anew.
    let (mut after, intern) = page(2);
    after.restore(Instant::ORIGIN, &Snapshot::decode(&bytes, WallTime(60_000), CAP, GUESS).unwrap());
    let (login_again, save_again) =
        (intern(&mut after, "https://a.example/login"), intern(&mut after, "https://a.example/save"));
    assert!(
        matches!(after.ask(Instant::ORIGIN, save_again, GET, None), Verdict::Go(_)),
        "another route goes"
    );
    let Verdict::Shed { retry_at, .. } = after.ask(Instant::ORIGIN, login_again, GET, None) else {
        panic!("four minutes are beyond patience")
    };
    let left = retry_at.since(Instant::ORIGIN);
    assert!(left >= Duration::from_secs(240) && left <= Duration::from_secs(300), "{left:?}");
}

#[test]
fn no_url_and_no_name_is_in_what_is_stored() {
    let (mut gate, intern) = page(3);
    let key = intern(&mut gate, "https://a.example/secret-plan?token=hunter2");
    refuse(&mut gate, key, 503, 5_000);
    let bytes = gate.snapshot(Instant::ORIGIN).unwrap().encode(WallTime(0));
    for word in ["example", "secret", "hunter2", "token"] {
        assert!(!bytes.windows(word.len()).any(|w| w == word.as_bytes()), "{word}");
    }
}
