//! C: clocks, dates and durations.

use super::fields::Fields;
use super::number::{number, trim};

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// What absolute times are measured against.
pub struct Clock {
    /// Epoch milliseconds.
    pub server_ms: f64,
    /// Q6: the response is from a cache.
    pub cached: bool,
}

impl Clock {
    /// C1.
    pub fn new(fields: &Fields, now_ms: i64) -> Self {
        let age = fields.clean("age").and_then(number).unwrap_or(0.0);
        let date = fields.clean("date").and_then(|date| http_date(date, now_ms as f64));
        let server_ms = date.map_or(now_ms as f64, |date| date + age * 1000.0);
        Self { server_ms, cached: age > 0.0 }
    }

    /// An HTTP-date as milliseconds from now.
    pub fn until_date(&self, text: &str) -> Option<f64> {
        Some(http_date(text, self.server_ms)? - self.server_ms)
    }

    /// Q3: whatever a reset may be, as milliseconds from now.
    pub fn until_reset(&self, text: &str) -> Option<f64> {
        if let Some(value) = number(text) {
            return match value {
                v if v < 1e9 => Some(v * 1000.0),
                v if v < 1e11 => Some(v * 1000.0 - self.server_ms),
                v if v < 1e14 => Some(v - self.server_ms),
                _ => None,
            };
        }
        let absolute = || Some(iso_8601(trim(text))? - self.server_ms);
        go_duration(text).or_else(|| self.until_date(text)).or_else(absolute)
    }
}

/// C2: the three forms, as epoch milliseconds. `now_ms` decides the century of two digits.
pub fn http_date(text: &str, now_ms: f64) -> Option<f64> {
    let text = trim(text);
    imf(text).or_else(|| rfc_850(text, now_ms)).or_else(|| asctime(text))
}

/// For D1: a member that begins as a date with a comma does.
pub fn has_date_shape(text: &str) -> bool {
    text.contains(',') && http_date(text, 0.0).is_some()
}

/// `Sat, 21 Nov 2026 18:00:00 GMT`
fn imf(text: &str) -> Option<f64> {
    let (day, rest) = text.split_once(", ")?;
    let parts: Vec<&str> = rest.split(' ').collect();
    let [mday, month, year, time, zone] = parts[..] else { return None };
    let known = DAYS.iter().any(|name| name[..3] == *day) && ["GMT", "UTC", "+0000", "-0000"].contains(&zone);
    moment(digits(year, 4)?, month, digits(mday, 2)?, time).filter(|_| known)
}

/// `Saturday, 21-Nov-26 18:00:00 GMT`
fn rfc_850(text: &str, now_ms: f64) -> Option<f64> {
    let (day, rest) = text.split_once(", ")?;
    let parts: Vec<&str> = rest.split(' ').collect();
    let [date, time, "GMT"] = parts[..] else { return None };
    let date: Vec<&str> = date.split('-').collect();
    let [mday, month, year] = date[..] else { return None };
    let (mday, year) = (digits(mday, 2)?, digits(year, 2)?);
    // The latest year with these digits that is not more than 50 years ahead.
    let (now_year, now_month, now_mday, now_time) = civil(now_ms);
    let near = |year: &i64| {
        let Some(ms) = moment(*year, month, mday, time) else { return *year - 50 <= now_year };
        let (_, month_number, _, time_ms) = civil(ms);
        (*year - 50, month_number, mday, time_ms) <= (now_year, now_month, now_mday, now_time)
    };
    let latest = now_year - now_year % 100 + 100 + year;
    let year = [latest, latest - 100, latest - 200].into_iter().filter(|year| *year <= 9999).find(near)?;
    let ms = moment(year, month, mday, time)?;
    DAYS.contains(&day).then_some(ms)
}

/// `Sat Nov 21 18:00:05 2026`, the day of the month padded by a space.
fn asctime(text: &str) -> Option<f64> {
    let (day, rest) = text.split_once(' ')?;
    let (month, rest) = rest.split_once(' ')?;
    let (mday, rest) = rest.split_at_checked(2)?;
    let (time, year) = rest.strip_prefix(' ')?.split_once(' ')?;
    let mday = mday.strip_prefix(' ').map_or_else(|| digits(mday, 2), |one| digits(one, 1))?;
    let known = DAYS.iter().any(|name| name[..3] == *day);
    moment(digits(year, 4)?, month, mday, time).filter(|_| known)
}

/// C3, as epoch milliseconds.
pub fn iso_8601(text: &str) -> Option<f64> {
    let (date, rest) = text.split_once('T')?;
    let date: Vec<&str> = date.split('-').collect();
    let [year, month, mday] = date[..] else { return None };
    let month = digits(month, 2)?.checked_sub(1)?;
    let at = rest.find(['Z', '+', '-'])?;
    let (time, zone) = rest.split_at(at);
    let (time, fraction) = match time.split_once('.') {
        // A fraction needs seconds.
        Some((time, fraction)) if time.len() == 8 => {
            (time, number(&format!("0.{fraction}")).filter(|_| fraction.trim() == fraction)?)
        }
        Some(_) => return None,
        None => (time, 0.0),
    };
    let time = if time.len() == 5 { format!("{time}:00") } else { time.to_owned() };
    let local = moment(digits(year, 4)?, MONTHS.get(month as usize)?, digits(mday, 2)?, &time)?;
    Some(local + fraction * 1000.0 - offset_minutes(zone)? * 60_000.0)
}

/// `Z`, `+hh:mm`, `+hhmm`.
fn offset_minutes(zone: &str) -> Option<f64> {
    if zone == "Z" {
        return Some(0.0);
    }
    let sign = if zone.starts_with('-') { -1.0 } else { 1.0 };
    let text = &zone[1..];
    let (hours, minutes) = text.split_once(':').or_else(|| text.split_at_checked(2))?;
    let (hours, minutes) = (digits(hours, 2)?, digits(minutes, 2)?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes) as f64)
}

/// C4, in milliseconds. A micro sign sent as UTF-8 arrives as two characters.
pub fn go_duration(text: &str) -> Option<f64> {
    let mut rest = trim(text);
    let mut sum = 0.0;
    while !rest.is_empty() {
        let unit_at = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let value = number(&rest[..unit_at])?;
        rest = &rest[unit_at..];
        let unit = &rest[..rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len())];
        sum += value
            * match unit {
                "d" => 86_400_000.0,
                "h" => 3_600_000.0,
                "m" => 60_000.0,
                "s" => 1_000.0,
                "ms" => 1.0,
                "us" | "µs" | "Âµs" => 1e-3,
                "ns" => 1e-6,
                _ => return None,
            };
        rest = &rest[unit.len()..];
    }
    (!trim(text).is_empty()).then_some(sum)
}

fn digits(text: &str, count: usize) -> Option<i64> {
    let valid = text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
    valid.then(|| text.parse().ok())?
}

/// A day and a time of day, if there is such a one. A leap second is the last of its day.
fn moment(year: i64, month: &str, mday: i64, time: &str) -> Option<f64> {
    let month = MONTHS.iter().position(|name| *name == month)?;
    let time: Vec<&str> = time.split(':').collect();
    let [h, m, s] = time[..] else { return None };
    let (h, m, s) = (digits(h, 2)?, digits(m, 2)?, digits(s, 2)?);
    if mday < 1 || mday > lengths(year)[month] || h > 23 || m > 59 || s > 59 + i64::from((h, m) == (23, 59)) {
        return None;
    }
    let days = days_before(year) + (lengths(year)[..month].iter().sum::<i64>() + mday - 1) as f64;
    Some(days * 86_400_000.0 + (((h * 60 + m) * 60 + s) * 1000) as f64)
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn lengths(year: i64) -> [i64; 12] {
    [31, 28 + i64::from(is_leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
}

/// Days from 1970 to the first of January of a year, counted one year at a time.
fn days_before(year: i64) -> f64 {
    let days = |years: std::ops::Range<i64>| years.map(|y| 365 + i64::from(is_leap(y))).sum::<i64>();
    (if year >= 1970 { days(1970..year) } else { -days(year..1970) }) as f64
}

/// Year, month from 0, day of the month, and milliseconds of the day.
fn civil(ms: f64) -> (i64, usize, i64, f64) {
    let mut days = (ms / 86_400_000.0).floor();
    let time = ms - days * 86_400_000.0;
    // Near it, or the year 9999 would take eight thousand sums of eight thousand.
    let mut year = 1970 + (days / 366.0) as i64;
    while days_before(year + 1) <= days {
        year += 1;
    }
    while days_before(year) > days {
        year -= 1;
    }
    days -= days_before(year);
    let mut month = 0;
    while days >= lengths(year)[month] as f64 {
        days -= lengths(year)[month] as f64;
        month += 1;
    }
    (year, month, days as i64 + 1, time)
}
