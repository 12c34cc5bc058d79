//! `fetch`, and nothing else.

use ::tidegate::hint::Hint;
use ::tidegate::verdict::Outcome;

use super::{Act, Ask, CallId, Client};
use crate::sim::clock::Micros;

pub struct Bare;

impl Client for Bare {
    fn ask(&mut self, _: Micros, ask: Ask, out: &mut Vec<Act>) {
        out.push(Act::Send(ask.id, ask));
    }

    fn answer(&mut self, _: Micros, token: u32, outcome: Outcome, _: Option<&Hint>, out: &mut Vec<Act>) {
        out.push(Act::End(token, matches!(outcome, Outcome::Status(..400))));
    }

    fn abort(&mut self, _: Micros, id: CallId, out: &mut Vec<Act>) {
        out.push(Act::Cancel(id));
    }
}
