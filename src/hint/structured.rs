//! Structured Fields (RFC 9651 section 4.2), strictly: Items, Lists, Dictionaries, Inner Lists, parameters and every
//! type of bare item. One walk checks a text and hands over its parts as they stand in it; whoever asked decodes what
//! it needs.

use alloc::string::String;
use alloc::vec::Vec;

use super::field;
use super::scan::{Scan, class};

/// What a field is defined to be: the first thing that its reader has to know.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Form {
    /// One Item.
    Item,
    /// Items and Inner Lists.
    List,
    /// Items and Inner Lists, each under a key.
    Dictionary,
}

/// What is handed over: a key, empty where there is none, and the raw text of a bare item, whose first byte tells its
/// type.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Part {
    /// An Item, a member of a List, or one of a Dictionary with its key. `(` begins an Inner List.
    Member,
    /// A member of an Inner List.
    Inner,
    /// The end of an Inner List.
    Close,
    /// A parameter of what came last: of a member of either kind, or of the Inner List that was closed.
    Parameter,
}

/// Takes a part; false ends the walk.
pub type Visit<'v, 'a> = dyn FnMut(Part, &'a [u8], &'a [u8]) -> bool + 'v;

/// What a key without a value stands for.
const TRUE: &[u8] = b"?1";

/// Hands over the parts of a text in their order, each as soon as it is read; true when all of it parses and every
/// part was welcome. Of a key that is told twice the last value counts, at the place of the first: that is left to
/// whoever keeps them.
pub fn walk<'a>(text: &'a [u8], form: Form, visit: &mut Visit<'_, 'a>) -> bool {
    let mut rest = Scan(text);
    while rest.eat(b' ') {}
    let mut more = form == Form::Item || !rest.0.is_empty();
    while more {
        if member(&mut rest, form, visit).is_none() {
            return false;
        }
        while rest.eat(b' ') || form != Form::Item && rest.eat(b'\t') {}
        // A comma promises another member.
        more = form != Form::Item && rest.eat(b',');
        if more {
            rest.run(class::BLANK);
        }
    }
    rest.0.is_empty()
}

/// Reads one member with its parameters; none when it does not parse or is not wanted.
fn member<'a>(rest: &mut Scan<'a>, form: Form, visit: &mut Visit<'_, 'a>) -> Option<()> {
    let named = form == Form::Dictionary;
    let name = if named { key(rest)? } else { &[] };
    let mut text = if named && !rest.eat(b'=') {
        TRUE
    } else if form != Form::Item && rest.eat(b'(') {
        b"("
    } else {
        bare(rest)?
    };
    let mut part = Part::Member;
    let mut open = text == b"(";
    visit(part, name, text).then_some(())?;
    while open {
        // Between the Items of an Inner List stands a space.
        let apart = part == Part::Member || rest.0.first() == Some(&b' ');
        while rest.eat(b' ') {}
        open = !rest.eat(b')');
        (part, text) = if open { (Part::Inner, bare(rest)?) } else { (Part::Close, &[][..]) };
        (visit(part, &[], text) && (apart || !open)).then_some(())?;
        if open {
            parameters(rest, visit)?;
        }
    }
    parameters(rest, visit)
}

fn parameters<'a>(rest: &mut Scan<'a>, visit: &mut Visit<'_, 'a>) -> Option<()> {
    while rest.eat(b';') {
        while rest.eat(b' ') {}
        let name = key(rest)?;
        let value = if rest.eat(b'=') { bare(rest)? } else { TRUE };
        visit(Part::Parameter, name, value).then_some(())?;
    }
    Some(())
}

fn key<'a>(rest: &mut Scan<'a>) -> Option<&'a [u8]> {
    let key = rest.run(class::KEY);
    matches!(key, [b'a'..=b'z' | b'*', ..]).then_some(key)
}

/// The raw text of one bare item.
fn bare<'a>(rest: &mut Scan<'a>) -> Option<&'a [u8]> {
    let start = *rest;
    let valid = match rest.next()? {
        b'"' => text(rest, b'\\'),
        b'%' => rest.eat(b'"') && text(rest, b'%'),
        b':' => bytes(rest),
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

/// Base64 up to the second colon. Padding may be left out, but what is there has to fit.
fn bytes(rest: &mut Scan<'_>) -> bool {
    let digits = rest.run(class::LETTER | class::DIGIT | class::BASE64).len();
    let mut all = digits;
    while rest.eat(b'=') {
        all += 1;
    }
    let padded = all > digits;
    rest.eat(b':') && digits % 4 != 1 && (!padded || all.is_multiple_of(4) && all - digits < 3)
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

/// What stands behind the first quote of a String or a Display String, each with its own escape. The bytes of a
/// Display String are UTF-8: `left` of them are still to come of a character of `length` bytes, which is `code` so far.
fn text(rest: &mut Scan<'_>, escape: u8) -> bool {
    let (mut code, mut length, mut left) = (0, 0, 0);
    while let Some(mut byte) = rest.next() {
        if byte == b'"' {
            return left == 0;
        }
        let mut valid = matches!(byte, b' '..=b'~');
        if byte == escape {
            if escape == b'\\' {
                valid = rest.eat(b'"') || rest.eat(b'\\');
            } else {
                // Its letters are lower-case ones.
                let [high, low] = [rest.hex(false), rest.hex(false)];
                valid = high < 16 && low < 16;
                byte = (high << 4 | low) as u8;
            }
        }
        if left > 0 && byte >> 6 == 2 {
            (code, left) = (code << 6 | u32::from(byte & 0x3f), left - 1);
            // Neither longer than need be, nor a surrogate, nor beyond the last.
            valid &= left > 0 || char::from_u32(code).is_some_and(|c| c.len_utf8() == length);
        } else if left > 0 {
            return false;
        } else if byte >= 0x80 {
            length = byte.leading_ones() as usize;
            valid &= (2..=4).contains(&length);
            left = length.saturating_sub(1);
            code = u32::from(byte) & (0x7f >> length.min(7));
        }
        if !valid {
            return false;
        }
    }
    false
}

/// What a String says, by its raw text; a Token says its own.
pub fn string(raw: &[u8]) -> String {
    match raw {
        [b'"', inner @ .., _] => field::string(inner, true),
        _ => field::string(raw, false),
    }
}

/// The raw text of a bare item, then of the parameters asked for: empty when absent, the last one of several.
pub(super) type Item<'a> = [&'a [u8]; 5];

/// The Items of a List with the parameters of these keys; false when it does not parse. An Inner List is the Item `(`.
pub(super) fn list<'a>(text: &'a [u8], keys: &[&[u8]; 4], items: &mut Vec<Item<'a>>) -> bool {
    walk(text, Form::List, &mut |part, key, value| {
        if part == Part::Member {
            items.push([value, &[], &[], &[], &[]]);
        } else if part == Part::Parameter
            && let Some([_, params @ ..]) = items.last_mut()
        {
            for (param, wanted) in params.iter_mut().zip(keys) {
                if key == *wanted {
                    *param = value;
                }
            }
        }
        true
    })
}
