//! The waPC entry points, and the one function by which the stages call the host.

use crate::response::LogLine;
use kubewarden_policy_sdk::protocol_version_guest;
use serde::Serialize;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use wapc_guest::{CallResult, host_call, register_function};

#[expect(unsafe_code, reason = "waPC finds the module's entry point by its unmangled name")]
#[unsafe(no_mangle)]
extern "C" fn wapc_init() {
    register_function("validate", validate);
    register_function("validate_settings", validate_settings);
    register_function("protocol_version", protocol_version_guest);
}

#[expect(clippy::unnecessary_wraps, reason = "the signature is that of a waPC function")]
fn validate(payload: &[u8]) -> CallResult {
    Ok(crate::validate(payload, &mut host, &mut log, now()))
}

#[expect(clippy::unnecessary_wraps, reason = "the signature is that of a waPC function")]
fn validate_settings(payload: &[u8]) -> CallResult {
    Ok(crate::validate_settings(payload, &mut host, now()))
}

fn host(
    namespace: &'static str,
    operation: &'static str,
    payload: &[u8],
) -> Result<Vec<u8>, String> {
    host_call("kubewarden", namespace, operation, payload)
        .map_err(|error| crate::host::error::words(&error.to_string()))
}

/// What the host's `tracing/log` takes: a level, a message, and whatever stands beside them for programs.
#[derive(Serialize)]
struct Event<'l> {
    level: &'static str,
    policy: &'static str,
    message: &'l str,
    image: &'l str,
    rule: &'l str,
    reason: &'static str,
}

/// A line that the host does not take is lost: the answer says the same.
fn log(line: &LogLine) {
    let LogLine { message, image, rule, reason } = line;
    let event =
        Event { level: "warning", policy: "signed-images-policy", message, image, rule, reason };
    if let Ok(event) = serde_json::to_vec(&event) {
        host("tracing", "log", &event).ok();
    }
}

/// A clock before the epoch reads as the epoch: no certificate is valid then.
fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
