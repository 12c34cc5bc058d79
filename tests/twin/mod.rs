//! The naive twin: a second reader of the same rules, one file per letter of the rules. It shares no code with the
//! parser, allocates as it likes, leans on other people's parsers, and says the rule at each step. Where the rules
//! leave something open, the comment says "open" and the twin does as the parser does.

// Two test programs and the fuzz targets include this folder; none uses all of it.
#![allow(dead_code)]

pub mod backpressure;
pub mod binary;
pub mod body;
pub mod chance;
pub mod clock;
pub mod compare;
pub mod documents;
pub mod events;
pub mod fields;
pub mod grpc;
pub mod json;
pub mod load;
pub mod number;
pub mod overload;
pub mod policy;
pub mod quota;
pub mod retry;
pub mod structured;
pub mod vectors;
pub mod vendor;
pub mod wait;
pub mod wire;

use body::Body;
use clock::Clock;
use fields::Fields;

/// What the twin read, in the words of the vectors.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    pub wait_ms: Option<f64>,
    pub retry: Option<bool>,
    pub overloaded: bool,
    pub load: Option<f64>,
    pub quotas: Vec<Quota>,
    pub advice: Option<Advice>,
}

/// What a `Backpressure` field asks for, in the words of the vectors.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Advice {
    pub state: Option<String>,
    pub share: Option<f64>,
    pub batch: Option<f64>,
    pub off: Option<Vec<String>>,
    pub for_ms: f64,
}

/// One quota, in the words of the vectors.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Quota {
    pub name: String,
    pub limit: Option<f64>,
    pub remaining: Option<f64>,
    pub reset_ms: Option<f64>,
    pub window_ms: Option<f64>,
    pub unit: String,
}

/// One response, with everything that the rules ask about it at hand.
pub struct Answer {
    pub status: u16,
    pub fields: Fields,
    pub clock: Clock,
    pub body: Body,
}

/// Reads one response. `now_ms`: the client's clock when it arrived.
pub fn read(status: u16, headers: &[(Vec<u8>, Vec<u8>)], body: Option<&[u8]>, now_ms: i64) -> Told {
    let fields = Fields::join(headers);
    let clock = Clock::new(&fields, now_ms);
    let body = Body::new(&fields, body);
    let answer = Answer { status, fields, clock, body };
    let quotas = quota::read(&answer);
    let (wait_ms, overloaded) = wait::read(&answer, &quotas);
    Told {
        wait_ms,
        retry: retry::read(&answer),
        overloaded,
        load: load::read(&answer),
        quotas,
        advice: backpressure::advice(&answer),
    }
}

impl Answer {
    /// "Failed", as the rules of W define it.
    pub fn failed(&self) -> bool {
        let rpc = grpc::statuses(self).iter().any(|status| *status != 0.0);
        self.status >= 400 || rpc || overload::body_codes(self).iter().any(|code| overload::is_throttle(code))
    }
}
