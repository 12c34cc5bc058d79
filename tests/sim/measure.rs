//! What came of it: one run's tally, and the figures that the table prints.
//!
//! Goodput is the share of the essential intents that began in a span which were served, all their parts, within their
//! human's patience. Since every client meets the same intents, shares compare like rates, and noise cancels.

use super::clients::{Ask, Part};
use super::clock::{MS, Micros, NEVER, SECOND};
use super::human::{Crowd, What};
use super::params as p;

/// Recovered: in every window of this length from then on, and in the half minute after it, goodput is back.
const WINDOW: usize = 10;
const AFTERWARDS: usize = 60;
/// Bins of half a second.
const BIN: Micros = 500 * MS;
const BINS: usize = (p::RUN / BIN) as usize;
/// Bins of a tenth of a second.
const FINE: Micros = 100 * MS;
pub const BACK: f64 = 0.95;

/// What is noted while it runs.
pub struct Tally {
    served: Vec<Micros>,
    shown: Vec<u8>,
    sent: Vec<u16>,
    effects: Vec<u8>,
    arrivals: Vec<u32>,
    work: Vec<Micros>,
    useful: Vec<Micros>,
    /// How long one who comes would wait at the server, at each second.
    pub queue: Vec<Micros>,
    /// Arrivals of each second: essential, of these not the first for that part; optional; prefixes; shells; polls.
    pub classes: Vec<[u32; 6]>,
    /// Queued work by capacity when the trigger ended.
    pub drain: Micros,
    pub events: u64,
    pub requests: u64,
}

impl Tally {
    pub fn new(intents: usize) -> Self {
        let seconds = (p::RUN / SECOND) as usize + 1;
        Self {
            served: vec![NEVER; intents],
            shown: vec![0; intents],
            sent: vec![0; intents],
            effects: vec![0; intents],
            arrivals: vec![0; (p::RUN / FINE) as usize + 1],
            work: vec![0; seconds],
            useful: vec![0; seconds],
            queue: Vec::new(),
            classes: vec![[0; 6]; seconds],
            drain: 0,
            events: 0,
            requests: 0,
        }
    }

    pub fn is_served(&self, intent: u32) -> bool {
        self.served[intent as usize] != NEVER
    }

    pub fn serve(&mut self, now: Micros, intent: u32) {
        self.served[intent as usize] = now;
    }

    pub fn shown(&mut self, intent: u32, n: u8) {
        self.shown[intent as usize] |= 1 << n;
    }

    /// `needed`: essential requests of its intent.
    pub fn arrived(&mut self, now: Micros, ask: &Ask, needed: u16) {
        self.requests += 1;
        self.arrivals[(now / FINE) as usize] += 1;
        let classes = &mut self.classes[(now / SECOND) as usize];
        classes[match ask.part {
            Part::Optional(_) => 2,
            Part::Prefix(_) => 3,
            Part::Shell => 4,
            Part::Poll => 5,
            _ => 0,
        }] += 1;
        if ask.part.essential().is_some() {
            classes[1] += u32::from(self.sent[ask.intent as usize] >= needed);
            let sent = &mut self.sent[ask.intent as usize];
            *sent = sent.saturating_add(1);
        }
    }

    /// The server has done it. A key that it has seen makes no second effect.
    pub fn worked(&mut self, now: Micros, cost: Micros, ask: &Ask) {
        self.work[(now / SECOND) as usize] += cost;
        if ask.part == Part::Save {
            let effects = &mut self.effects[ask.intent as usize];
            *effects = if ask.keyed { 1 } else { effects.saturating_add(1) };
        }
    }

    pub fn useful(&mut self, now: Micros, cost: Micros) {
        self.useful[(now / SECOND) as usize] += cost;
    }
}

/// Served of so many.
#[derive(Clone, Copy, Debug, Default)]
pub struct Share {
    pub of: f64,
    pub got: f64,
}

impl Share {
    pub fn add(&mut self, got: f64) {
        self.of += 1.0;
        self.got += got;
    }

    /// All of nothing is all.
    pub fn value(self) -> f64 {
        if self.of == 0.0 { 1.0 } else { self.got / self.of }
    }
}

/// The figures of one run.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    pub before: f64,
    pub during: f64,
    /// The minute after the trigger.
    pub after: f64,
    /// From the trigger's end until goodput is back; none: not before the run's end.
    pub recovery: Option<Micros>,
    /// The backend's queued work by its capacity at the trigger's end.
    pub drain: Micros,
    pub collapsed: bool,
    /// Essential requests that reached the server for each that was needed, from the trigger until half a minute after it.
    pub per_intent: f64,
    /// Work whose result nobody used, from the trigger until a minute after it.
    pub wasted: f64,
    /// Optional parts shown of the views that began during the trigger.
    pub optional: f64,
    /// Effects beyond the first, of a thousand saves that had an effect: without and with a key.
    pub doubled: f64,
    pub doubled_keyed: f64,
    /// Most arrivals in 100 ms by their mean, in the ten seconds after the trigger.
    pub peak: f64,
    /// Jain's index of the humans' shares of served intents that began during the trigger.
    pub fairness: f64,
    /// Goodput of the intents that began in each second.
    pub curve: Vec<f64>,
    /// The tally's, each second.
    pub queue: Vec<Micros>,
    pub classes: Vec<[u32; 6]>,
    pub requests: u64,
    pub events: u64,
    /// Some who were not served during the trigger: human and intent.
    pub lost: Vec<(u32, u32)>,
}

/// So many of them are named.
const NAMED: usize = 30;

fn bins(crowd: &Crowd, tally: &Tally) -> Vec<Share> {
    let mut bins = vec![Share::default(); BINS + 1];
    for (intent, served) in crowd.intents.iter().zip(&tally.served) {
        if intent.asked < p::COUNTED {
            bins[(intent.asked / BIN) as usize].add(f64::from(u8::from(*served != NEVER)));
        }
    }
    bins
}

fn sum(bins: &[Share], from: Micros, until: Micros) -> Share {
    let range = (from / BIN) as usize..((until / BIN) as usize).min(bins.len());
    let mut all = Share::default();
    for bin in &bins[range] {
        all.of += bin.of;
        all.got += bin.got;
    }
    all
}

/// From when on goodput is back.
fn recovered(bins: &[Share], end: Micros, goal: f64) -> Option<Micros> {
    let first = (end / BIN) as usize;
    let last = (p::COUNTED / BIN) as usize;
    let well = |from: usize, length: usize| {
        let until = (from + length).min(last);
        sum(bins, from as u64 * BIN, until as u64 * BIN).value() >= goal
    };
    (first..last - WINDOW)
        .find(|at| well(*at, WINDOW) && well(*at, AFTERWARDS))
        .map(|at| at as u64 * BIN - end)
}

/// Jain, Chiu, Hawe 1984: 1 when all have the same, 1/n when one has all.
fn jain(shares: &[f64]) -> f64 {
    let (sum, squares) = shares.iter().fold((0.0, 0.0), |(s, q), x| (s + x, q + x * x));
    if squares == 0.0 { 1.0 } else { sum * sum / (shares.len() as f64 * squares) }
}

impl Figures {
    pub fn of(crowd: &Crowd, tally: &Tally, end: Micros) -> Self {
        let bins = bins(crowd, tally);
        let span = |from, until| sum(&bins, from, until).value();
        let before = span(p::WARM, p::TRIGGER);
        let recovery = recovered(&bins, end, BACK * before);
        let half = 0.5 * before;
        let mut it = Self {
            before,
            during: span(p::TRIGGER, end),
            after: span(end, (end + 60 * SECOND).min(p::COUNTED)),
            recovery,
            drain: tally.drain,
            collapsed: span(end, p::COUNTED) < half && span(p::COUNTED - 60 * SECOND, p::COUNTED) < half,
            curve: (0..p::COUNTED / SECOND).map(|s| span(s * SECOND, (s + 1) * SECOND)).collect(),
            queue: tally.queue.clone(),
            classes: tally.classes.clone(),
            requests: tally.requests,
            events: tally.events,
            ..Self::default()
        };
        it.of_intents(crowd, tally, end);
        it.of_server(tally, end);
        it
    }

    fn of_intents(&mut self, crowd: &Crowd, tally: &Tally, end: Micros) {
        let (mut sent, mut optional) = (Share::default(), Share::default());
        let (mut plain, mut keyed) = (Share::default(), Share::default());
        let mut humans = vec![Share::default(); crowd.humans.len()];
        for (n, intent) in crowd.intents.iter().enumerate() {
            let began = |until| (p::TRIGGER..until).contains(&intent.asked);
            if began(end + 30 * SECOND) {
                sent.of += f64::from(intent.what.essential());
                sent.got += f64::from(tally.sent[n]);
            }
            if began(end) {
                humans[intent.human as usize].add(f64::from(u8::from(tally.served[n] != NEVER)));
                if tally.served[n] == NEVER && self.lost.len() < NAMED {
                    self.lost.push((intent.human, n as u32));
                }
                if intent.what == What::View {
                    optional.of += f64::from(crowd.mix.optional);
                    optional.got += f64::from(tally.shown[n].count_ones());
                }
            }
            if intent.what == What::Save && tally.effects[n] > 0 {
                let which = if crowd.humans[intent.human as usize].keyed { &mut keyed } else { &mut plain };
                which.add(f64::from(tally.effects[n] - 1));
            }
        }
        let rate = |share: Share| if share.of == 0.0 { 0.0 } else { 1000.0 * share.value() };
        (self.per_intent, self.optional) = (sent.value(), optional.value());
        (self.doubled, self.doubled_keyed) = (rate(plain), rate(keyed));
        let shares: Vec<f64> = humans.iter().filter(|h| h.of > 0.0).map(|h| h.value()).collect();
        self.fairness = jain(&shares);
    }

    fn of_server(&mut self, tally: &Tally, end: Micros) {
        let span = (p::TRIGGER / SECOND) as usize..((end + 60 * SECOND) / SECOND) as usize;
        let (work, useful): (u64, u64) =
            (tally.work[span.clone()].iter().sum(), tally.useful[span].iter().sum());
        self.wasted = if work == 0 { 0.0 } else { 1.0 - useful as f64 / work as f64 };
        let after = &tally.arrivals[(end / FINE) as usize..((end + 10 * SECOND) / FINE) as usize];
        let mean = f64::from(after.iter().sum::<u32>()) / after.len() as f64;
        let most = after.iter().max().copied().unwrap_or(0);
        self.peak = if mean == 0.0 { 0.0 } else { f64::from(most) / mean };
    }
}
