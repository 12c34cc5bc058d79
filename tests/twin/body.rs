//! B1, S1: which kinds of body are read, and what stands in them.

use super::events::{self, Event};
use super::fields::Fields;
use super::grpc;
use super::json::Json;

/// S1.
const LONGEST_BODY: usize = 65_536;

/// A body, read by its media type. At most one member is filled.
#[derive(Default)]
pub struct Body {
    pub json: Option<Json>,
    /// The text of an XML document.
    pub xml: Option<String>,
    pub events: Vec<Event>,
    /// gRPC-Web trailers, names in lower case.
    pub trailers: Vec<(String, String)>,
}

impl Body {
    pub fn new(fields: &Fields, bytes: Option<&[u8]>) -> Self {
        let mut body = Self::default();
        let Some(bytes) = bytes.filter(|bytes| bytes.len() <= LONGEST_BODY) else { return body };
        let text = String::from_utf8_lossy(bytes);
        let Some(media) = fields.value("content-type") else {
            body.json = Json::parse(&text);
            body.xml = text.starts_with('<').then(|| text.into_owned());
            return body;
        };
        let media = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let subtype = media.split_once('/').map_or("", |(_, subtype)| subtype);
        if media.starts_with("application/grpc-web") {
            body.trailers = grpc::trailers(bytes, media.starts_with("application/grpc-web-text"));
        } else if media == "text/event-stream" {
            body.events = events::read(&text);
        } else if subtype.contains("json") {
            body.json = Json::parse(&text);
        } else if subtype.contains("xml") {
            body.xml = Some(text.into_owned());
        }
        body
    }

    /// A top-level text of a JSON object.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.json.as_ref()?.text(&[name])
    }
}
