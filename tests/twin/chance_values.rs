//! Values of fields: valid, nearly valid, hostile.

use super::Dice;
use super::bodies::{details, json_load, report};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const NUMBERS: [&str; 24] = [
    "0",
    "1",
    "10",
    "60",
    "100",
    "2.5",
    "0.0",
    "1795284060",
    "1795284060.25",
    "1795284060000",
    "999999999",
    "1000000000",
    "99999999999",
    "100000000000",
    "99999999999999",
    "100000000000000",
    "1000000000000000000",
    "00042",
    "3600",
    "4.998",
    "0.0004",
    "123456789012345",
    "1000000000000000",
    "86400",
];
const NEARLY: [&str; 20] = [
    "-5", "+1", "1e3", "0x10", "Infinity", "NaN", "", " 8\t", "1.", ".5", "1.2.3", "1 2", "٣", "5\0", "soon",
    "1_000", "5\u{7f}", "\u{1}7", "5 s", "−1",
];
const DATES: [&str; 28] = [
    "Sat, 21 Nov 2026 18:01:30 GMT",
    "Sat, 21 Nov 2026 17:00:00 GMT",
    "Saturday, 21-Nov-26 18:02:00 GMT",
    "Sat Nov 21 18:00:05 2026",
    "Fri, 31 Dec 9999 23:59:59 GMT",
    "Sun, 01 Jan 2040 00:00:00 UTC",
    "Sat, 21 Nov 2026 18:00:09 -0000",
    "Sat, 21 Nov 2026 18:00:09 +0000",
    "Sat, 21 Nov 2026 18:00:09 +0100",
    "Mon, 30 Feb 2026 18:00:00 GMT",
    "Sat, 29 Feb 2028 12:00:00 GMT",
    "Sat, 29 Feb 2027 12:00:00 GMT",
    "Sat, 21 Nov 2026 24:00:00 GMT",
    "Sat, 21 Nov 2026 18:60:00 GMT",
    "Sun Nov  1 18:00:05 2026",
    "Mon Nov 31 18:00:05 2026",
    "Monday, 21-Nov-76 17:00:00 GMT",
    "Monday, 22-Nov-76 18:00:00 GMT",
    "Sunday, 06-Nov-94 08:49:37 GMT",
    "2026-11-21T18:00:52Z",
    "2026-11-21T18:00Z",
    "2026-11-21T19:00:30.250+01:00",
    "2026-11-21T13:00:30-0500",
    "2026-11-21T18:00:52",
    "2026-13-21T18:00:52Z",
    "2026-11-21 18:00:52Z",
    "Thu, 01 Jan 1970 00:00:00 GMT",
    "sat, 21 nov 2026 18:01:30 gmt",
];
const DURATIONS: [&str; 16] = [
    "1s", "6m0s", "1.5s", "20ms", "1h2m3s", "500us", "7µs", "100ns", "2d", "1m 2s", "5", "s", "1h-2m", "1.s",
    "3x", "9999999h",
];

/// A clock that is right, or wrong, or nothing.
pub fn server_date(dice: &mut Dice<'_>) -> Vec<u8> {
    let text = match dice.below(6) {
        4 => dice.pick(&[
            "yesterday",
            "Sat, 21 Nov 2026 18:00:00 UTC",
            "Saturday, 21-Nov-26 18:00:00 GMT",
            "Sat Nov 21 18:00:00 2026",
        ]),
        5 => dice.pick(&DATES),
        _ => "Sat, 21 Nov 2026 18:00:00 GMT",
    };
    text.as_bytes().to_vec()
}

/// A number, mostly.
pub fn count(dice: &mut Dice<'_>) -> Vec<u8> {
    let text = if dice.one_in(5) { dice.pick(&NEARLY) } else { dice.pick(&NUMBERS) };
    text.as_bytes().to_vec()
}

/// Anything that a wait or a reset may be.
pub fn moment(dice: &mut Dice<'_>) -> Vec<u8> {
    match dice.below(4) {
        2 => dice.pick(&DATES).as_bytes().to_vec(),
        3 if dice.one_in(16) => b"7\xb5s".to_vec(),
        3 => dice.pick(&DURATIONS).as_bytes().to_vec(),
        _ => count(dice),
    }
}

/// One member, or several.
pub fn list(dice: &mut Dice<'_>, member: fn(&mut Dice<'_>) -> Vec<u8>) -> Vec<u8> {
    let mut value = member(dice);
    while dice.one_in(4) {
        value.extend_from_slice(dice.pick(&[", ", ",", " ,\t", ";w=1, ", ";", ",,", " "]).as_bytes());
        value.extend(member(dice));
    }
    value
}

/// `10, 10;w=1;name="x"`
pub fn limits(dice: &mut Dice<'_>) -> Vec<u8> {
    let mut value = count(dice);
    while dice.one_in(3) {
        value.extend_from_slice(b", ");
        value.extend(old_policy(dice));
    }
    value
}

/// `100;w=60`
pub fn old_policy(dice: &mut Dice<'_>) -> Vec<u8> {
    let mut value = count(dice);
    value.extend_from_slice(
        dice.pick(&[
            ";w=60",
            "; w=60",
            ";w=1;name=\"x\"",
            ";comment=1;w=3600",
            "",
            ";w=0",
            ";w=1.5",
            ";w=",
            ";w=\"6\"",
            ";W=6",
        ])
        .as_bytes(),
    );
    if dice.one_in(3) {
        value.extend_from_slice(b", ");
        value.extend(old_policy(dice));
    }
    value
}

pub fn name(dice: &mut Dice<'_>) -> Vec<u8> {
    dice.pick(&[
        "core",
        "abcd1234",
        "__proto__",
        "a, b",
        "",
        "x;y",
        "default",
        "minute",
        "\u{e9}",
        " padded ",
    ])
    .as_bytes()
    .to_vec()
}

/// The draft-07 dictionary.
pub fn dictionary(dice: &mut Dice<'_>) -> Vec<u8> {
    let mut value = Vec::new();
    for _ in 0..=dice.below(4) {
        if !value.is_empty() {
            value.extend_from_slice(dice.pick(&[", ", ",", "; "]).as_bytes());
        }
        value.extend_from_slice(
            dice.pick(&["limit=", "remaining=", "reset=", "reset =", "other=", "Limit="]).as_bytes(),
        );
        value.extend(count(dice));
    }
    value
}

/// A structured list of quotas with some of these parameters.
pub fn quotas(dice: &mut Dice<'_>, keys: &[&str]) -> Vec<u8> {
    let mut value = String::new();
    loop {
        value += if dice.one_in(10) {
            dice.pick(&["default", "(\"a\")", "1", "", ":YQ==:", "?1", "\"a", "\"\u{7f}\"", "@1", "%\"a\""])
        } else {
            dice.pick(&[
                "\"a\"",
                "\"b\"",
                "\"a,b;c\\\"d\"",
                "\"__proto__\"",
                "\"\"",
                "\"default\"",
                "\"minute\"",
                "\"a\\\\\"",
            ])
        };
        // What is required comes first, mostly.
        let mut key = if dice.one_in(12) { dice.pick(keys) } else { keys[0] };
        loop {
            value += dice.pick(&[";", ";", ";", "; ", ";  ", " ;"]);
            value += key;
            value += &parameter(dice, key);
            if dice.below(3) == 0 {
                break;
            }
            key = dice.pick(keys);
        }
        if !dice.one_in(3) {
            break;
        }
        value += dice.pick(&[",", ", ", " ,\t", ",,", ";"]);
    }
    if dice.one_in(24) {
        value += dice.pick(&[",", " ", "\t", "\"", ";", "x"]);
    }
    value.into_bytes()
}

fn parameter(dice: &mut Dice<'_>, key: &str) -> String {
    let right = !dice.one_in(12);
    let value = match (key, right) {
        ("pk", true) => dice.pick(&["=:cHsdsRa894==:", "=:YQ==:", "=::", "=:YQ:"]),
        ("qu", true) => {
            dice.pick(&["=\"requests\"", "=\"content-bytes\"", "=\"\"", "=\"concurrent-requests\""])
        }
        ("z", true) => dice.pick(&["=token", "=1.5", "=?0", "", "=@1", "=%\"f%c3%bc\"", "=-7"]),
        (_, true) => dice.pick(&["=0", "=1", "=50", "=3600", "=999999999999999", "=007", "=60"]),
        (_, false) => {
            dice.pick(&["=-1", "=1.5", "=\"1\"", "=x", "", "=1000000000000000", "=?1", "= 1", "=:a:"])
        }
    };
    value.to_owned()
}

pub fn used(dice: &mut Dice<'_>) -> Vec<u8> {
    let mut value = count(dice);
    value.extend_from_slice(dice.pick(&["/", "/", "/", " / ", "", "//"]).as_bytes());
    value.extend(count(dice));
    value
}

pub fn salesforce(dice: &mut Dice<'_>) -> Vec<u8> {
    let mut value = Vec::new();
    for place in 0..=dice.below(3) {
        if place > 0 {
            value.extend_from_slice(dice.pick(&["; ", ";", ", "]).as_bytes());
        }
        value.extend_from_slice(
            dice.pick(&["api-usage=", "per-app-api-usage=", "__proto__=", "api-usage"]).as_bytes(),
        );
        value.extend(used(dice));
        value.extend_from_slice(dice.pick(&["", "", "(appName=x)", "(appName=a b)"]).as_bytes());
    }
    value
}

pub fn resources(dice: &mut Dice<'_>) -> Vec<u8> {
    let mut value = Vec::new();
    for place in 0..=dice.below(3) {
        if place > 0 {
            value.extend_from_slice(dice.pick(&[",", ", "]).as_bytes());
        }
        value.extend_from_slice(
            dice.pick(&["Microsoft.Compute/HighCostGet3Min;", "B;", "__proto__;", "C"]).as_bytes(),
        );
        value.extend(count(dice));
    }
    value
}

pub fn zendesk(dice: &mut Dice<'_>) -> Vec<u8> {
    let mut value = Vec::new();
    for place in 0..=dice.below(3) {
        if place > 0 {
            value.extend_from_slice(dice.pick(&["; ", ";"]).as_bytes());
        }
        value.extend_from_slice([&b"total="[..], b"remaining=", b"resets=", b"other="][place]);
        value.extend(count(dice));
    }
    value
}

pub fn error_type(dice: &mut Dice<'_>) -> Vec<u8> {
    let values = [
        "ThrottlingException:http://internal.amazon.com/coral/",
        "TooManyRequestsException",
        "com.amazonaws#SlowDown",
        "ValidationException",
        "a#throttling:b#c",
        "",
        "x:ThrottlingException",
    ];
    dice.pick(&values).as_bytes().to_vec()
}

/// A load report, in one of its fields.
pub fn load(dice: &mut Dice<'_>) -> (&'static str, Vec<u8>) {
    let name = dice.pick(&[
        "endpoint-load-metrics",
        "endpoint-load-metrics",
        "endpoint-load-metrics-json",
        "endpoint-load-metrics-bin",
        "x-ms-throttle-limit-percentage",
    ]);
    let text = match name {
        "endpoint-load-metrics-json" => json_load(dice),
        "endpoint-load-metrics-bin" => STANDARD.encode(report(dice)),
        "x-ms-throttle-limit-percentage" => String::from_utf8_lossy(&count(dice)).into_owned(),
        _ => match dice.below(6) {
            0 | 1 => format!("TEXT {}", text_load(dice)),
            2 => format!("JSON {}", json_load(dice)),
            3 => format!("BIN {}", STANDARD.encode(report(dice)).trim_end_matches('=')),
            _ => text_load(dice),
        },
    };
    (name, text.into_bytes())
}

fn text_load(dice: &mut Dice<'_>) -> String {
    let mut value = String::new();
    let names = [
        "cpu_utilization",
        "application_utilization",
        "mem_utilization",
        "named_metrics.a%2Cb",
        "rps_fractional",
        "cpuUtilization",
    ];
    for place in 0..=dice.below(4) {
        if place > 0 {
            value += dice.pick(&[",", ", "]);
        }
        // In order, so that a name stands twice only by choice.
        value += if dice.one_in(8) { dice.pick(&names) } else { names[place] };
        value += dice.pick(&[":", "=", " : ", "= "]);
        value += dice.pick(&[
            "0.31", "0", "1.8", "0.5", "1e-1", "2E+1", "0.0", "nan", "inf", "-0.1", "1e999", "", "1e",
            "00.5", "0.25",
        ]);
    }
    value
}

/// The dictionary of the Backpressure field.
pub fn backpressure(dice: &mut Dice<'_>) -> Vec<u8> {
    let mut value = String::new();
    for place in 0..=dice.below(5) {
        if place > 0 {
            value += dice.pick(&[", ", ",", ", ", " ,\t", ";", ",,"]);
        }
        let key = dice.pick(&["load", "state", "wait", "retry", "share", "batch", "off", "for", "other"]);
        value += key;
        let right = !dice.one_in(12);
        value += match (key, right) {
            ("state", true) => dice.pick(&["=nominal", "=fair", "=serious", "=critical", "=meltdown"]),
            ("retry", true) => dice.pick(&["", "=?0", "=?1", ";a=1"]),
            ("off", true) => dice.pick(&["=()", "=(a)", "=(a \"b c\" 1)", "=(a;x=1 \"\");y"]),
            ("batch", true) => dice.pick(&["=1", "=500", "=0", "=999999999999999"]),
            (_, true) => dice.pick(&["=0.5", "=2", "=0", "=30.125", "=999999999999.999", "=1;q=2"]),
            (_, false) => dice.pick(&[
                "=-1", "=high", "=\"1\"", "=(1)", "=1.2345", "=5e1", " =1", "= 1", "=@1", "=(a", "=",
            ]),
        };
    }
    value.into_bytes()
}

/// gRPC's fields, or its trailers.
pub fn grpc(dice: &mut Dice<'_>) -> Vec<(&'static str, Vec<u8>)> {
    let mut all = Vec::new();
    for _ in 0..=dice.below(3) {
        let name =
            dice.pick(&["grpc-status", "grpc-retry-pushback-ms", "grpc-status-details-bin", "grpc-message"]);
        if all.iter().any(|(known, _)| *known == name) {
            continue;
        }
        let value = match name {
            "grpc-status" => dice.pick(&["8", "14", "0", "5", "16", " 8", "x"]).as_bytes().to_vec(),
            "grpc-retry-pushback-ms" => {
                let values = [
                    "1200",
                    "0",
                    "-1",
                    "0250",
                    "2147483647",
                    "2147483648",
                    "+5",
                    "1.5",
                    "x",
                    "99999999999999999999",
                ];
                dice.pick(&values).as_bytes().to_vec()
            }
            "grpc-status-details-bin" => details(dice).into_bytes(),
            _ => b"rate limited".to_vec(),
        };
        all.push((name, value));
    }
    all
}
