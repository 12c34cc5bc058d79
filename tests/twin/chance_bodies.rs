//! Bodies: JSON of the known paths, XML, event streams, gRPC-Web frames; whole, or with a byte out of place.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

use super::super::json::Json;
use super::{Dice, Response, values};

const CODES: [&str; 14] = [
    "rate_limited",
    "RATELIMITED",
    "insufficient_quota",
    "Throttling",
    "resource_exhausted",
    "x#SlowDown",
    "not_found",
    "THROTTLED",
    "userRateLimitExceeded",
    "https://iana.org/assignments/http-problem-types#quota-exceeded",
    "https://www.iana.org/assignments/http-problem-types#abnormal-usage-detected",
    "about:blank",
    "",
    "overloaded_error",
];

/// A body and its type.
pub fn body(dice: &mut Dice<'_>, response: &mut Response) {
    let (media, mut bytes) = match dice.below(8) {
        4 => (dice.pick(&["application/xml", "text/xml", ""]), xml(dice)),
        5 => (dice.pick(&["text/event-stream", "Text/Event-Stream; charset=utf-8"]), events(dice)),
        6 => ("application/grpc-web+proto", frames(dice)),
        7 => ("application/grpc-web-text+proto", STANDARD.encode(frames(dice)).into_bytes()),
        _ => {
            let media = [
                "application/json",
                "application/problem+json; charset=utf-8",
                "",
                "APPLICATION/JSON",
                "text/html",
                "application/x-amz-json-1.0",
            ];
            (dice.pick(&media), json(dice).into_bytes())
        }
    };
    if dice.one_in(12) {
        mutate(dice, &mut bytes);
        // A name that stands twice says nothing certain.
        if Json::parse(&String::from_utf8_lossy(&bytes)).is_some_and(|json| json.repeats()) {
            bytes.clear();
        }
    }
    if !media.is_empty() {
        response.put("content-type", media.as_bytes().to_vec());
    }
    response.body = Some(bytes);
}

fn mutate(dice: &mut Dice<'_>, bytes: &mut Vec<u8>) {
    let at = (dice.below(256) * 256 + dice.below(256)) % (bytes.len() + 1);
    match dice.below(3) {
        0 => bytes.truncate(at),
        1 => bytes.insert(at, dice.pick(b"\"{}[],:0aetx \n\\")),
        _ => drop(bytes.splice(at.min(bytes.len())..(at + 1).min(bytes.len()), [])),
    }
}

type Make = fn(&mut Dice<'_>) -> String;

/// An object with some of these members, in order, each once.
fn object(dice: &mut Dice<'_>, members: &[(&str, Make)]) -> String {
    let mut text = Vec::new();
    let mut names = Vec::new();
    let first = dice.below(members.len());
    for place in 0..=dice.below(3.min(members.len())) {
        let (name, make) = members[(first + place) % members.len()];
        if names.contains(&name) {
            continue;
        }
        names.push(name);
        let value = if dice.one_in(10) { anything(dice) } else { make(dice) };
        let (before, after) = (dice.pick(&["", " ", "\n"]), dice.pick(&["", " "]));
        text.push(format!("{before}{}:{after}{value}", quoted(name)));
    }
    format!("{{{}}}", text.join(","))
}

fn array(dice: &mut Dice<'_>, make: Make) -> String {
    let items: Vec<String> =
        (0..dice.below(4)).map(|_| if dice.one_in(8) { anything(dice) } else { make(dice) }).collect();
    format!("[{}]", items.join(", "))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn anything(dice: &mut Dice<'_>) -> String {
    let values = [
        "null",
        "true",
        "7",
        "\"x\"",
        "[]",
        "{}",
        "[[[{}]]]",
        "-1",
        "1.5e0",
        "\"\\u0041\\n\"",
        "{\"a\":{\"b\":[1,2]}}",
        "false",
    ];
    dice.pick(&values).to_owned()
}

fn code(dice: &mut Dice<'_>) -> String {
    let code = dice.pick(&CODES);
    if dice.one_in(10) {
        quoted(code).replacen('r', "\\u0072", 1).replacen('/', "\\/", 1)
    } else {
        quoted(code)
    }
}

fn figure(dice: &mut Dice<'_>) -> String {
    dice.pick(&["30", "0", "64.57", "12", "-1", "1000.0", "666", "50", "1e1", "752", "0.5", "99999999999"])
        .to_owned()
}

fn flag(dice: &mut Dice<'_>) -> String {
    dice.pick(&["false", "true"]).to_owned()
}

fn message(dice: &mut Dice<'_>) -> String {
    dice.pick(&[
        "\"You have exceeded a Secondary Rate Limit. Wait.\"",
        "\"slow down\"",
        "\"secondary rate  limit\"",
    ])
    .to_owned()
}

/// The whole answer.
fn json(dice: &mut Dice<'_>) -> String {
    const TOP: &[(&str, Make)] = &[
        ("code", code),
        ("retry_after", figure),
        ("error", error),
        ("errors", graphql),
        ("extensions", extensions),
        ("type", code),
        ("violated-policies", policies),
        ("ok", flag),
        ("error", code),
        ("message", message),
        ("retryable", flag),
        ("details", connect_details),
        ("errorCode", code),
        ("__type", code),
        ("type", problem),
        ("violated-policies", policies),
    ];
    match dice.below(12) {
        9 => array(dice, |dice| object(dice, &[("errorCode", code), ("code", code), ("message", message)])),
        10 => anything(dice),
        11 => format!("{}{}", object(dice, TOP), dice.pick(&[" ", "x", "\n\t", "{}"])),
        _ => object(dice, TOP),
    }
}

fn problem(dice: &mut Dice<'_>) -> String {
    quoted(CODES[9 + dice.below(3)])
}

fn policies(dice: &mut Dice<'_>) -> String {
    array(dice, |dice| quoted(dice.pick(&["daily", "a", "default", "minute", "", "__proto__"])))
}

fn error(dice: &mut Dice<'_>) -> String {
    object(
        dice,
        &[("code", code), ("type", code), ("status", code), ("errors", reasons), ("details", google_details)],
    )
}

fn reasons(dice: &mut Dice<'_>) -> String {
    array(dice, |dice| object(dice, &[("reason", code), ("domain", message)]))
}

fn google_details(dice: &mut Dice<'_>) -> String {
    array(dice, |dice| {
        let kind = dice.pick(&[
            "type.googleapis.com/google.rpc.RetryInfo",
            "type.googleapis.com/google.rpc.RetryInfo",
            "google.rpc.RetryInfo",
            "x/google.rpc.Help",
        ]);
        let delay = dice.pick(&["53s", "9s", "0.5s", "-1s", "1e1s", "3", "s", "53.016342224s", "5 s"]);
        format!("{{\"@type\":{},\"retryDelay\":{}}}", quoted(kind), quoted(delay))
    })
}

fn connect_details(dice: &mut Dice<'_>) -> String {
    array(dice, |dice| {
        let kind = dice.pick(&[
            "google.rpc.RetryInfo",
            "google.rpc.RetryInfo",
            "type.googleapis.com/google.rpc.RetryInfo",
        ]);
        let value = retry_info(dice);
        let value = if dice.one_in(2) { STANDARD.encode(value) } else { STANDARD_NO_PAD.encode(value) };
        format!("{{\"type\":{},\"value\":{}}}", quoted(kind), quoted(&value))
    })
}

fn graphql(dice: &mut Dice<'_>) -> String {
    array(dice, |dice| {
        object(
            dice,
            &[("type", code), ("extensions", |dice| object(dice, &[("code", code)])), ("message", message)],
        )
    })
}

fn extensions(dice: &mut Dice<'_>) -> String {
    object(
        dice,
        &[("cost", |dice| {
            object(
                dice,
                &[
                    ("requestedQueryCost", figure),
                    ("throttleStatus", |dice| {
                        object(
                            dice,
                            &[
                                ("maximumAvailable", figure),
                                ("currentlyAvailable", figure),
                                ("restoreRate", figure),
                            ],
                        )
                    }),
                ],
            )
        })],
    )
}

fn xml(dice: &mut Dice<'_>) -> Vec<u8> {
    let head = dice.pick(&["<?xml version=\"1.0\"?>\n", ""]);
    let code = dice.pick(&CODES);
    let more = dice.pick(&["", "<Code>Throttling</Code>", "<Message>m</Message>"]);
    format!("{head}<Error><Code>{code}</Code>{more}</Error>").into_bytes()
}

fn events(dice: &mut Dice<'_>) -> Vec<u8> {
    let mut text = String::new();
    for _ in 0..=dice.below(5) {
        text += &match dice.below(8) {
            0 => "retry: 10000".to_owned(),
            1 => format!(
                "retry:{}",
                dice.pick(&["5", " 7 ", "x", "", "-1", "99999999999999999999", "1.5", " 0"])
            ),
            2 => "event: error".to_owned(),
            3 => format!("data: {{\"type\":\"error\",\"error\":{{\"type\":{}}}}}", code(dice)),
            4 => String::new(),
            5 => dice
                .pick(&[
                    "event: message",
                    "event:error",
                    "event: errors",
                    ": comment",
                    "id: 1",
                    "data",
                    "retry",
                ])
                .to_owned(),
            6 => format!("event: error\ndata: {{\"error\":{}}}", error(dice)),
            _ => "data: x".to_owned(),
        };
        text += dice.pick(&["\n", "\r\n", "\r", "\n\n"]);
    }
    text.into_bytes()
}

fn frames(dice: &mut Dice<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if dice.one_in(2) {
        bytes.extend_from_slice(&[0, 0, 0, 0, 2, 8, 1]);
    }
    let mut lines = Vec::new();
    for (name, value) in values::grpc(dice) {
        lines.extend_from_slice(name.as_bytes());
        lines.extend_from_slice(b": ");
        lines.extend(value);
        lines.extend_from_slice(b"\r\n");
    }
    bytes.push(0x80);
    let claimed = lines.len() + if dice.one_in(12) { 1 } else { 0 };
    bytes.extend_from_slice(&(claimed as u32).to_be_bytes());
    bytes.extend(lines);
    bytes
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value > 0x7f {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

fn field(number: u64, payload: &[u8]) -> Vec<u8> {
    [varint(number << 3 | 2), varint(payload.len() as u64), payload.to_vec()].concat()
}

/// A `google.rpc.RetryInfo`.
fn retry_info(dice: &mut Dice<'_>) -> Vec<u8> {
    let mut delay = Vec::new();
    if !dice.one_in(4) {
        let seconds = dice.pick(&[3, 0, 5, 86_400, -1, i64::MAX, 315_576_000_000]);
        delay = [vec![8], varint(seconds as u64)].concat();
    }
    if dice.one_in(2) {
        let nanos = dice.pick(&[500_000_000_i64, 0, 999_999_999, -1]);
        delay = [delay, vec![16], varint(nanos as u64)].concat();
    }
    let mut info = if dice.one_in(12) { Vec::new() } else { field(1, &delay) };
    if dice.one_in(12) {
        info.pop();
    }
    info
}

/// `grpc-status-details-bin`
pub fn details(dice: &mut Dice<'_>) -> String {
    let kind =
        dice.pick(&["type.googleapis.com/google.rpc.RetryInfo", "type.googleapis.com/google.rpc.Help"]);
    let any = [field(1, kind.as_bytes()), field(2, &retry_info(dice))].concat();
    let mut status = [vec![8, 8], field(2, b"slow"), field(3, &any)].concat();
    if dice.one_in(12) {
        status.pop();
    }
    if dice.one_in(2) { STANDARD.encode(status) } else { STANDARD_NO_PAD.encode(status) }
}

pub fn json_load(dice: &mut Dice<'_>) -> String {
    const NAMES: [&str; 6] = [
        "cpu_utilization",
        "application_utilization",
        "mem_utilization",
        "named_metrics",
        "cpuUtilization",
        "applicationUtilization",
    ];
    let mut members = Vec::new();
    let count = 1 + dice.below(3);
    for name in NAMES.into_iter().take(count) {
        let name = if dice.one_in(6) { dice.pick(&NAMES) } else { name };
        let value = match name {
            "named_metrics" => dice.pick(&["{\"kv\": 0.9}", "{}"]),
            _ => dice.pick(&["0.42", "0", "1.2", "0.9", "1e-2", "-0.1", "\"0.5\"", "null", "0.25"]),
        };
        members.push(format!("{}: {value}", quoted(name)));
    }
    let text = format!("{{{}}}", members.join(dice.pick(&[",", ", "])));
    if dice.one_in(12) { text[..text.len() - 1].to_owned() } else { text }
}

/// ORCA's message.
pub fn report(dice: &mut Dice<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let figures = [0.25, 0.0, 0.5, 1.8, f64::NAN, -0.5, f64::INFINITY, 0.125];
    for _ in 0..=dice.below(3) {
        match dice.below(4) {
            0 => bytes.extend([&[9][..], &dice.pick(&figures).to_le_bytes()].concat()),
            1 => bytes.extend([&[73][..], &dice.pick(&figures).to_le_bytes()].concat()),
            2 => bytes.extend([&[17][..], &0.5_f64.to_le_bytes()].concat()),
            _ => bytes
                .extend(field(8, &[field(1, b"kv"), [&[17][..], &0.5_f64.to_le_bytes()].concat()].concat())),
        }
    }
    if dice.one_in(12) {
        bytes.pop();
    }
    bytes
}
