//! The native twin of `src/web`'s rooms: the same calls, the same numbers, the same one timer, without a browser.

use serde::{Deserialize, Serialize};
use tidegate::coalesce::KeyId;
use tidegate::gate::Gate;
use tidegate::hint;
use tidegate::packed;
use tidegate::policy::{Config, Mode};
use tidegate::scope::PlaceId;
use tidegate::time::{Duration, Instant, WallTime};
use tidegate::verdict::{How, Outcome, Ticket, Verdict};

/// One call across the boundary.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(tag = "op", rename_all = "lowercase")]
pub enum Call {
    /// A fresh room takes the place of the one before. `settings`: place and value.
    Open {
        seed: f64,
        settings: Vec<(usize, f64)>,
        listen: u32,
    },
    Scope {
        now: f64,
        text: String,
    },
    Key {
        now: f64,
        scope: u32,
        text: String,
    },
    Ask {
        now: f64,
        key: u32,
        how: u32,
        patience: Option<f64>,
    },
    Settle {
        now: f64,
        wall: f64,
        ticket: u32,
        status: u32,
        text: String,
    },
    Poll {
        now: f64,
    },
    Mode {
        now: f64,
        mode: u32,
    },
    /// Pressure, closure and counts, as a snapshot reads them.
    See {
        now: f64,
        scope: u32,
    },
    /// The oldest event.
    Event,
}

impl Call {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Open { .. } => "open",
            Self::Scope { .. } => "scope",
            Self::Key { .. } => "key",
            Self::Ask { .. } => "ask",
            Self::Settle { .. } => "settle",
            Self::Poll { .. } => "poll",
            Self::Mode { .. } => "mode",
            Self::See { .. } => "see",
            Self::Event => "event",
        }
    }
}

/// A call and what was answered: the bits of each number, in hexadecimal.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Step {
    #[serde(flatten)]
    pub call: Call,
    pub want: Vec<String>,
}

impl Step {
    /// The packed answer, where the call has one.
    pub fn packed(&self) -> Option<u64> {
        let packs = ["ask", "settle", "poll", "mode"].contains(&self.call.name());
        let bits = self.want.first().filter(|_| packs)?;
        Some(f64::from_bits(u64::from_str_radix(bits, 16).ok()?) as u64)
    }
}

/// `src/web/page.rs` takes a wake-up that comes this late for a return from sleep.
const AWAY: Duration = Duration::from_secs(2);

/// The room that is open.
#[derive(Default)]
pub struct Desk {
    room: Option<Room>,
}

struct Room {
    gate: Gate,
    due: Instant,
    until: Instant,
    leader: Ticket,
}

impl Desk {
    /// When the timer is due, in milliseconds; none when it is not armed.
    pub fn due(&self) -> Option<f64> {
        let due = self.room.as_ref().map(|r| r.due).filter(|due| *due != Instant::NEVER);
        due.map(Instant::as_ms)
    }

    pub fn answer(&mut self, call: &Call) -> Vec<String> {
        let numbers = self.numbers(call);
        numbers.into_iter().map(|n| format!("{:016x}", n.to_bits())).collect()
    }

    fn numbers(&mut self, call: &Call) -> Vec<f64> {
        if let Call::Open { seed, settings, listen } = call {
            let mut config = Config::default();
            settings.iter().for_each(|(at, value)| config.set(*at, *value));
            let mut gate = Gate::new(config.mend(), seed.to_bits());
            gate.listen(*listen);
            self.room = Some(Room { gate, due: Instant::NEVER, until: Instant::NEVER, leader: Ticket(0) });
            return vec![f64::from(config.faults().0)];
        }
        self.room.as_mut().map_or(Vec::new(), |room| room.numbers(call))
    }
}

impl Room {
    fn numbers(&mut self, call: &Call) -> Vec<f64> {
        match call {
            Call::Open { .. } => Vec::new(),
            Call::Scope { now, text } => {
                let id = self.gate.scope(Instant::from_ms(*now), text.as_bytes());
                vec![f64::from(id.map_or(0, |id| id.0))]
            }
            Call::Key { now, scope, text } => {
                let (method, url) = text.split_once('\n').unwrap_or((text, ""));
                let now = Instant::from_ms(*now);
                let id = self.gate.key(now, PlaceId(*scope), method.as_bytes(), url.as_bytes());
                vec![f64::from(id.0)]
            }
            Call::Ask { now, key, how, patience } => {
                let now = Instant::from_ms(*now);
                let patience = patience.map(|ms| Instant::from_ms(ms).since(Instant::ORIGIN));
                let verdict = self.gate.ask(now, KeyId(*key), How(*how), patience);
                self.told(now, verdict)
            }
            Call::Settle { now, wall, ticket, status, text } => {
                let now = Instant::from_ms(*now);
                let verdict = self.settle(now, *wall, Ticket(*ticket), *status, text);
                self.told(now, verdict)
            }
            Call::Poll { now } => self.poll(Instant::from_ms(*now)),
            Call::Mode { now, mode } => {
                let now = Instant::from_ms(*now);
                self.gate.set_mode(now, Mode::from_code(*mode));
                vec![self.flags(now), moment(self.until)]
            }
            Call::See { now, scope } => self.see(Instant::from_ms(*now), PlaceId(*scope)),
            Call::Event => self.event(),
        }
    }

    fn settle(&mut self, now: Instant, wall: f64, ticket: Ticket, status: u32, text: &str) -> Verdict {
        let outcome = Outcome::from_code(status);
        let heard = match outcome {
            Outcome::Status(status) if !text.is_empty() || status >= 300 => {
                let reading = hint::read_text(status, text.as_bytes(), WallTime(wall as i64));
                self.gate.count_malformed(reading.malformed);
                Some(reading.hint)
            }
            _ => None,
        };
        self.gate.settle(now, ticket, outcome, heard.as_ref())
    }

    fn poll(&mut self, now: Instant) -> Vec<f64> {
        if now.since(self.due) > AWAY {
            self.gate.resume(now);
        }
        match self.gate.poll(now) {
            Some(verdict) => self.told(now, verdict),
            None => vec![self.flags(now), moment(self.until), f64::from(self.leader.0)],
        }
    }

    fn told(&mut self, now: Instant, verdict: Verdict) -> Vec<f64> {
        self.until = packed::until(verdict).unwrap_or(self.until);
        if let Verdict::Join { leader, .. } = verdict {
            self.leader = leader;
        }
        let flags = packed::flags(&mut self.gate, now);
        self.due = self.gate.next_timeout(now);
        vec![packed::pack(verdict, flags), moment(self.until), f64::from(self.leader.0)]
    }

    fn flags(&mut self, now: Instant) -> f64 {
        let flags = packed::flags(&mut self.gate, now);
        self.due = self.gate.next_timeout(now);
        f64::from(flags)
    }

    fn see(&self, now: Instant, scope: PlaceId) -> Vec<f64> {
        let report = self.gate.pressure(now, scope);
        let reason = report.reason.map_or(0, |r| r as u32);
        let packed = report.state as u32 | reason << 4 | report.value << 8;
        let counts = [self.gate.queued() as f64, f64::from(self.gate.in_flight())];
        let malformed = f64::from(self.gate.malformed());
        let closed = report.closed_until.map_or(f64::NAN, moment);
        vec![f64::from(packed), closed, counts[0], counts[1], malformed]
    }

    fn event(&mut self) -> Vec<f64> {
        let Some(event) = self.gate.event() else {
            return vec![0.0];
        };
        let reason = event.reason.map_or(0, |reason| reason as u32);
        let [kind, id, scope, reason] = [event.kind as u32, event.id, event.scope, reason].map(f64::from);
        let [priority, extra] = [u32::from(event.priority), event.extra].map(f64::from);
        vec![kind, id, scope, reason, moment(event.at), priority, extra]
    }
}

fn moment(at: Instant) -> f64 {
    if at == Instant::NEVER { f64::NAN } else { at.as_ms() }
}
