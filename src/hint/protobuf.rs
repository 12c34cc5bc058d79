//! The wire format of Protocol Buffers (protobuf.dev, "Encoding"), as far as `google.rpc` and ORCA need it: one record
//! after the other. Groups are obsolete and read as malformed.

use alloc::vec::Vec;

use super::base64;

/// One record.
pub struct Record<'a> {
    /// The number of its field times eight, and its wire type.
    pub key: u64,
    /// What a varint stands for.
    pub varint: u64,
    /// What the other wire types hold.
    pub bytes: &'a [u8],
}

/// Takes the next record off a message; none when it is truncated or malformed.
pub fn take<'a>(rest: &mut &'a [u8]) -> Option<Record<'a>> {
    let key = varint(rest)?;
    let first = match key & 7 {
        0 | 2 => varint(rest)?,
        1 => 8,
        5 => 4,
        _ => return None,
    };
    let length = if key & 7 == 0 { 0 } else { usize::try_from(first).ok()? };
    let (bytes, more) = rest.split_at_checked(length)?;
    *rest = more;
    // No field has the number zero.
    (key >= 8).then_some(Record { key, varint: first, bytes })
}

/// Seven bits a byte, the least first; no more than ten bytes.
fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for place in 0..10 {
        let (&byte, more) = rest.split_first()?;
        *rest = more;
        value |= u64::from(byte & 0x7f) << (7 * place);
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

/// What this base64 of a `google.rpc.RetryInfo` says, in milliseconds from now; NaN when it says nothing, is malformed
/// or negative.
pub fn retry_info(text: &[u8]) -> f64 {
    let mut info = Vec::new();
    if base64::decode(text, &mut info) { delay(&info) } else { f64::NAN }
}

/// What the first `google.rpc.RetryInfo` with a delay says in this base64 of a `google.rpc.Status`, in milliseconds
/// from now; NaN when there is none; none when the whole is malformed.
pub fn status_details(text: &[u8]) -> Option<f64> {
    let mut status = Vec::new();
    let whole = base64::decode(text, &mut status);
    details(&status).filter(|_| whole)
}

/// Field 3 of `google.rpc.Status`: any number of `Any`, each a type (field 1) and a value (field 2).
fn details(mut status: &[u8]) -> Option<f64> {
    let mut found = f64::NAN;
    while !status.is_empty() {
        let mut detail = take(&mut status)?;
        if detail.key != 0x1a {
            continue;
        }
        let (mut kind, mut value): (&[u8], &[u8]) = (&[], &[]);
        while !detail.bytes.is_empty() {
            let part = take(&mut detail.bytes)?;
            match part.key {
                0x0a => kind = part.bytes,
                0x12 => value = part.bytes,
                _ => {}
            }
        }
        if found.is_nan() && kind.ends_with(b"/google.rpc.RetryInfo") {
            found = delay(value);
        }
    }
    Some(found)
}

/// Field 1 of `google.rpc.RetryInfo`, in milliseconds; NaN when there is none, or it is malformed.
fn delay(info: &[u8]) -> f64 {
    duration(info).unwrap_or(f64::NAN)
}

/// A `Duration` from zero up: seconds (field 1) and nanoseconds (field 2), which must not have two signs. Told in
/// parts, the last of each counts.
fn duration(mut info: &[u8]) -> Option<f64> {
    let (mut told, mut seconds, mut nanos) = (false, 0, 0);
    while !info.is_empty() {
        let mut record = take(&mut info)?;
        if record.key != 0x0a {
            continue;
        }
        told = true;
        while !record.bytes.is_empty() {
            let part = take(&mut record.bytes)?;
            match part.key {
                0x08 => seconds = part.varint as i64,
                0x10 => nanos = part.varint as i32,
                _ => {}
            }
        }
    }
    (told && seconds >= 0 && nanos >= 0).then_some(seconds as f64 * 1e3 + f64::from(nanos) / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Base64 of a RetryInfo, the delay that it says.
    const DELAYS: &[(&str, f64)] = &[
        ("CgIIBQ", 5_000.0),
        ("CgIIBQ==", 5_000.0),
        ("CgA=", 0.0),
        ("CggIAxCAyrXuAQ", 3_500.0),
        ("CgYQgMq17gE", 500.0),
        ("CgsI////////////AQ", f64::NAN),
        // Five seconds less a nanosecond; a nanosecond less than nothing.
        ("Cg0IBRD///////////8B", f64::NAN),
        ("CgsQ////////////AQ", f64::NAN),
        // Told in two parts, as encoders may.
        ("CgIIAwoGEIDKte4B", 3_500.0),
        // Behind an unknown field of each wire type.
        ("EAEZAAAAAAAAAAAiAXglAAAAAAoCCAU", 5_000.0),
        // As many seconds as a signed integer holds.
        ("CgoI//////////9/", 9.223_372_036_854_776e21),
        // No delay; truncated in the length, in the number, within base64; a group; the field number zero.
        ("", f64::NAN),
        ("EAE", f64::NAN),
        ("CgII", f64::NAN),
        ("CgMIBQ", f64::NAN),
        ("CgEI", f64::NAN),
        ("CgIIB", f64::NAN),
        ("CgIIBQs", f64::NAN),
        ("AAEKAggF", f64::NAN),
        // A varint of eleven bytes; a length beyond any message.
        ("CgwI////////////////AQ", f64::NAN),
        ("Cv////////////8BCAU", f64::NAN),
    ];

    #[test]
    fn a_delay_is_read_and_what_is_malformed_is_none() {
        for &(text, expected) in DELAYS {
            let told = retry_info(text.as_bytes());
            assert!(told == expected || told.is_nan() && expected.is_nan(), "{text}: {told}");
        }
    }

    #[test]
    fn a_truncated_status_says_nothing() {
        let whole = b"CAgSBHNsb3caNgoodHlwZS5nb29nbGVhcGlzLmNvbS9nb29nbGUucnBjLlJldHJ5SW5mbxIKCggIAxCAyrXuAQ";
        assert_eq!(status_details(whole), Some(3_500.0));
        for end in 0..whole.len() {
            assert!(status_details(&whole[..end]).is_none_or(f64::is_nan), "{end}");
        }
    }
}
