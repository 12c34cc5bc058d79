//! The tokenizer under every grammar: classes of bytes in one table, and a place in a text that moves on.

use alloc::vec::Vec;

use class::*;

/// The classes, one bit each; a class of several is their sum.
pub mod class {
    /// `0` to `9`.
    pub const DIGIT: u8 = 1;
    /// `a` to `z` and `A` to `Z`.
    pub const LETTER: u8 = 2;
    /// Space and tab.
    pub const BLANK: u8 = 4;
    /// Every other control character.
    pub const CONTROL: u8 = 8;
    /// `a` to `f`.
    pub const LOWER_HEX: u8 = 16;
    /// What a key holds beside digits and lower-case letters (RFC 9651 section 3.1.2), and those.
    pub const KEY: u8 = 32;
    /// What a Token holds beside digits and letters (RFC 9651 section 3.3.4).
    pub const TOKEN: u8 = 64;
    /// What base64 holds beside digits and letters, but for the padding (RFC 4648 section 4).
    pub const BASE64: u8 = 128;
}

/// The classes of each byte; none of one beyond ASCII.
const CLASSES: [u8; 128] = {
    let mut table = [0; 128];
    let mut byte = 0;
    while byte < 128 {
        table[byte] = match byte as u8 {
            b'0'..=b'9' => DIGIT | KEY,
            b'a'..=b'f' => LETTER | KEY | LOWER_HEX,
            b'g'..=b'z' => LETTER | KEY,
            b'A'..=b'Z' => LETTER,
            b' ' | b'\t' => BLANK,
            0..b' ' | 0x7f => CONTROL,
            b'_' | b'-' | b'.' | b'*' => KEY | TOKEN,
            b'+' | b'/' => TOKEN | BASE64,
            b'!' | b'#'..=b'\'' | b':' | b'^' | b'`' | b'|' | b'~' => TOKEN,
            _ => 0,
        };
        byte += 1;
    }
    table
};

/// Is the byte in one of these classes?
pub fn is(byte: u8, classes: u8) -> bool {
    CLASSES.get(usize::from(byte)).is_some_and(|own| own & classes != 0)
}

/// Does the text begin with a byte in one of these classes?
pub fn starts(text: &[u8], classes: u8) -> bool {
    text.first().is_some_and(|&byte| is(byte, classes))
}

/// Without blanks around it.
pub fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

/// Does the text hold the word?
pub fn holds(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|part| part == word)
}

/// The place of a word in a list of words with a blank after each but the last; [`NOWHERE`] when it is not there.
pub fn place(words: &[u8], word: &[u8]) -> usize {
    place_of(words, word, false)
}

/// The same; with `fold` the case of letters does not count.
#[inline(never)]
pub fn place_of(words: &[u8], word: &[u8], fold: bool) -> usize {
    let same = |known: &[u8]| known == word || fold && known.eq_ignore_ascii_case(word);
    words.split(|byte| *byte == b' ').position(same).unwrap_or(NOWHERE)
}

/// No place in any list.
pub const NOWHERE: usize = usize::MAX;

/// Hands over the members of a list in which quotes mean nothing, each trimmed. A comma promises another one.
pub fn each(mut list: &[u8], take: &mut dyn FnMut(&[u8])) {
    loop {
        let (member, more) = cut(list, b",");
        take(trim(member));
        let [_, rest @ ..] = more else { break };
        list = rest;
    }
}

/// What stands before the first of these marks, and what from there on; all and nothing when there is none.
#[inline(never)]
pub fn cut<'a>(text: &'a [u8], marks: &[u8]) -> (&'a [u8], &'a [u8]) {
    // Not `contains`, whose search by words weighs more than it is worth for so few.
    let end = text.iter().position(|byte| marks.iter().any(|mark| mark == byte));
    text.split_at_checked(end.unwrap_or(text.len())).unwrap_or_default()
}

/// Takes what stands before the next `mark`, or all there is, off `rest`, together with the mark; both are left
/// trimmed. No mark inside quotes counts, but a line feed ends a line whatever it holds.
pub fn part<'a>(rest: &mut &'a [u8], mark: u8) -> &'a [u8] {
    let text = *rest;
    let (mut end, mut quoted) = (0, false);
    while let Some(&byte) = text.get(end) {
        if byte == mark && !quoted {
            break;
        }
        quoted ^= byte == b'"' && mark != b'\n';
        end += if quoted && byte == b'\\' { 2 } else { 1 };
    }
    *rest = trim(text.get(end + 1..).unwrap_or_default());
    trim(text.get(..end).unwrap_or(text))
}

/// A name and what it stands for: a field, a member of a dictionary, a parameter.
pub type Pair<'a> = (&'a [u8], &'a [u8]);

/// Splits a text into pairs: parts that `separator` ends, each a name and behind `mark` its value.
pub fn pairs(mut text: &[u8], separator: u8, mark: u8) -> Vec<Pair<'_>> {
    let mut pairs = Vec::new();
    while !text.is_empty() {
        let mut value = part(&mut text, separator);
        let name = part(&mut value, mark);
        pairs.push((name, value));
    }
    pairs
}

/// What is not read yet of a text.
#[derive(Clone, Copy)]
pub struct Scan<'a>(pub &'a [u8]);

// The smallest steps stay calls: copied to where they are used they weigh a tenth of a kilobyte more.
impl<'a> Scan<'a> {
    /// Takes one byte.
    #[inline(never)]
    pub fn next(&mut self) -> Option<u8> {
        let [first, rest @ ..] = self.0 else {
            return None;
        };
        self.0 = rest;
        Some(*first)
    }

    /// Takes this byte if it is the next one.
    #[inline(never)]
    pub fn eat(&mut self, byte: u8) -> bool {
        match self.0 {
            [first, rest @ ..] if *first == byte => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }

    /// Takes a byte: the value of a hexadecimal digit, whose letters may be `upper` case ones too; 16 of anything else.
    #[inline(never)]
    pub fn hex(&mut self, upper: bool) -> u32 {
        match self.next() {
            Some(byte @ b'0'..=b'9') => u32::from(byte & 15),
            Some(byte @ b'a'..=b'f') => u32::from(byte & 15) + 9,
            Some(byte @ b'A'..=b'F') if upper => u32::from(byte & 15) + 9,
            _ => 16,
        }
    }

    /// Takes the longest run of bytes in these classes.
    pub fn run(&mut self, classes: u8) -> &'a [u8] {
        let start = *self;
        while let [byte, rest @ ..] = self.0
            && is(*byte, classes)
        {
            self.0 = rest;
        }
        start.until(*self)
    }

    /// What was taken from here to `end`.
    pub fn until(self, end: Self) -> &'a [u8] {
        self.0.get(..self.0.len() - end.0.len()).unwrap_or_default()
    }

    /// Takes a number, `1*DIGIT [ "." 1*DIGIT ]`: no sign, no exponent; NaN when there is none. Rounded as a double is,
    /// up to 15 digits in all and 18 of a whole number, within a few units of the last place beyond; never infinite.
    pub fn number(&mut self) -> f64 {
        let (mut whole, scale) = decimal(self.run(DIGIT));
        whole *= scale;
        if self.eat(b'.') {
            let places = self.run(DIGIT);
            // What stands further behind is less than any double can tell.
            let places = places.get(..300).unwrap_or(places);
            let (mut fraction, more) = decimal(places);
            fraction *= more;
            let scale = places.iter().fold(1.0, |scale, _| scale * 10.0);
            let digits = whole * scale + fraction;
            // What a double holds as a whole number is divided once, and so rounded once.
            whole = if digits <= EXACT { digits / scale } else { whole + fraction / scale };
        }
        whole.clamp(0.0, f64::MAX)
    }
}

/// Up to here a double holds every whole number.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The value of the first 19 digits that count, NaN when there are none at all, and what the others multiply it by.
fn decimal(digits: &[u8]) -> (f64, f64) {
    let (mut value, mut scale) = (0_u64, 1.0);
    for digit in digits {
        if value < 10_u64.pow(18) {
            value = value * 10 + u64::from(digit & 15);
        } else {
            scale *= 10.0;
        }
    }
    (if digits.is_empty() { f64::NAN } else { value as f64 }, scale)
}
