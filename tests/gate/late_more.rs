//! What counts as a failure and what as a word, and what the first minute of a page knows.

use tidegate::gate::Gate;
use tidegate::hint::Hint;
use tidegate::policy::{Config, Setting};
use tidegate::time::Instant;
use tidegate::verdict::{How, Outcome, Ticket, Verdict};

use crate::world::*;

#[test]
fn refusals_and_a_503_with_a_time_never_open_the_breaker_and_a_503_without_does() {
    // By our own guess a third of a patience of four seconds to all of it; by the server's word at most 2 s; the breaker
    // rests for five.
    let kinds = [(429, None, true), (503, Some(1_000), true), (503, None, false), (500, None, false)];
    for (status, wait_ms, goes) in kinds {
        let mut config = Config::default();
        config.set(Setting::Deadline as usize, 4_000.0);
        let mut gate = Gate::new(config.mend(), 3);
        let scope = gate.scope(at(0), ORIGIN.as_bytes()).unwrap();
        let key = gate.key(at(0), scope, b"POST", b"https://a.example/a");
        let ask = |gate: &mut Gate, now| gate.ask(now, key, How(POST), None);
        let sent: Vec<Ticket> = (0..10)
            .map(|_| match ask(&mut gate, at(0)) {
                Verdict::Go(ticket) => ticket,
                other => panic!("{other:?}"),
            })
            .collect();
        let hint = Hint { wait_ms, ..Hint::default() };
        for ticket in sent {
            let _ = gate.settle(at(5), ticket, Outcome::Status(status), Some(&hint));
        }
        let asked = ask(&mut gate, at(4_900));
        assert_eq!(matches!(asked, Verdict::Go(_)), goes, "{status} {wait_ms:?}: {asked:?}");
    }
}

#[test]
fn in_the_first_minute_of_a_page_nothing_was_late_and_what_it_shows_is_renewed() {
    let now = |n| Instant::ORIGIN + ms(n);
    let mut gate = Gate::new(Config::default().mend(), 3);
    let scope = gate.scope(now(0), ORIGIN.as_bytes()).unwrap();
    let key = gate.key(now(0), scope, b"GET", b"https://a.example/a");
    let Verdict::Go(ticket) = gate.ask(now(0), key, How(GET), None) else { panic!("it goes") };
    assert_eq!(gate.settle(now(100), ticket, Outcome::Status(200), None), Verdict::Done(ticket));
    assert!(matches!(gate.ask(now(1_000), key, How(BACKGROUND), None), Verdict::Go(_)));
}

#[test]
fn in_the_first_minute_of_a_page_what_was_never_shown_is_no_refresh() {
    let now = |n| Instant::ORIGIN + ms(n);
    let mut gate = Gate::new(Config::default().mend(), 3);
    let scope = gate.scope(now(0), ORIGIN.as_bytes()).unwrap();
    let [shown, other] =
        [b"https://a.example/a", b"https://a.example/b"].map(|url| gate.key(now(0), scope, b"GET", url));
    let Verdict::Go(ticket) = gate.ask(now(0), shown, How(GET), None) else { panic!("it goes") };
    assert_eq!(gate.settle(now(100), ticket, Outcome::Status(200), None), Verdict::Done(ticket));
    let asked = gate.ask(now(10_000), other, How(BACKGROUND), None);
    let Verdict::Wait { ticket, .. } = asked else { panic!("{asked:?}") };
    assert_eq!(gate.poll(now(10_030)), Some(Verdict::Go(ticket)));
}
