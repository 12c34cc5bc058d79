//! Whether somebody looks: a hidden page gives up what nobody waits for.
//!
//! Without it twenty forgotten tabs poll a struggling server as eagerly as the one that is looked at, and come back
//! with everything at once when they are.
//!
//! | who asks                                | while the page is hidden                         | while it is offline |
//! |-----------------------------------------|--------------------------------------------------|---------------------|
//! | background, reads only                  | waits until it is visible, or its patience ends  | the same until it is online |
//! | held after an answer, reads only        | the same                                         | as ever             |
//! | everything else, all that writes        | as ever: what a human has sent off is not kept back because he left | as ever: the platform says the truth |
//!
//! That the browser thinks itself offline is a hint only: the first answer refutes it.
//!
//! **The wave.** A page that comes back (seen again, focused, online, awake) is asked to renew by all its parts at once.
//!
//! | what is asked within a tenth of a second of the return | goes                                         |
//! |--------------------------------------------------------|----------------------------------------------|
//! | what blocks a human, what writes, what the page has no answer to yet | as ever                        |
//! | background, and what the page shows already            | one at once, the others spread over a second |
//! | what had waited                                        | spread over a second                         |
//!
//! Such returns within a second are one.

use super::Gate;
use crate::policy::defaults;
use crate::reason::Reason;
use crate::tickets::Request;
use crate::time::{Duration, Instant};
use crate::verdict::{Hold, How, Ticket};

/// Whether the page is where its human is.
#[derive(Debug)]
pub(super) struct Away {
    /// Nobody looks.
    hidden: bool,
    /// The browser thinks so.
    offline: bool,
    /// When it came back last.
    back: Instant,
    /// Something was sent since.
    pub(super) led: bool,
}

impl Default for Away {
    fn default() -> Self {
        Self { hidden: false, offline: false, back: Instant::NEVER, led: false }
    }
}

impl Gate {
    /// The page is hidden, or visible again. Saying it twice changes nothing.
    pub fn set_hidden(&mut self, now: Instant, hidden: bool) {
        if self.away.hidden != hidden {
            self.away.hidden = hidden;
            if !hidden {
                self.resume(now);
            }
        }
    }

    /// The browser thinks itself offline, or online again. Saying it twice changes nothing.
    pub fn set_offline(&mut self, now: Instant, offline: bool) {
        if self.away.offline != offline {
            self.away.offline = offline;
            if !offline {
                self.resume(now);
            }
        }
    }

    /// The page is back from sleep, the back-forward cache or a hidden tab: what is overdue leaves spread, not at once,
    /// within its patience.
    pub fn resume(&mut self, now: Instant) {
        self.returned(now);
        let rng = &mut self.spread;
        self.queue.retime(&mut |waiter| {
            if waiter.not_before <= now && waiter.deadline > now {
                let at = now + rng.between(Duration::ZERO, defaults::WAKE_SPREAD);
                waiter.not_before = at.min(waiter.deadline);
            }
        });
        self.room_made = true;
    }

    /// The page has its human's attention again: what it asks by itself in this moment is one wave.
    pub fn returned(&mut self, now: Instant) {
        if self.away.back > now || now.since(self.away.back) >= defaults::WAKE_SPREAD {
            self.away.led = false;
        }
        self.away.back = now;
    }

    /// Whether the page is hidden.
    pub fn is_hidden(&self) -> bool {
        self.away.hidden
    }

    /// What holds a request because nobody looks, or nothing can be reached.
    pub(super) fn unseen(&self, r: &Request) -> Option<Hold> {
        let background = r.how.background();
        let idle = self.away.hidden && (background || r.tries > 0) || self.away.offline && background;
        (idle && r.how.is(How::SAFE)).then_some(Hold { until: Instant::NEVER, why: Reason::Hidden })
    }

    /// What holds a request that a page makes by itself when it comes back: its own share of a second.
    pub(super) fn wave(&self, now: Instant, r: &Request) -> Option<Hold> {
        let back = self.away.back;
        let by_itself = r.asked >= back && r.asked.since(back) <= defaults::RETURN;
        let renews = r.how.background() || r.how.priority() > 0 && r.how.is(How::SHOWN);
        if !(self.away.led && by_itself && renews && r.how.is(How::SAFE)) || r.ticket == Ticket::NONE {
            return None;
        }
        let lane = back.since(Instant::ORIGIN).as_micros() ^ u64::from(r.ticket.0) << 32;
        let until = back + self.jitter.fork(lane).between(Duration::ZERO, defaults::WAKE_SPREAD);
        Hold { until, why: Reason::Hidden }.in_force(now).filter(|hold| hold.until <= r.deadline)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coalesce::KeyId;
    use crate::hint::Hint;
    use crate::policy::Config;
    use crate::time::Duration;
    use crate::verdict::{Outcome, Verdict};
    use alloc::vec::Vec;

    const BACKGROUND: u32 = 2 | How::SAFE | How::REPEAT | How::JOIN;
    const GET: u32 = 1 | How::SAFE | How::REPEAT | How::JOIN;
    const SAVE: u32 = 1 | How::REPEAT;

    fn at(ms: u64) -> Instant {
        Instant::ORIGIN + Duration::from_millis(ms)
    }

    fn hidden() -> Gate {
        let mut gate = Gate::new(Config::default().mend(), 1);
        gate.set_hidden(at(0), true);
        gate
    }

    fn ask(gate: &mut Gate, now: Instant, path: &[u8], how: u32) -> Verdict {
        let scope = gate.scope(now, b"https://a.example").unwrap();
        let key = gate.key(now, scope, if how == SAVE { b"PUT" } else { b"GET" }, path);
        gate.ask(now, key, How(how), None)
    }

    fn polled(gate: &mut Gate, now: Instant) -> Vec<Verdict> {
        core::iter::from_fn(|| gate.poll(now)).collect()
    }

    /// Refuses one that goes now, to be held for a second; answers its ticket.
    fn held(gate: &mut Gate, how: u32) -> Ticket {
        let Verdict::Go(ticket) = ask(gate, at(0), b"https://a.example/a", how) else { panic!("it goes") };
        let hint = Hint { wait_ms: Some(1_000), overloaded: true, ..Hint::default() };
        let verdict = gate.settle(at(0), ticket, Outcome::Status(429), Some(&hint));
        assert!(matches!(verdict, Verdict::Held { .. }), "{verdict:?}");
        ticket
    }

    #[test]
    fn a_hidden_page_holds_what_nobody_waits_for_until_it_is_seen() {
        let mut gate = hidden();
        let verdict = ask(&mut gate, at(0), b"https://a.example/poll", BACKGROUND);
        let Verdict::Wait { ticket, why: Reason::Hidden, until } = verdict else { panic!("{verdict:?}") };
        assert_eq!(until, at(60_000), "its patience");
        assert_eq!(polled(&mut gate, at(30_000)), []);
        gate.set_hidden(at(40_000), false);
        assert_eq!(polled(&mut gate, at(40_000)), [], "not at once");
        assert_eq!(polled(&mut gate, at(41_000)), [Verdict::Go(ticket)]);
    }

    #[test]
    fn who_was_looked_at_in_the_very_moment_of_the_return_does_not_leave_at_once_either() {
        let mut gate = hidden();
        for n in 0..20 {
            let path = alloc::format!("https://a.example/poll/{n}");
            assert!(matches!(ask(&mut gate, at(0), path.as_bytes(), BACKGROUND), Verdict::Wait { .. }));
        }
        // The focus comes before the page is seen, in the same millisecond.
        gate.returned(at(40_000));
        gate.resume(at(40_000));
        assert_eq!(polled(&mut gate, at(41_000)), []);
        gate.set_hidden(at(41_000), false);
        let gone = (0..=1_000).map(|n| polled(&mut gate, at(41_000 + n)).len()).collect::<Vec<_>>();
        assert_eq!(gone.iter().sum::<usize>(), 20);
        assert!(gone.iter().all(|together| *together <= 3), "{:?} at once", gone.iter().max());
    }

    #[test]
    fn its_patience_ends_all_the_same() {
        let mut gate = hidden();
        assert!(matches!(ask(&mut gate, at(0), b"https://a.example/poll", BACKGROUND), Verdict::Wait { .. }));
        assert!(matches!(polled(&mut gate, at(60_000))[..], [Verdict::Shed { why: Reason::Deadline, .. }]));
    }

    #[test]
    fn what_a_human_has_begun_goes() {
        for how in [GET, SAVE] {
            assert!(matches!(ask(&mut hidden(), at(0), b"https://a.example/a", how), Verdict::Go(_)));
        }
        assert!(matches!(ask(&mut hidden(), at(0), b"https://a.example/a", 2), Verdict::Go(_)), "it writes");
    }

    #[test]
    fn what_was_held_after_an_answer_waits_too_unless_it_writes() {
        for (how, waits) in [(GET, true), (SAVE, false)] {
            let mut gate = hidden();
            let ticket = held(&mut gate, how);
            let gone = polled(&mut gate, at(3_000)).contains(&Verdict::Go(ticket));
            assert_eq!(gone, !waits);
            gate.set_hidden(at(4_000), false);
            let later = polled(&mut gate, at(5_000)).contains(&Verdict::Go(ticket));
            assert_eq!(later, waits);
        }
    }

    #[test]
    fn what_waited_leaves_spread_over_a_second() {
        let mut gate = hidden();
        for n in 0..40_u8 {
            let path = [b"https://a.example/".as_slice(), &[b'0' + n]].concat();
            let _ = ask(&mut gate, at(0), &path, BACKGROUND);
        }
        gate.set_hidden(at(10_000), false);
        let mut most = 0;
        for step in 0..=10 {
            most = most.max(polled(&mut gate, at(10_000 + 100 * step)).len());
        }
        assert_eq!(gate.queued(), 0);
        assert!(most <= 12, "{most} of 40 in a tenth of the time");
    }

    #[test]
    fn saying_it_twice_changes_nothing() {
        let mut gate = Gate::new(Config::default().mend(), 1);
        gate.set_hidden(at(0), false);
        assert!(!gate.is_hidden() && gate.next_timeout(at(0)) == Instant::NEVER);
        let ticket = held(&mut gate, GET);
        let due = gate.next_timeout(at(0));
        gate.set_hidden(due, false);
        assert_eq!(polled(&mut gate, due), [Verdict::Go(ticket)], "nothing is spread that nobody has left");
        gate.set_hidden(due, true);
        gate.set_hidden(due, true);
        assert!(gate.is_hidden());
    }

    /// What ten parts of a page ask for.
    fn parts(gate: &mut Gate) -> Vec<KeyId> {
        let scope = gate.scope(at(0), b"https://a.example").unwrap();
        let path = |n: u8| [b"https://a.example/".as_slice(), &[b'a' + n]].concat();
        (0..10).map(|n| gate.key(at(0), scope, b"GET", &path(n))).collect()
    }

    /// They ask, a millisecond apart, from `ms` on, and are answered: when each went.
    fn ten(gate: &mut Gate, keys: &[KeyId], ms: u64, how: u32) -> Vec<u64> {
        let mut waits = Vec::new();
        let mut sent = Vec::new();
        for (key, n) in keys.iter().zip(0..) {
            match gate.ask(at(ms + n), *key, How(how), None) {
                Verdict::Go(ticket) => sent.push((ticket, n)),
                Verdict::Wait { ticket, .. } => waits.push(ticket),
                other => panic!("{other:?}"),
            }
        }
        for step in 10..=1_500 {
            for verdict in polled(gate, at(ms + step)) {
                let Verdict::Go(ticket) = verdict else { continue };
                assert!(waits.contains(&ticket));
                sent.push((ticket, step));
            }
        }
        for (ticket, step) in &sent {
            let _ = gate.settle(at(ms + step.max(&1_500) + 1), *ticket, Outcome::Status(200), None);
        }
        sent.into_iter().map(|(_, step)| step).collect()
    }

    fn most_in_a_tenth(sent: &[u64]) -> usize {
        let within = |from: &u64| sent.iter().filter(|at| (*from..*from + 100).contains(*at)).count();
        sent.iter().map(within).max().unwrap_or(0)
    }

    #[test]
    fn what_a_page_renews_by_itself_on_return_is_one_wave() {
        for (how, shown, spread) in
            [(GET, true, true), (BACKGROUND, false, true), (GET, false, false), (GET & !3, true, false)]
        {
            let mut gate = Gate::new(Config::default().mend(), 1);
            let keys = parts(&mut gate);
            if shown {
                assert_eq!(ten(&mut gate, &keys, 0, GET).len(), 10);
            }
            gate.returned(at(600_000));
            let sent = ten(&mut gate, &keys, 600_000, how);
            // Background work looks around for a moment before it goes.
            let first = if how == BACKGROUND { 30 } else { 0 };
            assert_eq!((sent.len(), sent[0]), (10, first), "one goes at once");
            assert!(sent.iter().all(|at| *at <= 1_000), "all within a second: {sent:?}");
            assert_eq!(most_in_a_tenth(&sent) < 6, spread, "{how} {sent:?}");
        }
    }

    #[test]
    fn what_a_human_asks_for_after_the_return_goes_and_what_writes_always() {
        let mut gate = Gate::new(Config::default().mend(), 1);
        let keys = parts(&mut gate);
        ten(&mut gate, &keys, 0, GET);
        gate.returned(at(600_000));
        let sent = ten(&mut gate, &keys, 600_101, GET);
        assert_eq!(sent, (0..10).collect::<Vec<_>>(), "a tenth of a second later");
        gate.returned(at(700_000));
        for key in &keys {
            assert!(matches!(gate.ask(at(700_001), *key, How(SAVE), None), Verdict::Go(_)));
        }
    }

    #[test]
    fn returns_within_a_second_are_one_and_a_wave_ends_no_patience() {
        let mut gate = Gate::new(Config::default().mend(), 1);
        let keys = parts(&mut gate);
        ten(&mut gate, &keys, 0, GET);
        gate.returned(at(600_000));
        assert!(matches!(gate.ask(at(600_000), keys[0], How(GET), None), Verdict::Go(_)));
        gate.returned(at(600_050));
        let second = gate.ask(at(600_060), keys[1], How(GET), None);
        assert!(matches!(second, Verdict::Wait { why: Reason::Hidden, .. }), "not one more: {second:?}");
        for key in &keys[2..] {
            let hasty = gate.ask(at(600_070), *key, How(GET), Some(Duration::from_millis(1)));
            assert!(!matches!(hasty, Verdict::Shed { .. }), "{hasty:?}");
        }
    }

    #[test]
    fn offline_holds_background_work_and_lets_the_platform_answer_the_rest() {
        let mut gate = Gate::new(Config::default().mend(), 1);
        gate.set_offline(at(0), true);
        let mut waits = Vec::new();
        for n in 0..10_u8 {
            let path = [b"https://a.example/".as_slice(), &[b'0' + n]].concat();
            let verdict = ask(&mut gate, at(0), &path, BACKGROUND);
            let Verdict::Wait { ticket, why: Reason::Hidden, .. } = verdict else { panic!("{verdict:?}") };
            waits.push(ticket);
        }
        assert!(matches!(ask(&mut gate, at(1), b"https://a.example/a", GET), Verdict::Go(_)));
        assert!(matches!(ask(&mut gate, at(1), b"https://a.example/w", SAVE), Verdict::Go(_)));
        gate.set_offline(at(20_000), true);
        gate.set_offline(at(30_000), false);
        let first = polled(&mut gate, at(30_000)).len();
        let mut gone = first;
        for step in 1..=20 {
            gone += polled(&mut gate, at(30_000 + 50 * step)).len();
        }
        assert!(first < 4 && gone == 10, "spread: {first}, {gone}");
    }

    #[test]
    fn that_a_browser_is_offline_is_refuted_by_an_answer() {
        let mut gate = Gate::new(Config::default().mend(), 1);
        let Verdict::Go(ticket) = ask(&mut gate, at(0), b"https://a.example/a", GET) else { panic!() };
        gate.set_offline(at(1), true);
        assert!(matches!(ask(&mut gate, at(2), b"https://a.example/b", BACKGROUND), Verdict::Wait { .. }));
        let _ = gate.settle(at(3), ticket, Outcome::Offline, None);
        assert_eq!(polled(&mut gate, at(3)), [], "no answer");
        let Verdict::Go(ticket) = ask(&mut gate, at(4), b"https://a.example/a", GET) else { panic!() };
        let _ = gate.settle(at(5), ticket, Outcome::Status(404), None);
        assert_eq!(gate.queued(), 1);
        let gone = polled(&mut gate, at(1_010)).len();
        assert_eq!((gone, gate.queued()), (1, 0));
    }
}
