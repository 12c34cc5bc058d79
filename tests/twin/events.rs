//! Event streams: W7 and B5.

use super::json::Json;

/// One line of a stream that says something.
pub enum Event {
    /// `retry:`, in milliseconds.
    Retry(f64),
    /// The JSON of the `data:` lines under `event: error`.
    Error(Json),
}

/// A stream that breaks off ends its last event.
pub fn read(text: &str) -> Vec<Event> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut found = Vec::new();
    let (mut kind, mut data) = ("", Vec::new());
    let lines = text.replace("\r\n", "\n").replace('\r', "\n") + "\n\n";
    for line in lines.split('\n') {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "" if line.is_empty() => {
                let json = Json::parse(&data.join("\n")).filter(|_| kind == "error");
                found.extend(json.map(Event::Error));
                (kind, data) = ("", Vec::new());
            }
            "event" => kind = value,
            "retry" if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) => {
                found.push(Event::Retry(value.parse().unwrap_or(f64::MAX)));
            }
            "data" => data.push(value),
            _ => {}
        }
    }
    found
}
