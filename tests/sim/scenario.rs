//! What happens to the backend, and how it is built.

use super::backend::{Change, Design, Style};
use super::clock::{Micros, SECOND};
use super::params::{LEAN, Mix, RICH, TRIGGER};

/// One story.
#[derive(Clone, Debug)]
pub struct Scenario {
    pub name: &'static str,
    pub about: &'static str,
    pub design: Design,
    pub mix: Mix,
    /// When the trigger ends.
    pub end: Micros,
    pub changes: Vec<(Micros, Change)>,
    /// Further humans while it lasts, as a share of the regular ones.
    pub guests: f64,
    /// Capacity for all essential work remains.
    pub moderate: bool,
}

const PLAIN: Design = Design { bound: None, drops_departed: false, style: Style::Silent, lognormal: false };
/// Well below anybody's patience.
const BOUND: Micros = SECOND;

const fn bounded(style: Style) -> Design {
    Design { bound: Some(BOUND), style, ..PLAIN }
}

impl Scenario {
    fn new(
        name: &'static str,
        about: &'static str,
        design: Design,
        seconds: u64,
        change: Option<Change>,
    ) -> Self {
        let end = TRIGGER + seconds * SECOND;
        let mut changes = Vec::new();
        if let Some(change) = change {
            changes = vec![(TRIGGER, change), (end, Change::Well)];
        }
        Self { name, about, design, mix: RICH, end, changes, guests: 0.0, moderate: false }
    }

    fn moderate(mut self) -> Self {
        self.moderate = true;
        self
    }

    /// How much the backend can do, as a share of what it does when well: from each moment on.
    pub fn capacity(&self) -> Vec<(Micros, f64)> {
        let mut all = vec![(0, 1.0)];
        for (at, change) in &self.changes {
            all.push((
                *at,
                match change {
                    Change::Workers(share) => *share,
                    Change::Slower(times) => 1.0 / times,
                    Change::Refusing(_) | Change::Dropping => 0.0,
                    Change::Well => 1.0,
                },
            ));
        }
        all
    }
}

/// Falls to two fifths over a minute, stays there for twenty seconds, and is well again.
fn decay(name: &'static str, about: &'static str, design: Design) -> Scenario {
    let mut it = Scenario::new(name, about, design, 80, None);
    it.changes = (1..=60)
        .map(|n| (TRIGGER + n * SECOND, Change::Slower(1.0 / (1.0 - 0.01 * n as f64))))
        .chain([(it.end, Change::Well)])
        .collect();
    it.moderate()
}

fn crowd(name: &'static str, about: &'static str, design: Design) -> Scenario {
    Scenario { guests: 0.6, ..Scenario::new(name, about, design, 60, None) }.moderate()
}

fn dip(name: &'static str, about: &'static str, design: Design) -> Scenario {
    Scenario::new(name, about, design, 60, Some(Change::Workers(0.6))).moderate()
}

/// Less than all of the essential work fits.
fn deep(name: &'static str, about: &'static str, design: Design, seconds: u64) -> Scenario {
    Scenario::new(name, about, design, seconds, Some(Change::Workers(0.2)))
}

/// About half of it.
fn pit(name: &'static str, about: &'static str, design: Design) -> Scenario {
    Scenario::new(name, about, design, 30, Some(Change::Workers(0.125)))
}

/// Half a minute in which nothing works.
fn outage(name: &'static str, about: &'static str, style: Style, change: Change) -> Scenario {
    Scenario::new(name, about, Design { style, ..PLAIN }, 30, Some(change))
}

fn overloads() -> Vec<Scenario> {
    let report = Design { style: Style::LoadReport, ..PLAIN };
    let lognormal = Design { lognormal: true, ..PLAIN };
    vec![
        dip("dip", "a minute with three fifths of the workers", PLAIN),
        dip("dip-lognormal", "the same, service times log-normal", lognormal),
        dip("dip-report", "the same, every answer reports the load", report),
        dip(
            "dip-bounded",
            "the same, the queue bounded at 1 s, refusals say nothing",
            bounded(Style::Silent),
        ),
        crowd("crowd", "six tenths more humans for a minute", PLAIN),
        crowd("crowd-retry-after", "the same, queue bounded, Retry-After: 5", bounded(Style::RetryAfter(5))),
        decay("decay", "falls to two fifths of its speed over a minute", PLAIN),
        decay("decay-report", "the same, every answer reports the load", report),
    ]
}

fn depths() -> Vec<Scenario> {
    let drops = Design { drops_departed: true, ..PLAIN };
    let quiet = bounded(Style::Silent);
    vec![
        deep("deep-30", "half a minute with a fifth of the workers", PLAIN, 30),
        deep("deep-30-drops", "the same, the work of the departed is dropped", drops, 30),
        deep("deep-30-bounded", "the same, the queue bounded at 1 s, refusals say nothing", quiet, 30),
        deep(
            "deep-30-retry-after",
            "the same, refusals say Retry-After: 5",
            bounded(Style::RetryAfter(5)),
            30,
        ),
        deep(
            "deep-30-ratelimit",
            "the same, refusals are 429 with RateLimit",
            bounded(Style::RateLimit(5)),
            30,
        ),
        deep("deep-60", "a minute with a fifth of the workers", PLAIN, 60),
        deep("deep-60-bounded", "the same, the queue bounded at 1 s", quiet, 60),
        deep("deep-90", "a minute and a half with a fifth of the workers", PLAIN, 90),
        deep("deep-90-bounded", "the same, the queue bounded at 1 s", quiet, 90),
        pit("pit-30", "half a minute with an eighth of the workers", PLAIN),
        pit("pit-30-bounded", "the same, the queue bounded at 1 s", quiet),
    ]
}

/// The same with pages of which most is essential.
fn lean() -> Vec<Scenario> {
    let deep = Some(Change::Workers(0.35));
    let mut all = vec![
        dip("lean-dip", "a minute with three fifths of the workers, lean pages", PLAIN),
        crowd("lean-crowd", "six tenths more humans for a minute, lean pages", PLAIN),
        Scenario::new("lean-deep-30", "half a minute with 0.35 of the workers, lean pages", PLAIN, 30, deep),
        Scenario::new("lean-deep-60", "a minute with 0.35 of the workers, lean pages", PLAIN, 60, deep),
    ];
    all.iter_mut().for_each(|scenario| scenario.mix = LEAN);
    all
}

/// All of them.
pub fn all() -> Vec<Scenario> {
    let refusing = Change::Refusing(TRIGGER + 30 * SECOND);
    let mut all = overloads();
    all.extend(depths());
    all.extend(lean());
    all.extend([
        outage("outage-503", "half a minute of 503", Style::Silent, refusing),
        outage("outage-dropped", "half a minute of dropped connections", Style::Silent, Change::Dropping),
        outage(
            "outage-moment",
            "half a minute of 503 that names its end to all",
            Style::CommonMoment,
            refusing,
        ),
        Scenario::new("healthy", "nothing happens", PLAIN, 30, None).moderate(),
    ]);
    all
}
