//! Random lives of one gate: whatever a page, its humans and its server do, the promises hold. A naive twin keeps what
//! the server said word by word and knows nothing of policies.
//!
//! | promise                                              | how the twin knows                                           |
//! |------------------------------------------------------|--------------------------------------------------------------|
//! | never earlier than the server said                   | its words, word by word, also across reloads                 |
//! | retries ≤ budget, in flight ≤ limit, queue ≤ cap     | it counts                                                    |
//! | nobody waits longer than his patience                | every deadline                                               |
//! | every request that is let in settles exactly once    | every unsettled ticket; a ticket comes only once             |
//! | writes of one route leave in the order of asking     | every write that waits; "observe" sends at once                                     |
//! | same seed, same bytes                                | every life is lived twice                                    |
//!
//! About 10^5 steps a run; `PROPTEST_CASES` (lives of up to 400 steps) asks for more: 10^6 take some minutes with
//! `cargo test --release`.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use tidegate::coalesce::KeyId;
use tidegate::event::Kind;
use tidegate::gate::Gate;
use tidegate::hint::{self, Hint};
use tidegate::packed;
use tidegate::policy::{Config, Mode, Policy, Setting, defaults};
use tidegate::scope::PlaceId;
use tidegate::time::{Duration, Instant, WallTime};
use tidegate::verdict::{How, Outcome, Ticket, Verdict};

#[derive(Clone, Debug)]
enum Op {
    Ask {
        key: usize,
        how: u32,
        patience: Option<u64>,
    },
    Settle {
        nth: usize,
        status: u16,
        text: usize,
    },
    Fail {
        nth: usize,
        offline: bool,
    },
    Abort {
        nth: usize,
    },
    Pass {
        ms: u64,
    },
    /// The page sleeps: time passes without a timer, and then it is back.
    Sleep {
        ms: u64,
    },
    Mode(u32),
    /// The page is hidden, or seen again.
    Hidden(bool),
    /// The page is one of so many tabs.
    Tabs(u32),
    /// F5: what was asked is gone, what was closed is not.
    Reload,
}

/// Header text, and the wait in it, if any, in milliseconds.
const TEXTS: [(&str, Option<u64>); 9] = [
    ("", None),
    ("", None),
    ("retry-after: 0\n", Some(0)),
    ("retry-after: 1\n", Some(1_000)),
    ("retry-after: 5\n", Some(5_000)),
    ("retry-after: 99999999999\n", Some(u64::MAX)),
    ("retry-after: soon\n", None),
    ("x-ratelimit-limit: 50\nx-ratelimit-remaining: 0\nx-ratelimit-reset: 3\n", None),
    ("ratelimit: \"q\";r=2;t=9\nratelimit-policy: \"q\";q=20;w=9\n", None),
];

/// Scope and route of each key; the last two of a scope are written to.
const KEYS: usize = 10;
const ROUTES: [&str; 5] = ["/a", "/b/1", "/b/2", "/save", "/login"];

fn op() -> impl Strategy<Value = Op> {
    let how = (0..3_u32, 0..32_u32, 0..5_u32);
    let status = prop_oneof![
        6 => Just(200_u16), 1 => Just(404), 2 => Just(429), 1 => Just(500), 1 => Just(502), 3 => Just(503), 1 => Just(504),
    ];
    let patience = prop_oneof![4 => Just(None), 1 => (0..20_000_u64).prop_map(Some)];
    prop_oneof![
        10 => (0..KEYS, how, patience).prop_map(|(key, (priority, flags, tries), patience)| Op::Ask {
            key, how: priority | flags << 3 | tries << 8, patience,
        }),
        8 => (any::<usize>(), status, 0..TEXTS.len()).prop_map(|(nth, status, text)| Op::Settle { nth, status, text }),
        2 => (any::<usize>(), any::<bool>()).prop_map(|(nth, offline)| Op::Fail { nth, offline }),
        2 => any::<usize>().prop_map(|nth| Op::Abort { nth }),
        8 => prop_oneof![0..50_u64, 0..1_500_u64, 0..12_000_u64].prop_map(|ms| Op::Pass { ms }),
        1 => (0..100_000_u64).prop_map(|ms| Op::Sleep { ms }),
        1 => prop_oneof![3 => Just(0), 1 => 0..3_u32].prop_map(Op::Mode),
        1 => prop_oneof![
            3 => any::<bool>().prop_map(Op::Hidden), 1 => (1..6_u32).prop_map(Op::Tabs), 1 => Just(Op::Reload),
        ],
    ]
}

fn settings() -> impl Strategy<Value = Vec<(Setting, f64)>> {
    let one = |s: Setting, values: &'static [f64]| prop_oneof![2 => Just(None), 1 => proptest::sample::select(values).prop_map(move |v| Some((s, v)))];
    let all = (
        one(Setting::Deadline, &[0.0, 500.0, 60_000.0]),
        one(Setting::RetryBudgetPercent, &[0.0, 1.0, 50.0, 100.0]),
        one(Setting::ConcurrencyMax, &[1.0, 2.0, 5.0]),
        one(Setting::QueueSize, &[1.0, 2.0, 8.0]),
        one(Setting::QueueDrop, &[1.0]),
        one(Setting::MaxHint, &[1.0, 2_000.0]),
        one(Setting::BreakerTrip, &[0.2]),
        one(Setting::Concurrency, &[0.0]),
    );
    all.prop_map(|(a, b, c, d, e, f, g, h)| [a, b, c, d, e, f, g, h].into_iter().flatten().collect())
}

/// What the twin knows of one request.
#[derive(Clone, Debug)]
struct Asked {
    key: usize,
    how: How,
    /// Sent and unanswered, since then.
    flying: Option<Instant>,
    sent: u32,
    /// Until when it may be held, if the policy is on.
    deadline: Instant,
    /// Its place in the order of asking.
    nth: u64,
}

/// A gate that knows nothing, with its keys.
fn born(policy: &Policy, seed: u64, now: Instant) -> (Gate, Vec<KeyId>) {
    let mut gate = Gate::new(policy.clone(), seed);
    gate.listen(u32::MAX);
    let scopes: Vec<PlaceId> =
        [b"https://a", b"https://b"].iter().map(|n| gate.scope(now, *n).unwrap()).collect();
    let key = |n: usize| {
        let method: &[u8] = if n % 5 == 3 { b"POST" } else { b"GET" };
        let url = format!("https://x{}", ROUTES[n % 5]);
        gate.key(now, scopes[n / 5], method, url.as_bytes())
    };
    let keys = (0..KEYS).map(key).collect();
    (gate, keys)
}

/// A gate, and the twin that watches it.
struct Life {
    gate: Gate,
    policy: Policy,
    seed: u64,
    now: Instant,
    mode: Mode,
    /// It was observing or off at some time: what went then counts, and nothing bounded it.
    stepped_aside: bool,
    keys: Vec<KeyId>,
    /// Every unsettled ticket.
    open: BTreeMap<u32, Asked>,
    /// Every ticket that was ever opened; a ticket comes only once.
    seen: BTreeSet<u32>,
    /// Until when the server said not to come, without any spread: by scope and by route class.
    words: BTreeMap<(usize, usize), Instant>,
    first: u64,
    again: u64,
    asked: u64,
    /// All that was answered, for comparing two lives.
    said: Vec<(u64, u64)>,
}

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// `/b/1` and `/b/2` are one class.
fn place(key: usize) -> (usize, usize) {
    let route = key % 5;
    (key / 5, if route == 2 { 1 } else { route } + 1)
}

impl Life {
    fn new(settings: &[(Setting, f64)], seed: u64) -> Self {
        let mut config = Config::default();
        settings.iter().for_each(|(s, v)| config.set(*s as usize, *v));
        let policy = config.check().expect("in range");
        let now = Instant::ORIGIN + ms(77);
        let (gate, keys) = born(&policy, seed, now);
        Self {
            gate,
            policy,
            seed,
            now,
            mode: Mode::On,
            stepped_aside: false,
            keys,
            open: BTreeMap::new(),
            seen: BTreeSet::new(),
            words: BTreeMap::new(),
            first: 0,
            again: 0,
            asked: 0,
            said: Vec::new(),
        }
    }

    fn act(&mut self, op: &Op) {
        match *op {
            Op::Ask { key, how, patience } => self.ask(key, how, patience),
            Op::Settle { nth, status, text } => {
                if let Some(ticket) = self.nth(nth, true) {
                    self.settle(ticket, Outcome::Status(status), TEXTS[text]);
                }
            }
            Op::Fail { nth, offline } => {
                if let Some(ticket) = self.nth(nth, true) {
                    let outcome = if offline { Outcome::Offline } else { Outcome::Failed };
                    self.settle(ticket, outcome, TEXTS[0]);
                }
            }
            Op::Abort { nth } => {
                if let Some(ticket) = self.nth(nth, false) {
                    self.settle(ticket, Outcome::Aborted, TEXTS[0]);
                }
            }
            Op::Pass { ms: long } => self.pass(self.now + ms(long)),
            Op::Sleep { ms: long } => {
                self.now = self.now + ms(long);
                self.gate.resume(self.now);
            }
            Op::Mode(code) => {
                self.mode = Mode::from_code(code);
                self.stepped_aside |= self.mode != Mode::On;
                self.gate.set_mode(self.now, self.mode);
            }
            Op::Hidden(hidden) => self.gate.set_hidden(self.now, hidden),
            Op::Tabs(count) => self.gate.peers(count),
            Op::Reload => self.reload(),
        }
        // As the face does: polls only when the gate says that something is due.
        if self.gate.has_due(self.now) {
            self.drain();
        }
        self.look();
    }

    /// A new page takes over what the last one stored. Who asked there is not there any more.
    fn reload(&mut self) {
        self.gate.store(true);
        let stored = self.gate.record(self.now, WallTime(0), b"");
        self.seed = self.seed.wrapping_add(1);
        (self.gate, self.keys) = born(&self.policy, self.seed, self.now);
        self.gate.take_stored(self.now, WallTime(0), stored.as_bytes());
        self.gate.set_mode(self.now, self.mode);
        self.stepped_aside = self.mode != Mode::On;
        self.open.clear();
        self.seen.clear();
        (self.first, self.again) = (0, 0);
    }

    /// One of those in flight, or of all.
    fn nth(&self, nth: usize, flying: bool) -> Option<Ticket> {
        let some = self.open.iter().filter(|(_, a)| !flying || a.flying.is_some());
        let tickets: Vec<_> = some.map(|(t, _)| *t).collect();
        tickets.get(nth.checked_rem(tickets.len())?).map(|t| Ticket(*t))
    }

    fn ask(&mut self, key: usize, how: u32, patience: Option<u64>) {
        // A write is neither safe nor joined, as the face sees to it.
        let how = How(if key % 5 == 3 { how & !(How::SAFE | How::JOIN) } else { how | How::SAFE });
        let own = if how.background() { self.policy.background_patience } else { self.policy.patience };
        let deadline = self.now + patience.map_or(own, ms);
        let verdict = self.gate.ask(self.now, self.keys[key], how, patience.map(ms));
        self.asked += 1;
        let asked = Asked { key, how, flying: None, sent: 0, deadline, nth: self.asked };
        match verdict {
            Verdict::Go(t) | Verdict::Wait { ticket: t, .. } => {
                assert!(self.seen.insert(t.0), "a ticket is new");
                self.open.insert(t.0, asked);
            }
            Verdict::Join { leader, .. } => {
                assert!(how.is(How::JOIN) && how.is(How::SAFE), "only safe ones join");
                assert_eq!(self.open[&leader.0].key, key, "one joins an equal one");
            }
            Verdict::Shed { ticket, .. } => assert!(self.seen.insert(ticket.0)),
            Verdict::Pass => assert!(self.mode == Mode::Off),
            other => panic!("{other:?}"),
        }
        self.hear(verdict, true);
    }

    fn settle(&mut self, ticket: Ticket, outcome: Outcome, (text, wait): (&str, Option<u64>)) {
        let asked = self.open[&ticket.0].clone();
        let hint: Option<Hint> = match outcome {
            Outcome::Status(status) if !text.is_empty() || status >= 300 => {
                Some(hint::read_text(status, text.as_bytes(), WallTime(0)).hint)
            }
            _ => None,
        };
        let verdict = self.gate.settle(self.now, ticket, outcome, hint.as_ref());
        if let (Outcome::Status(status @ (429 | 500..)), Some(wait), true) =
            (outcome, wait, asked.flying.is_some())
        {
            let (scope, class) = place(asked.key);
            let whom = (scope, if status == 503 { 0 } else { class });
            let until = self.now + ms(wait).min(self.policy.max_hint);
            let word = self.words.entry(whom).or_insert(until);
            *word = (*word).max(until);
        }
        match verdict {
            Verdict::Done(same) => {
                assert_eq!(same, ticket);
                self.open.remove(&ticket.0);
            }
            Verdict::Held { until, .. } => {
                assert!(outcome != Outcome::Aborted && outcome != Outcome::Status(200));
                assert!(asked.how.is(How::REPEAT) && !asked.how.is(How::NO_HOLD));
                assert!(until <= asked.deadline, "never beyond patience");
                self.open.get_mut(&ticket.0).unwrap().flying = None;
            }
            other => panic!("{other:?}"),
        }
        self.hear(verdict, false);
    }

    /// Goes on from timer to timer.
    fn pass(&mut self, end: Instant) {
        for _ in 0..100_000 {
            let next = self.gate.next_timeout(self.now);
            assert!(next > self.now, "no timer in the past");
            if next > end || next == Instant::NEVER {
                self.now = self.now.max(if end == Instant::NEVER { self.now } else { end });
                return;
            }
            self.now = next;
            self.drain();
        }
        panic!("timers without an end");
    }

    fn drain(&mut self) {
        for _ in 0..10_000 {
            let Some(verdict) = self.gate.poll(self.now) else {
                assert!(!self.gate.has_due(self.now));
                return self.look();
            };
            if let Verdict::Join { ticket, leader } = verdict {
                let (gone, key) =
                    (self.open.remove(&ticket.0).expect("a waiter joins"), self.open[&leader.0].key);
                assert_eq!(gone.key, key);
            }
            if let Verdict::Shed { ticket, .. } = verdict {
                let gone = self.open.remove(&ticket.0).expect("told once");
                assert_eq!(gone.flying, None, "a request that was sent is not shed");
            }
            self.hear(verdict, false);
        }
        panic!("polls without an end");
    }

    /// What holds for every verdict.
    fn hear(&mut self, verdict: Verdict, asked: bool) {
        let until = packed::until(verdict).map_or(0, |at| at.as_ms().to_bits());
        self.said.push((packed::pack(verdict, packed::flags(&mut self.gate, self.now)).to_bits(), until));
        if let Some(until) = packed::until(verdict) {
            assert!(until > self.now, "later than now: {verdict:?}");
        }
        let Verdict::Go(ticket) = verdict else { return };
        let request = self.open.get_mut(&ticket.0).expect("one goes who is there");
        assert_eq!(request.flying, None, "and goes once");
        (request.flying, request.sent) = (Some(self.now), request.sent + 1);
        *(if request.sent == 1 { &mut self.first } else { &mut self.again }) += 1;
        let (scope, class, nth, writes) =
            (place(request.key).0, place(request.key).1, request.nth, !request.how.is(How::SAFE));
        let earlier = |a: &&Asked| !a.how.is(How::SAFE) && a.flying.is_none() && a.nth < nth;
        let passed = self.open.values().filter(earlier).find(|a| place(a.key) == (scope, class));
        assert!(
            !writes || passed.is_none() || self.mode != Mode::On,
            "before a write that asked earlier: {passed:?}"
        );
        let request = &self.open[&ticket.0];
        let word = |whom| self.words.get(&whom).copied().unwrap_or(Instant::ORIGIN);
        if self.mode == Mode::On {
            assert!(word((scope, 0)).max(word((scope, class))) <= self.now, "earlier than the server said");
            assert!(asked || request.deadline >= self.now, "after its patience");
            let bound = u64::from(self.policy.limit.max);
            let counts = |a: &&Asked| {
                let recent = |sent: Instant| sent + defaults::IN_FLIGHT_LONGEST > self.now;
                place(a.key).0 == scope && a.flying.is_some_and(recent)
            };
            // Switched off, requests go whatever the limit: those still count.
            let crowd = self.open.values().filter(counts).count() as u64;
            assert!(bound == 0 || crowd <= bound || self.stepped_aside, "{crowd} in flight of {bound}");
        }
        let earned = self.first * u64::from(self.policy.budget.earn) / 10_000;
        assert!(self.again <= u64::from(self.policy.budget.reserve) + earned, "more retries than the budget");
    }

    /// What holds whenever nothing is due.
    fn look(&mut self) {
        assert!(self.gate.queued() <= self.policy.queue_size);
        let flying = self.open.values().filter(|a| a.flying.is_some()).count();
        assert_eq!(self.gate.in_flight() as usize, flying);
        assert_eq!(self.gate.queued(), self.open.len() - flying, "nobody is lost");
        if self.mode == Mode::On {
            let late = self.open.values().find(|a| a.flying.is_none() && a.deadline < self.now);
            assert!(late.is_none(), "waits beyond its patience: {late:?}");
        }
        while let Some(event) = self.gate.event() {
            let about_one = event.kind != Kind::Pressure && event.kind != Kind::Error;
            assert_eq!(event.id != 0, about_one, "{event:?}");
        }
    }

    /// Every flight is answered, every wait ends, and then there is no timer.
    fn end(&mut self) {
        for _ in 0..10_000 {
            if let Some(ticket) = self.nth(0, true) {
                self.settle(ticket, Outcome::Status(200), TEXTS[0]);
                self.drain();
            } else if !self.open.is_empty() {
                let next = self.gate.next_timeout(self.now);
                assert!(next != Instant::NEVER, "somebody waits without a timer: {:?}", self.open);
                self.pass(next);
            } else {
                break;
            }
        }
        assert!(self.open.is_empty());
        self.pass(Instant::NEVER);
        assert_eq!((self.gate.queued(), self.gate.in_flight()), (0, 0));
        assert_eq!(self.gate.next_timeout(self.now), Instant::NEVER, "zero timers at rest");
    }
}

fn live(settings: &[(Setting, f64)], seed: u64, ops: &[Op]) -> Vec<(u64, u64)> {
    let mut life = Life::new(settings, seed);
    ops.iter().for_each(|op| life.act(op));
    life.end();
    life.said
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_promises_hold_and_the_same_seed_says_the_same(
        settings in settings(),
        seed in any::<u64>(),
        ops in proptest::collection::vec(op(), 1..400),
    ) {
        let once = live(&settings, seed, &ops);
        prop_assert_eq!(once, live(&settings, seed, &ops));
    }
}

fn cases() -> u32 {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok());
    asked.unwrap_or(512)
}
