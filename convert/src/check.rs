//! The settings of a converted policy, put to the policy itself.
//!
//! - Why, when they were made here? What cannot be used (an expired certificate, a key of an unsupported
//!   kind) was in the source already; it is better said now than by the cluster.
//! - And chains of certificates? The host judges them when the policy is set up.

use std::time::SystemTime;

use serde::Deserialize;
use yaml_serde::{Mapping, Value};

use super::remark::{Remarks, Weight};

#[derive(Deserialize)]
struct Answer {
    valid: bool,
    message: Option<String>,
}

/// Says what is wrong with the settings, if nothing was said that explains it.
pub(super) fn check(document: &Mapping, said: &mut Remarks) {
    let is_open = said.iter().any(|remark| remark.weight == Weight::Open);
    let settings = document.get("spec").and_then(|spec| spec.get("settings"));
    if let Some(message) = settings.and_then(fault)
        && !is_open
    {
        said.open("", format!("the settings are refused as they are: {message}"));
    }
}

/// What is wrong with settings.
pub(super) fn fault(settings: &Value) -> Option<String> {
    let payload = match serde_json::to_vec(settings) {
        Ok(payload) => payload,
        Err(error) => return Some(error.to_string()),
    };
    let trusting: &mut signed_images_policy::host::Host<'_> =
        &mut |_, _, _| Ok(br#"{"trusted":true,"reason":""}"#.to_vec());
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    let answer = signed_images_policy::validate_settings(&payload, trusting, now);
    match serde_json::from_slice::<Answer>(&answer) {
        Ok(Answer { valid: true, .. }) => None,
        Ok(Answer { message, .. }) => Some(message.unwrap_or_default()),
        Err(error) => Some(error.to_string()),
    }
}
