//! Base64 (RFC 4648 section 4), with or without its padding.

use alloc::vec::Vec;

/// Appends what the text stands for, as far as it is base64. True when all of it is one text, whose padding stands at
/// its end alone: texts that follow each other, each with its own padding, are read but no single one.
pub fn decode(text: &[u8], bytes: &mut Vec<u8>) -> bool {
    let (mut whole, mut ended) = (true, false);
    for group in text.chunks(4) {
        whole &= !ended;
        let ([signs @ .., b'=', b'='] | [signs @ .., b'='] | signs) = group;
        ended = signs.len() < 4;
        let mut bits = 0;
        for place in 0..4 {
            let Some(value) = signs.get(place).map_or(Some(0), |&sign| value(sign)) else {
                return false;
            };
            bits = bits << 6 | value;
        }
        // Six bits alone are no byte.
        let [_, three @ ..] = bits.to_be_bytes();
        let Some(told @ [_, ..]) = signs.len().checked_sub(1).and_then(|count| three.get(..count)) else {
            return false;
        };
        bytes.extend_from_slice(told);
    }
    whole
}

/// The six bits of a sign.
fn value(sign: u8) -> Option<u32> {
    let less = match sign {
        b'A'..=b'Z' => b'A',
        b'a'..=b'z' => b'a' - 26,
        b'0'..=b'9' => return Some(u32::from(sign) + 4),
        b'+' => return Some(62),
        b'/' => return Some(63),
        _ => return None,
    };
    Some(u32::from(sign - less))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Text, bytes, one whole text.
    const TEXTS: &[(&str, &[u8], bool)] = &[
        ("", b"", true),
        ("Zm9vYmFy", b"foobar", true),
        ("Zm9vYmE=", b"fooba", true),
        ("Zm9vYg==", b"foob", true),
        ("Zm9vYg", b"foob", true),
        ("Zm9vYmE", b"fooba", true),
        ("+/+/", b"\xfb\xff\xbf", true),
        ("AAAA//8=", b"\0\0\0\xff\xff", true),
        // Bits that no byte holds are left, as most readers do.
        ("Zh", b"f", true),
        ("Zg==Zm8=", b"ffo", false),
        ("Zg==Zm9v", b"ffoo", false),
        ("Zm9vY", b"foo", false),
        ("Zm9vY===", b"foo", false),
        ("Zm9v====", b"foo", false),
        ("Zm9v=", b"foo", false),
        ("=", b"", false),
        ("Zm-_", b"", false),
        ("Zm9v Zm9v", b"foo", false),
        ("Zm9v\n", b"foo", false),
        ("Zg=v", b"", false),
        ("Zm9v\u{e9}", b"foo", false),
    ];

    #[test]
    fn base64_is_read_with_and_without_padding_and_nothing_else_is() {
        for &(text, expected, whole) in TEXTS {
            let mut bytes = Vec::new();
            assert_eq!(decode(text.as_bytes(), &mut bytes), whole, "{text}");
            assert_eq!(bytes, expected, "{text}");
        }
    }
}
