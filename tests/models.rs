//! Queue, events, breaker and budget against naive twins, over random lives; pace and quota against what they promise.
//!
//! A twin keeps the whole history and works everything out anew: slow, and too simple to be wrong in the same way.

use core::cmp::Reverse;

use proptest::{collection::vec, option, prelude::*, sample::select};
use tidegate::{
    breaker::{Breaker, BreakerPolicy, Epoch},
    event::{Event, Events, Kind},
    limit::Limit,
    queue::{Drop, Queue, Waiter},
    rate::{
        gcra::Gcra,
        quota::{Quota, QuotaPolicy},
    },
    retry::{
        backoff::Backoff,
        budget::{Budget, BudgetPolicy},
    },
    time::{Duration, Instant},
};

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

fn at(n: u64) -> Instant {
    Instant::ORIGIN + ms(n)
}

#[test]
fn the_state_of_a_lane_is_small() {
    assert!(size_of::<Breaker>() <= 40 && size_of::<Gcra>() <= 16 && size_of::<Quota>() <= 48);
    assert!(size_of::<Budget>() <= 8 && size_of::<Backoff>() <= 16 && size_of::<Limit>() <= 12);
    assert!(size_of::<Waiter>() <= 24 && size_of::<Event>() <= 32);
}

// ---- queue ----

#[derive(Clone, Debug)]
enum QueueOp {
    /// The ticket is filled in on the way: tickets are numbers in order of arrival.
    Push(Waiter),
    /// Sent and refused: an ordered one that was removed comes back under its old number.
    Back,
    Remove(u32),
    Hold(u32, Instant),
    Expire,
    Pass(u64),
}

fn queue_op() -> impl Strategy<Value = QueueOp> {
    let push = (0..3_u16, 0..3_u8, any::<bool>(), 0..60_u64, 0..120_u64);
    prop_oneof![
        5 => push.prop_map(|(lane, priority, ordered, not_before, deadline)| QueueOp::Push(Waiter {
            ticket: 0, lane, priority, ordered, not_before: at(not_before), deadline: at(deadline),
        })),
        1 => (0..60_u32).prop_map(QueueOp::Remove),
        1 => Just(QueueOp::Back),
        1 => (0..60_u32, 0..60_u64).prop_map(|(ticket, until)| QueueOp::Hold(ticket, at(until))),
        1 => Just(QueueOp::Expire),
        2 => (0..10_u64).prop_map(QueueOp::Pass),
    ]
}

struct QueueTwin {
    waiting: Vec<Waiter>,
    capacity: usize,
    drop: Drop,
}

impl QueueTwin {
    fn push(&mut self, w: Waiter) -> Option<Waiter> {
        self.waiting.push(w);
        // The ordered ones stand in the order of their numbers, in the places that ordered ones have.
        let mut ordered: Vec<_> = self.waiting.iter().copied().filter(|w| w.ordered).collect();
        if w.ordered && !ordered.is_sorted_by_key(|w| w.ticket) {
            let newcomer = ordered.pop();
            let next = ordered.iter().find(|e| e.ticket > w.ticket).map(|e| e.ticket);
            self.waiting.pop();
            let place = self.waiting.iter().position(|e| Some(e.ticket) == next && e.ordered).unwrap();
            self.waiting.insert(place, newcomer.unwrap());
        }
        let least_worth = self.waiting.iter().copied().min_by_key(|w| {
            let newest = w.ordered || self.drop == Drop::Newest;
            let age = if newest { u32::MAX - w.ticket } else { w.ticket };
            (w.ordered, Reverse(w.priority), age)
        });
        let victim = least_worth.filter(|_| self.waiting.len() > self.capacity)?;
        self.take(|w| *w == victim)
    }

    fn take(&mut self, is_it: impl Fn(&Waiter) -> bool) -> Option<Waiter> {
        let found = self.waiting.iter().copied().find(|w| is_it(w))?;
        self.waiting.retain(|w| *w != found);
        Some(found)
    }

    fn ready(&self, now: Instant, newest_first: bool) -> Vec<u32> {
        let mut out = Vec::new();
        for priority in 0..=u8::MAX {
            let mut blocked = Vec::new();
            let mut ready = Vec::new();
            for w in self.waiting.iter().filter(|w| w.priority == priority) {
                let behind = w.ordered && blocked.contains(&w.lane);
                if w.not_before <= now && !behind {
                    ready.push(w);
                } else if w.ordered {
                    blocked.push(w.lane);
                }
            }
            let mut safe: Vec<_> = ready.iter().filter(|w| !w.ordered).map(|w| w.ticket).collect();
            safe.sort_by_key(|ticket| if newest_first { u32::MAX - ticket } else { *ticket });
            let mut safe = safe.into_iter();
            out.extend(ready.iter().filter_map(|w| if w.ordered { Some(w.ticket) } else { safe.next() }));
        }
        out
    }

    fn least_time(&self, is_it: impl Fn(Instant) -> bool) -> Instant {
        let times = self.waiting.iter().flat_map(|w| [w.not_before, w.deadline]);
        times.filter(|t| is_it(*t)).min().unwrap_or(Instant::NEVER)
    }
}

fn seen_ready(queue: &Queue, now: Instant, newest_first: bool) -> Vec<u32> {
    let mut tickets = Vec::new();
    queue.each_ready(now, newest_first, &mut |w| {
        tickets.push(w.ticket);
        false
    });
    tickets
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_queue_is_its_naive_twin(
        capacity in 0..8_usize,
        drop in select(vec![Drop::Oldest, Drop::Newest]),
        ops in vec(queue_op(), 0..60),
    ) {
        let mut queue = Queue::new(capacity, drop);
        let mut twin = QueueTwin { waiting: Vec::new(), capacity, drop };
        let (mut now, mut away) = (Instant::ORIGIN, Vec::new());
        for (op, ticket) in ops.into_iter().zip(0..) {
            match op {
                QueueOp::Push(w) => {
                    let w = Waiter { ticket, ..w };
                    prop_assert_eq!(queue.push(w), twin.push(w));
                }
                QueueOp::Back => {
                    if let Some(w) = away.pop() {
                        prop_assert_eq!(queue.push(w), twin.push(w));
                    }
                }
                QueueOp::Remove(ticket) => {
                    let gone = twin.take(|w| w.ticket == ticket);
                    prop_assert_eq!(queue.remove(ticket), gone);
                    away.extend(gone.filter(|w| w.ordered));
                }
                QueueOp::Hold(ticket, until) => {
                    let (ours, theirs) =
                        (queue.get_mut(ticket), twin.waiting.iter_mut().find(|w| w.ticket == ticket));
                    prop_assert_eq!(ours.is_some(), theirs.is_some());
                    ours.into_iter().chain(theirs).for_each(|w| w.not_before = until);
                }
                QueueOp::Expire => prop_assert_eq!(queue.expired(now), twin.take(|w| w.deadline <= now)),
                QueueOp::Pass(by) => now = now + ms(by),
            }
            for newest_first in [false, true] {
                prop_assert_eq!(seen_ready(&queue, now, newest_first), twin.ready(now, newest_first));
            }
            prop_assert_eq!(queue.next_timeout(), twin.least_time(|_| true));
            prop_assert_eq!(queue.next_after(now), twin.least_time(|t| t > now));
            let earlier = twin.waiting.iter().filter(|w| w.ordered && w.lane == 1 && w.ticket < ticket / 2);
            let asker = twin.waiting.iter().find(|w| w.ticket == ticket / 2);
            let any = twin.waiting.iter().any(|w| w.ordered && w.lane == 1);
            let before = if asker.is_some() { earlier.count() > 0 } else { any };
            // Asked for ordered ones, and for those who do not wait.
            if asker.is_none_or(|w| w.ordered) {
                prop_assert_eq!(queue.ordered_before(1, ticket / 2), before);
            }
            prop_assert_eq!(queue.len(), twin.waiting.len());
            prop_assert!(queue.len() <= capacity);
        }
    }
}

// ---- events ----

#[derive(Clone, Debug)]
enum EventOp {
    Push(Kind),
    Pop,
    Listen(u32),
}

fn event_op() -> impl Strategy<Value = EventOp> {
    let kinds = vec![Kind::Pressure, Kind::Wait, Kind::Shed, Kind::Retry, Kind::Coalesced, Kind::Error];
    prop_oneof![
        4 => select(kinds).prop_map(EventOp::Push),
        2 => Just(EventOp::Pop),
        1 => any::<u32>().prop_map(EventOp::Listen),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_events_are_their_naive_twin(capacity in 0..6_usize, ops in vec(event_op(), 0..80)) {
        let mut events = Events::new(capacity);
        // All that was ever recorded; how many of them are gone, and how many of these were read.
        let (mut recorded, mut gone, mut read, mut mask) = (Vec::new(), 0, 0, 0_u32);
        for (op, id) in ops.into_iter().zip(0..) {
            match op {
                EventOp::Push(kind) => {
                    let (reason, at) = (None, at(u64::from(id)));
                    let event = Event { kind, id, scope: 1, reason, at, priority: 2, extra: 3 };
                    events.push(event);
                    if mask >> (kind as u32) & 1 == 1 {
                        recorded.push(event);
                    }
                    gone = gone.max(recorded.len().saturating_sub(capacity));
                }
                EventOp::Pop => {
                    let oldest = recorded.get(gone).copied();
                    prop_assert_eq!(events.pop(), oldest);
                    gone += usize::from(oldest.is_some());
                    read += usize::from(oldest.is_some());
                }
                EventOp::Listen(kinds) => {
                    mask = kinds;
                    events.listen(kinds);
                }
            }
            prop_assert_eq!(events.is_empty(), gone == recorded.len());
            prop_assert_eq!(events.dropped() as usize, gone - read);
        }
    }
}

// ---- breaker ----

#[derive(Clone, Debug)]
enum BreakerOp {
    /// Asks, and sends when it may; or sends all the same, as a human's press does.
    Send {
        press: bool,
    },
    /// Settles the request that was sent so many sends ago, if it has not been settled.
    Settle {
        ago: usize,
        ok: bool,
    },
    Pass(u64),
}

fn breaker_op() -> impl Strategy<Value = BreakerOp> {
    prop_oneof![
        4 => prop::bool::weighted(0.1).prop_map(|press| BreakerOp::Send { press }),
        4 => (0..4_usize, any::<bool>()).prop_map(|(ago, ok)| BreakerOp::Settle { ago, ok }),
        2 => (0..120_u64).prop_map(BreakerOp::Pass),
    ]
}

/// Everything in plain milliseconds. A period is one stretch of one state.
struct BreakerTwin {
    period: u32,
    /// When the next one may go; none while closed.
    until: Option<u64>,
    probing: bool,
    rest: u64,
    /// The outcomes of this period with their times.
    answers: Vec<(u64, bool)>,
    trip: u32,
    least: usize,
    first_rest: u64,
    longest: u64,
}

impl BreakerTwin {
    fn ask(&self, now: u64) -> Option<u64> {
        self.until.filter(|until| now < *until)
    }

    fn sent(&mut self, now: u64) -> u32 {
        if let Some(until) = self.until
            && (!self.probing || now >= until)
        {
            self.until = Some(now + self.rest);
            self.period += u32::from(!self.probing);
            self.probing = true;
        }
        self.period
    }

    fn settle(&mut self, now: u64, period: u32, ok: bool) {
        if period != self.period {
            return;
        }
        if self.probing {
            self.turn(if ok { None } else { Some((now, (self.rest * 2).min(self.longest))) });
            return;
        }
        if self.answers.last().is_some_and(|(last, _)| now - last >= self.longest) {
            self.answers.clear();
        }
        self.answers.push((now, ok));
        let memory = (self.least * 2).min(64);
        let last: Vec<_> = self.answers.iter().rev().take(memory).collect();
        let failed = last.iter().filter(|(_, ok)| !ok).count();
        if !ok && last.len() >= self.least && failed * 10_000 >= last.len() * self.trip as usize {
            self.turn(Some((now, self.first_rest.min(self.longest))));
        }
    }

    /// A new period: open since then for that long, or closed.
    fn turn(&mut self, open: Option<(u64, u64)>) {
        self.period += 1;
        self.probing = false;
        self.answers.clear();
        self.until = open.map(|(now, rest)| now + rest);
        self.rest = open.map_or(0, |(_, rest)| rest);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_breaker_is_its_naive_twin(
        trip in 1..=10_000_u32,
        least in 1..=64_usize,
        (first_rest, longest) in (1..300_u64, 1..1_000_u64),
        ops in vec(breaker_op(), 0..200),
    ) {
        let answers = least as u32;
        let policy = BreakerPolicy { trip, answers, rest: ms(first_rest), longest: ms(longest) };
        let mut breaker = Breaker::new();
        let mut twin = BreakerTwin {
            period: 0, until: None, probing: false, rest: 0, answers: Vec::new(), trip, least, first_rest, longest,
        };
        let mut flying: Vec<Option<(Epoch, u32)>> = Vec::new();
        let mut now = 0;
        for op in ops {
            match op {
                BreakerOp::Send { press } => {
                    if press || breaker.ask(at(now)).is_ok() {
                        flying.push(Some((breaker.sent(at(now)), twin.sent(now))));
                    }
                }
                BreakerOp::Settle { ago, ok } => {
                    if let Some((epoch, period)) = flying.iter_mut().rev().nth(ago).and_then(Option::take) {
                        breaker.settle(at(now), epoch, ok, &policy);
                        twin.settle(now, period, ok);
                    }
                }
                BreakerOp::Pass(by) => now += by,
            }
            prop_assert_eq!(breaker.ask(at(now)).err(), twin.ask(now).map(at));
            prop_assert_eq!(breaker.closed_until(at(now)), twin.ask(now).map(at));
            prop_assert_eq!(breaker.is_open(), twin.until.is_some());
            prop_assert_eq!(breaker.next_timeout(), twin.until.map_or(Instant::NEVER, at));
        }
    }
}

// ---- budget ----

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_budget_is_its_naive_twin(
        earn in 0..=30_000_u32,
        (cap, reserve) in (0..20_u32, 0..30_u32),
        takes in vec(any::<bool>(), 0..500),
    ) {
        let policy = BudgetPolicy { earn, cap, reserve };
        let mut budget = Budget::new(&policy);
        let mut history: Vec<i64> = Vec::new();
        for take in takes {
            // Worked out from the first day: earned step by step, never above the cap.
            let full = i64::from(cap) * 10_000;
            let start = (i64::from(reserve) * 10_000).min(full);
            let saved = history.iter().fold(start, |saved, change| (saved + change).min(full));
            prop_assert_eq!(budget.ask(), saved >= 10_000);
            if !take {
                budget.sent(&policy);
                history.push(i64::from(earn));
            } else if budget.take() {
                prop_assert!(saved >= 10_000);
                history.push(-10_000);
            } else {
                prop_assert!(saved < 10_000);
            }
        }
    }

    #[test]
    fn any_share_is_granted_exactly(earn in 0..=10_000_u32, tries in 0..5_000_u32, reserve in 0..5_u32) {
        let policy = BudgetPolicy { earn, cap: 10, reserve };
        let mut budget = Budget::new(&policy);
        let mut granted = 0;
        for _ in 0..tries {
            budget.sent(&policy);
            while budget.take() {
                granted += 1;
            }
        }
        let reserve = if tries > 0 { reserve } else { 0 };
        prop_assert_eq!(granted, reserve + (u64::from(earn) * u64::from(tries) / 10_000) as u32);
    }
}

// ---- pace and quota ----

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// The definition: in any window of length `w` at most `burst + w / interval` go (here over all pairs of sends).
    #[test]
    fn no_window_holds_more_than_the_pace_allows(
        (interval, burst) in (1..50_u64, 1..6_u32),
        steps in vec(0..60_u64, 1..80),
    ) {
        let mut pace = Gcra::new(ms(interval), burst);
        let mut sends = Vec::new();
        let mut now = 0;
        for step in steps {
            now += step;
            while let Ok(()) = pace.ask(at(now)) {
                pace.sent(at(now));
                sends.push(now);
            }
            let free_at = pace.ask(at(now)).err();
            prop_assert!(free_at > Some(at(now)));
        }
        for (i, first) in sends.iter().enumerate() {
            for (j, last) in sends.iter().enumerate().skip(i) {
                prop_assert!((j - i + 1) as u64 <= u64::from(burst) + (last - first) / interval);
            }
        }
    }

    #[test]
    fn a_quota_holds_nobody_into_the_past_or_beyond_the_longest(
        words in vec(
            (
                0..5_000_u64,
                option::of(-1.0..1e12_f64),
                option::of(prop_oneof![-1.0..20.0_f64, 0.0..1e12_f64]),
                option::of(0..100_000_u64),
                option::of(0..100_000_u64),
                0..4_u32,
            ),
            0..60,
        ),
        (reserve, low, longest) in (0..12_000_u32, 0..12_000_u32, 0..60_000_u64),
    ) {
        let policy = QuotaPolicy { reserve, low, longest: ms(longest) };
        let mut quota = Quota::new(Instant::ORIGIN);
        let mut now = Instant::ORIGIN;
        for (pass, limit, remaining, reset, window, sends) in words {
            now = now + ms(pass);
            quota.told(now, limit, remaining, reset.map(ms), window.map(ms), &policy);
            (0..sends).for_each(|_| quota.sent(now));
            let waits = [quota.ask(now, true, &policy).err(), quota.ask(now, false, &policy).err(), quota.spent(now)];
            for until in waits.into_iter().flatten() {
                prop_assert!(now < until && until <= now + policy.longest);
                prop_assert_eq!(quota.ask(until.max(quota.next_timeout(now)), true, &policy), Ok(()));
            }
            let due = quota.next_timeout(now);
            prop_assert!(due > now && (due == Instant::NEVER || !quota.expired(now)));
            prop_assert!(quota.level(now).is_none_or(|level| level <= 10_000));
        }
    }

    /// Background work that asks as often as it likes leaves the reserve untouched, whatever the window.
    #[test]
    fn background_work_alone_never_touches_the_reserve(
        (limit, share, reset) in (1..500_u32, 0..=10_000_u32, 1..120_u64),
        told_every in 1..20_u32,
    ) {
        let policy = QuotaPolicy { reserve: share, low: 1_000, longest: Duration::from_secs(600) };
        let reset_at = at(reset * 1_000);
        let (mut quota, mut now, mut left) = (Quota::new(at(0)), at(0), limit);
        let tell = |quota: &mut Quota, now: Instant, left: u32| {
            let (limit, left) = (Some(f64::from(limit)), Some(f64::from(left)));
            quota.told(now, limit, left, Some(reset_at.since(now)), None, &policy);
        };
        tell(&mut quota, now, left);
        while now < reset_at {
            match quota.ask(now, true, &policy) {
                Ok(()) => {
                    quota.sent(now);
                    left -= 1;
                    if left % told_every == 0 {
                        tell(&mut quota, now, left);
                    }
                }
                Err(until) => now = until,
            }
        }
        prop_assert!(u64::from(left) >= u64::from(limit) * u64::from(share) / 10_000);
    }
}
