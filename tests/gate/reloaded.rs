//! A reload does not forget that the server is late: how late, since when, and what was usual before.

use tidegate::coalesce::KeyId;
use tidegate::gate::Gate;
use tidegate::policy::Config;
use tidegate::policy::defaults::PRESSURE;
use tidegate::pressure::State;
use tidegate::reason::Reason;
use tidegate::scope::PlaceId;
use tidegate::snapshot::{BUDGET, Entry, LATE, Snapshot, USUAL};
use tidegate::time::{Duration, Instant, WallTime};
use tidegate::verdict::{How, Outcome, Ticket, Verdict};

use crate::world::{BACKGROUND, GET, ORIGIN, at, ms, secs};

const ASK: u32 = GET & !How::JOIN;

struct Page(Gate);

impl Page {
    fn new(seed: u64) -> Self {
        Self(Gate::new(Config::default().mend(), seed))
    }

    /// One that has asked once a second, was answered in a tenth of a second, and knows what is usual.
    fn used() -> Self {
        let mut page = Self::new(1);
        for second in 0..9 {
            let ticket = page.go(at(second * 1_000), ASK);
            page.served(at(second * 1_000 + 100), ticket);
        }
        page
    }

    fn names(&mut self, now: Instant) -> (PlaceId, KeyId) {
        let scope = self.0.scope(now, ORIGIN.as_bytes()).unwrap();
        (scope, self.0.key(now, scope, b"GET", format!("{ORIGIN}/a").as_bytes()))
    }

    fn ask(&mut self, now: Instant, how: u32, patience: Duration) -> Verdict {
        let (_, key) = self.names(now);
        self.0.ask(now, key, How(how), Some(patience))
    }

    fn go(&mut self, now: Instant, how: u32) -> Ticket {
        let Verdict::Go(ticket) = self.ask(now, how, secs(60)) else { panic!("it goes") };
        ticket
    }

    fn served(&mut self, now: Instant, ticket: Ticket) {
        assert_eq!(self.0.settle(now, ticket, Outcome::Status(200), None), Verdict::Done(ticket));
    }

    /// As its timer has it.
    fn run(&mut self, from: Instant, to: Instant) {
        let mut now = from;
        while now <= to {
            while self.0.poll(now).is_some() {}
            now = self.0.next_timeout(now);
        }
    }

    /// What is kept of this kind: for how much longer, and the figure.
    fn kept(&self, now: Instant, kind: u8) -> Vec<(Duration, u64)> {
        let all = self.0.snapshot(now).map_or(Vec::new(), |kept| kept.entries);
        all.iter().filter(|entry| entry.kind == kind).map(|entry| (entry.left, entry.value)).collect()
    }

    fn level(&mut self, now: Instant) -> (State, u32) {
        let (scope, _) = self.names(now);
        let told = self.0.pressure(now, scope);
        (told.state, told.value)
    }
}

/// A page that waits since the tenth second, and has looked three times: serious since 13.1 s.
fn late(how: u32) -> Page {
    let mut page = Page::used();
    page.go(at(10_000), how);
    page.run(at(10_000), at(LOOK));
    page
}

const SEEN: u64 = 13_100;
const LOOK: u64 = 13_500;

/// Six half-lives.
fn life() -> Duration {
    PRESSURE.late_half_life.saturating_mul(6)
}

fn figure(milliseconds: u64) -> u64 {
    u64::from(PRESSURE.up[1]) << 48 | milliseconds
}

#[test]
fn while_nothing_is_late_nothing_is_kept() {
    assert_eq!(Page::used().0.snapshot(at(9_000)), None);
}

#[test]
fn what_is_outstanding_is_kept_for_its_scope_and_its_route_and_what_is_usual_beside_it() {
    let page = late(ASK);
    let left = at(SEEN) + life();
    // A tenth of a second is usual; twice what is beyond it, for one looks in the middle of a wait.
    assert_eq!(page.kept(at(LOOK), LATE), [(left.since(at(LOOK)), figure(6_800)); 2]);
    let usual = page.kept(at(LOOK), USUAL);
    assert_eq!(usual.len(), 1, "a route's");
    assert_eq!((usual[0].0, usual[0].1 >> 32), (left.since(at(LOOK)), 100_000));
    let deviation = usual[0].1 & u64::from(u32::MAX);
    assert!(
        (3_000..8_000).contains(&deviation),
        "half of it at first, a quarter less each time: {deviation}"
    );
    assert_eq!(page.kept(at(LOOK), BUDGET).len(), 1);
}

#[test]
fn of_several_in_flight_the_oldest_of_a_humans_counts() {
    let mut page = late(ASK);
    let (scope, _) = page.names(at(LOOK));
    let key = page.0.key(at(LOOK), scope, b"GET", format!("{ORIGIN}/new").as_bytes());
    let asked = page.0.ask(at(LOOK), key, How(ASK), Some(secs(60)));
    assert!(matches!(asked, Verdict::Wait { .. } | Verdict::Go(_)));
    assert_eq!(page.kept(at(14_000), LATE)[0].1, figure(7_800));
    let background = late(BACKGROUND);
    assert_eq!(background.kept(at(LOOK), LATE)[0].1, figure(0), "nobody waits for it");
}

#[test]
fn by_how_much_the_last_answer_was_late_counts_where_less_is_outstanding() {
    let mut page = Page::used();
    let first = page.go(at(10_000), ASK);
    page.go(at(10_050), ASK);
    page.run(at(10_050), at(14_999));
    page.served(at(15_000), first); // 4.9 s beyond what is usual
    let usual = page.kept(at(15_000), USUAL)[0].1 >> 32;
    assert_eq!(usual, 105_750, "6.9 s of two minutes' drift since the last answer");
    let outstanding = |now: u64| (2 * ((now - 10_050) * 1_000 - usual)) / 1_000;
    for now in [15_000, 15_200, 16_000] {
        let page = page.kept(at(now), LATE);
        assert_eq!(page[0].1 & 0xFFFF_FFFF, outstanding(now).max(4_900 - (now - 15_000) / 2));
    }
}

#[test]
fn an_answer_that_was_late_is_forgotten_at_half_the_pace_of_time_when_nothing_is_outstanding() {
    let mut page = Page::used();
    let ticket = page.go(at(10_000), ASK);
    page.run(at(10_000), at(14_999));
    page.served(at(15_000), ticket);
    for (now, left) in
        [(15_000, 4_900), (15_500, 4_650), (17_000, 3_900), (24_000, 400), (24_800, 0), (60_000, 0)]
    {
        let kept = page.kept(at(now), LATE);
        assert_eq!(kept.iter().map(|late| late.1 & 0xFFFF_FFFF).collect::<Vec<_>>(), [left; 2], "{now}");
    }
}

#[test]
fn it_is_kept_for_as_long_as_a_hundredth_of_it_is_left() {
    let mut page = Page::used();
    let ticket = page.go(at(10_000), ASK);
    page.run(at(10_000), at(LOOK));
    let _ = page.0.settle(at(LOOK), ticket, Outcome::Aborted, None);
    let nearly = at(SEEN) + (life() - secs(2));
    assert_eq!(page.kept(nearly, LATE).len(), 2);
    assert_eq!(page.kept(nearly, USUAL).len(), 1);
    assert_eq!(page.0.snapshot(nearly + ms(1_500)), None);
}

/// The page after a reload that took no time, on an axis of its own.
const NEW: u64 = 500_000;

fn reloaded(kept: &Snapshot) -> Page {
    let mut page = Page::new(2);
    page.0.restore(at(NEW), kept);
    page
}

#[test]
fn the_next_page_is_as_late_as_the_last_one_and_for_as_long() {
    let mut page = late(ASK);
    let kept = page.0.snapshot(at(LOOK)).unwrap();
    let mut next = reloaded(&kept);
    for after in [0, 1_000, 5_000, 30_000] {
        let (_, value) = next.level(at(NEW + after));
        let (_, before) = page.level(at(LOOK + after));
        assert!(value.abs_diff(before) <= 1, "{after}: {value} {before}");
    }
    assert_eq!(
        reloaded(&kept).level(at(NEW)).0,
        State::Fair,
        "by the level: a state that is left late is not kept"
    );
}

#[test]
fn the_next_page_knows_what_is_usual() {
    let kept = late(ASK).0.snapshot(at(LOOK)).unwrap();
    let mut next = reloaded(&kept);
    let later = at(NEW + 40_000);
    let _ = next.go(later, ASK);
    while next.0.poll(later).is_some() {}
    assert_eq!(next.0.next_timeout(later), later + ms(600), "late by half a second more than usual");
}

#[test]
fn what_was_outstanding_holds_a_human_of_the_next_page_by_what_is_to_be_expected() {
    let kept = late(ASK).0.snapshot(at(LOOK)).unwrap();
    // 6.8 s are more than three quarters of the usual patience: six. A third of the patience left is waited for, a sixth of
    // a second in each second; at the end of patience it goes.
    for (patience, held) in [(3, 3_000), (6, 6_000), (12, 12_000), (15, 6_000), (18, 0)] {
        let asked = reloaded(&kept).ask(at(NEW), ASK, secs(patience));
        match asked {
            Verdict::Wait { until, why, .. } => {
                assert_eq!((until, why), (at(NEW + held), Reason::Overload), "{patience}")
            }
            other => assert!(held == 0 && matches!(other, Verdict::Go(_)), "{patience}: {other:?}"),
        }
    }
}

fn forged(kept: &Snapshot, milliseconds: u64) -> Snapshot {
    let forge = |entry: &Entry| match entry.kind {
        LATE => Entry { value: figure(milliseconds), ..*entry },
        _ => *entry,
    };
    Snapshot { salt: kept.salt, entries: kept.entries.iter().map(forge).collect() }
}

#[test]
fn what_is_told_to_be_expected_is_at_most_three_quarters_of_patience_and_never_less_than_what_is_known() {
    let kept = late(ASK).0.snapshot(at(LOOK)).unwrap();
    let held = |page: &mut Page| match page.ask(at(NEW), ASK, secs(15)) {
        Verdict::Wait { until, .. } => until.since(at(NEW)),
        _ => Duration::ZERO,
    };
    let most = secs(6); // 6 s to expect, 5 s are a third of patience, and a sixth of a second is made up for in each
    assert_eq!(held(&mut reloaded(&forged(&kept, 5_500))), secs(3));
    assert_eq!(held(&mut reloaded(&forged(&kept, u64::from(u32::MAX)))), most);
    assert_eq!(held(&mut reloaded(&forged(&kept, 30_000))), most);
    let mut page = reloaded(&forged(&kept, 30_000));
    let _ = page.names(at(NEW));
    page.0.restore(at(NEW), &forged(&kept, 1_000));
    assert_eq!(held(&mut page), most);
}

#[test]
fn a_class_that_rests_after_dropped_connections_rests_in_the_next_page_too() {
    let mut page = Page::new(1);
    page.0.store(true);
    let mut wrote = String::new();
    for n in 0..20 {
        if let Verdict::Go(ticket) = page.ask(at(n), ASK | How::NO_HOLD, secs(60)) {
            let _ = page.0.settle(at(n), ticket, Outcome::Failed, None);
        }
        // As the page does after each.
        page.0.take_changed();
        if page.0.to_store(at(n), false) {
            wrote = page.0.record(at(n), WallTime(n as i64), b"");
        }
    }
    assert_ne!(wrote, "", "it is written when it begins, though the state is what it was");
    let mut next = Page::new(2);
    next.0.take_stored(at(0), WallTime(100), wrote.as_bytes());
    assert!(
        matches!(next.ask(at(0), ASK | How::NO_HOLD, secs(60)), Verdict::Wait { .. }),
        "nothing is sent before its time"
    );
}
