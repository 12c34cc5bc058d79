//! Brings humans, pages, clients and the server together: the events, and what follows from each.

use tidegate::hint;
use tidegate::rng::Rng;
use tidegate::time::WallTime;
use tidegate::verdict::Outcome;

use super::backend::{Arrival, Backend};
use super::clients::{Act, Ask, Kind, Part};
use super::clock::{Agenda, MS, Micros, NEVER, SECOND};
use super::human::Crowd;
use super::measure::Tally;
use super::page::{Desk, Tab};
use super::params as p;
use super::scenario::Scenario;

/// A message between two pages.
const BETWEEN_TABS: Micros = MS;

#[derive(Clone, Copy, Debug)]
pub enum Event {
    Begin(u32),
    Break(u32, u32),
    Rage(u32, u32),
    Again(u32, u32),
    Key(u32, u32, u8),
    Leave(u32),
    Debounced(u32),
    Loaded(u32, u32),
    Poll(u32, u32),
    Wake(u32),
    Arrive(u32),
    Finish(u32),
    Answer(u32),
    Change(u32),
    Said(u32),
    /// The trigger is over.
    End,
    Second,
}

/// One request on its way.
pub struct Request {
    pub tab: u32,
    token: u32,
    pub ask: Ask,
    one_way: Micros,
    /// What its service took.
    cost: Micros,
    departed: bool,
    /// 0: the connection broke.
    status: u16,
    told: String,
}

pub struct World<'c> {
    pub crowd: &'c Crowd,
    pub kind: Kind,
    pub agenda: Agenda<Event>,
    pub desks: Vec<Desk>,
    pub tabs: Vec<Tab>,
    pub free_tabs: Vec<u32>,
    pub tally: Tally,
    pub rng: Rng,
    /// Of the trigger.
    pub end: Micros,
    /// The human whose story is told.
    pub trace: Option<u32>,
    backend: Backend,
    requests: Vec<Request>,
    free: Vec<u32>,
    scenario: &'c Scenario,
    acts: Vec<Act>,
    /// What pages say to each other: whose, the speaker, and the text.
    mail: Vec<(u32, u32, String)>,
}

impl<'c> World<'c> {
    pub fn new(crowd: &'c Crowd, scenario: &'c Scenario, workers: u32, kind: Kind, seed: u64) -> Self {
        let rng = Rng::from_seed(seed).fork(77);
        Self {
            crowd,
            kind,
            agenda: Agenda::new(),
            desks: Vec::new(),
            tabs: Vec::new(),
            free_tabs: Vec::new(),
            tally: Tally::new(crowd.intents.len()),
            backend: Backend::new(scenario.design, workers, rng.fork(1).bits()),
            rng: rng.fork(2),
            end: scenario.end,
            trace: None,
            requests: Vec::new(),
            free: Vec::new(),
            scenario,
            acts: Vec::new(),
            mail: Vec::new(),
        }
    }

    /// Five minutes.
    pub fn run(mut self) -> Tally {
        for n in 0..self.crowd.humans.len() as u32 {
            self.arrive(n);
        }
        for (n, (at, _)) in self.scenario.changes.iter().enumerate() {
            self.agenda.plan(*at, Event::Change(n as u32));
        }
        // Behind the change that ends it: what is queued then, by the capacity of then.
        self.agenda.plan(self.end, Event::End);
        self.agenda.plan(SECOND, Event::Second);
        while let Some(event) = self.agenda.next() {
            if self.agenda.now > p::RUN {
                break;
            }
            self.happen(event);
        }
        self.tally.events = self.agenda.planned();
        self.tally
    }

    pub fn now(&self) -> Micros {
        self.agenda.now
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Begin(human) => self.begin(human),
            Event::Break(human, intent) => self.on_break(human, intent),
            Event::Rage(human, intent) => self.rage(human, intent),
            Event::Again(human, intent) => self.again(human, intent),
            Event::Key(human, intent, n) => self.key(human, intent, n),
            Event::Leave(human) => self.leave(human),
            Event::Debounced(tab) => self.debounced(tab),
            Event::Loaded(tab, page) => self.loaded(tab, page),
            Event::Poll(tab, page) => self.poll(tab, page),
            Event::Wake(tab) => self.wake(tab),
            Event::Arrive(request) => self.arrived(request),
            Event::Finish(request) => self.finished(request),
            Event::Answer(request) => self.answered(request),
            Event::Change(n) => self.change(n),
            Event::Said(n) => self.said(n),
            Event::End => self.tally.drain = self.backend.wait(),
            Event::Second => {
                self.tally.queue.push(self.backend.wait());
                self.agenda.plan(self.now() + SECOND, Event::Second);
            }
        }
    }

    /// Tells the story of one human.
    pub fn note(&self, human: u32, what: impl FnOnce() -> String) {
        if self.trace == Some(human) {
            println!("{:9.3} {}", self.now() as f64 / 1e6, what());
        }
    }

    // ── the page and its client ─────────────────────────────────────────────

    /// The page asks its client.
    pub fn ask(&mut self, tab: u32, intent: u32, part: Part, priority: u8, pressed: bool) {
        let now = self.now();
        let it = &mut self.tabs[tab as usize];
        let keyed =
            part == Part::Save && self.kind == Kind::Tidegate && self.crowd.humans[it.human as usize].keyed;
        let ask = Ask { id: it.next_call, intent, part, priority, safe: part != Part::Save, keyed, pressed };
        it.next_call += 1;
        it.calls.push(ask);
        let mut acts = std::mem::take(&mut self.acts);
        if let Some(client) = &mut it.client {
            client.ask(now, ask, &mut acts);
        }
        let human = it.human;
        self.note(human, || format!("asks {:?} of {intent} as {}: {acts:?}", part, ask.id));
        self.carry_out(tab, acts, None);
    }

    /// The page wants no answer to these any more.
    pub fn abort(&mut self, tab: u32, which: impl Fn(&Ask) -> bool) {
        let now = self.now();
        let it = &mut self.tabs[tab as usize];
        let gone: Vec<u32> = it.calls.iter().filter(|c| which(c)).map(|c| c.id).collect();
        it.calls.retain(|c| !which(c));
        let mut acts = std::mem::take(&mut self.acts);
        if let Some(client) = &mut it.client {
            for id in &gone {
                client.abort(now, *id, &mut acts);
            }
        }
        self.carry_out(tab, acts, None);
    }

    fn wake(&mut self, tab: u32) {
        let now = self.now();
        let it = &mut self.tabs[tab as usize];
        if it.armed != now {
            return;
        }
        it.armed = NEVER;
        let mut acts = std::mem::take(&mut self.acts);
        if let Some(client) = &mut it.client {
            client.wake(now, &mut acts);
        }
        let human = it.human;
        self.note(human, || format!("timer: {acts:?}"));
        self.carry_out(tab, acts, None);
    }

    /// `answer`: the request whose answer led to this.
    fn carry_out(&mut self, tab: u32, mut acts: Vec<Act>, answer: Option<u32>) {
        for act in acts.drain(..) {
            match act {
                Act::Send(token, ask) => self.send(tab, token, ask),
                Act::Cancel(token) => self.cancel(tab, token),
                Act::End(id, ok) => {
                    let useful = self.ended(tab, id, ok);
                    if let Some(request) = answer.filter(|_| useful) {
                        let cost = std::mem::take(&mut self.requests[request as usize].cost);
                        self.tally.useful(self.agenda.now, cost);
                    }
                }
            }
        }
        self.acts = acts;
        self.share(tab, false);
    }

    /// What the client stores and says, and when it wants to be woken.
    pub fn share(&mut self, tab: u32, leaving: bool) {
        let now = self.now();
        let it = &mut self.tabs[tab as usize];
        let desk = &mut self.desks[it.human as usize];
        if let Some(client) = &mut it.client {
            if let Some(text) = client.store(now, &desk.stored, leaving) {
                desk.stored = text;
            }
            let text = client.speak(now, leaving).filter(|_| desk.tabs.len() > 1);
            if let Some(text) = text {
                self.mail.push((it.human, tab, text));
                self.agenda.plan(now + BETWEEN_TABS, Event::Said(self.mail.len() as u32 - 1));
            }
        }
        let it = &mut self.tabs[tab as usize];
        let due = it.client.as_ref().map_or(NEVER, |c| c.due());
        if due != it.armed {
            it.armed = due;
            self.agenda.plan(due, Event::Wake(tab));
        }
    }

    /// The other pages of that human hear it.
    fn said(&mut self, n: u32) {
        let now = self.now();
        let (human, from, text) = std::mem::take(&mut self.mail[n as usize]);
        for tab in self.desks[human as usize].tabs.clone() {
            let mut acts = std::mem::take(&mut self.acts);
            if let Some(client) = self.tabs[tab as usize].client.as_mut().filter(|_| tab != from) {
                client.hear(now, &text, &mut acts);
            }
            self.carry_out(tab, acts, None);
        }
    }

    fn send(&mut self, tab: u32, token: u32, ask: Ask) {
        let human = self.tabs[tab as usize].human;
        let one_way = self.crowd.humans[human as usize].one_way;
        let request =
            Request { tab, token, ask, one_way, cost: 0, departed: false, status: 200, told: String::new() };
        let id = match self.free.pop() {
            Some(id) => {
                self.requests[id as usize] = request;
                id
            }
            None => {
                self.requests.push(request);
                self.requests.len() as u32 - 1
            }
        };
        self.tabs[tab as usize].flying.push((token, id));
        self.agenda.plan(self.now() + one_way, Event::Arrive(id));
    }

    fn cancel(&mut self, tab: u32, token: u32) {
        let flying = &mut self.tabs[tab as usize].flying;
        if let Some(place) = flying.iter().position(|f| f.0 == token) {
            let (_, request) = flying.swap_remove(place);
            self.requests[request as usize].departed = true;
        }
    }

    /// The page is no more, and neither are its connections.
    pub fn hang_up(&mut self, tab: u32) {
        for (_, request) in std::mem::take(&mut self.tabs[tab as usize].flying) {
            self.requests[request as usize].departed = true;
        }
    }

    // ── the server ──────────────────────────────────────────────────────────

    fn arrived(&mut self, id: u32) {
        let now = self.now();
        let ask = self.requests[id as usize].ask;
        let needed = self.crowd.intents.get(ask.intent as usize).map_or(0, |i| i.what.essential());
        self.tally.arrived(now, &ask, u16::from(needed));
        match self.backend.arrive(now, id) {
            Arrival::Starts(takes) => self.starts(id, takes),
            Arrival::Queued => {}
            Arrival::Refused => self.refuse(id, false),
            Arrival::Dropped => self.refuse(id, true),
        }
    }

    fn starts(&mut self, id: u32, takes: Micros) {
        self.requests[id as usize].cost = takes;
        self.agenda.plan(self.now() + takes, Event::Finish(id));
    }

    fn refuse(&mut self, id: u32, dropped: bool) {
        let (status, told) = self.backend.refusal(self.now(), dropped);
        let it = &mut self.requests[id as usize];
        (it.status, it.told) = (status, told);
        self.agenda.plan(self.agenda.now + it.one_way, Event::Answer(id));
    }

    fn finished(&mut self, id: u32) {
        let now = self.now();
        let it = &mut self.requests[id as usize];
        if let Some(told) = self.backend.told() {
            it.told = told;
        }
        self.tally.worked(now, it.cost, &it.ask);
        if it.departed {
            self.free.push(id);
        } else {
            self.agenda.plan(now + it.one_way, Event::Answer(id));
        }
        self.backend.finish();
        loop {
            let requests = &self.requests;
            let next = self.backend.next(&mut |id| requests[id as usize].departed);
            match next {
                Some((next, Some(takes))) => self.starts(next, takes),
                Some((gone, None)) => self.free.push(gone),
                None => break,
            }
        }
    }

    fn answered(&mut self, id: u32) {
        let now = self.now();
        let it = &mut self.requests[id as usize];
        if it.departed {
            self.free.push(id);
            return;
        }
        let (tab, token, status) = (it.tab, it.token, it.status);
        let told = std::mem::take(&mut it.told);
        let hint = (!told.is_empty() || status >= 300)
            .then(|| hint::read_text(status, told.as_bytes(), WallTime((now / MS) as i64)).hint);
        let outcome = if status == 0 { Outcome::Failed } else { Outcome::Status(status) };
        let tab_now = &mut self.tabs[tab as usize];
        tab_now.flying.retain(|f| f.1 != id);
        let mut acts = std::mem::take(&mut self.acts);
        if let Some(client) = &mut tab_now.client {
            client.answer(now, token, outcome, hint.as_ref(), &mut acts);
        }
        let human = tab_now.human;
        self.note(human, || {
            format!("{:?} is answered {status} {told}: {acts:?}", self.requests[id as usize].ask.part)
        });
        self.carry_out(tab, acts, Some(id));
        self.free.push(id);
    }

    fn change(&mut self, n: u32) {
        let (at, change) = self.scenario.changes[n as usize];
        let out = self.backend.change(at, change);
        for id in out {
            self.refuse(id, self.backend.is_broken());
        }
        // Workers that are back begin at once.
        loop {
            let requests = &self.requests;
            match self.backend.next(&mut |id| requests[id as usize].departed) {
                Some((next, Some(takes))) => self.starts(next, takes),
                Some((gone, None)) => self.free.push(gone),
                None => break,
            }
        }
    }
}
