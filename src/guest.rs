//! The waPC entry points and the host calls: the one file that knows the SDK.

use kubewarden_policy_sdk::wapc_guest::{CallResult, host_call, register_function};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

#[expect(unsafe_code, reason = "waPC finds the module's entry point by its unmangled name")]
#[unsafe(no_mangle)]
extern "C" fn wapc_init() {
    register_function("validate", validate);
    register_function("validate_settings", validate_settings);
    register_function("protocol_version", protocol_version);
}

#[expect(clippy::unnecessary_wraps, reason = "the signature is that of a waPC function")]
fn validate(payload: &[u8]) -> CallResult {
    Ok(crate::validate(payload, &mut host, now()))
}

#[expect(clippy::unnecessary_wraps, reason = "the signature is that of a waPC function")]
fn validate_settings(payload: &[u8]) -> CallResult {
    Ok(crate::validate_settings(payload, &mut host, now()))
}

/// The SDK's own (`protocol_version_guest`) says the same, and brings a JSON library with it.
#[expect(clippy::unnecessary_wraps, reason = "the signature is that of a waPC function")]
fn protocol_version(_: &[u8]) -> CallResult {
    Ok(br#""v1""#.to_vec())
}

fn host(
    namespace: &'static str,
    operation: &'static str,
    payload: &[u8],
) -> Result<Vec<u8>, String> {
    host_call("kubewarden", namespace, operation, payload).map_err(|error| {
        let words = error.to_string();
        words.strip_prefix("Host error: ").unwrap_or(&words).to_owned()
    })
}

/// A clock before the epoch reads as the epoch: no certificate is valid then.
fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
