//! A small world in virtual time: pages with a gate each, in front of one server that answers by the time and the URL.
//!
//! Everybody wakes when their own deadline says so; time jumps to the least of them. After every handler and every
//! question the polls are drained when something is due, as the face does, and what every claim takes for granted is checked on the way:
//! a wait is later than now, a drained gate has nothing due, its next timeout lies ahead, nobody is settled twice.

use std::collections::BTreeMap;

use tidegate::event::Event;
use tidegate::gate::Gate;
use tidegate::hint;
use tidegate::policy::{Config, Setting};
use tidegate::reason::Reason;
use tidegate::scope::PlaceId;
use tidegate::time::{Duration, Instant, WallTime};
use tidegate::verdict::{How, Outcome, Ticket, Verdict};

/// A safe request as the face asks for it: it may be repeated and joined, and a human waits for it.
pub const GET: u32 = 1 | How::SAFE | How::REPEAT | How::JOIN;
/// An unsafe one.
pub const POST: u32 = 1;
/// Nobody waits for it.
pub const BACKGROUND: u32 = 2 | How::SAFE | How::REPEAT | How::JOIN;

pub const ORIGIN: &str = "https://a.example";

pub fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

pub fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// The world does not begin where the axis does: nothing may depend on that.
pub fn at(n: u64) -> Instant {
    Instant::ORIGIN + secs(1_000) + ms(n)
}

/// A request that reached the server.
#[derive(Clone, Debug)]
pub struct Hit {
    pub at: Instant,
    pub page: usize,
    pub url: String,
}

/// What the server answers: status (0: the connection drops), header lines, and after how long.
#[derive(Clone, Debug)]
pub struct Answer(pub u16, pub String, pub Duration);

pub fn ok() -> Answer {
    Answer(200, String::new(), ms(20))
}

pub fn fail(status: u16) -> Answer {
    Answer(status, String::new(), ms(5))
}

pub fn busy(status: u16, retry_after: u64) -> Answer {
    Answer(status, format!("retry-after: {retry_after}\n"), ms(5))
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum End {
    Served(u16),
    Shed(Reason, Instant),
    Gone,
}

#[derive(Clone, Debug)]
pub struct Call {
    pub url: String,
    pub how: u32,
    pub asked: Instant,
    /// When it was sent, each time.
    pub sent: Vec<Instant>,
    /// Every time it was told to wait: until when and why.
    pub waits: Vec<(Instant, Reason)>,
    /// Joined the flight of another.
    pub joined: bool,
    pub end: Option<(Instant, End)>,
    patience: Option<Duration>,
}

impl Call {
    pub fn end(&self) -> End {
        self.end.expect("every call ends").1
    }

    pub fn ended(&self) -> Instant {
        self.end.expect("every call ends").0
    }
}

pub struct Page {
    pub gate: Gate,
    pub calls: Vec<Call>,
    /// When its one timer wakes it.
    armed: Instant,
    keys: BTreeMap<String, tidegate::coalesce::KeyId>,
    tickets: BTreeMap<u32, usize>,
    joiners: BTreeMap<u32, Vec<usize>>,
}

type Act = Box<dyn FnOnce(&mut Gate, Instant)>;

enum Todo {
    Ask(usize, usize),
    Answer(usize, Ticket, Answer),
    Abort(usize, usize),
    Act(usize, Act),
}

pub struct World<'s> {
    pub now: Instant,
    pub pages: Vec<Page>,
    pub hits: Vec<Hit>,
    config: Config,
    todo: BTreeMap<(Instant, u64), Todo>,
    serial: u64,
    server: Box<dyn FnMut(&Hit) -> Answer + 's>,
}

impl<'s> World<'s> {
    pub fn new(settings: &[(Setting, f64)], server: impl FnMut(&Hit) -> Answer + 's) -> Self {
        let mut config = Config::default();
        for (setting, value) in settings {
            config.set(*setting as usize, *value);
        }
        Self {
            now: at(0),
            pages: Vec::new(),
            hits: Vec::new(),
            config,
            todo: BTreeMap::new(),
            serial: 0,
            server: Box::new(server),
        }
    }

    /// A page more, listening to every kind of event.
    pub fn page(&mut self, seed: u64) -> usize {
        let mut gate = Gate::new(self.config.check().expect("settings in range"), seed);
        gate.listen(u32::MAX);
        self.pages.push(Page {
            gate,
            calls: Vec::new(),
            armed: Instant::NEVER,
            keys: BTreeMap::new(),
            tickets: BTreeMap::new(),
            joiners: BTreeMap::new(),
        });
        self.pages.len() - 1
    }

    /// A world with one page.
    pub fn alone(settings: &[(Setting, f64)], server: impl FnMut(&Hit) -> Answer + 's) -> Self {
        let mut world = Self::new(settings, server);
        world.page(7);
        world
    }

    fn plan(&mut self, at: Instant, todo: Todo) {
        self.serial += 1;
        self.todo.insert((at, self.serial), todo);
    }

    /// Page 0 asks.
    pub fn ask(&mut self, at: Instant, path: &str, how: u32) -> usize {
        self.ask_for(0, at, path, how, None)
    }

    pub fn ask_for(
        &mut self,
        page: usize,
        at: Instant,
        path: &str,
        how: u32,
        patience: Option<Duration>,
    ) -> usize {
        let url = if path.starts_with("https:") { path.to_owned() } else { format!("{ORIGIN}{path}") };
        let call = Call {
            url,
            how,
            asked: at,
            sent: Vec::new(),
            waits: Vec::new(),
            joined: false,
            end: None,
            patience,
        };
        self.pages[page].calls.push(call);
        let call = self.pages[page].calls.len() - 1;
        self.plan(at, Todo::Ask(page, call));
        call
    }

    pub fn abort(&mut self, at: Instant, call: usize) {
        self.plan(at, Todo::Abort(0, call));
    }

    /// Something else happens to page 0's gate.
    pub fn act(&mut self, at: Instant, act: impl FnOnce(&mut Gate, Instant) + 'static) {
        self.plan(at, Todo::Act(0, Box::new(act)));
    }

    pub fn call(&self, call: usize) -> &Call {
        &self.pages[0].calls[call]
    }

    pub fn gate(&self) -> &Gate {
        &self.pages[0].gate
    }

    pub fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.pages[0].gate.event()).collect()
    }

    pub fn scope(&mut self, page: usize, name: &str) -> PlaceId {
        self.pages[page].gate.scope(self.now, name.as_bytes()).expect("a scope")
    }

    /// Until nothing is planned and no gate has a timer. Whatever was begun must have ended, and nothing leaks.
    pub fn run(&mut self) {
        self.run_until(Instant::NEVER);
        for page in &self.pages {
            assert_eq!((page.gate.queued(), page.gate.in_flight()), (0, 0), "at rest nothing waits or flies");
            assert_eq!(page.gate.next_timeout(self.now), Instant::NEVER, "at rest there is no timer");
            assert!(page.tickets.is_empty() && page.joiners.is_empty());
            assert!(page.calls.iter().all(|c| c.end.is_some()), "every call ends");
        }
    }

    /// Carries out all that happens up to and at `end`.
    pub fn run_until(&mut self, end: Instant) {
        for step in 0.. {
            assert!(step < 2_000_000, "a loop without an end");
            let planned = self.todo.first_key_value().map_or(Instant::NEVER, |(k, _)| k.0);
            let timers = self.pages.iter().map(|p| p.armed);
            let (timer, page) = timers.zip(0..).min().unwrap_or((Instant::NEVER, 0));
            let next = planned.min(timer);
            if next == Instant::NEVER || next > end {
                break;
            }
            assert!(next >= self.now, "time does not run back");
            self.now = next;
            if planned <= timer {
                let (_, todo) = self.todo.pop_first().expect("planned");
                self.carry_out(todo);
            } else {
                self.drain(page);
            }
        }
        if end != Instant::NEVER {
            self.now = self.now.max(end);
        }
    }

    fn carry_out(&mut self, todo: Todo) {
        let now = self.now;
        let page = match todo {
            Todo::Ask(page, call) => {
                self.put(page, call);
                page
            }
            Todo::Answer(page, ticket, answer) => {
                let Answer(status, text, _) = answer;
                self.settle(page, ticket, status, &text);
                page
            }
            Todo::Abort(page, call) => {
                self.leave(page, call);
                page
            }
            Todo::Act(page, act) => {
                act(&mut self.pages[page].gate, now);
                page
            }
        };
        // As the face does: polls only when the gate says that something is due.
        if self.pages[page].gate.has_due(now) {
            self.drain(page);
        } else {
            self.arm(page);
        }
    }

    fn arm(&mut self, page: usize) {
        let it = &mut self.pages[page];
        it.armed = it.gate.next_timeout(self.now);
        assert!(it.armed > self.now, "the next timeout lies ahead");
    }

    fn put(&mut self, page: usize, call: usize) {
        let now = self.now;
        let it = &mut self.pages[page];
        let (url, how, patience) = {
            let c = &it.calls[call];
            (c.url.clone(), How(c.how), c.patience)
        };
        let method: &[u8] = if how.is(How::SAFE) { b"GET" } else { b"POST" };
        let name = format!("{}{url}", how.is(How::SAFE));
        for fresh in [false, true] {
            if fresh || !it.keys.contains_key(&name) {
                let slash = url[8..].find('/').map_or(url.len(), |i| i + 8);
                let Some(scope) = it.gate.scope(now, &url.as_bytes()[..slash]) else {
                    return self.pass(page, call);
                };
                let key = it.gate.key(now, scope, method, url.as_bytes());
                it.keys.insert(name.clone(), key);
            }
            let verdict = it.gate.ask(now, it.keys[&name], how, patience);
            if verdict != Verdict::Stale {
                return self.heed(page, verdict, Some(call));
            }
        }
        panic!("a fresh key is not stale");
    }

    fn pass(&mut self, page: usize, call: usize) {
        let (url, at) = (self.pages[page].calls[call].url.clone(), self.now);
        let hit = Hit { at, page, url };
        let Answer(status, ..) = (self.server)(&hit);
        self.hits.push(hit);
        self.pages[page].calls[call].sent.push(at);
        self.end(page, call, End::Served(status));
    }

    fn settle(&mut self, page: usize, ticket: Ticket, status: u16, text: &str) {
        if !self.pages[page].tickets.contains_key(&ticket.0) {
            return; // its human has gone meanwhile
        }
        let hint = (!text.is_empty() || status >= 300)
            .then(|| hint::read_text(status, text.as_bytes(), WallTime(0)).hint);
        let outcome = Outcome::from_code(u32::from(status));
        let verdict = self.pages[page].gate.settle(self.now, ticket, outcome, hint.as_ref());
        if let Verdict::Done(_) = verdict {
            self.finish(page, ticket, End::Served(status));
        } else {
            self.heed(page, verdict, None);
        }
    }

    fn leave(&mut self, page: usize, call: usize) {
        let tickets = &self.pages[page].tickets;
        let Some((&ticket, _)) = tickets.iter().find(|(_, c)| **c == call) else {
            return;
        };
        let done = self.pages[page].gate.settle(self.now, Ticket(ticket), Outcome::Aborted, None);
        assert_eq!(done, Verdict::Done(Ticket(ticket)));
        self.finish(page, Ticket(ticket), End::Gone);
    }

    /// The polls, until nothing is due.
    pub fn drain(&mut self, page: usize) {
        let now = self.now;
        for _ in 0..100_000 {
            let Some(verdict) = self.pages[page].gate.poll(now) else {
                assert!(!self.pages[page].gate.has_due(now), "a drained gate has nothing due");
                self.arm(page);
                return;
            };
            self.heed(page, verdict, None);
        }
        panic!("polls without an end");
    }

    fn heed(&mut self, page: usize, verdict: Verdict, asked: Option<usize>) {
        let now = self.now;
        let it = &mut self.pages[page];
        if let (Some(call), Verdict::Go(t) | Verdict::Wait { ticket: t, .. }) = (asked, verdict) {
            assert_eq!(it.tickets.insert(t.0, call), None, "a ticket is one call's");
        }
        match verdict {
            Verdict::Go(ticket) => self.send(page, ticket),
            Verdict::Wait { ticket, until, why } | Verdict::Held { ticket, until, why } => {
                assert!(until > now, "a wait is later than now");
                let call = it.tickets[&ticket.0];
                it.calls[call].waits.push((until, why));
            }
            Verdict::Shed { ticket, retry_at, why } => {
                assert!(retry_at > now, "coming again now would be of no use");
                match asked {
                    Some(call) => self.end(page, call, End::Shed(why, retry_at)),
                    None => self.finish(page, ticket, End::Shed(why, retry_at)),
                }
            }
            Verdict::Join { ticket, leader } => {
                assert!(it.tickets.contains_key(&leader.0), "one joins who is there");
                let call = asked.unwrap_or_else(|| it.tickets.remove(&ticket.0).expect("a waiter"));
                it.calls[call].joined = true;
                let all = it.joiners.remove(&ticket.0).unwrap_or_default();
                it.joiners.entry(leader.0).or_default().extend(all.into_iter().chain([call]));
            }
            Verdict::Pass => self.pass(page, asked.expect("only a question passes")),
            other => panic!("{other:?} here"),
        }
    }

    fn send(&mut self, page: usize, ticket: Ticket) {
        let at = self.now;
        let call = self.pages[page].tickets[&ticket.0];
        let it = &mut self.pages[page].calls[call];
        it.sent.push(at);
        let hit = Hit { at, page, url: it.url.clone() };
        let answer = (self.server)(&hit);
        self.hits.push(hit);
        self.plan(at + answer.2, Todo::Answer(page, ticket, answer));
    }

    fn finish(&mut self, page: usize, ticket: Ticket, end: End) {
        let it = &mut self.pages[page];
        let call = it.tickets.remove(&ticket.0).expect("settled once");
        let joined = it.joiners.remove(&ticket.0).unwrap_or_default();
        for call in joined.into_iter().chain([call]) {
            self.end(page, call, end);
        }
    }

    fn end(&mut self, page: usize, call: usize, end: End) {
        let now = self.now;
        let before = self.pages[page].calls[call].end.replace((now, end));
        assert_eq!(before, None, "a call ends once");
    }
}
