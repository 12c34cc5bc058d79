//! A human's side: pages, what is asked for on them, and what the human does while nothing comes.

use tidegate::rng::Rng;

use super::chance::uniform;
use super::clients::{Ask, CallId, Client, Part};
use super::clock::{MS, Micros, NEVER};
use super::human::{Habit, Intent, What, first_break, next_break};
use super::params as p;
use super::world::{Event, World};

/// Nobody has more pages of one application open.
const TABS: usize = 3;
/// From a page that is there again to the button.
const TO_THE_BUTTON: Micros = 1_000 * MS;
const NOTHING: u32 = u32::MAX;

/// One open page.
pub struct Tab {
    pub human: u32,
    /// Which page: counts loads.
    pub page: u32,
    pub client: Option<Box<dyn Client>>,
    pub calls: Vec<Ask>,
    pub next_call: CallId,
    /// Tokens of the client with their requests.
    pub flying: Vec<(u32, u32)>,
    pub armed: Micros,
    /// Essential parts that are there, one bit each.
    parts: u8,
    typed: u8,
    debounce: Micros,
    /// When the last key was pressed.
    keyed: Micros,
    /// Since when the next flight of the box waits behind an earlier one.
    behind: Micros,
}

/// One human at work.
pub struct Desk {
    next: u32,
    until: u32,
    /// What is wanted now.
    intent: u32,
    pub tabs: Vec<u32>,
    /// Is about to try again.
    reacting: bool,
    breaks: Rng,
    reactions: Rng,
    /// The human's storage, which all pages share.
    pub stored: String,
}

impl World<'_> {
    fn intent(&self, id: u32) -> &Intent {
        &self.crowd.intents[id as usize]
    }

    /// Whether this human still waits for this.
    fn waits(&self, human: u32, intent: u32) -> bool {
        let current = self.desks[human as usize].intent == intent && intent != NOTHING;
        current && !self.tally.is_served(intent) && self.now() < self.intent(intent).end
    }

    fn main(&self, human: u32) -> u32 {
        self.desks[human as usize].tabs[0]
    }

    fn is_there(&self, tab: u32) -> bool {
        self.tabs[tab as usize].client.is_some()
    }

    /// The human's first page, and when the first thing is wanted.
    pub fn arrive(&mut self, human: u32) {
        let who = &self.crowd.humans[human as usize];
        let (from, range, seed) = (who.from, who.intents.clone(), who.seed);
        let rng = Rng::from_seed(seed);
        self.desks.push(Desk {
            next: range.start,
            until: range.end,
            intent: NOTHING,
            tabs: Vec::new(),
            reacting: false,
            breaks: rng.fork(1),
            reactions: rng.fork(2),
            stored: String::new(),
        });
        let tab = self.open_tab(human);
        let page = self.tabs[tab as usize].page;
        if from == 0 {
            // Was there before: no shell, and polls at any phase.
            self.start_client(tab);
            let first = uniform(&mut self.rng, 0, self.crowd.mix.poll_every);
            self.agenda.plan(first, Event::Poll(tab, page));
        } else {
            let load = uniform(&mut self.rng, p::DOCUMENT.0, p::DOCUMENT.1);
            self.agenda.plan(from + load, Event::Loaded(tab, page));
        }
        if let Some(first) = self.crowd.intents.get(range.start as usize).filter(|_| !range.is_empty()) {
            self.agenda.plan(first.start, Event::Begin(human));
        }
        if from != 0
            && let Some(last) = self.crowd.intents[range.start as usize..range.end as usize].last()
        {
            self.agenda.plan(last.end, Event::Leave(human));
        }
    }

    fn open_tab(&mut self, human: u32) -> u32 {
        let id = self.free_tabs.pop().unwrap_or(self.tabs.len() as u32);
        let page = self.tabs.get(id as usize).map_or(0, |old| old.page + 1);
        let tab = Tab {
            human,
            page,
            client: None,
            calls: Vec::new(),
            next_call: 0,
            flying: Vec::new(),
            armed: NEVER,
            parts: 0,
            typed: 0,
            debounce: NEVER,
            keyed: 0,
            behind: NEVER,
        };
        match self.tabs.get_mut(id as usize) {
            Some(place) => *place = tab,
            None => self.tabs.push(tab),
        }
        self.desks[human as usize].tabs.push(id);
        id
    }

    fn start_client(&mut self, tab: u32) {
        let (now, seed) = (self.now(), self.rng.bits());
        let human = self.tabs[tab as usize].human;
        let stored = &self.desks[human as usize].stored;
        self.tabs[tab as usize].client = Some(self.kind.open(now, seed, stored, self.end));
        self.share(tab, false);
    }

    /// The page goes, with its client and its connections.
    fn unload(&mut self, tab: u32) {
        self.share(tab, true);
        self.hang_up(tab);
        let it = &mut self.tabs[tab as usize];
        it.client = None;
        it.calls.clear();
        it.page += 1;
        (it.armed, it.debounce, it.behind, it.parts) = (NEVER, NEVER, NEVER, 0);
    }

    fn reload(&mut self, tab: u32) {
        if !self.is_there(tab) {
            return;
        }
        let human = self.tabs[tab as usize].human;
        self.note(human, || "reloads".into());
        self.unload(tab);
        let load = uniform(&mut self.rng, p::DOCUMENT.0, p::DOCUMENT.1);
        let page = self.tabs[tab as usize].page;
        self.agenda.plan(self.now() + load, Event::Loaded(tab, page));
    }

    pub fn loaded(&mut self, tab: u32, page: u32) {
        if self.tabs[tab as usize].page != page {
            return;
        }
        self.start_client(tab);
        let human = self.tabs[tab as usize].human;
        let intent = self.desks[human as usize].intent;
        self.note(human, || "the page is there".into());
        self.ask(tab, intent, Part::Shell, 1, false);
        if intent != NOTHING {
            match self.intent(intent).what {
                What::View => self.view(tab, intent, false),
                What::Search(_) if self.now() >= self.intent(intent).asked => {
                    self.ask(tab, intent, Part::Search, 1, false);
                }
                What::Search(_) => {}
                // The form is filled in still, but its button must be pressed again.
                What::Save => self.agenda.plan(self.now() + TO_THE_BUTTON, Event::Again(human, intent)),
            }
        }
        self.poll(tab, page);
    }

    /// `pressed`: it was a click that led here, and not a page that loads.
    fn view(&mut self, tab: u32, intent: u32, pressed: bool) {
        for n in 0..p::ESSENTIAL {
            self.ask(tab, intent, Part::Essential(n), 0, pressed);
        }
        for n in 0..self.crowd.mix.optional {
            self.ask(tab, intent, Part::Optional(n), 2, false);
        }
    }

    pub fn poll(&mut self, tab: u32, page: u32) {
        if self.tabs[tab as usize].page != page {
            return;
        }
        if !self.tabs[tab as usize].calls.iter().any(|c| c.part == Part::Poll) {
            self.ask(tab, NOTHING, Part::Poll, 2, false);
        }
        self.agenda.plan(self.now() + self.crowd.mix.poll_every, Event::Poll(tab, page));
    }

    // ── the human ───────────────────────────────────────────────────────────

    /// Wants the next thing, and nothing of the last one any more.
    pub fn begin(&mut self, human: u32) {
        let desk = &mut self.desks[human as usize];
        let intent = desk.next;
        desk.next += 1;
        (desk.intent, desk.reacting) = (intent, false);
        let mind = self.crowd.intents[intent as usize].mind();
        (desk.breaks, desk.reactions) = (mind.fork(1), mind.fork(2));
        let next = desk.next;
        if next < desk.until {
            self.agenda.plan(self.intent(next).start, Event::Begin(human));
        }
        self.close_others(human);
        let tab = self.main(human);
        (self.tabs[tab as usize].parts, self.tabs[tab as usize].typed) = (0, 0);
        self.abort(tab, |call| call.intent != intent && !matches!(call.part, Part::Poll | Part::Shell));
        let Intent { what, asked, end, .. } = *self.intent(intent);
        self.note(human, || format!("wants {what:?} ({intent}) until {:.3}", end as f64 / 1e6));
        if self.crowd.humans[human as usize].habit != Habit::Patient {
            let first = first_break(&mut self.desks[human as usize].breaks);
            self.agenda.plan(asked + first, Event::Break(human, intent));
        }
        if let What::Search(_) = what {
            for (n, at) in self.intent(intent).keys().into_iter().enumerate() {
                self.agenda.plan(at, Event::Key(human, intent, n as u8 + 1));
            }
        } else if self.is_there(tab) {
            match what {
                What::View => self.view(tab, intent, true),
                _ => self.ask(tab, intent, Part::Save, 0, true),
            }
        }
    }

    fn close_others(&mut self, human: u32) {
        while self.desks[human as usize].tabs.len() > 1 {
            let tab = self.desks[human as usize].tabs.pop().expect("more than one");
            self.unload(tab);
            self.free_tabs.push(tab);
        }
    }

    pub fn leave(&mut self, human: u32) {
        self.close_others(human);
        let tab = self.main(human);
        self.unload(tab);
        self.desks[human as usize].intent = NOTHING;
    }

    pub fn key(&mut self, human: u32, intent: u32, n: u8) {
        let (now, tab) = (self.now(), self.main(human));
        let it = &mut self.tabs[tab as usize];
        let Some(client) = it.client.as_ref().filter(|_| self.desks[human as usize].intent == intent) else {
            return;
        };
        it.debounce = now + p::DEBOUNCE * client.stretch(now) / 10;
        (it.typed, it.keyed) = (n, now);
        self.agenda.plan(it.debounce, Event::Debounced(tab));
    }

    /// When the box's next flight may leave: its debounce may have grown meanwhile, and an earlier flight of the box may be
    /// on its way still.
    fn due(&mut self, tab: u32) -> Micros {
        let (now, it) = (self.agenda.now, &mut self.tabs[tab as usize]);
        let Some(client) = &it.client else { return now };
        let due = it.keyed + p::DEBOUNCE * client.stretch(now) / 10;
        let behind = client.behind(now);
        if due > now || behind == 0 || !it.calls.iter().any(|c| matches!(c.part, Part::Prefix(_))) {
            return due;
        }
        it.behind = it.behind.min(now);
        it.behind + behind
    }

    pub fn debounced(&mut self, tab: u32) {
        let it = &mut self.tabs[tab as usize];
        if it.debounce != self.agenda.now {
            return;
        }
        let due = self.due(tab);
        let it = &mut self.tabs[tab as usize];
        if due > self.agenda.now {
            it.debounce = due;
            return self.agenda.plan(due, Event::Debounced(tab));
        }
        (it.debounce, it.behind) = (NEVER, NEVER);
        let (typed, intent) = (it.typed, self.desks[it.human as usize].intent);
        let What::Search(keys) = self.intent(intent).what else { return };
        if typed < keys {
            self.abort(tab, |call| matches!(call.part, Part::Prefix(_)));
            self.ask(tab, intent, Part::Prefix(typed), 1, false);
        } else {
            self.search(tab, intent);
        }
    }

    fn search(&mut self, tab: u32, intent: u32) {
        let it = &mut self.tabs[tab as usize];
        (it.debounce, it.behind) = (NEVER, NEVER);
        self.abort(tab, |call| matches!(call.part, Part::Prefix(_)));
        self.ask(tab, intent, Part::Search, 1, false);
    }

    /// Nothing has come, and this human does not just sit there.
    pub fn on_break(&mut self, human: u32, intent: u32) {
        if !self.waits(human, intent) {
            return;
        }
        let tab = self.main(human);
        let next = next_break(&mut self.desks[human as usize].breaks);
        self.agenda.plan(self.now() + next, Event::Break(human, intent));
        match self.crowd.humans[human as usize].habit {
            Habit::Patient => {}
            Habit::Clicks => self.click(tab, intent),
            Habit::Rages => {
                for n in 0..u64::from(p::RAGE.0) {
                    self.agenda.plan(self.now() + n * p::RAGE.1, Event::Rage(human, intent));
                }
            }
            Habit::Reloads => self.reload(tab),
            Habit::Tabs => self.another_tab(human, intent),
        }
    }

    fn another_tab(&mut self, human: u32, intent: u32) {
        let tab = self.main(human);
        if self.desks[human as usize].tabs.len() == TABS {
            return self.click(tab, intent);
        }
        self.note(human, || "opens another tab".into());
        let tab = self.open_tab(human);
        let load = uniform(&mut self.rng, p::DOCUMENT.0, p::DOCUMENT.1);
        let page = self.tabs[tab as usize].page;
        self.agenda.plan(self.now() + load, Event::Loaded(tab, page));
    }

    pub fn rage(&mut self, human: u32, intent: u32) {
        if self.waits(human, intent) {
            self.click(self.main(human), intent);
        }
    }

    /// After an error, or back on the page: tries again.
    pub fn again(&mut self, human: u32, intent: u32) {
        if self.desks[human as usize].intent != intent {
            return;
        }
        let erred = std::mem::take(&mut self.desks[human as usize].reacting);
        if !self.waits(human, intent) {
            return;
        }
        let tab = self.main(human);
        if erred && self.crowd.humans[human as usize].habit == Habit::Reloads {
            self.reload(tab);
        } else {
            self.click(tab, intent);
        }
    }

    /// The link, the search's Enter, the button. A save's button is disabled while its request is out.
    fn click(&mut self, tab: u32, intent: u32) {
        if !self.is_there(tab) {
            return;
        }
        self.note(self.tabs[tab as usize].human, || "clicks".into());
        match self.intent(intent).what {
            What::View => {
                for n in 0..p::ESSENTIAL {
                    if self.tabs[tab as usize].parts & 1 << n == 0 {
                        self.ask(tab, intent, Part::Essential(n), 0, true);
                    }
                }
            }
            What::Search(_) if self.now() >= self.intent(intent).asked => self.search(tab, intent),
            What::Search(_) => {}
            What::Save => {
                let out = self.tabs[tab as usize].calls.iter().any(|c| c.part == Part::Save);
                if !out {
                    self.ask(tab, intent, Part::Save, 0, true);
                }
            }
        }
    }

    /// A call has ended. Answers whether its answer was of use.
    pub fn ended(&mut self, tab: u32, id: CallId, ok: bool) -> bool {
        let it = &mut self.tabs[tab as usize];
        let Some(place) = it.calls.iter().position(|c| c.id == id) else { return false };
        let call = it.calls.swap_remove(place);
        let (human, intent) = (it.human, call.intent);
        if matches!(call.part, Part::Prefix(_)) && it.behind != NEVER {
            // Who waited behind it looks again.
            it.debounce = self.agenda.now;
            self.agenda.plan(it.debounce, Event::Debounced(tab));
        }
        let waits = self.waits(human, intent);
        let Some(n) = call.part.essential() else {
            if let (Part::Optional(n), true) = (call.part, ok) {
                self.tally.shown(intent, n);
            }
            return ok;
        };
        if !ok {
            let desk = &mut self.desks[human as usize];
            if waits && !desk.reacting {
                desk.reacting = true;
                let after = next_break(&mut desk.reactions);
                self.agenda.plan(self.agenda.now + after, Event::Again(human, intent));
            }
            return false;
        }
        let parts = &mut self.tabs[tab as usize].parts;
        let fresh = *parts & 1 << n == 0;
        *parts |= 1 << n;
        let all = *parts == (1 << self.crowd.intents[intent as usize].what.essential()) - 1;
        if waits && all {
            self.note(human, || "has it".into());
            self.tally.serve(self.agenda.now, intent);
        }
        waits && fresh
    }
}
