//! The text form of the wasm module, inlined in the npm package's default entry.
//!
//! A byte-aligned ASCII code: 85 bytes are one printable character each, all others a lead character and one more.
//! Base64 breaks the alignment that compressors live on and costs 29 % after brotli. No quote, backslash, backtick, `$`
//! or `<` occurs, so the text may stand in any string literal, any page encoding, and inside a script element.
//!
//! Which byte is which character matters as well. In text, brotli predicts a character by the kinds of the two before it
//! (RFC 7932, section 7.1, mode UTF8: a vowel, a digit, a full stop, …). So bytes that are followed by alike bytes stand
//! for characters of one kind: [`SIGNS`], found by the search in `inline/search.rs`. The table is no secret of this
//! module: it serves any, only less well. And what is alike stands together: `inline/streams.rs` takes the module apart.
//! Compressed, the text is an eighth smaller than the module itself.
//!
//! ```text
//! text    = header 9( "|" part ) "|"
//! header  = 256 characters: the byte's own where it has one, else that of byte 0
//! part    = *( single / lead second )
//! single  = the byte whose character that is
//! lead second = the byte (STEP * lead + second) mod 256, both as ASCII codes
//! ```
//!
//! `pkg/src/decode.ts` reads it.

mod streams;

#[cfg(test)]
mod search;

use anyhow::Result;

/// Bytes' own characters; a byte that has none shows byte 0's.
const SIGNS: &[u8; 256] = b"WTBGKNCVQYZEMIJL5SWW8WWW2WW^4WWW}O>(7WWW#!W]WmWW1WWWWWAU0WHWWWWW\
    3{)Wy~@&WjWsWWW?WWWWvWnW9W[WWWWW6hWlpfWWzr/-kqcgd+wtbWWWxWWWRWPD\
    ;WWWWWWW:WWWWWWW,WWWWWWWWWWWWWWW_WWWWWWWWWWWWWWWWWWWWWWW*WWWWWWW\
    aWWWWWWWWWWWWWWWeWWWWWWWWWWWWWWWWWWWWWWWoWWWWWWWiWWWWWWWuWWWFWWX";

/// Characters that begin a pair. Each is a kind of its own to brotli, so what follows a lead is known to be a second.
const LEADS: &[u8] = b" %.=";

/// How far apart the leads' ranges lie. Of 1 to 255 the one with which leads and seconds reach all but the most frequent
/// bytes.
const STEP: usize = 242;

/// Whether a character is safe in all string literals and in HTML, and does not end a part.
fn safe(sign: u8) -> bool {
    (b' '..=b'~').contains(&sign) && !b"\"$'<\\`|".contains(&sign)
}

/// What stands for each byte; nothing for a byte that cannot be written, of which there is none (a test).
fn codes(signs: &[u8; 256]) -> Vec<Vec<u8>> {
    let filler = signs[0];
    let pair = |byte: usize| {
        let pairs = LEADS.iter().flat_map(|&lead| (b' '..=b'~').filter(|&c| safe(c)).map(move |c| [lead, c]));
        let mut fits = pairs.filter(|[lead, c]| (STEP * usize::from(*lead) + usize::from(*c)) % 256 == byte);
        fits.next().map_or(vec![], Vec::from)
    };
    let code = |(byte, &sign): (usize, &u8)| match byte == 0 || sign != filler {
        true => vec![sign],
        false => pair(byte),
    };
    signs.iter().enumerate().map(code).collect()
}

/// Encodes a module. Fails when it is none that can be taken apart.
pub fn encode(wasm: &[u8]) -> Result<String> {
    let mut text: String = SIGNS.iter().copied().map(char::from).collect();
    for part in streams::split(wasm)? {
        text.push('|');
        text.push_str(&written(&part));
    }
    text.push('|');
    Ok(text)
}

fn written(bytes: &[u8]) -> String {
    let codes = codes(SIGNS);
    bytes.iter().flat_map(|&byte| &codes[usize::from(byte)]).copied().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_a_code_and_no_two_the_same() {
        let codes = codes(SIGNS);
        assert!(codes.iter().all(|code| !code.is_empty()));
        let different: std::collections::BTreeSet<_> = codes.iter().collect();
        assert_eq!(different.len(), 256);
        assert!(codes.iter().filter(|code| code.len() == 1).all(|code| !LEADS.contains(&code[0])));
    }

    #[test]
    fn what_was_written_is_read() {
        let all: Vec<u8> = (0..=255).chain((0..=255).rev()).collect();
        for bytes in [&b""[..], b"\0asm\x01\0\0\0", &all] {
            assert_eq!(read(&written(bytes)), bytes);
        }
    }

    #[test]
    fn the_text_is_safe_in_any_literal_and_page() {
        let all: Vec<u8> = (0..=255).collect();
        assert!(written(&all).bytes().all(safe) && SIGNS.iter().all(|sign| safe(*sign)));
    }

    #[test]
    fn what_a_module_is_full_of_costs_one_character() {
        // local.get, local.set, i32.const, i32.load, end, and the first locals.
        let frequent = [0x20, 0x21, 0x41, 0x28, 0x0b, 0, 1, 2, 3];
        assert_eq!(written(&frequent).len(), frequent.len());
    }

    #[test]
    fn what_is_no_module_is_refused() {
        assert!(encode(b"").is_err() && encode(b"\0asm\x01\0\0\0").is_err());
    }

    /// What `pkg/src/decode.ts` does with one part.
    fn read(part: &str) -> Vec<u8> {
        let mut table = [None; 128];
        for (byte, sign) in SIGNS.iter().enumerate().rev() {
            table[usize::from(*sign)] = Some(byte);
        }
        let (mut out, mut body) = (vec![], part.bytes().map(usize::from));
        while let Some(sign) = body.next() {
            out.push(table[sign].unwrap_or_else(|| sign * STEP + body.next().unwrap()) as u8);
        }
        out
    }
}
