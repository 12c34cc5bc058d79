//! What stands between a page and its server. The page asks; the client sends, waits, sends again, answers. All of
//! them live behind one trait, and none knows more than a browser would tell it.

mod bare;
mod breaker;
mod retry;
mod tidegate;
mod told;

use ::tidegate::hint::Hint;
use ::tidegate::verdict::Outcome;

use super::clock::{MS, Micros};

/// Which client a fleet has.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Kind {
    Tidegate,
    Bare,
    Retry,
    Breaker,
    /// No client but a bound: learns of the trigger, and of its end, so many milliseconds late.
    Told(u32),
}

pub const KINDS: [Kind; 4] = [Kind::Tidegate, Kind::Bare, Kind::Retry, Kind::Breaker];

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Tidegate => "tidegate",
            Self::Bare => "bare",
            Self::Retry => "retry",
            Self::Breaker => "breaker",
            Self::Told(_) => "told",
        }
    }

    /// A page's client, which knows what the last page of this human left behind.
    /// `end`: of the trigger.
    pub fn open(self, now: Micros, seed: u64, stored: &str, end: Micros) -> Box<dyn Client> {
        match self {
            Self::Tidegate => Box::new(tidegate::Tidegate::new(now, seed, stored)),
            Self::Bare => Box::new(bare::Bare),
            Self::Retry => Box::new(retry::Retry::new(seed)),
            Self::Breaker => Box::new(breaker::Breaker::new(seed)),
            Self::Told(late) => Box::new(told::Told::new(u64::from(late) * MS, end)),
        }
    }
}

/// What a request is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Part {
    /// One of those that make a view.
    Essential(u8),
    /// All that was typed.
    Search,
    Save,
    Optional(u8),
    Shell,
    /// What was typed so far, that is not all.
    Prefix(u8),
    Poll,
}

impl Part {
    /// Its place among the essential requests of its intent.
    pub fn essential(self) -> Option<u8> {
        match self {
            Self::Essential(n) => Some(n),
            Self::Search | Self::Save => Some(0),
            _ => None,
        }
    }
}

/// One call of a page; names it among the page's calls.
pub type CallId = u32;

/// What a page asks for.
#[derive(Clone, Copy, Debug)]
pub struct Ask {
    pub id: CallId,
    pub intent: u32,
    pub part: Part,
    /// 0 user-blocking, 1 user-visible, 2 background.
    pub priority: u8,
    /// Reads only.
    pub safe: bool,
    /// Unsafe, but marked with an idempotency key.
    pub keyed: bool,
    /// A human has just pressed for it.
    pub pressed: bool,
}

/// What a client wants done.
#[derive(Clone, Copy, Debug)]
pub enum Act {
    /// Goes to the server; its answer comes back under this token.
    Send(u32, Ask),
    /// Nobody waits for that answer any more: the connection is closed.
    Cancel(u32),
    /// The page's call has ended: answered, or with an error.
    End(CallId, bool),
}

/// What stands between a page and its server.
pub trait Client {
    fn ask(&mut self, now: Micros, ask: Ask, out: &mut Vec<Act>);
    fn answer(&mut self, now: Micros, token: u32, outcome: Outcome, hint: Option<&Hint>, out: &mut Vec<Act>);
    /// The page has aborted the call: it gets no end.
    fn abort(&mut self, now: Micros, id: CallId, out: &mut Vec<Act>);
    /// Its timer has fired.
    fn wake(&mut self, _now: Micros, _out: &mut Vec<Act>) {}
    /// When its timer fires; [`super::clock::NEVER`]: not.
    fn due(&self) -> Micros {
        super::clock::NEVER
    }
    /// How many times as long the search box's debounce is at present, in tenths.
    fn stretch(&self, _now: Micros) -> u64 {
        10
    }
    /// How long, once that is over, the next flight of the box waits for an earlier one that is unanswered.
    fn behind(&self, _now: Micros) -> Micros {
        0
    }
    /// What the human's storage holds from now on, in the place of `old`; none: as it was. `leaving`: the page goes.
    fn store(&mut self, _now: Micros, _old: &str, _leaving: bool) -> Option<String> {
        None
    }
    /// What it tells the human's other pages.
    fn speak(&mut self, _now: Micros, _leaving: bool) -> Option<String> {
        None
    }
    /// Another page of this human says something.
    fn hear(&mut self, _now: Micros, _text: &str, _out: &mut Vec<Act>) {}
    /// When a closed scope opens, as a countdown on the page shows it.
    fn open_at(&self, _now: Micros) -> Option<Micros> {
        None
    }
    /// For the trace of one human.
    fn state(&self, _now: Micros) -> String {
        String::new()
    }
}
