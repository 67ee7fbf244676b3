//! One evaluation: a module, its settings and a host, and a request put to them.
//!
//! - In which order? The settings are validated first; a request is only put to a policy whose settings are
//!   valid.
//! - What if the module fails? Settings count as invalid, a request as refused.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use kubewarden_policy_sdk::metadata::ProtocolVersion;
use kubewarden_policy_sdk::settings::SettingsValidationResponse;

use crate::answer::Answer;
use crate::host::Host;
use crate::module::{Module, ModuleError};
use crate::request::Request;
use crate::settings::Settings;

/// A policy that can be asked.
#[derive(Debug)]
pub struct Evaluation {
    /// The policy.
    pub module: Module,
    /// What it is set to.
    pub settings: Settings,
    /// Who answers its calls.
    pub host: Arc<Host>,
}

impl Evaluation {
    /// Asks the policy whether its settings are valid.
    ///
    /// # Errors
    /// What is wrong with them, in the policy's words.
    pub fn validate_settings(&self) -> Result<(), String> {
        let answer = self
            .call("validate_settings", self.settings.json().as_bytes())
            .map_err(|error| format!("Error invoking settings validation callback: {error}"))?;
        let answer: SettingsValidationResponse = serde_json::from_slice(&answer)
            .map_err(|error| format!("invalid response from policy: {error}"))?;
        if answer.valid {
            self.settings.warn_of_oddities();
            return Ok(());
        }
        Err(answer.message.unwrap_or_default())
    }

    /// Puts a request to the policy.
    #[must_use]
    pub fn validate(&self, request: &Request) -> Answer {
        let payload =
            format!(r#"{{"request":{},"settings":{}}}"#, request.raw.get(), self.settings.json());
        match self.call("validate", payload.as_bytes()) {
            Ok(answer) => Answer::new(request, &answer),
            Err(error) => Answer::internal_error(request, &error.to_string()),
        }
    }

    fn call(&self, operation: &str, payload: &[u8]) -> Result<Vec<u8>, ModuleError> {
        let host = Arc::clone(&self.host);
        self.module.call(operation, payload, move |namespace, operation, payload| {
            host.call(namespace, operation, payload)
        })
    }
}

/// The protocol that a module speaks.
///
/// # Errors
/// When the module cannot say.
pub fn protocol_version(module: &Module) -> Result<ProtocolVersion, String> {
    let no_host = |_: &str, _: &str, _: &[u8]| Err("no host call is answered here".to_owned());
    let answer =
        module.call("protocol_version", &[], no_host).map_err(|error| error.to_string())?;
    serde_json::from_slice(&answer).map_err(|error| error.to_string())
}

/// The time since the Unix epoch.
#[must_use]
pub fn now() -> Duration {
    SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default()
}
