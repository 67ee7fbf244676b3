//! One evaluation: a module, its settings and a host, and a request put to them.
//!
//! - In which order? The settings are validated first; a request is only put to a policy whose settings are
//!   valid.
//! - What if the module fails? Settings count as invalid, a request as refused.

use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant, SystemTime};

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
    /// When the host answers no more.
    pub deadline: Option<Instant>,
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
        let deadline = self.deadline;
        self.module.call(operation, payload, move |namespace, operation, payload| match deadline {
            Some(deadline) => call_until(deadline, &host, [namespace, operation], payload),
            None => host.call(namespace, operation, payload),
        })
    }
}

/// Asks the host, and waits no longer than that; what it knows already it says at any time. Whatever is still
/// under way ends with the process.
fn call_until(
    deadline: Instant,
    host: &Arc<Host>,
    names: [&str; 2],
    payload: &[u8],
) -> Result<Vec<u8>, String> {
    let left = deadline.saturating_duration_since(Instant::now()).max(KNOWN);
    let (sender, receiver) = mpsc::channel();
    let (host, payload) = (Arc::clone(host), payload.to_vec());
    let [namespace, operation] = names.map(ToOwned::to_owned);
    std::thread::spawn(move || {
        // Nobody listens any more when time is up.
        let _ = sender.send(host.call(&namespace, &operation, &payload));
    });
    receiver.recv_timeout(left).unwrap_or_else(|_| Err(NO_TIME.to_owned()))
}

/// What is known is said in less.
const KNOWN: Duration = Duration::from_millis(100);
/// As the policy reads it, a time-out.
pub(crate) const NO_TIME: &str = "timed out: the time of --timeout is over";

/// The protocol that a module speaks.
///
/// # Errors
/// When the module cannot say.
pub fn protocol_version(module: &Module) -> Result<ProtocolVersion, String> {
    let no_host = |_: &str, _: &str, _: &[u8]| Err("host calls are not possible here".to_owned());
    let answer =
        module.call("protocol_version", &[], no_host).map_err(|error| error.to_string())?;
    serde_json::from_slice(&answer).map_err(|error| error.to_string())
}

/// The time since the Unix epoch.
#[must_use]
pub fn now() -> Duration {
    SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default()
}
