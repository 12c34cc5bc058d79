//! The text form of the wasm module, inlined in the npm package's default entry.
//!
//! A byte-aligned ASCII code: the 87 most frequent bytes are one printable character each, all others a lead
//! character and one more. Base64 breaks the alignment that compressors live on and costs 29 % after brotli; this
//! costs about 3 %. No quote, backslash, backtick, `$` or `<` occurs, so the text may stand in any string literal,
//! any page encoding, and inside a script element.
//!
//! ```text
//! text    = set body
//! set     = 64 hex digits; bit (n mod 4) of digit (n div 4) is set when byte n is a frequent one
//! body    = *( single / lead char )
//! single  = ALPHABET[k]            the k-th frequent byte, k < 87
//! lead c  = ALPHABET[87 + h] ALPHABET[l]   the (89 h + l)-th other byte, both in ascending order of the bytes
//! ```
//!
//! `pkg/src/decode.ts` reads it.

/// Bytes that get one character.
const SINGLES: usize = 87;

/// Every printable ASCII character that is safe in all string literals and in HTML, ascending.
fn alphabet() -> Vec<u8> {
    (b' '..=b'~').filter(|c| !b"\"$'<\\`".contains(c)).collect()
}

/// Encodes a module. Never fails; empty input gives the set alone.
pub fn encode(bytes: &[u8]) -> String {
    let signs = alphabet();
    let single = frequent(bytes);
    let mut text: Vec<u8> = single.chunks(4).map(digit).collect();
    let (mut singles, mut others) = (0..SINGLES, 0usize..);
    let codes: Vec<Vec<u8>> = single
        .iter()
        .map(|&one| match if one { singles.next() } else { None } {
            Some(k) => vec![signs[k]],
            None => {
                let n = others.next().unwrap_or(0);
                vec![signs[SINGLES + n / signs.len()], signs[n % signs.len()]]
            }
        })
        .collect();
    for &byte in bytes {
        text.extend_from_slice(&codes[usize::from(byte)]);
    }
    text.into_iter().map(char::from).collect()
}

/// Marks the most frequent bytes; of equally frequent ones the smaller, so that the text depends on the input alone.
fn frequent(bytes: &[u8]) -> [bool; 256] {
    let mut count = [0usize; 256];
    for &byte in bytes {
        count[usize::from(byte)] += 1;
    }
    let mut order: Vec<usize> = (0..256).collect();
    order.sort_by_key(|&byte| (usize::MAX - count[byte], byte));
    let mut set = [false; 256];
    for &byte in &order[..SINGLES] {
        set[byte] = true;
    }
    set
}

fn digit(bits: &[bool]) -> u8 {
    let value = bits.iter().enumerate().fold(0, |sum, (at, &bit)| sum | (usize::from(bit) << at));
    b"0123456789abcdef"[value]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_alphabet_holds_all_singles_and_two_leads() {
        let signs = alphabet();
        assert_eq!(signs.len(), SINGLES + 2);
        assert!(2 * signs.len() >= 256 - SINGLES, "two leads reach every other byte");
    }

    #[test]
    fn every_input_comes_back() {
        let all: Vec<u8> = (0..=255).collect();
        let skewed: Vec<u8> = (0..20_000u32).map(|n| (n.wrapping_mul(n) >> 7) as u8).collect();
        for input in [&[][..], b"\0asm\x01\0\0\0", b"aaaa", &all, &skewed, &[255; 300]] {
            assert_eq!(decode(&encode(input)), input, "{} bytes", input.len());
        }
    }

    #[test]
    fn the_text_is_safe_in_any_literal_and_page() {
        let all: Vec<u8> = (0..=255).cycle().take(2_000).collect();
        let text = encode(&all);
        assert!(text.bytes().all(|c| (b' '..=b'~').contains(&c) && !b"\"$'<\\`".contains(&c)));
    }

    #[test]
    fn frequent_bytes_cost_one_character() {
        assert_eq!(encode(&[7; 1_000]).len(), 64 + 1_000);
    }

    /// What the test leans on: the decoder of `pkg/src/decode.ts`, word for word in Rust.
    fn decode(text: &str) -> Vec<u8> {
        let signs = alphabet();
        let (set, body) = text.as_bytes().split_at(64);
        let bit = |n: usize| (set[n >> 2] as char).to_digit(16).unwrap() >> (n & 3) & 1 == 1;
        let (mut table, others): (Vec<usize>, Vec<usize>) = (0..256).partition(|&n| bit(n));
        table.extend(others);
        let place = |c: &u8| signs.iter().position(|s| s == c).unwrap();
        let (mut out, mut body) = (vec![], body.iter());
        while let Some(c) = body.next() {
            let mut at = place(c);
            if at >= SINGLES {
                at = SINGLES + (at - SINGLES) * signs.len() + place(body.next().unwrap());
            }
            out.push(table[at] as u8);
        }
        out
    }
}
