//! What the server says about its load, in the dialect that is switched on.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header::RETRY_AFTER};

use crate::{
    quota::{Standing, WINDOW},
    trouble::Hint,
};

/// Everything there is to say with one answer.
pub struct Said {
    /// The dialect.
    pub hint: Hint,
    /// For a refusal: seconds after which a client may come back.
    pub retry_after: Option<u64>,
    /// The quota, when one is kept.
    pub quota: Option<Standing>,
    /// Requests in service and waiting, as a share of the workers; above 1 when some wait.
    pub utilization: f64,
}

impl Said {
    /// The status of a refusal: 429 speaks of the client's quota, 503 of the server.
    pub fn refusal(&self) -> StatusCode {
        match self.hint {
            Hint::Ratelimit => StatusCode::TOO_MANY_REQUESTS,
            Hint::None | Hint::RetryAfter | Hint::Load => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Adds the fields to an answer.
    pub fn write(&self, headers: &mut HeaderMap) {
        let mut say = |name: HeaderName, text: String| {
            headers.insert(name, HeaderValue::try_from(text).expect("digits and ASCII words"));
        };
        match (self.hint, self.retry_after, self.quota) {
            (Hint::None, _, _) | (Hint::RetryAfter, None, _) | (Hint::Ratelimit, _, None) => {}
            (Hint::RetryAfter, Some(seconds), _) => say(RETRY_AFTER, seconds.to_string()),
            (Hint::Ratelimit, after, Some(quota)) => {
                let left = if after.is_some() { 0 } else { quota.remaining.unwrap_or(0) };
                let reset = after.unwrap_or(quota.reset);
                let policy = format!("\"demo\";q={};w={}", quota.limit, WINDOW.as_secs());
                say(HeaderName::from_static("ratelimit-policy"), policy);
                say(HeaderName::from_static("ratelimit"), format!("\"demo\";r={left};t={reset}"));
            }
            (Hint::Load, _, _) => {
                let text = format!("TEXT application_utilization={:.2}", self.utilization);
                say(HeaderName::from_static("endpoint-load-metrics"), text);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(hint: Hint, retry_after: Option<u64>) -> String {
        let quota = Some(Standing { limit: 20, remaining: Some(3), reset: 7 });
        let mut headers = HeaderMap::new();
        Said { hint, retry_after, quota, utilization: 1.5 }.write(&mut headers);
        let line = |(name, value): (&HeaderName, &HeaderValue)| {
            format!("{name}: {}", value.to_str().expect("ASCII"))
        };
        headers.iter().map(line).collect::<Vec<_>>().join(" | ")
    }

    #[test]
    fn each_dialect_says_its_own_and_nothing_else() {
        let report = "endpoint-load-metrics: TEXT application_utilization=1.50";
        let policy = "ratelimit-policy: \"demo\";q=20;w=10";
        for (hint, retry_after, want) in [
            (Hint::None, Some(5), String::new()),
            (Hint::RetryAfter, None, String::new()),
            (Hint::RetryAfter, Some(5), "retry-after: 5".into()),
            (Hint::Ratelimit, None, format!("{policy} | ratelimit: \"demo\";r=3;t=7")),
            (Hint::Ratelimit, Some(5), format!("{policy} | ratelimit: \"demo\";r=0;t=5")),
            (Hint::Load, None, report.into()),
            (Hint::Load, Some(5), report.into()),
        ] {
            assert_eq!(said(hint, retry_after), want, "{hint:?} {retry_after:?}");
        }
    }
}
