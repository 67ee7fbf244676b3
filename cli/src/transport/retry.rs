//! What is worth asking again, and when: 429 and 503, which say that it is too early.
//!
//! - When? When `Retry-After` says (RFC 9110, section 10.2.3: seconds, or a date), else after half a second, one,
//!   two.
//! - How long? [`MOST`] times and [`LONGEST`] each time at the most: whoever says "in an hour" is believed.

use std::time::Duration;

use chrono::{DateTime, Utc};
use hyper::StatusCode;
use hyper::header::{HeaderMap, RETRY_AFTER};

/// With what is waited by default, 3.5 s: within the patience for one question.
const MOST: u32 = 3;
/// Half of what a question may take.
const LONGEST: Duration = Duration::from_secs(15);
const FIRST: Duration = Duration::from_millis(500);

/// How long to wait before asking again, after so many attempts that failed; none to leave it at that.
pub(super) fn wait(status: StatusCode, headers: &HeaderMap, failed: u32) -> Option<Duration> {
    if !matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
        return None;
    }
    let by_default = FIRST * 2_u32.saturating_pow(failed);
    let wait = after(headers).unwrap_or(by_default);
    (failed < MOST && wait <= LONGEST).then_some(wait)
}

fn after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = DateTime::parse_from_rfc2822(text).ok()?;
    let now: DateTime<Utc> = std::time::SystemTime::now().into();
    Some(date.signed_duration_since(now).to_std().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_early_is_asked_again() {
        let (busy, down) = (StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE);
        let millis = |millis| Some(Duration::from_millis(millis));
        let rows = [
            (busy, None, 0, millis(500)),
            (down, None, 2, millis(2000)),
            (busy, None, 3, None),
            (busy, Some("2"), 0, millis(2000)),
            (down, Some(" 0 "), 1, millis(0)),
            (busy, Some("15"), 0, millis(15_000)),
            (busy, Some("16"), 0, None),
            (busy, Some("99999999999999999999"), 0, millis(500)),
            (busy, Some("soon"), 0, millis(500)),
            (busy, Some("Wed, 21 Oct 2015 07:28:00 GMT"), 0, millis(0)),
            (busy, Some("Mon, 21 Oct 2999 07:28:00 GMT"), 0, None),
            (StatusCode::INTERNAL_SERVER_ERROR, Some("1"), 0, None),
            (StatusCode::UNAUTHORIZED, Some("1"), 0, None),
            (StatusCode::OK, None, 0, None),
        ];
        for (status, header, failed, expected) in rows {
            let mut headers = HeaderMap::new();
            if let Some(header) = header {
                headers.insert(RETRY_AFTER, header.parse().unwrap());
            }
            assert_eq!(wait(status, &headers, failed), expected, "{status} {header:?}");
        }
    }
}
