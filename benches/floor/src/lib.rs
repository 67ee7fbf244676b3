//! What no policy can be quicker than: it finds the object in the request and hands it back as it came.
//!
//! - What is it for? `cargo xtask bench` measures the policy against it, on the same payloads, in the same
//!   runtime, built the same way.
//! - What does it read? The whole payload, once: `object` and `oldObject` are borrowed, everything else is
//!   skipped, the settings too.

use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct Payload<'p> {
    #[serde(borrow)]
    request: Request<'p>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request<'p> {
    #[serde(borrow)]
    object: Option<&'p RawValue>,
    #[serde(borrow, rename = "oldObject")]
    _old_object: Option<&'p RawValue>,
}

/// Answers `validate`: accepted, and the request's object as the mutated one.
///
/// # Errors
/// When the payload is not JSON of that shape.
pub fn validate(payload: &[u8]) -> Result<Vec<u8>, serde_json::Error> {
    let payload: Payload<'_> = serde_json::from_slice(payload)?;
    let object = payload.request.object.map_or("null", RawValue::get);
    Ok([r#"{"accepted":true,"mutated_object":"#, object, "}"].concat().into_bytes())
}

#[cfg(target_arch = "wasm32")]
mod guest {
    use kubewarden_policy_sdk::protocol_version_guest;
    use wapc_guest::{CallResult, register_function};

    #[expect(unsafe_code, reason = "waPC finds the module's entry point by its unmangled name")]
    #[unsafe(no_mangle)]
    extern "C" fn wapc_init() {
        register_function("validate", validate);
        register_function("protocol_version", protocol_version_guest);
    }

    fn validate(payload: &[u8]) -> CallResult {
        Ok(crate::validate(payload)?)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_object_is_handed_back() {
        let rows = [
            (
                r#"{"request":{"object":{"a": 1.50}},"settings":{}}"#,
                r#"{"accepted":true,"mutated_object":{"a": 1.50}}"#,
            ),
            (
                r#"{"request":{"oldObject":{"a":1},"object":{"b":2}}}"#,
                r#"{"accepted":true,"mutated_object":{"b":2}}"#,
            ),
        ];
        for (payload, expected) in rows {
            let answer = super::validate(payload.as_bytes()).unwrap();
            assert_eq!(String::from_utf8(answer).unwrap(), expected);
        }
    }
}
