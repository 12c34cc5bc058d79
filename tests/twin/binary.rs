//! Base64 and the few protobuf messages of B6 and L3, decoded whole before anything is looked at.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Base64 that may lack padding.
pub fn base64(text: &str) -> Option<Vec<u8>> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    GeneralPurpose::new(&STANDARD, config).decode(text).ok()
}

/// What one field of a message holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Varint(u64),
    Fixed64(u64),
    Bytes(Vec<u8>),
    Fixed32(u32),
}

/// Every field of a message in order, or none when it is broken anywhere.
pub fn message(mut bytes: &[u8]) -> Option<Vec<(u64, Value)>> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes)?;
        let value = match key & 7 {
            0 => Value::Varint(varint(&mut bytes)?),
            1 => Value::Fixed64(u64::from_le_bytes(take(&mut bytes, 8)?.try_into().ok()?)),
            2 => {
                let length = usize::try_from(varint(&mut bytes)?).ok()?;
                Value::Bytes(take(&mut bytes, length)?.to_vec())
            }
            5 => Value::Fixed32(u32::from_le_bytes(take(&mut bytes, 4)?.try_into().ok()?)),
            _ => return None,
        };
        fields.push((key >> 3, value));
    }
    fields.iter().all(|(number, _)| *number > 0).then_some(fields)
}

/// The last value of a field that is made of bytes.
pub fn last_bytes(fields: &[(u64, Value)], number: u64) -> Option<&[u8]> {
    all_bytes(fields, number).last()
}

pub fn all_bytes(fields: &[(u64, Value)], number: u64) -> impl Iterator<Item = &[u8]> {
    fields.iter().filter_map(move |(known, value)| match value {
        Value::Bytes(bytes) if *known == number => Some(bytes.as_slice()),
        _ => None,
    })
}

fn last_varint(fields: &[(u64, Value)], number: u64) -> Option<u64> {
    let of = |(known, value): &(u64, Value)| match value {
        Value::Varint(value) if *known == number => Some(*value),
        _ => None,
    };
    fields.iter().rev().find_map(of)
}

/// `google.rpc.RetryInfo`: its delay in milliseconds, unless it is negative.
pub fn retry_info(bytes: &[u8]) -> Option<f64> {
    let info = message(bytes)?;
    let delay = message(last_bytes(&info, 1)?)?;
    let seconds = last_varint(&delay, 1).unwrap_or(0) as i64;
    let nanos = last_varint(&delay, 2).unwrap_or(0) as i32;
    // Two signs are no Duration.
    (seconds >= 0 && nanos >= 0).then(|| seconds as f64 * 1e3 + f64::from(nanos) / 1e6)
}

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (head, tail) = bytes.split_at_checked(count)?;
    *bytes = tail;
    Some(head)
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for place in 0..10 {
        let byte = take(bytes, 1)?[0];
        value |= u64::from(byte & 0x7f).checked_shl(place * 7)?;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}
