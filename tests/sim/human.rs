//! Who wants what and when. Everything is drawn beforehand from the seed alone, so that all clients meet the same
//! humans: what differs between two runs is only what the clients make of them.

use tidegate::rng::Rng;

use super::chance::{chance, exponential, lognormal, uniform};
use super::clock::{Micros, SECOND};
use super::params as p;

/// What a human does while nothing happens.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Habit {
    Patient,
    Clicks,
    Rages,
    Reloads,
    Tabs,
}

const HABITS: [Habit; 5] = [Habit::Patient, Habit::Clicks, Habit::Rages, Habit::Reloads, Habit::Tabs];

/// What is wanted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum What {
    View,
    /// So many keys.
    Search(u8),
    Save,
}

impl What {
    /// Essential requests, all of which must be answered.
    pub fn essential(self) -> u8 {
        if self == What::View { p::ESSENTIAL } else { 1 }
    }
}

/// One thing that one human wants.
#[derive(Clone, Copy, Debug)]
pub struct Intent {
    pub human: u32,
    pub what: What,
    pub start: Micros,
    /// When patience begins to count: a search's last key, else the start.
    pub asked: Micros,
    /// When its human gives up.
    pub end: Micros,
    /// What its human does meanwhile follows from this.
    pub seed: u64,
}

impl Intent {
    /// When each key of a search is pressed.
    pub fn keys(&self) -> Vec<Micros> {
        let What::Search(keys) = self.what else { return Vec::new() };
        let (mut rng, mut at) = (Rng::from_seed(self.seed).fork(1), self.start);
        let mut all = vec![at];
        for _ in 1..keys {
            at += lognormal(&mut rng, p::KEY_MEDIAN, p::KEY_SIGMA);
            all.push(at);
        }
        all
    }

    /// What comes to its human's mind while waiting.
    pub fn mind(&self) -> Rng {
        Rng::from_seed(self.seed).fork(2)
    }
}

/// When the next thing is done after the first, or after an error.
pub fn next_break(mind: &mut Rng) -> Micros {
    lognormal(mind, p::NEXT_BREAK_MEDIAN, p::NEXT_BREAK_SIGMA)
}

pub fn first_break(mind: &mut Rng) -> Micros {
    lognormal(mind, p::FIRST_BREAK_MEDIAN, p::FIRST_BREAK_SIGMA)
}

/// One human with a page.
#[derive(Clone, Debug)]
pub struct Human {
    pub habit: Habit,
    /// Whether this human's application marks its saves with an idempotency key.
    pub keyed: bool,
    pub one_way: Micros,
    pub seed: u64,
    /// When the page is there.
    pub from: Micros,
    /// Theirs of all intents.
    pub intents: std::ops::Range<u32>,
}

/// All of them.
#[derive(Clone, Debug, Default)]
pub struct Crowd {
    pub humans: Vec<Human>,
    pub intents: Vec<Intent>,
    pub mix: p::Mix,
}

impl Crowd {
    /// `regular` are there from the beginning, `guests` come in the first quarter of their stay and leave at its end.
    pub fn draw(seed: u64, regular: u32, guests: u32, stay: (Micros, Micros), mix: p::Mix) -> Self {
        let (root, mut crowd) = (Rng::from_seed(seed), Self { mix, ..Self::default() });
        for n in 0..regular + guests {
            let mut rng = root.fork(u64::from(n) + 1);
            let guest = n >= regular;
            let from = if guest { uniform(&mut rng, stay.0, stay.0 + (stay.1 - stay.0) / 4) } else { 0 };
            let until = if guest { stay.1 } else { p::RUN };
            crowd.add(&mut rng, from, until, guest);
        }
        crowd
    }

    fn add(&mut self, rng: &mut Rng, from: Micros, until: Micros, guest: bool) {
        let mut draw = rng.below(p::HABITS.iter().sum());
        let mut habit = 0;
        while draw >= p::HABITS[habit] {
            draw -= p::HABITS[habit];
            habit += 1;
        }
        let (human, first) = (self.humans.len() as u32, self.intents.len() as u32);
        let one_way = lognormal(rng, p::ONE_WAY_MEDIAN, p::ONE_WAY_SIGMA);
        let (keyed, seed) = (chance(rng, 0.5), rng.bits());
        // Guests want something at once; regulars are somewhere between two intents.
        let mut at = if guest { from } else { from + uniform(rng, 0, 20 * SECOND) };
        while at < until {
            at = self.want(rng, human, at);
        }
        self.humans.push(Human {
            habit: HABITS[habit],
            keyed,
            one_way,
            seed,
            from,
            intents: first..self.intents.len() as u32,
        });
    }

    /// One intent that starts at `start`; answers when the next one does.
    fn want(&mut self, rng: &mut Rng, human: u32, start: Micros) -> Micros {
        let what = match rng.below(100) {
            n if n < p::VIEWS => What::View,
            n if n < p::VIEWS + p::SEARCHES => {
                What::Search((p::KEYS.0 + rng.below(p::KEYS.1 - p::KEYS.0 + 1)) as u8)
            }
            _ => What::Save,
        };
        let patience =
            lognormal(rng, p::PATIENCE_MEDIAN, p::PATIENCE_SIGMA).clamp(p::PATIENCE.0, p::PATIENCE.1);
        let mut intent = Intent { human, what, start, asked: start, end: 0, seed: rng.bits() };
        intent.asked = intent.keys().last().copied().unwrap_or(start);
        intent.end = intent.asked + patience;
        let next = intent.end + exponential(rng, p::THINK_MEAN);
        self.intents.push(intent);
        next
    }

    /// What all this asks of a backend while all is well, in requests a second.
    pub fn load(&self) -> f64 {
        let seconds = |span: Micros| span as f64 / SECOND as f64;
        let regulars = self.humans.iter().filter(|h| h.from == 0).count();
        let mut requests = seconds(p::RUN) / seconds(self.mix.poll_every) * regulars as f64;
        for intent in self.intents.iter().filter(|i| self.humans[i.human as usize].from == 0) {
            requests += match intent.what {
                What::View => f64::from(p::ESSENTIAL + self.mix.optional),
                What::Save => 1.0,
                What::Search(_) => {
                    let keys = intent.keys();
                    1.0 + keys.windows(2).filter(|k| k[1] - k[0] > p::DEBOUNCE).count() as f64
                }
            };
        }
        requests / seconds(p::RUN)
    }
}
