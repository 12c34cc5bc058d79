//! What kind of body there is, and the trailers that one kind carries.

use alloc::vec::Vec;

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
        let says = |word: &[u8]| sub.windows(word.len()).any(|part| part == word);
        match kind.is_empty() {
            true if scan::trim(body).starts_with(b"<") => Self::Xml,
            true => Self::Json,
            false if says(b"json") => Self::Json,
            false if says(b"xml") => Self::Xml,
            false => Self::Other,
        }
    }
}

/// The trailers of a gRPC-Web body as fields: none yet.
pub fn trailers(_media: Media, _body: &[u8]) -> Vec<u8> {
    Vec::new()
}

/// The lines of a block of trailers.
pub fn lines(block: &[u8]) -> Vec<Pair<'_>> {
    scan::pairs(block, b'\n', b':')
}
