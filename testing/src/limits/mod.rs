//! What is measured at every limit, by `cargo xtask limits`: the costliest shapes that a request, settings or an answer
//! of the host can have within what is documented.
//!
//! - Who would write them? Nobody in earnest. An object is written by whoever may create a Pod, a manifest of
//!   signatures by whoever may push: what they can make the policy do must end in time. Settings are the
//!   administrator's, and must not take a policy server down either.
//! - What is each called? By the limit, and the shape: `images/components`.

mod answers;
mod objects;
mod reports;
mod requests;
mod settings;
mod signers;
mod text;

use std::fmt;
use std::sync::Arc;

pub use text::DIGEST;

/// One shape at a limit.
#[derive(Debug, Clone)]
pub struct Limit {
    /// What it is called.
    pub name: &'static str,
    /// What is asked of the policy.
    pub operation: &'static str,
    /// What it is given.
    pub payload: String,
    /// What must come of it.
    pub expected: Expected,
    /// Who answers it.
    pub host: Host,
}

/// What the policy must answer. A refusal for another reason is quick, and would pass for a quick policy.
#[derive(Debug, Clone, Copy)]
pub enum Expected {
    /// The object is accepted, or the settings are valid.
    Taken,
    /// Not so, with this in the message.
    Refused(&'static str),
}

/// A host that answers each kind of call always alike.
#[derive(Debug, Clone)]
pub struct Host(Arc<Answers>);

#[derive(Debug, Clone)]
struct Answers {
    verify: Result<String, String>,
    manifest_digest: Result<String, String>,
    manifest: Result<String, String>,
    resource: String,
    config: String,
}

impl Default for Answers {
    fn default() -> Self {
        Self {
            verify: Ok(format!(r#"{{"is_trusted":true,"digest":"{DIGEST}"}}"#)),
            manifest_digest: Ok(format!(r#"{{"digest":"{DIGEST}"}}"#)),
            manifest: Err("Image manifest not found".to_owned()),
            resource: String::new(),
            config: String::new(),
        }
    }
}

impl Host {
    /// The answer to a call.
    ///
    /// # Errors
    /// As a host answers that refuses.
    pub fn answer(
        &self,
        namespace: &str,
        operation: &str,
        question: &[u8],
    ) -> Result<Vec<u8>, String> {
        let answers = &self.0;
        let answer = match (namespace, operation) {
            ("oci", "v2/verify") => answers.verify.clone(),
            // Where the host found no signature, there is none.
            ("oci", "v1/manifest_digest") if question.ends_with(b".sig\"") => {
                Err("OCI API error: manifest unknown".to_owned())
            }
            ("oci", "v1/manifest_digest") => answers.manifest_digest.clone(),
            ("oci", "v1/oci_manifest_config") => Ok(answers.config.clone()),
            ("oci", "v1/oci_manifest") => answers.manifest.clone(),
            ("crypto", "v1/is_certificate_trusted") => Ok(r#"{"trusted":true}"#.to_owned()),
            ("kubernetes", "get_resource") => Ok(answers.resource.clone()),
            _ => Err(format!("{namespace}/{operation} is not answered here")),
        };
        answer.map(String::into_bytes)
    }
}

impl Limit {
    fn request(name: &'static str, payload: String) -> Self {
        Self::new(name, "validate", payload)
    }

    fn settings(name: &'static str, settings: String) -> Self {
        Self::new(name, "validate_settings", settings)
    }

    fn new(name: &'static str, operation: &'static str, payload: String) -> Self {
        let host = Host(Arc::new(Answers::default()));
        Self { name, operation, payload, expected: Expected::Taken, host }
    }

    fn refused(self, message: &'static str) -> Self {
        Self { expected: Expected::Refused(message), ..self }
    }

    fn answered(self, answers: Answers) -> Self {
        Self { host: Host(Arc::new(answers)), ..self }
    }

    /// Whether that answer is the one that must be given.
    #[must_use]
    pub fn is_right(&self, answer: &[u8]) -> bool {
        let answer: serde_json::Value = serde_json::from_slice(answer).unwrap();
        let is_taken = [&answer["accepted"], &answer["valid"]].iter().any(|said| **said == true);
        match self.expected {
            Expected::Taken => is_taken,
            Expected::Refused(message) => {
                !is_taken && answer["message"].as_str().unwrap_or_default().contains(message)
            }
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// Every limit in every shape, in the order that they are shown. They are made when they are asked for: some are large.
pub fn all() -> impl Iterator<Item = Limit> {
    let makers = [
        requests::MAKERS,
        objects::MAKERS,
        settings::MAKERS,
        signers::MAKERS,
        answers::MAKERS,
        reports::MAKERS,
    ];
    makers.into_iter().flatten().map(|make| make())
}

/// Makes one.
type Maker = fn() -> Limit;
