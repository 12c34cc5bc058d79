//! A JSON text (RFC 8259) walked once, from its beginning to its end: the members whose paths are asked for are kept,
//! if all of it is well-formed. No recursion, so that nesting costs memory in proportion and nothing else.
//!
//! A path is the names of members joined by points; `[]` stands for any element of an array: `error.details[].@type`,
//! `[].code`. A name that holds a point or a bracket is on no path.

use alloc::vec::Vec;

use super::scan::{Scan, class};
use super::{MEMBERS, field};

/// One member that was asked for.
#[derive(Clone, Copy)]
pub struct Leaf<'a> {
    /// Its path, by the place in [`MEMBERS`].
    pub member: usize,
    /// The place of the array element around it, counted from zero if the array stands in no other: members of one
    /// element have the same.
    pub place: u32,
    /// Its value, as it is written.
    pub raw: &'a [u8],
}

impl Leaf<'_> {
    /// Its path, as it was asked for.
    pub fn path(&self) -> &'static str {
        MEMBERS.get(self.member).copied().unwrap_or_default()
    }
}

/// What a value says that is text, in UTF-8 but for what was no Unicode; empty when it is none.
pub fn text(raw: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    string(&mut Scan(raw), &mut text);
    text
}

/// The members that dialects ask for, one that is asked for twice by its first place; none when the text is not
/// well-formed.
pub fn leaves(text: &[u8]) -> Vec<Leaf<'_>> {
    let mut found = Vec::new();
    let whole = walk(text, &mut |path, place, raw| {
        if let Some(member) = MEMBERS.iter().position(|name| name.as_bytes() == path) {
            found.push(Leaf { member, place, raw });
        }
    });
    if !whole {
        found.clear();
    }
    found
}

/// An object or array that is open: the length of its path, the place around it, and the sign that ends it.
struct Level {
    path: usize,
    place: u32,
    end: u8,
}

/// Whom members are told: path, place, value as it is written.
pub type Tell<'a, 'b> = dyn FnMut(&[u8], u32, &'b [u8]) + 'a;

/// Tells every value, of one that holds others the sign that begins it; false when the text is not one well-formed JSON value. A byte order
/// mark before it is passed over, as Fetch does.
pub fn walk<'b>(text: &'b [u8], tell: &mut Tell<'_, 'b>) -> bool {
    let mut rest = Scan(text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text));
    document(&mut rest, tell).is_some()
}

fn document<'b>(rest: &mut Scan<'b>, tell: &mut Tell<'_, 'b>) -> Option<()> {
    let (mut path, mut levels, mut place) = (Vec::new(), Vec::<Level>::new(), 0);
    loop {
        // Here a value begins, and its path is complete.
        let first = skip(rest)?;
        let start = *rest;
        scalar(rest, first)?;
        tell(&path, place, start.until(*rest));
        if let b'{' | b'[' = first {
            // In ASCII the signs that end them stand two behind those that begin them.
            let end = first + 2;
            if skip(rest)? != end {
                levels.push(Level { path: path.len(), place, end });
                member(rest, end, &mut path)?;
                continue;
            }
            rest.next();
        }
        // Here a value has ended, and perhaps what it stands in.
        loop {
            let next = skip(rest);
            let Some(level) = levels.last() else {
                return next.is_none().then_some(());
            };
            let mark = next?;
            rest.next();
            path.truncate(level.path);
            if mark == b',' {
                place += u32::from(level.end == b']');
                member(rest, level.end, &mut path)?;
                break;
            }
            if mark != level.end {
                return None;
            }
            place = level.place;
            levels.pop();
        }
    }
}

/// Completes the path of the next member, whose name is taken off.
fn member(rest: &mut Scan<'_>, end: u8, path: &mut Vec<u8>) -> Option<()> {
    if end == b']' {
        path.extend_from_slice(b"[]");
        return Some(());
    }
    if !path.is_empty() {
        path.push(b'.');
    }
    let from = path.len();
    skip(rest)?;
    string(rest, path)?;
    for byte in path.get_mut(from..).unwrap_or_default() {
        if let b'.' | b'[' | b']' = *byte {
            *byte = 0;
        }
    }
    if path.len() == from {
        path.push(0);
    }
    let colon = skip(rest)? == b':';
    rest.next();
    colon.then_some(())
}

/// Passes over white space and looks at what follows.
fn skip(rest: &mut Scan<'_>) -> Option<u8> {
    while let [b' ' | b'\t' | b'\r' | b'\n', more @ ..] = rest.0 {
        rest.0 = more;
    }
    rest.0.first().copied()
}

/// Takes a value that holds no other, or the sign that begins one that does.
fn scalar(rest: &mut Scan<'_>, first: u8) -> Option<()> {
    let word: &[u8] = match first {
        b'"' => return string(rest, &mut Vec::new()),
        b'{' => b"{",
        b'[' => b"[",
        b't' => b"true",
        b'f' => b"false",
        b'n' => b"null",
        _ => return (!number(rest).is_nan()).then_some(()),
    };
    rest.0 = rest.0.strip_prefix(word)?;
    Some(())
}

/// A number (section 6); the largest double stands for what is beyond it. NaN when there is none.
pub fn number(rest: &mut Scan<'_>) -> f64 {
    let minus = rest.eat(b'-');
    let number = match rest.0 {
        [b'0', b'0'..=b'9', ..] => f64::NAN,
        _ => scaled(rest),
    };
    if minus { -number } else { number }
}

/// A number without a sign, and perhaps its exponent; NaN when there is none.
pub fn scaled(rest: &mut Scan<'_>) -> f64 {
    let mut number = rest.number();
    if let [b'e' | b'E', more @ ..] = rest.0 {
        rest.0 = more;
        let down = rest.eat(b'-');
        if !down {
            rest.eat(b'+');
        }
        let power = field::integer(rest.run(class::DIGIT));
        if power.is_nan() {
            return f64::NAN;
        }
        // A double has no more than so many powers of ten to go.
        let mut left = power.min(700.0);
        while left > 0.0 {
            number = if down { number / 10.0 } else { number * 10.0 };
            left -= 1.0;
        }
    }
    // Still NaN when there was none before the exponent.
    number.clamp(0.0, f64::MAX)
}

/// A string (section 7), without its quotes and with what its escapes stand for. Half of a surrogate pair is kept as
/// three bytes that are no UTF-8, so that it equals nothing.
fn string(rest: &mut Scan<'_>, text: &mut Vec<u8>) -> Option<()> {
    if !rest.eat(b'"') {
        return None;
    }
    loop {
        let byte = match rest.next()? {
            b'"' => return Some(()),
            b'\\' => match rest.next()? {
                b'b' => 8,
                b'f' => 12,
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                b'u' => {
                    let mut code = unit(rest)?;
                    // A pair of surrogates is one character.
                    if let (0xd800..0xdc00, Some(more)) = (code, rest.0.strip_prefix(b"\\u")) {
                        let before = *rest;
                        rest.0 = more;
                        let low = unit(rest)?;
                        if let 0xdc00..0xe000 = low {
                            code = 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
                        } else {
                            *rest = before;
                        }
                    }
                    encode(code, text);
                    continue;
                }
                byte @ (b'"' | b'\\' | b'/') => byte,
                _ => return None,
            },
            0..b' ' => return None,
            byte => byte,
        };
        text.push(byte);
    }
}

/// Four hexadecimal digits.
fn unit(rest: &mut Scan<'_>) -> Option<u32> {
    let mut code = 0;
    for _ in 0..4 {
        let digit = rest.hex(true);
        if digit > 15 {
            return None;
        }
        code = code << 4 | digit;
    }
    Some(code)
}

/// Appends a code point as UTF-8 (RFC 3629 section 3).
fn encode(code: u32, text: &mut Vec<u8>) {
    let (lead, mut more) = match code {
        0..0x80 => (0, 0),
        0x80..0x800 => (0xc0, 1),
        0x800..0x1_0000 => (0xe0, 2),
        _ => (0xf0, 3),
    };
    text.push((lead | code >> (6 * more)) as u8);
    while more > 0 {
        more -= 1;
        text.push((0x80 | code >> (6 * more) & 0x3f) as u8);
    }
}
