//! Makes the trace: some pages' lives, random but for ever the same, under settings that bring out every answer.
//! Times are eighths of a millisecond: decimal text holds them exactly.

use tidegate::policy::Setting;
use tidegate::rng::Rng;

use crate::room::{Call, Desk, Step};

const PATHS: [&str; 6] = ["/search?q=a", "/item/17", "/item/18", "/login", "/poll", "/save"];
const ORIGINS: [&str; 2] = ["https://a.example", "https://b.example:8443"];
const STATUSES: [u32; 16] = [200, 200, 200, 200, 204, 304, 404, 429, 429, 500, 502, 503, 503, 529, 0, 1];
const BROKEN: [u32; 16] = [200, 200, 200, 1, 500, 500, 500, 500, 502, 502, 504, 504, 0, 0, 0, 0];
const WALL: f64 = 1_700_000_000_000.0;

const TEXTS: [&str; 12] = [
    "",
    "",
    "retry-after: 1\n",
    "retry-after: 3\n",
    "retry-after: 900\n",
    "retry-after: Tue, 14 Nov 2023 22:13:45 GMT\ndate: Tue, 14 Nov 2023 22:13:43 GMT\n",
    "retry-after: 1e18\nx-nothing: 1\n",
    "retry-after: -1, NaN\n",
    "ratelimit: \"all\";r=0;t=2\nratelimit-policy: \"all\";q=10;w=60\n",
    "ratelimit: \"all\";r=3;t=20\nratelimit-policy: \"all\";q=10;w=60\n",
    "x-ratelimit-limit: 100\nx-ratelimit-remaining: 1\nx-ratelimit-reset: 5\n",
    "ratelimit-limit: 60\nratelimit-remaining: 59\nratelimit-reset: 1\nretry-after-ms: 250\n",
];

/// Settings of each life.
fn lives() -> Vec<Vec<(usize, f64)>> {
    let with = |list: &[(Setting, f64)]| list.iter().map(|(s, v)| (*s as usize, *v)).collect();
    vec![
        with(&[]),
        with(&[(Setting::ConcurrencyMax, 2.0), (Setting::QueueSize, 3.0)]),
        with(&[(Setting::RetryBudgetPercent, 100.0), (Setting::RetryBudgetCap, 50.0)]),
        with(&[(Setting::Mode, 1.0), (Setting::BreakerTrip, 0.3)]),
        with(&[(Setting::Deadline, 600.0), (Setting::QueueDrop, 1.0), (Setting::ConcurrencyMax, 1.0)]),
        with(&[(Setting::Coalesce, 0.0), (Setting::BreakerTrip, 0.2), (Setting::BreakerRest, 300.0)]),
        with(&[(Setting::Pace, f64::from(3)), (Setting::MaxHint, 4_000.0), (Setting::Deadline, 60_000.0)]),
    ]
}

struct Life {
    desk: Desk,
    steps: Vec<Step>,
    rng: Rng,
    now: f64,
    scopes: Vec<u32>,
    keys: Vec<(u32, bool)>,
    flying: Vec<u32>,
    /// One route, whose server is broken: for the breaker.
    sick: bool,
}

/// All steps of all lives.
pub fn live() -> Vec<Step> {
    let mut all = Vec::new();
    for (n, settings) in lives().into_iter().enumerate() {
        let mut life = Life {
            desk: Desk::default(),
            steps: Vec::new(),
            rng: Rng::from_seed(n as u64),
            now: 1_000.0,
            scopes: Vec::new(),
            keys: Vec::new(),
            flying: Vec::new(),
            sick: n == 5,
        };
        life.begin(n as f64 + 0.5, settings);
        while life.steps.len() < 320 {
            life.step();
        }
        all.append(&mut life.steps);
    }
    all
}

impl Life {
    fn begin(&mut self, seed: f64, settings: Vec<(usize, f64)>) {
        let listen = 0x7E;
        self.call(Call::Open { seed, settings, listen });
        for origin in ORIGINS {
            let (now, text) = (self.now, origin.to_owned());
            let scope = self.call(Call::Scope { now, text }) as u32;
            self.scopes.push(scope);
            for (n, path) in PATHS.iter().enumerate() {
                let safe = n < 5;
                let text = format!("{}\n{origin}{path}", if safe { "GET" } else { "POST" });
                let key = self.call(Call::Key { now, scope, text }) as u32;
                self.keys.push((key, safe));
            }
        }
    }

    fn below(&mut self, bound: u64) -> usize {
        self.rng.below(bound) as usize
    }

    /// Records a call and its answer; answers the first number.
    fn call(&mut self, call: Call) -> u64 {
        let want = self.desk.answer(&call);
        let bits = want.first().map_or(0, |hex| u64::from_str_radix(hex, 16).unwrap_or(0));
        self.steps.push(Step { call, want });
        f64::from_bits(bits) as u64
    }

    fn step(&mut self) {
        self.pass();
        let packed = match self.below(20) {
            0..=9 => self.ask(),
            10..=16 => self.settle(),
            17 => self.look(),
            18 if self.below(6) == 0 => {
                let (now, mode) = (self.now, self.below(3) as u32);
                self.call(Call::Mode { now, mode })
            }
            _ => self.poll(),
        };
        if packed & 256 != 0 {
            self.drain();
        }
    }

    /// Time goes on, through the timer where one is due: sometimes late, sometimes so late that the page was away.
    fn pass(&mut self) {
        let eighths = match self.below(12) {
            0..=7 => self.below(400),
            8..=10 => self.below(8_000),
            _ => self.below(60_000),
        };
        let then = self.now + eighths as f64 / 8.0;
        if let Some(due) = self.desk.due().filter(|due| *due <= then) {
            let late = [0.0, 0.0, 3.5, 250.0, 5_000.0][self.below(5)];
            self.now = self.now.max((due * 8.0).ceil() / 8.0 + late);
            self.drain();
        }
        self.now = self.now.max(then);
    }

    fn drain(&mut self) {
        while self.poll() & 15 != 0 {}
    }

    fn poll(&mut self) -> u64 {
        let now = self.now;
        let packed = self.call(Call::Poll { now });
        if packed & 15 == 1 {
            self.flying.push((packed >> 11) as u32);
        }
        packed
    }

    fn ask(&mut self) -> u64 {
        let nth = self.below(if self.sick { 1 } else { 12 });
        let (mut key, safe) = self.keys[nth];
        if self.below(60) == 0 {
            key = 9_999_999; // forgotten
        }
        let flags =
            if safe { [28, 28, 28, 60, 12, 28 | 2 << 8][self.below(6)] } else { [0, 0, 8][self.below(3)] };
        // What a sick server takes says nothing here, or lateness would hold what is to fail.
        let how = self.below(3) as u32 | flags | if self.sick { 64 } else { [0, 0, 0, 128][self.below(4)] };
        let patience = [None, None, None, Some(0.0), Some(400.0), Some(20_000.0)][self.below(6)];
        let now = self.now;
        let packed = self.call(Call::Ask { now, key, how, patience });
        if packed & 15 == 1 {
            self.flying.push((packed >> 11) as u32);
        }
        packed
    }

    fn settle(&mut self) -> u64 {
        if self.flying.is_empty() {
            return self.ask();
        }
        let nth = self.below(self.flying.len() as u64);
        let ticket = self.flying.swap_remove(nth);
        let statuses = if self.sick { BROKEN } else { STATUSES };
        let status = statuses[self.below(16)];
        let silent = status < 3 || self.sick;
        let text = if silent { "" } else { TEXTS[self.below(12)] }.to_owned();
        let (now, wall) = (self.now, WALL + self.now);
        self.call(Call::Settle { now, wall, ticket, status, text })
    }

    fn look(&mut self) -> u64 {
        let nth = self.below(2);
        let (now, scope) = (self.now, self.scopes[nth]);
        self.call(Call::See { now, scope });
        while self.call(Call::Event) != 0 {}
        0
    }
}
