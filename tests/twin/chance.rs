//! Structured chance: bytes in, a response out that looks like one. The same bytes give the same response, so that a
//! shrinking property test and a fuzzer share it.

#[path = "chance_bodies.rs"]
mod bodies;
#[path = "chance_values.rs"]
mod values;

/// One random response.
#[derive(Clone, Debug)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(Vec<u8>, Vec<u8>)>,
    pub body: Option<Vec<u8>>,
    pub now_ms: i64,
}

/// A source of choices. What is used up chooses the first, the plainest.
pub struct Dice<'a>(&'a [u8]);

impl Dice<'_> {
    fn below(&mut self, count: usize) -> usize {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        usize::from(*first) % count
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == count - 1
    }
}

const STATUSES: [u16; 26] = [
    200, 429, 503, 403, 400, 200, 202, 301, 404, 529, 420, 204, 500, 502, 304, 299, 300, 399, 401, 408, 425,
    504, 520, 599, 0, 65_535,
];
/// The day of the vectors, an hour off, and far off.
const NOWS: [i64; 6] =
    [1_795_284_000_000, 1_795_280_400_000, 1_795_294_800_123, 0, 1_700_000_000_000, 1_795_284_000_000];

/// Makes a response of what the bytes choose.
pub fn response(bytes: &[u8]) -> Response {
    let dice = &mut Dice(bytes);
    let mut response =
        Response { status: dice.pick(&STATUSES), headers: Vec::new(), body: None, now_ms: dice.pick(&NOWS) };
    if dice.one_in(2) {
        response.put("date", values::server_date(dice));
    }
    if dice.one_in(8) {
        let age = dice.pick(&["0", "3", "0.0", "120", "-1", "x", "0.5", ""]);
        response.put("age", age.as_bytes().to_vec());
    }
    for _ in 0..dice.below(4) {
        let family = dice.pick(&FAMILIES);
        family(dice, &mut response);
    }
    if dice.one_in(2) {
        bodies::body(dice, &mut response);
    }
    response
}

impl Response {
    fn put(&mut self, name: &str, value: Vec<u8>) {
        self.headers.push((name.as_bytes().to_vec(), value));
    }
}

type Family = fn(&mut Dice<'_>, &mut Response);

const FAMILIES: [Family; 14] = [
    waits,
    unnamed,
    unnamed,
    structured,
    dimensions,
    waits,
    vendors,
    retries,
    load,
    load,
    envoy,
    grpc,
    backpressure,
    backpressure,
];

fn waits(dice: &mut Dice<'_>, response: &mut Response) {
    let names = [
        "retry-after",
        "retry-after-ms",
        "x-ms-retry-after-ms",
        "x-amz-retry-after",
        "x-ratelimit-retry-after",
        "x-ratelimit-after",
        "x-retry-after",
        "x-retry-in",
        "retry-after",
    ];
    for _ in 0..=dice.below(3) {
        let name = dice.pick(&names);
        response.put(name, values::list(dice, values::moment));
    }
}

fn unnamed(dice: &mut Dice<'_>, response: &mut Response) {
    let prefix = dice.pick(&["x-ratelimit", "ratelimit", "x-rate-limit", "rate-limit"]);
    for _ in 0..=dice.below(5) {
        let suffix = dice.pick(&[
            "limit",
            "remaining",
            "reset",
            "used",
            "reset-after",
            "observed",
            "resettime",
            "bucket",
            "resource",
            "name",
            "total",
        ]);
        let value = match suffix {
            "limit" => values::limits(dice),
            "remaining" => values::list(dice, values::count),
            "reset" | "reset-after" | "resettime" => values::list(dice, values::moment),
            "used" | "observed" | "total" => values::count(dice),
            _ => values::name(dice),
        };
        response.put(&format!("{prefix}-{suffix}"), value);
    }
    if dice.one_in(4) {
        response.put("ratelimit-policy", values::old_policy(dice));
    }
}

fn structured(dice: &mut Dice<'_>, response: &mut Response) {
    for _ in 0..=dice.below(3) {
        let name = dice.pick(&["ratelimit", "ratelimit-policy"]);
        let value = match (name, dice.below(8)) {
            ("ratelimit", 6) => values::dictionary(dice),
            ("ratelimit-policy", 6) => values::old_policy(dice),
            ("ratelimit", _) => values::quotas(dice, &["r", "t", "pk", "z"]),
            _ => values::quotas(dice, &["q", "w", "qu", "pk"]),
        };
        response.put(name, value);
    }
}

fn dimensions(dice: &mut Dice<'_>, response: &mut Response) {
    let word = dice.pick(&["ratelimit", "ratelimit", "rate-limit"]);
    let vendor = dice.pick(&["x-", "", "x-foo-", "foo-", "x-foo-bar-", "anthropic-", "x-contentful-"]);
    for _ in 0..=dice.below(4) {
        let dim = dice.pick(&[
            "tokens",
            "requests",
            "second",
            "minute",
            "input-tokens",
            "complexity",
            "day",
            "hour",
            "daily",
            "secondly",
            "after",
        ]);
        let member = dice.pick(&["limit", "remaining", "reset"]);
        let value = if member == "reset" {
            values::list(dice, values::moment)
        } else {
            values::list(dice, values::count)
        };
        let name = match dice.below(5) {
            0 | 1 => format!("{vendor}{word}-{member}-{dim}"),
            4 => format!("{vendor}{word}-{member}"),
            _ => format!("{vendor}{word}-{dim}-{member}"),
        };
        response.put(&name, value);
    }
}

fn vendors(dice: &mut Dice<'_>, response: &mut Response) {
    for _ in 0..=dice.below(3) {
        let (name, value) = match dice.below(7) {
            0 => ("x-shopify-shop-api-call-limit".to_owned(), values::used(dice)),
            1 => ("sforce-limit-info".to_owned(), values::salesforce(dice)),
            2 => {
                let suffix = dice.pick(&[
                    "daily",
                    "daily-remaining",
                    "max",
                    "remaining",
                    "interval-milliseconds",
                    "secondly",
                    "secondly-remaining",
                ]);
                (format!("x-hubspot-ratelimit-{suffix}"), values::count(dice))
            }
            3 => {
                let suffix = dice.pick(&["subscription-reads", "tenant-writes"]);
                (format!("x-ms-ratelimit-remaining-{suffix}"), values::list(dice, values::count))
            }
            4 => ("x-ms-ratelimit-remaining-resource".to_owned(), values::resources(dice)),
            5 => ("zendesk-ratelimit-tickets-index".to_owned(), values::zendesk(dice)),
            _ => ("x-amzn-ratelimit-limit".to_owned(), values::count(dice)),
        };
        response.put(&name, value);
    }
}

fn retries(dice: &mut Dice<'_>, response: &mut Response) {
    for _ in 0..=dice.below(2) {
        let name = dice.pick(&["x-should-retry", "stripe-should-retry"]);
        let value = dice.pick(&[
            "true",
            "false",
            "True",
            "FALSE",
            "maybe",
            "",
            " true\t",
            "true, false",
            "1",
            "true,true",
        ]);
        response.put(name, value.as_bytes().to_vec());
    }
}

fn load(dice: &mut Dice<'_>, response: &mut Response) {
    let (name, value) = values::load(dice);
    response.put(name, value);
    if dice.one_in(6) {
        let (name, value) = values::load(dice);
        response.put(name, value);
    }
}

fn envoy(dice: &mut Dice<'_>, response: &mut Response) {
    let names =
        ["x-envoy-overloaded", "x-envoy-ratelimited", "x-envoy-upstream-service-time", "x-amzn-errortype"];
    let name = dice.pick(&names);
    let value = if name == "x-amzn-errortype" { values::error_type(dice) } else { b"true".to_vec() };
    response.put(name, value);
}

fn backpressure(dice: &mut Dice<'_>, response: &mut Response) {
    for _ in 0..=dice.below(2) {
        response.put("backpressure", values::backpressure(dice));
    }
}

fn grpc(dice: &mut Dice<'_>, response: &mut Response) {
    for (name, value) in values::grpc(dice) {
        response.put(name, value);
    }
}
