//! gRPC: B6's details, B7's trailers, and the names that stand in fields or trailers.

use super::Answer;
use super::binary::{all_bytes, base64, last_bytes, message, retry_info};
use super::fields::is_clean;
use super::number::{integer, trim};

/// B7. `text`: the body is base64, in segments that may each be padded.
pub fn trailers(bytes: &[u8], text: bool) -> Vec<(String, String)> {
    let decoded = if text { segments(&String::from_utf8_lossy(bytes)) } else { bytes.to_vec() };
    let mut rest = decoded.as_slice();
    let mut found = Vec::new();
    while rest.len() >= 5 {
        let (head, tail) = rest.split_at(5);
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
        let Some((payload, tail)) = tail.split_at_checked(length) else { break };
        rest = tail;
        if head[0] & 0x80 != 0 {
            // Lenient to a line feed alone.
            for line in String::from_utf8_lossy(payload).split('\n') {
                // Open: a name alone has no value.
                let line = line.trim_end_matches('\r');
                let (name, value) = line.split_once(':').unwrap_or((line, ""));
                found.push((trim(name).to_ascii_lowercase(), trim(value).to_owned()));
            }
        }
    }
    found
}

/// Groups of four characters, up to the first that is none.
fn segments(text: &str) -> Vec<u8> {
    let groups = text.as_bytes().chunks(4).map_while(|group| base64(std::str::from_utf8(group).ok()?));
    groups.flatten().collect()
}

/// Every value of a gRPC name, in the fields and in the trailers, which may both have it.
fn values<'a>(answer: &'a Answer, name: &str) -> Vec<&'a str> {
    let trailers = answer.body.trailers.iter().filter(|(known, _)| known == name);
    let trailers = trailers.map(|(_, value)| value.as_str());
    answer.fields.value(name).into_iter().chain(trailers).map(trim).collect()
}

/// S2, for fields and trailers as one value.
fn clean<'a>(answer: &'a Answer, name: &str) -> Vec<&'a str> {
    let all = values(answer, name);
    if all.iter().all(|value| is_clean(value)) { all } else { Vec::new() }
}

/// The statuses: 1*DIGIT.
pub fn statuses(answer: &Answer) -> Vec<f64> {
    clean(answer, "grpc-status").into_iter().flat_map(|value| value.split(',')).filter_map(integer).collect()
}

/// R2: a pushback's milliseconds, or that it forbids. Several are no integer.
pub fn pushback(answer: &Answer) -> Option<Result<f64, ()>> {
    let one = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let plain = digits && (text == "0" || !text.starts_with('0'));
        text.parse::<i32>().ok().filter(|_| plain).map(f64::from).ok_or(())
    };
    match values(answer, "grpc-retry-pushback-ms")[..] {
        [] => None,
        [text] => Some(one(text)),
        _ => Some(Err(())),
    }
}

/// B6: the delay in `grpc-status-details-bin`, in milliseconds.
pub fn details_delay(answer: &Answer) -> Option<f64> {
    clean(answer, "grpc-status-details-bin").into_iter().flat_map(|value| value.split(',')).find_map(|text| {
        let status = message(&base64(trim(text))?)?;
        all_bytes(&status, 3).find_map(|any| {
            let any = message(any)?;
            let kind = String::from_utf8_lossy(last_bytes(&any, 1)?).into_owned();
            if !kind.ends_with("/google.rpc.RetryInfo") {
                return None;
            }
            retry_info(last_bytes(&any, 2).unwrap_or_default())
        })
    })
}
