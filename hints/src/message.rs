//! An HTTP response as text: a status line of any version, field lines, an empty line, the body.

use anyhow::{Context, Result, ensure};

/// One response.
#[derive(Debug, PartialEq)]
pub struct Message<'a> {
    /// Its status.
    pub status: u16,
    /// Name, in lower case, and value of each field line.
    pub fields: Vec<(Vec<u8>, Vec<u8>)>,
    /// What follows the empty line.
    pub body: &'a [u8],
}

/// The last response of the input: interim ones (1xx), a proxy's, and those that `curl -L` followed come before it.
pub fn parse(input: &[u8]) -> Result<Message<'_>> {
    let mut message = head(input)?;
    while message.body.starts_with(b"HTTP/")
        && let Ok(next) = head(message.body)
    {
        message = next;
    }
    Ok(message)
}

fn head(input: &[u8]) -> Result<Message<'_>> {
    let (first, mut rest) = line(input);
    let mut words = first.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    let version = words.next().unwrap_or_default();
    ensure!(
        version.starts_with(b"HTTP/"),
        "the input does not begin with a status line such as `HTTP/1.1 429`"
    );
    let digits = words.next().unwrap_or_default();
    ensure!(digits.len() == 3, "the status line has no status of three digits");
    let status = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
    let mut message =
        Message { status: status.context("the status is no number")?, fields: Vec::new(), body: b"" };
    while !rest.is_empty() {
        let (field, more) = line(rest);
        rest = more;
        if field.is_empty() {
            break;
        }
        let at = field.iter().position(|byte| *byte == b':').unwrap_or(field.len());
        let (name, value) = field.split_at(at);
        message.fields.push((name.to_ascii_lowercase(), value.get(1..).unwrap_or_default().to_vec()));
    }
    message.body = rest;
    Ok(message)
}

/// The first line without its end, and what follows.
fn line(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| *byte == b'\n').unwrap_or(text.len());
    let (line, rest) = text.split_at(end);
    (line.strip_suffix(b"\r").unwrap_or(line), rest.get(1..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_as_curl_prints_it() {
        let text = b"HTTP/2 429 \r\nRetry-After:  7\r\nx\r\n\r\nbody\r\n\r\nmore";
        let message = parse(text).unwrap();
        assert_eq!(message.status, 429);
        assert_eq!(message.fields[0], (b"retry-after".to_vec(), b"  7".to_vec()));
        assert_eq!(message.fields[1], (b"x".to_vec(), Vec::new()));
        assert_eq!(message.body, b"body\r\n\r\nmore");
    }

    #[test]
    fn the_last_of_several_heads_counts() {
        let text = b"HTTP/1.1 100 Continue\n\nHTTP/1.1 301 Moved\nlocation: /\n\nHTTP/1.1 503 No\nage: 1\n\nHTTP/ is no head";
        let message = parse(text).unwrap();
        assert_eq!((message.status, message.body), (503, &b"HTTP/ is no head"[..]));
    }

    #[test]
    fn what_is_no_response_is_refused_in_words() {
        for (text, word) in [
            ("", "status line"),
            ("429", "status line"),
            ("HTTP/1.1 4\n", "three digits"),
            ("HTTP/1.1 abc\n", "number"),
        ] {
            assert!(parse(text.as_bytes()).unwrap_err().to_string().contains(word), "{text:?}");
        }
    }
}
