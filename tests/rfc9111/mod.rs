//! The cache's rules as rows of a table: what an RFC says, and cases that show it. The page is written from them.
#![allow(clippy::too_many_lines, reason = "tables: a rule is a line")]

mod freshness;
mod requests;
mod stale;
mod storing;

use tidegate::cache::freshness::{Exchange, Fit, Mode, Wish, judge};
use tidegate::time::{Duration, Instant, WallTime};

/// Sun, 22 Nov 2026 12:00:00 GMT: when every answer comes.
pub const NOON: WallTime = WallTime(1_795_348_800_000);
/// Where the monotonic clock stands then: nothing may depend on it.
const ORIGIN: u64 = 5_000;

/// One answer, and one question about it.
#[derive(Clone)]
pub struct Case {
    exchange: Exchange<'static>,
    mode: Mode,
    asks: &'static str,
    claims: Vec<Claim>,
}

#[derive(Clone)]
enum Claim {
    Unstored,
    Stored,
    /// After so many seconds it fits so.
    At(u64, Fit),
    /// After so many seconds it is so old.
    Aged(u64, u64),
    /// After so many seconds it does, or does not, stand in; with the application's greatest age.
    StandsIn(u64, Option<u64>, bool),
    Suits(bool),
    Answers(bool, bool),
    /// Something is written at this moment.
    Outdated,
}

/// A 200 to a GET with these lines.
pub fn got(response: &'static str) -> Case {
    let exchange = Exchange { response: response.as_bytes(), ..Exchange::plain(NOON) };
    Case { exchange, mode: Mode::Default, asks: "", claims: Vec::new() }
}

impl Case {
    pub fn status(mut self, status: u16) -> Self {
        self.exchange.status = status;
        self
    }

    /// The header lines of the request that it answers.
    pub fn to(mut self, request: &'static str) -> Self {
        self.exchange.request = request.as_bytes();
        self
    }

    pub fn head(mut self) -> Self {
        self.exchange.head = true;
        self
    }

    pub fn took(mut self, secs: u64) -> Self {
        self.exchange.took = Duration::from_secs(secs);
        self
    }

    pub fn held(mut self, secs: Option<u64>) -> Self {
        self.exchange.held = secs.map(Duration::from_secs);
        self
    }

    pub fn hidden(mut self) -> Self {
        self.exchange.hidden = true;
        self
    }

    pub fn wanted(mut self) -> Self {
        self.exchange.wanted = true;
        self
    }

    /// The header lines of the request that is asked now.
    pub fn asks(mut self, request: &'static str) -> Self {
        self.asks = request;
        self
    }

    pub fn mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    fn claim(mut self, claim: Claim) -> Self {
        self.claims.push(claim);
        self
    }

    pub fn unstored(self) -> Self {
        self.claim(Claim::Unstored)
    }

    pub fn stored(self) -> Self {
        self.claim(Claim::Stored)
    }

    pub fn at(self, secs: u64, fit: Fit) -> Self {
        self.claim(Claim::At(secs, fit))
    }

    /// Fresh until just before this age by our own clock, and then to be confirmed.
    pub fn until(self, secs: u64) -> Self {
        self.at(secs - 1, Fit::Fresh).at(secs, Fit::Ask)
    }

    pub fn aged(self, after: u64, secs: u64) -> Self {
        self.claim(Claim::Aged(after, secs))
    }

    pub fn stands_in(self, after: u64, most: Option<u64>, does: bool) -> Self {
        self.claim(Claim::StandsIn(after, most, does))
    }

    pub fn suits(self, does: bool) -> Self {
        self.claim(Claim::Suits(does))
    }

    pub fn answers(self, head: bool, does: bool) -> Self {
        self.claim(Claim::Answers(head, does))
    }

    pub fn outdated(self) -> Self {
        self.claim(Claim::Outdated)
    }

    /// Does all that it claims hold?
    pub fn check(&self, told: &str) {
        assert!(!self.claims.is_empty(), "{told}: claims nothing");
        let start = Instant::ORIGIN + Duration::from_secs(ORIGIN);
        let mut term = judge(start, &self.exchange);
        for claim in &self.claims {
            if matches!(claim, Claim::Unstored) {
                assert!(term.is_none(), "{told}: was stored");
                continue;
            }
            let term = term.as_mut().unwrap_or_else(|| panic!("{told}: was not stored"));
            let at = |secs: &u64| start + Duration::from_secs(*secs);
            for now in [0, 1, 9, 10, 30, 59, 60, 61, 3_600, 86_400].map(|secs| at(&secs)) {
                let fresh = term.suits(&[]) && term.fit(now, &Wish::plain()) == Fit::Fresh;
                let (ms, [until, add]) = (now.since(Instant::ORIGIN).as_millis() as u32, term.plain());
                assert_eq!(ms < until, fresh, "{told}: asked plainly");
                let age = Duration::from_millis(u64::from(ms.wrapping_add(add)));
                assert!(!fresh || age == term.age(now), "{told}: {age:?}");
            }
            match claim {
                Claim::Unstored | Claim::Stored => {}
                Claim::At(secs, fit) => {
                    let wish = Wish::read(self.mode, self.asks.as_bytes());
                    assert_eq!(term.fit(at(secs), &wish), *fit, "{told}: after {secs} s");
                }
                Claim::Aged(after, secs) => {
                    assert_eq!(term.age(at(after)), Duration::from_secs(*secs), "{told}");
                }
                Claim::StandsIn(after, most, does) => {
                    let most = most.map(Duration::from_secs);
                    assert_eq!(term.stands_in(at(after), most), *does, "{told}: after {after} s");
                }
                Claim::Suits(does) => assert_eq!(term.suits(self.asks.as_bytes()), *does, "{told}"),
                Claim::Answers(head, does) => assert_eq!(term.answers(*head), *does, "{told}"),
                Claim::Outdated => term.outdate(),
            }
        }
    }

    /// The case in words, for the page.
    pub fn words(&self) -> String {
        let mut told = Vec::new();
        let lines =
            |text: &str| text.split('\n').map(|line| format!("`{line}`")).collect::<Vec<_>>().join(" ");
        let text = |bytes: &'static [u8]| std::str::from_utf8(bytes).unwrap();
        let Exchange { head, status, request, response, took, held, hidden, wanted, .. } = self.exchange;
        let method = if head { "HEAD, " } else { "" };
        told.push(format!("{method}{status} {}", lines(text(response))).replace(" ``", ""));
        let mut add = |when: bool, words: String| {
            if when {
                told.push(words);
            }
        };
        add(!request.is_empty(), format!("to {}", lines(text(request))));
        add(took > Duration::ZERO, format!("after {} s", took.as_millis() / 1000));
        add(held.is_none(), "kept before, nobody knows how long".to_owned());
        let kept = held.unwrap_or_default().as_millis() / 1000;
        add(kept > 0, format!("kept before for {kept} s"));
        add(hidden, "fields hidden by CORS".to_owned());
        add(wanted, "stale is opted in to".to_owned());
        add(self.mode != Mode::Default, format!("asked with mode {:?}", self.mode));
        add(!self.asks.is_empty(), format!("asked with {}", lines(self.asks)));
        told.extend(self.claims.iter().map(Claim::words));
        told.join("; ").replace('|', "\\|")
    }
}

impl Claim {
    fn words(&self) -> String {
        match self {
            Self::Unstored => "**not stored**".to_owned(),
            Self::Stored => "**stored**".to_owned(),
            Self::At(secs, fit) => format!("{secs} s: **{}**", format!("{fit:?}").to_lowercase()),
            Self::Aged(after, secs) => format!("{after} s: **age {secs}**"),
            Self::StandsIn(after, most, does) => {
                let most = most.map_or(String::new(), |most| format!(" with an opt-in to {most} s"));
                format!("{after} s{most}: **{}**", if *does { "stands in" } else { "does not stand in" })
            }
            Self::Suits(does) => format!("**{}**", if *does { "selected" } else { "not selected" }),
            Self::Answers(head, does) => {
                let method = if *head { "HEAD" } else { "GET" };
                format!("{method} **{}**", if *does { "answered" } else { "not answered" })
            }
            Self::Outdated => "written to".to_owned(),
        }
    }
}

/// A rule and its cases.
pub struct Row {
    /// `9111 3`, `5861 4`, `9110 9.3.2`, `Fetch`.
    pub section: &'static str,
    pub says: &'static str,
    pub cases: Vec<Case>,
}

pub fn row<const N: usize>(section: &'static str, says: &'static str, cases: [Case; N]) -> Row {
    Row { section, says, cases: cases.to_vec() }
}

/// Every group with its heading.
pub fn groups() -> Vec<(&'static str, Vec<Row>)> {
    vec![
        ("What is stored", storing::rows()),
        ("How old it is, and how long it is fresh", freshness::rows()),
        ("Whom it answers", requests::rows()),
        ("What is used stale", stale::rows()),
    ]
}
