//! What the other crate refuses and browsers take: nesting beyond its limit, numbers beyond a double, half a surrogate
//! pair. Each is replaced by something tame after its own syntax was checked.

use super::Json;

/// Nothing that is looked at stands so deep.
const DEEPEST: usize = 64;

/// The same document without what is too wild for the parser, or none when that was wrong anyway.
pub fn tame(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut open = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '"' => string_length(rest),
            '-' | '0'..='9' => rest
                .find(|c: char| !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E'))
                .unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        let (token, tail) = rest.split_at(length);
        rest = tail;
        match c {
            '[' | '{' => open.push(out.len()),
            '"' => {
                out += &whole_surrogates(token);
                continue;
            }
            '-' | '0'..='9' => {
                out += &finite(token);
                continue;
            }
            _ => {}
        }
        out += token;
        if matches!(c, ']' | '}') {
            let start = open.pop()?;
            if open.len() >= DEEPEST {
                serde_json::from_str::<Json>(&out[start..]).ok()?;
                out.truncate(start);
                out += "null";
            }
        }
    }
    Some(out)
}

fn string_length(text: &str) -> usize {
    let mut escaped = false;
    let end = text.char_indices().skip(1).find(|(_, c)| {
        let ends = *c == '"' && !escaped;
        escaped = *c == '\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |(at, _)| at + 1)
}

/// A number beyond a double as the largest one.
fn finite(token: &str) -> String {
    let exponent_starts = token.find(['e', 'E']).unwrap_or(token.len());
    let is_number = serde_json::from_str::<Json>(&token[..exponent_starts]).is_ok();
    match token.parse::<f64>() {
        Ok(value) if value.is_infinite() && is_number => format!("{:e}", f64::MAX.copysign(value)),
        _ => token.to_owned(),
    }
}

/// Escapes of half a pair as the replacement character.
fn whole_surrogates(token: &str) -> String {
    let unit = |at: usize| {
        let digits = token.get(at..)?.strip_prefix("\\u")?.get(..4)?;
        digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
    };
    let mut out = String::new();
    let mut at = 0;
    while let Some(c) = token[at..].chars().next() {
        let length = match unit(at) {
            Some(0xd800..0xdc00) if matches!(unit(at + 6), Some(0xdc00..0xe000)) => 12,
            Some(0xd800..0xe000) => {
                out += "\\ufffd";
                at += 6;
                continue;
            }
            _ if c == '\\' => 1 + token[at + 1..].chars().next().map_or(0, char::len_utf8),
            _ => c.len_utf8(),
        };
        out += &token[at..at + length];
        at += length;
    }
    out
}
