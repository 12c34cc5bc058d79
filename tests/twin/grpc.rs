//! gRPC: B6's details, B7's trailers, and the names that stand in fields or trailers.

use super::Answer;
use super::binary::{all_bytes, base64, last_bytes, message, retry_info};
use super::fields::is_clean;
use super::number::trim;

/// B7. `text`: the body is base64.
pub fn trailers(bytes: &[u8], text: bool) -> Vec<(String, String)> {
    let decoded =
        if text { base64(&String::from_utf8_lossy(bytes)).unwrap_or_default() } else { bytes.to_vec() };
    let mut rest = decoded.as_slice();
    let mut found = Vec::new();
    while rest.len() >= 5 {
        let (head, tail) = rest.split_at(5);
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
        let Some((payload, tail)) = tail.split_at_checked(length) else { break };
        rest = tail;
        if head[0] & 0x80 != 0 {
            for line in String::from_utf8_lossy(payload).split("\r\n") {
                if let Some((name, value)) = line.split_once(':') {
                    found.push((trim(name).to_ascii_lowercase(), trim(value).to_owned()));
                }
            }
        }
    }
    found
}

/// A gRPC name: from the fields, else from the trailers.
pub fn value<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    let trailer = || answer.body.trailers.iter().find(|(known, _)| known == name);
    answer.fields.value(name).or_else(|| trailer().map(|(_, value)| value.as_str()))
}

pub fn status(answer: &Answer) -> Option<&str> {
    value(answer, "grpc-status")
}

/// R2: a pushback's milliseconds, or that it forbids.
pub fn pushback(answer: &Answer) -> Option<Result<f64, ()>> {
    let text = value(answer, "grpc-retry-pushback-ms")?;
    let plain = !text.is_empty()
        && text.bytes().all(|b| b.is_ascii_digit())
        && (text == "0" || !text.starts_with('0'));
    let ms = text.parse::<i32>().ok().filter(|_| plain);
    Some(ms.map(f64::from).ok_or(()))
}

/// B6: the delay in `grpc-status-details-bin`, in milliseconds.
pub fn details_delay(answer: &Answer) -> Option<f64> {
    let text = value(answer, "grpc-status-details-bin").filter(|text| is_clean(text))?;
    let status = message(&base64(text)?)?;
    all_bytes(&status, 3).find_map(|any| {
        let any = message(any)?;
        let kind = String::from_utf8_lossy(last_bytes(&any, 1)?).into_owned();
        if !kind.ends_with("/google.rpc.RetryInfo") {
            return None;
        }
        retry_info(last_bytes(&any, 2).unwrap_or_default())
    })
}
