//! The herd: many clients, all refused within a second and told the same number of seconds.

use tidegate::hint;
use tidegate::rng::Rng;
use tidegate::time::WallTime;
use tidegate::verdict::Outcome;

use super::chance::uniform;
use super::clients::{Act, Ask, Kind, Part};
use super::clock::{Agenda, MS, Micros, SECOND};

/// How they came back.
#[derive(Clone, Copy, Debug)]
pub struct Herd {
    /// The shortest pause between an answer and the next request of its client.
    pub first: Micros,
    /// Most arrivals in any 100 ms by their mean over the spread.
    pub peak: f64,
}

enum Event {
    Ask(usize),
    Refused(usize, u32),
    Wake(usize),
}

/// A fifth of the pause, a second at least: what the spread is said to be.
fn spread(told: Micros) -> Micros {
    (told / 5).max(SECOND)
}

/// All ask in the same moment, give or take a millisecond, and ask again with the patience of those who wait for it.
pub fn told(clients: usize, seconds: u64, seed: u64) -> Herd {
    let mut rng = Rng::from_seed(seed);
    let mut pages: Vec<_> = (0..clients).map(|_| Kind::Tidegate.open(0, rng.bits(), "", 0)).collect();
    let (mut agenda, mut asked) = (Agenda::new(), vec![0; clients]);
    let (mut answered, mut back): (Vec<Micros>, Vec<Micros>) = (vec![0; clients], Vec::new());
    let mut first = Micros::MAX;
    for n in 0..clients {
        agenda.plan(SECOND + uniform(&mut rng, 0, MS), Event::Ask(n));
    }
    let text = format!("retry-after: {seconds}\n");
    let refusal = hint::read_text(503, text.as_bytes(), WallTime(0)).hint;
    let mut acts = Vec::new();
    while let Some(event) = agenda.next() {
        let now = agenda.now;
        let n = match event {
            Event::Ask(n) => {
                let ask = Ask {
                    id: asked[n],
                    intent: asked[n],
                    part: Part::Essential(0),
                    priority: 0,
                    safe: true,
                    keyed: false,
                    pressed: false,
                };
                asked[n] += 1;
                pages[n].ask(now, ask, &mut acts);
                n
            }
            Event::Refused(n, token) => {
                answered[n] = now;
                pages[n].answer(now, token, Outcome::Status(503), Some(&refusal), &mut acts);
                // Longer than any patience here: the page asks again when it is told it may, as a countdown would.
                if let Some(at) = pages[n].open_at(now) {
                    agenda.plan(at, Event::Ask(n));
                }
                n
            }
            Event::Wake(n) => {
                pages[n].wake(now, &mut acts);
                n
            }
        };
        for act in acts.drain(..) {
            if let Act::Send(token, _) = act {
                if answered[n] == 0 {
                    agenda.plan(now + 20 * MS, Event::Refused(n, token));
                } else if back.len() < clients {
                    first = first.min(now - answered[n]);
                    back.push(now);
                }
            }
        }
        if back.len() == clients {
            break;
        }
        agenda.plan(pages[n].due(), Event::Wake(n));
    }
    Herd { first, peak: peak(&mut back, clients, spread(seconds * SECOND)) }
}

/// Any 100 ms, not those of a grid.
fn peak(back: &mut [Micros], clients: usize, spread: Micros) -> f64 {
    back.sort_unstable();
    let within = |n: usize| back[n..].partition_point(|at| *at < back[n] + 100 * MS);
    let most = (0..back.len()).map(within).max().unwrap_or(0);
    most as f64 / (clients as f64 * (100 * MS) as f64 / spread as f64)
}
