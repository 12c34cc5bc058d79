//! Structured Fields (RFC 9651 section 4.2), strictly: Lists of Items with parameters. Inner Lists fail, since no
//! field read here has them.

use super::field;

/// A bare item, as far as its kind matters.
#[derive(Clone, Copy)]
pub enum Bare<'a> {
    /// An Integer.
    Integer(f64),
    /// A String, without its quotes, with its escapes.
    Text(&'a [u8]),
    /// A Byte Sequence; its content is never looked at.
    Bytes,
    /// A valid item of another kind.
    Other,
}

/// The parameters asked for, each where its key stands among the keys; of a repeated one the last counts.
pub type Params<'a> = [Option<Bare<'a>>; 4];

/// What takes an Item with its parameters; none when it is not what the field may hold.
pub type Take<'f> = &'f mut dyn FnMut(Bare<'_>, &Params<'_>) -> Option<()>;

/// Parses a List and hands over its Items with the parameters of these keys; none when it does not parse or an Item
/// is not taken.
pub fn list(text: &[u8], keys: [&[u8]; 4], take: Take<'_>) -> Option<()> {
    let mut cursor = Cursor(field::trim(text));
    while !cursor.0.is_empty() {
        let bare = cursor.bare()?;
        take(bare, &cursor.params(keys)?)?;
        cursor.run(|byte| matches!(byte, b' ' | b'\t'));
        if cursor.0.is_empty() {
            break;
        }
        cursor.eat(b',').then_some(())?;
        cursor.run(|byte| matches!(byte, b' ' | b'\t'));
        // A comma promises another Item.
        (!cursor.0.is_empty()).then_some(())?;
    }
    Some(())
}

/// What is not parsed yet.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn next(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.0.first() == Some(&byte);
        if found {
            self.next();
        }
        found
    }

    /// Takes the longest run of such bytes.
    fn run(&mut self, of: fn(u8) -> bool) -> &'a [u8] {
        let end = self.0.iter().position(|&byte| !of(byte)).unwrap_or(self.0.len());
        let (run, rest) = self.0.split_at_checked(end).unwrap_or_default();
        self.0 = rest;
        run
    }

    fn params(&mut self, keys: [&[u8]; 4]) -> Option<Params<'a>> {
        let mut params = Params::default();
        while self.eat(b';') {
            self.run(|byte| byte == b' ');
            let starts = matches!(self.0.first(), Some(b'a'..=b'z' | b'*'));
            let key = self.run(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'.' | b'*'));
            starts.then_some(())?;
            let value = if self.eat(b'=') { self.bare()? } else { Bare::Other };
            for (slot, wanted) in params.iter_mut().zip(keys) {
                if key == wanted {
                    *slot = Some(value);
                }
            }
        }
        Some(params)
    }

    fn bare(&mut self) -> Option<Bare<'a>> {
        match self.0.first()? {
            b'0'..=b'9' | b'-' => self.number(),
            b'a'..=b'z' | b'A'..=b'Z' | b'*' => {
                self.run(is_token);
                Some(Bare::Other)
            }
            _ => match self.next()? {
                b'"' => self.string(),
                b':' => {
                    self.run(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'));
                    self.run(|byte| byte == b'=');
                    self.eat(b':').then_some(Bare::Bytes)
                }
                b'?' => matches!(self.next()?, b'0' | b'1').then_some(Bare::Other),
                b'@' => self
                    .number()
                    .filter(|bare| matches!(bare, Bare::Integer(_)))
                    .map(|_| Bare::Other),
                b'%' => self.display(),
                _ => None,
            },
        }
    }

    /// An Integer of at most 15 digits, or a Decimal of at most 12 and 3.
    fn number(&mut self) -> Option<Bare<'a>> {
        let negative = self.eat(b'-');
        let whole = self.run(|byte| byte.is_ascii_digit());
        if self.eat(b'.') {
            let fraction = self.run(|byte| byte.is_ascii_digit());
            let fits = (1..=12).contains(&whole.len()) && (1..=3).contains(&fraction.len());
            return fits.then_some(Bare::Other);
        }
        let value = field::number(whole).filter(|_| whole.len() <= 15)?;
        Some(Bare::Integer(if negative { 0.0 - value } else { value }))
    }

    fn string(&mut self) -> Option<Bare<'a>> {
        let text = self.0;
        loop {
            match self.next()? {
                b'"' => return Some(Bare::Text(text.get(..text.len() - self.0.len() - 1)?)),
                b'\\' => matches!(self.next()?, b'"' | b'\\').then_some(())?,
                b' '..=b'~' => {}
                _ => return None,
            }
        }
    }

    /// A Display String, behind its percent sign. That its bytes are UTF-8 is not verified: nothing reads them.
    fn display(&mut self) -> Option<Bare<'a>> {
        self.eat(b'"').then_some(())?;
        loop {
            match self.next()? {
                b'"' => return Some(Bare::Other),
                b'%' => (is_hex(self.next()?) && is_hex(self.next()?)).then_some(())?,
                b' '..=b'~' => {}
                _ => return None,
            }
        }
    }
}

fn is_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

/// RFC 9110's `tchar`, the colon and the slash.
fn is_token(byte: u8) -> bool {
    matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-'..=b':' | b'A'..=b'Z' | b'^'..=b'z' | b'|' | b'~')
}
