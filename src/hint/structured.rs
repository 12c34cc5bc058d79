//! Structured Fields (RFC 9651 section 4.2), strictly: Lists of Items with parameters. Inner Lists fail, since no
//! field read here has them.

use super::scan::{self, Scan, class};

/// The raw text of a bare item, whose first byte tells its type, then of the parameters asked for: empty when absent,
/// the last one of several.
pub type Item<'a> = [&'a [u8]; 5];

/// Hands over the Items of a List with the parameters of these keys, until one is refused; false when one was or the
/// List does not parse.
pub fn list(text: &[u8], keys: &[&[u8]; 4], take: &mut dyn FnMut(&Item<'_>) -> bool) -> bool {
    let mut rest = Scan(text);
    let mut more = !text.is_empty();
    while more {
        let mut item = Item::default();
        if read(&mut rest, keys, &mut item).is_none() || !take(&item) {
            return false;
        }
        rest.run(class::BLANK);
        // A comma promises another Item.
        more = rest.eat(b',');
        rest.run(class::BLANK);
    }
    rest.0.is_empty()
}

/// Reads one Item with its parameters; none when it does not parse.
fn read<'a>(rest: &mut Scan<'a>, keys: &[&[u8]; 4], item: &mut Item<'a>) -> Option<()> {
    let [name, params @ ..] = item;
    *name = bare(rest)?;
    while rest.eat(b';') {
        while rest.eat(b' ') {}
        let key = rest.run(class::KEY);
        if !matches!(key, [b'a'..=b'z' | b'*', ..]) {
            return None;
        }
        let value = if rest.eat(b'=') { bare(rest)? } else { b"?1" };
        for (param, wanted) in params.iter_mut().zip(keys) {
            if key == *wanted {
                *param = value;
            }
        }
    }
    Some(())
}

/// The raw text of one bare item.
fn bare<'a>(rest: &mut Scan<'a>) -> Option<&'a [u8]> {
    let start = *rest;
    let valid = match rest.next()? {
        b'"' => text(rest, b'\\'),
        b'%' => rest.eat(b'"') && text(rest, b'%'),
        b':' => {
            rest.run(class::LETTER | class::DIGIT | class::BASE64);
            while rest.eat(b'=') {}
            rest.eat(b':')
        }
        b'?' => rest.eat(b'0') || rest.eat(b'1'),
        b'a'..=b'z' | b'A'..=b'Z' | b'*' => {
            rest.run(class::LETTER | class::DIGIT | class::TOKEN);
            true
        }
        _ => {
            *rest = start;
            number(rest)
        }
    };
    valid.then(|| start.until(*rest))
}

/// An Integer of at most 15 digits, a Decimal of at most 12 and 3, or a Date, which is an Integer behind its sign.
fn number(rest: &mut Scan<'_>) -> bool {
    let date = rest.eat(b'@');
    rest.eat(b'-');
    let whole = rest.run(class::DIGIT).len();
    if rest.eat(b'.') {
        let fraction = rest.run(class::DIGIT).len();
        return !date && (1..=12).contains(&whole) && (1..=3).contains(&fraction);
    }
    (1..=15).contains(&whole)
}

/// What stands behind the first quote of a String or a Display String, each with its own escape. That the bytes of a
/// Display String are UTF-8 is not verified: nothing reads them.
fn text(rest: &mut Scan<'_>, escape: u8) -> bool {
    while let Some(byte) = rest.next() {
        let valid = match byte {
            b'"' => return true,
            b'\\' if byte == escape => rest.eat(b'"') || rest.eat(b'\\'),
            b'%' if byte == escape => hex(rest) && hex(rest),
            _ => matches!(byte, b' '..=b'~'),
        };
        if !valid {
            break;
        }
    }
    false
}

fn hex(rest: &mut Scan<'_>) -> bool {
    rest.next().is_some_and(|byte| scan::is(byte, class::DIGIT | class::LOWER_HEX))
}
