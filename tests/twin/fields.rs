//! S and D: what a field's value is, and its members.

use super::clock;
use super::number::{integer, longest, number, trim};

/// S1.
const LONGEST_VALUE: usize = 8192;

/// The response's fields, repeated ones joined by a comma and a space, as Fetch does.
pub struct Fields {
    read: Vec<(String, String)>,
    /// All names, of values too long to be read as well.
    present: Vec<String>,
}

impl Fields {
    pub fn join(headers: &[(Vec<u8>, Vec<u8>)]) -> Self {
        let mut all: Vec<(String, Vec<u8>)> = Vec::new();
        for (name, value) in headers {
            let name = String::from_utf8_lossy(name).to_ascii_lowercase();
            let value = trim_bytes(value);
            match all.iter_mut().find(|(known, _)| *known == name) {
                Some((_, joined)) => {
                    joined.extend_from_slice(b", ");
                    joined.extend_from_slice(value);
                }
                None => all.push((name, value.to_vec())),
            }
        }
        let present = all.iter().map(|(name, _)| name.clone()).collect();
        all.retain(|(_, value)| value.len() <= LONGEST_VALUE);
        // As browsers decode values: a byte is a character.
        let decode = |value: &[u8]| trim_bytes(value).iter().map(|b| char::from(*b)).collect();
        let read = all.iter().map(|(name, value)| (name.clone(), decode(value))).collect();
        Self { read, present }
    }

    pub fn has(&self, name: &str) -> bool {
        self.present.iter().any(|known| known == name)
    }

    /// The whole value of a field.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.read.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The whole value where numbers may stand in it: S2.
    pub fn clean(&self, name: &str) -> Option<&str> {
        self.value(name).filter(|value| is_clean(value))
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.read.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// S2. A tab is a space where members are listed.
pub fn is_clean(value: &str) -> bool {
    !value.bytes().any(|b| (b < 0x20 && b != b'\t') || b == 0x7f)
}

fn trim_bytes(value: &[u8]) -> &[u8] {
    let blank = |b: &u8| *b == b' ' || *b == b'\t';
    let start = value.iter().position(|b| !blank(b)).unwrap_or(value.len());
    let end = value.iter().rposition(|b| !blank(b)).map_or(start, |last| last + 1);
    &value[start..end]
}

/// D1: members at commas, an HTTP-date in one piece.
pub fn members(value: &str) -> Vec<String> {
    let pieces: Vec<&str> = value.split(',').collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < pieces.len() {
        let pair = pieces.get(at + 1).map(|next| format!("{},{next}", pieces[at]));
        match pair.filter(|pair| clock::has_date_shape(bare(pair))) {
            Some(date) => {
                found.push(date);
                at += 2;
            }
            None => {
                found.push(pieces[at].to_owned());
                at += 1;
            }
        }
    }
    found
}

/// D2: parameters are cut off.
pub fn bare(member: &str) -> &str {
    trim(member.split(';').next().unwrap_or_default())
}

/// D1: the longest valid wait of the members that `read` understands.
pub fn longest_member(value: &str, read: impl Fn(&str) -> Option<f64>) -> Option<f64> {
    longest(members(value).iter().filter_map(|member| read(member)))
}

/// D2: the first limit, or none when it is not a number. An empty element of a list is none (RFC 9110, 5.6.1.2).
pub fn first_limit(value: &str) -> Option<f64> {
    number(bare(value.split(',').find(|member| !trim(member).is_empty())?))
}

/// D2: the smallest valid remaining.
pub fn least_remaining(value: &str) -> Option<f64> {
    value.split(',').filter_map(|member| number(bare(member))).reduce(f64::min)
}

/// Q5: the `n;w=s` members of a list, integers only: quota and window in seconds.
pub fn old_policies(value: &str) -> Vec<(f64, f64)> {
    let policy = |member: &String| {
        let parts = split_outside_quotes(member, ';');
        let quota = integer(parts.first()?)?;
        // Open for a window that stands twice: the first that is one.
        let window = |part: &String| integer(trim(part).strip_prefix("w=")?).filter(|w| *w > 0.0);
        let window = parts.iter().find_map(window)?;
        Some((quota, window))
    };
    split_outside_quotes(value, ',').iter().filter_map(policy).collect()
}

pub fn split_outside_quotes(text: &str, separator: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let (mut quoted, mut escaped) = (false, false);
    for c in text.chars() {
        quoted ^= c == '"' && !escaped;
        escaped = quoted && c == '\\' && !escaped;
        if c == separator && !quoted {
            parts.push(String::new());
        } else if let Some(last) = parts.last_mut() {
            last.push(c);
        }
    }
    parts
}
