//! The real core, driven as `pkg/src/gate.ts` drives it: ask, carry the answer out, settle, drain the polls while
//! something is due, arm one timer with `next_timeout`, in whole milliseconds as browsers do.

use ::tidegate::coalesce::KeyId;
use ::tidegate::gate::Gate;
use ::tidegate::hint::Hint;
use ::tidegate::policy::Config;
use ::tidegate::pressure::State;
use ::tidegate::scope::PlaceId;
use ::tidegate::time::{Instant, WallTime};
use ::tidegate::verdict::{How, Outcome, Ticket, Verdict};

use super::{Act, Ask, CallId, Client, Part};
use crate::sim::clock::{MS, Micros, NEVER, instant, micros};

const ORIGIN: &str = "https://app.example";
/// The longest that the face's type-ahead waits behind its own unanswered flight, under pressure.
const BEHIND: Micros = 2_000 * MS;
/// Handles that are kept, as the face keeps those of the last requests.
const NAMES: usize = 24;

/// A request that the gate knows: who waits for it, the first of them the one that asked.
struct Flight {
    ticket: Ticket,
    ask: Ask,
    callers: Vec<CallId>,
}

pub struct Tidegate {
    gate: Gate,
    scope: Option<PlaceId>,
    names: Vec<(u32, Part, KeyId)>,
    flights: Vec<Flight>,
    due: Micros,
}

fn wall(now: Micros) -> WallTime {
    WallTime((now / MS) as i64 + 1_795_000_000_000)
}

impl Tidegate {
    pub fn new(now: Micros, seed: u64, stored: &str) -> Self {
        let mut gate = Gate::new(Config::default().mend(), seed);
        gate.store(true);
        if !stored.is_empty() {
            gate.take_stored(instant(now), wall(now), stored.as_bytes());
        }
        gate.greet(instant(now));
        Self { gate, scope: None, names: Vec::new(), flights: Vec::new(), due: NEVER }
    }

    fn key(&mut self, now: Instant, ask: &Ask) -> Option<KeyId> {
        // Polls and the shell are the same request each time.
        let intent = if matches!(ask.part, Part::Poll | Part::Shell) { 0 } else { ask.intent };
        if let Some(known) = self.names.iter().find(|n| (n.0, n.1) == (intent, ask.part)) {
            return Some(known.2);
        }
        let scope = match self.scope {
            Some(scope) => scope,
            None => *self.scope.insert(self.gate.scope(now, ORIGIN.as_bytes())?),
        };
        let (method, url) = match ask.part {
            Part::Save => ("POST", format!("{ORIGIN}/api/save")),
            // All that was typed is one prefix more.
            Part::Search => ("GET", format!("{ORIGIN}/api/search?q={intent}-all")),
            Part::Prefix(n) => ("GET", format!("{ORIGIN}/api/search?q={intent}-{n}")),
            Part::Essential(n) => {
                ("GET", format!("{ORIGIN}/api/view-{}/{intent}", ["list", "detail"][n as usize]))
            }
            Part::Optional(n) => {
                ("GET", format!("{ORIGIN}/api/extra-{}/{intent}", ["a", "b", "c"][n as usize]))
            }
            Part::Shell => ("GET", format!("{ORIGIN}/api/shell")),
            Part::Poll => ("GET", format!("{ORIGIN}/api/news")),
        };
        let key = self.gate.key(now, scope, method.as_bytes(), url.as_bytes());
        if self.names.len() == NAMES {
            self.names.remove(0);
        }
        self.names.push((intent, ask.part, key));
        Some(key)
    }

    fn typing(&self, now: Micros) -> State {
        self.scope.map_or(State::Nominal, |scope| self.gate.typing(instant(now), scope))
    }

    fn question(&mut self, now: Instant, ask: &Ask) -> Verdict {
        let mut how = u32::from(ask.priority);
        if ask.safe {
            how |= How::SAFE | How::REPEAT | How::JOIN;
        } else if ask.keyed {
            how |= How::REPEAT;
        }
        if ask.pressed {
            how |= How::PRESS;
        }
        // Twice, because the core may have forgotten the key or its scope.
        for _ in 0..2 {
            let Some(key) = self.key(now, ask) else { return Verdict::Pass };
            let verdict = self.gate.ask(now, key, How(how), None);
            if verdict != Verdict::Stale {
                return verdict;
            }
            (self.scope, self.names) = (None, Vec::new());
        }
        Verdict::Pass
    }

    fn find(&mut self, ticket: Ticket) -> Option<usize> {
        self.flights.iter().position(|f| f.ticket == ticket)
    }

    fn end(&mut self, ticket: Ticket, ok: bool, out: &mut Vec<Act>) {
        if let Some(place) = self.find(ticket) {
            let flight = self.flights.swap_remove(place);
            out.extend(flight.callers.into_iter().map(|id| Act::End(id, ok)));
        }
    }

    /// What a poll said of one who waited.
    fn step(&mut self, now: Instant, verdict: Verdict, out: &mut Vec<Act>) {
        match verdict {
            Verdict::Go(ticket) => match self.find(ticket) {
                Some(place) => out.push(Act::Send(ticket.0, self.flights[place].ask)),
                None => drop(self.gate.settle(now, ticket, Outcome::Aborted, None)),
            },
            Verdict::Shed { ticket, .. } => self.end(ticket, false, out),
            Verdict::Join { ticket, leader } => {
                let Some(place) = self.find(ticket) else { return };
                let joins = self.flights.swap_remove(place).callers;
                let Some(leader) = self.find(leader) else { panic!("one joins who is there") };
                self.flights[leader].callers.extend(joins);
            }
            Verdict::Wait { .. } | Verdict::Held { .. } => {}
            other => panic!("{other:?} of a poll"),
        }
    }

    /// All that an answer of the core asks for beyond itself.
    fn after(&mut self, now: Instant, out: &mut Vec<Act>) {
        while self.gate.has_due(now) {
            let Some(verdict) = self.gate.poll(now) else { break };
            self.step(now, verdict, out);
        }
        // As the face does with every answer: what has changed is then stored and told.
        let _ = self.gate.take_changed();
        self.arm(now);
    }

    /// A browser's timer counts milliseconds.
    fn arm(&mut self, now: Instant) {
        let (next, at) = (micros(self.gate.next_timeout(now)), micros(now));
        self.due = if next == NEVER { NEVER } else { at + next.saturating_sub(at).div_ceil(MS).max(1) * MS };
    }
}

impl Client for Tidegate {
    fn ask(&mut self, now: Micros, ask: Ask, out: &mut Vec<Act>) {
        let now = instant(now);
        let verdict = self.question(now, &ask);
        match verdict {
            Verdict::Go(ticket) | Verdict::Wait { ticket, .. } => {
                self.flights.push(Flight { ticket, ask, callers: vec![ask.id] });
                if let Verdict::Go(_) = verdict {
                    out.push(Act::Send(ticket.0, ask));
                }
            }
            Verdict::Join { leader, .. } => {
                let Some(place) = self.find(leader) else { panic!("one joins who is there") };
                self.flights[place].callers.push(ask.id);
            }
            Verdict::Shed { .. } => out.push(Act::End(ask.id, false)),
            // Untracked: under a token that no ticket has.
            Verdict::Pass => {
                let ticket = Ticket(u32::MAX - ask.id);
                self.flights.push(Flight { ticket, ask, callers: vec![ask.id] });
                out.push(Act::Send(ticket.0, ask));
            }
            other => panic!("{other:?} of a question"),
        }
        self.after(now, out);
    }

    fn answer(&mut self, now: Micros, token: u32, outcome: Outcome, hint: Option<&Hint>, out: &mut Vec<Act>) {
        let (now, ticket) = (instant(now), Ticket(token));
        match self.gate.settle(now, ticket, outcome, hint) {
            Verdict::Held { .. } => {}
            _ => self.end(ticket, matches!(outcome, Outcome::Status(..400)), out),
        }
        self.after(now, out);
    }

    fn abort(&mut self, now: Micros, id: CallId, out: &mut Vec<Act>) {
        let Some(place) = self.flights.iter().position(|f| f.callers.contains(&id)) else { return };
        self.flights[place].callers.retain(|c| *c != id);
        if self.flights[place].callers.is_empty() {
            let ticket = self.flights.swap_remove(place).ticket;
            let now = instant(now);
            let _ = self.gate.settle(now, ticket, Outcome::Aborted, None);
            out.push(Act::Cancel(ticket.0));
            self.after(now, out);
        }
    }

    fn wake(&mut self, now: Micros, out: &mut Vec<Act>) {
        let now = instant(now);
        // Every wake-up is a look, whether something is due or not.
        if let Some(verdict) = self.gate.poll(now) {
            self.step(now, verdict, out);
        }
        self.after(now, out);
    }

    fn due(&self) -> Micros {
        self.due
    }

    /// ×1, ×1.5, ×3, ×6: the face's defaults.
    fn stretch(&self, now: Micros) -> u64 {
        match self.typing(now) {
            State::Nominal => 10,
            State::Fair => 15,
            State::Serious => 30,
            State::Critical => 60,
        }
    }

    fn behind(&self, now: Micros) -> Micros {
        if self.typing(now) > State::Nominal { BEHIND } else { 0 }
    }

    fn store(&mut self, now: Micros, old: &str, leaving: bool) -> Option<String> {
        let due = self.gate.to_store(instant(now), leaving);
        let text = due.then(|| self.gate.record(instant(now), wall(now), old.as_bytes()));
        self.arm(instant(now));
        text
    }

    fn speak(&mut self, now: Micros, leaving: bool) -> Option<String> {
        let (at, wall) = (instant(now), wall(now));
        if leaving {
            return Some(self.gate.bye(at, wall));
        }
        let text = self.gate.to_tell(at).then(|| self.gate.message(at, wall));
        self.arm(at);
        text
    }

    fn hear(&mut self, now: Micros, text: &str, out: &mut Vec<Act>) {
        let _ = self.gate.hear_peer(instant(now), wall(now), text.as_bytes());
        self.after(instant(now), out);
    }

    fn open_at(&self, now: Micros) -> Option<Micros> {
        Some(micros(self.gate.pressure(instant(now), self.scope?).closed_until?))
    }

    fn state(&self, now: Micros) -> String {
        let Some(scope) = self.scope else { return String::new() };
        let report = self.gate.pressure(instant(now), scope);
        let closed = report.closed_until.map(|at| micros(at) as f64 / 1e6);
        format!(
            "{:?} {} closed until {closed:?}, {} in flight, {} queued",
            report.state,
            report.value,
            self.gate.in_flight(),
            self.gate.queued()
        )
    }
}
