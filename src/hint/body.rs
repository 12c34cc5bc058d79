//! What kind of body there is, and the trailers that one kind carries.

use alloc::vec::Vec;

use super::base64;
use super::scan::{self, Pair};

/// The kinds of body that hints stand in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Media {
    /// JSON by its media subtype, or without a `Content-Type`.
    Json,
    /// XML by its subtype, or by its first character without a `Content-Type`.
    Xml,
    /// gRPC-Web, its frames as bytes.
    Frames,
    /// gRPC-Web, its frames in base64.
    FramesText,
    /// A `text/event-stream` (HTML, section 9.2).
    Events,
    /// Nothing that is read.
    Other,
}

impl Media {
    /// By a `Content-Type`, and by the body's beginning where there is none.
    pub fn of(content_type: &[u8], body: &[u8]) -> Self {
        let mut rest = content_type;
        let kind = scan::part(&mut rest, b';').to_ascii_lowercase();
        if kind.starts_with(b"application/grpc-web") {
            let text = kind.starts_with(b"application/grpc-web-text");
            return if text { Self::FramesText } else { Self::Frames };
        }
        if kind == b"text/event-stream" {
            return Self::Events;
        }
        let mut sub = &*kind;
        scan::part(&mut sub, b'/');
        match kind.is_empty() {
            true if body.starts_with(b"<") => Self::Xml,
            true => Self::Json,
            false if scan::holds(sub, b"json") => Self::Json,
            false if scan::holds(sub, b"xml") => Self::Xml,
            false => Self::Other,
        }
    }
}

/// The trailers of a gRPC-Web body (gRPC's "PROTOCOL-WEB"), one a line, names in lower case. A frame is a byte of flags,
/// four of length, and as many as that: one that is not complete is not read.
pub fn trailers(media: Media, body: &[u8]) -> Vec<u8> {
    let mut block = Vec::new();
    let mut decoded = Vec::new();
    let mut frames = match media {
        Media::Frames => body,
        Media::FramesText => {
            // Several texts may follow each other; what comes behind a fault is not there.
            base64::decode(body, &mut decoded);
            &*decoded
        }
        _ => &[],
    };
    while let &[flags, a, b, c, d, ref rest @ ..] = frames {
        let length = u32::from_be_bytes([a, b, c, d]);
        let Some((payload, more)) = usize::try_from(length).ok().and_then(|at| rest.split_at_checked(at))
        else {
            break;
        };
        frames = more;
        if flags & TRAILERS != 0 {
            unfold(payload, &mut block);
        }
    }
    block
}

/// The flag of a frame that holds trailers.
const TRAILERS: u8 = 0x80;

/// Appends lines that end in CRLF, as lines that end in a line feed.
fn unfold(payload: &[u8], block: &mut Vec<u8>) {
    let mut name = true;
    for &byte in payload.iter().chain(b"\n") {
        if byte == b'\n' {
            name = true;
            block.pop_if(|last| *last == b'\r');
        }
        name &= byte != b':';
        block.push(if name { byte.to_ascii_lowercase() } else { byte });
    }
}

/// Appends the lines of a block of trailers. Those that are not gRPC's own are its application's.
pub fn lines<'a>(block: &'a [u8], lines: &mut Vec<Pair<'a>>) {
    for line in scan::pairs(block, b'\n', b':') {
        if line.0.starts_with(b"grpc-") {
            lines.push(line);
        }
    }
}
