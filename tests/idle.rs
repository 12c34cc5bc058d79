//! At rest there are no timers: nothing keeps an idle process alive.

use tidegate::event::Kind;
use tidegate::gate::Gate;
use tidegate::hint::Hint;
use tidegate::policy::Config;
use tidegate::time::Instant;
use tidegate::verdict::{How, Outcome, Verdict};

#[test]
fn a_closed_scope_wakes_nobody_who_does_not_watch() {
    let now = Instant::ORIGIN;
    let mut gate = Gate::new(Config::default().mend(), 1);
    let scope = gate.scope(now, b"https://a.example").unwrap();
    let key = gate.key(now, scope, b"POST", b"https://a.example/save");
    let Verdict::Go(ticket) = gate.ask(now, key, How(1), None) else { panic!("it goes") };
    let hint = Hint { wait_ms: Some(600_000), overloaded: true, ..Hint::default() };
    let _ = gate.settle(now, ticket, Outcome::Status(503), Some(&hint));
    while gate.poll(now).is_some() {}

    assert_eq!(gate.next_timeout(now), Instant::NEVER);
    for mask in [1, Kind::Pressure.bit()] {
        gate.listen(mask);
        assert!(gate.next_timeout(now) < Instant::NEVER, "who watches is told when the state falls: {mask}");
    }
    gate.listen(Kind::Shed.bit());
    assert_eq!(gate.next_timeout(now), Instant::NEVER);
}
