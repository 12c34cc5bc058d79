//! A bound and not a client: what uncoordinated clients could reach if each of them knew of the overload without asking.
//!
//! While it lasts it sends what is essential and nothing else, each part once at a time, and else it is bare. It learns
//! of the trigger and of its end so many milliseconds late.

use ::tidegate::hint::Hint;
use ::tidegate::verdict::Outcome;

use super::{Act, Ask, CallId, Client};
use crate::sim::clock::Micros;
use crate::sim::params::TRIGGER;

pub struct Told {
    from: Micros,
    until: Micros,
    /// What flies, the first of the callers as its token.
    flights: Vec<(Ask, Vec<CallId>)>,
}

impl Told {
    pub fn new(late: Micros, end: Micros) -> Self {
        Self { from: TRIGGER + late, until: end + late, flights: Vec::new() }
    }
}

impl Client for Told {
    fn ask(&mut self, now: Micros, ask: Ask, out: &mut Vec<Act>) {
        if (self.from..self.until).contains(&now) && ask.part.essential().is_none() {
            return out.push(Act::End(ask.id, false));
        }
        let same = |f: &&mut (Ask, Vec<CallId>)| (f.0.intent, f.0.part) == (ask.intent, ask.part);
        if let Some(flight) = self.flights.iter_mut().find(same) {
            return flight.1.push(ask.id);
        }
        self.flights.push((ask, vec![ask.id]));
        out.push(Act::Send(ask.id, ask));
    }

    fn answer(&mut self, _: Micros, token: u32, outcome: Outcome, _: Option<&Hint>, out: &mut Vec<Act>) {
        if let Some(place) = self.flights.iter().position(|f| f.0.id == token) {
            let ok = matches!(outcome, Outcome::Status(..400));
            out.extend(self.flights.swap_remove(place).1.into_iter().map(|id| Act::End(id, ok)));
        }
    }

    fn abort(&mut self, _: Micros, id: CallId, out: &mut Vec<Act>) {
        let Some(place) = self.flights.iter().position(|f| f.1.contains(&id)) else { return };
        let flight = &mut self.flights[place];
        flight.1.retain(|c| *c != id);
        if flight.1.is_empty() {
            out.push(Act::Cancel(flight.0.id));
            self.flights.swap_remove(place);
        }
    }
}
