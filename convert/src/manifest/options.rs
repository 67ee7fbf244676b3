//! What whoever asks for a manifest wants to be otherwise, or to be there.

use super::Mode;
use super::selector::Requirement;

/// What the options of `policy` and `convert` say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The policy's name; without one, that of its source.
    pub name: Option<String>,
    /// The only namespace that it is for.
    pub namespace: Option<String>,
    /// Without one, what the source says; of another name, it monitors.
    pub mode: Option<Mode>,
    /// Where its module is; without one, where this version's is published.
    pub module: Option<String>,
    /// The policy server that runs it; without one, that of its source, or Kubewarden's default.
    pub policy_server: Option<String>,
    /// What namespaces must be, beside what the source says of them.
    pub namespaces: Vec<Requirement>,
    /// Without one, what the source says, or Kubewarden's default.
    pub failure_policy: Option<FailurePolicy>,
    /// Whether the audit scanner uses it.
    pub background_audit: Option<bool>,
}

impl Options {
    /// The options, for what is called `name` in its source: what has another name stands beside it, and monitors.
    #[must_use]
    pub(crate) fn for_source(&self, name: &str) -> Self {
        let is_another = self.name.as_deref().is_some_and(|another| another != name);
        let name = self.name.clone().unwrap_or_else(|| name.to_owned());
        let mode = self.mode.or_else(|| is_another.then_some(Mode::Monitor));
        Self { name: Some(name), mode, ..self.clone() }
    }
}

/// What becomes of a request when no policy server answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailurePolicy {
    /// It is rejected.
    Fail,
    /// It is admitted without a check.
    Ignore,
}

impl FailurePolicy {
    /// As Kubernetes calls it.
    #[must_use]
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Fail => "Fail",
            Self::Ignore => "Ignore",
        }
    }
}
