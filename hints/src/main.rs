//! What tidegate sees in a captured response: `curl -si URL | cargo run --bin hints`.

mod message;
mod report;

use std::io::{Read, Write, stdin, stdout};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use clap::Parser;
use tidegate::hint::{self, Response};
use tidegate::time::WallTime;

/// More than this is not read from the input.
const LONGEST: u64 = 16 * 1024 * 1024;

/// Reads one HTTP response from the standard input, as `curl -i` prints it, and says what tidegate reads in it.
#[derive(Parser)]
#[command(name = "hints")]
struct Words {
    /// When the response arrived by the client's clock: epoch milliseconds, RFC 3339, or an HTTP-date. Default: now.
    #[arg(long, value_parser = moment)]
    now: Option<i64>,
    /// One JSON object instead of text.
    #[arg(long)]
    json: bool,
}

/// A point in time as epoch milliseconds.
fn moment(text: &str) -> Result<i64> {
    if let Ok(ms) = text.parse() {
        return Ok(ms);
    }
    let at = humantime::parse_rfc3339_weak(text).or_else(|_| httpdate::parse_http_date(text));
    epoch_ms(at.context("not epoch milliseconds, RFC 3339 or an HTTP-date")?)
}

fn epoch_ms(at: SystemTime) -> Result<i64> {
    let since = at.duration_since(UNIX_EPOCH).context("before 1970")?;
    Ok(i64::try_from(since.as_millis())?)
}

#[expect(clippy::disallowed_methods, reason = "a command has a clock; the core has none")]
fn main() -> Result<()> {
    let words = Words::parse();
    let now = match words.now {
        Some(now) => now,
        None => epoch_ms(SystemTime::now())?,
    };
    let mut input = Vec::new();
    stdin().take(LONGEST).read_to_end(&mut input).context("cannot read the standard input")?;
    let message = message::parse(&input)?;
    let fields: Vec<(&[u8], &[u8])> =
        message.fields.iter().map(|(name, value)| (name.as_slice(), value.as_slice())).collect();
    let body = (!message.body.is_empty()).then_some(message.body);
    let reading = hint::read(&Response { status: message.status, fields: &fields, body }, WallTime(now));
    let text =
        if words.json { report::json(&message, &reading) } else { report::text(&message, &reading, now) };
    Ok(stdout().write_all(text.as_bytes())?)
}
