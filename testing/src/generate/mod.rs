//! Requests, settings and hosts, made from a seed.

pub mod choices;
pub mod faults;
pub mod fixtures;
pub mod host;
pub mod images;
pub mod json;
pub mod kinds;
pub mod manifests;
mod names;
mod objects;
pub mod pem;
pub mod requests;
pub mod settings;
mod stored;

use choices::Choices;
use host::Host;
use json::{Json, Layout};
use std::time::Duration;

/// What a policy is asked, and the host that it can ask.
#[derive(Clone, Debug)]
pub struct Input {
    /// `validate` or `validate_settings`.
    pub operation: &'static str,
    /// What it is asked with.
    pub payload: Vec<u8>,
    /// Who answers its calls.
    pub host: Host,
}

impl Input {
    /// A request and settings. `now` is the time since the Unix epoch, which some certificates end soon after.
    #[must_use]
    pub fn request(mut choices: Choices, now: Duration) -> Self {
        let choices = &mut choices;
        let settings = if choices.chance(1, 16) {
            settings::doubtful(choices, now)
        } else {
            settings::settings(choices, now)
        };
        let mut payload = vec![("request", requests::request(choices)), ("settings", settings)];
        if choices.chance(1, 4) {
            payload.swap(0, 1);
        }
        let mut payload =
            Json::Map(payload.into_iter().map(|(key, value)| (Json::from(key), value)).collect());
        match choices.below(200) {
            0 => payload = faults::odd(choices),
            1 => payload.members().push(("request".into(), Json::null())),
            2 => payload.members().push((Json::raw("\"settin\\u0067s\""), Json::map())),
            3 => drop(payload.members().pop()),
            _ => {}
        }
        let mut input = Self::new("validate", &payload, choices);
        if choices.chance(1, 400) && !input.payload.is_empty() {
            // No UTF-8: half a letter, or half a surrogate pair.
            let at = choices.below(input.payload.len());
            let bytes = choices.one(&[b"\xff".as_slice(), b"\xc3", b"\xed\xa0\x80"]);
            input.payload.splice(at..at, bytes.iter().copied());
        }
        input
    }

    /// Settings to be validated.
    #[must_use]
    pub fn settings(mut choices: Choices, now: Duration) -> Self {
        let choices = &mut choices;
        let settings = if choices.chance(1, 2) {
            settings::doubtful(choices, now)
        } else {
            settings::settings(choices, now)
        };
        Self::new("validate_settings", &settings, choices)
    }

    fn new(operation: &'static str, payload: &Json, choices: &mut Choices) -> Self {
        let mut layout = match choices.below(3) {
            0 => Layout::Odd(Choices::of_seed(choices.seed())),
            _ => Layout::Compact,
        };
        let payload = payload.written(&mut layout).into_bytes();
        Self { operation, payload, host: Host::any(choices) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_hours(57 * 8_766);

    #[test]
    fn one_seed_is_one_input() {
        for make in [Input::request, Input::settings] {
            for seed in 0..300 {
                let [one, other] = [(); 2].map(|()| make(Choices::of_seed(seed), NOW));
                assert_eq!(format!("{one:?}"), format!("{other:?}"));
            }
        }
    }

    /// Whatever the bytes of a fuzzer are, an input comes of them.
    #[test]
    fn bytes_make_inputs() {
        for bytes in [b"".as_slice(), &[0; 64], &[255; 2000], b"{\"request\":{}}"] {
            let input = Input::request(Choices::of_bytes(bytes), NOW);
            assert!(!input.payload.is_empty());
        }
    }
}
