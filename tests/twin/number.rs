//! N: numbers.

/// N5: the longest delay that a browser's timer holds.
pub const LONGEST_MS: f64 = 2_147_483_647.0;

/// N1: `1*DIGIT [ "." 1*DIGIT ]` after trimming spaces and tabs.
pub fn number(text: &str) -> Option<f64> {
    let text = trim(text);
    let parts: Vec<&str> = text.split('.').collect();
    let digits = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if parts.len() > 2 || !parts.iter().all(digits) {
        return None;
    }
    // Hundreds of digits are more than a double holds. Open; the largest double keeps them finite.
    text.parse::<f64>().ok().map(|value| value.min(f64::MAX))
}

/// N1's digits alone, without a fraction.
pub fn integer(text: &str) -> Option<f64> {
    number(text).filter(|_| !text.contains('.'))
}

pub fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

/// N3, N4, N5: whole milliseconds, from 0 to the longest.
pub fn milliseconds(ms: f64) -> f64 {
    ms.round().clamp(0.0, LONGEST_MS)
}

/// The larger of what is known.
pub fn longest(values: impl Iterator<Item = f64>) -> Option<f64> {
    values.reduce(f64::max)
}
