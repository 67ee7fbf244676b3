//! The metadata that a policy module carries: what it reviews, what it needs from the host, who made it.
//!
//! - Where is it? In the custom section `io.kubewarden.metadata`, as JSON; its source is `metadata.yml`.
//! - Which fields? Those that Kubewarden's hosts read. A key that is not one of them is refused here, since
//!   a host would silently pass over it.
//! - What is checked? What `kwctl annotate` checks: the rules as the API server would check a webhook's
//!   ([`rules`]), the host capabilities by name ([`crate::capabilities`]), the protocol version.

use std::collections::{BTreeMap, BTreeSet};

use kubewarden_policy_sdk::metadata::ProtocolVersion;
use serde::{Deserialize, Serialize};

use crate::capabilities::{self, CapabilityError};

pub mod annotations;
pub mod rules;
pub mod section;

use rules::{Rule, RuleError};

/// A policy's metadata, with the fields in the order in which Kubewarden writes them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, expecting = "a map of metadata fields")]
pub struct Metadata {
    /// The protocol the module speaks; found out from the module itself.
    pub protocol_version: Option<ProtocolVersion>,
    /// What is sent to the policy.
    pub rules: Vec<Rule>,
    /// Title, author, README and so on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotations: Option<BTreeMap<String, String>>,
    /// Whether the policy changes objects.
    pub mutating: bool,
    /// Whether the audit scanner runs it.
    #[serde(default = "yes")]
    pub background_audit: bool,
    /// How the module is run.
    #[serde(default)]
    pub execution_mode: ExecutionMode,
    /// What kind of requests it understands.
    #[serde(default)]
    pub policy_type: PolicyType,
    /// The Kubernetes objects that it may read.
    #[serde(default)]
    pub context_aware_resources: BTreeSet<ContextAwareResource>,
    /// The host calls that it makes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_capabilities: Option<BTreeSet<String>>,
    /// The oldest Kubewarden that can run it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum_kubewarden_version: Option<semver::Version>,
}

/// How a module is run. This command runs waPC modules only.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExecutionMode {
    /// A waPC module of Kubewarden's.
    #[default]
    KubewardenWapc,
}

/// What kind of requests a policy understands. This command sends admission requests only.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PolicyType {
    /// Kubernetes' admission requests.
    #[default]
    Kubernetes,
}

/// A kind of Kubernetes objects that a policy may read through the host.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(
    rename_all = "camelCase",
    deny_unknown_fields,
    expecting = "a map with apiVersion and kind"
)]
pub struct ContextAwareResource {
    /// `v1`, `apps/v1`, …
    pub api_version: String,
    /// `ConfigMap`, …
    pub kind: String,
}

/// Why metadata was refused.
#[derive(Debug, thiserror::Error)]
pub enum MetadataError {
    /// The text is not YAML, or a field is unknown, missing or of the wrong type.
    #[error("{0}")]
    Malformed(#[from] yaml_serde::Error),
    /// There is no rule, so the policy would never be called.
    #[error("rules: at least one rule is needed")]
    NoRules,
    /// A rule that the API server would refuse.
    #[error("rules[{index}].{source}")]
    Rule {
        /// Which one, from 0.
        index: usize,
        /// What is wrong with it.
        source: RuleError,
    },
    /// A resource without a version or a kind.
    #[error("contextAwareResources: apiVersion and kind must not be empty")]
    EmptyResource,
    /// A host capability that no host has.
    #[error("hostCapabilities: {0}")]
    Capability(#[from] CapabilityError),
    /// The module does not say which protocol it speaks.
    #[error("protocolVersion: the module must answer `protocol_version` with `v1`")]
    Protocol,
}

impl Metadata {
    /// Reads `metadata.yml`.
    ///
    /// ```
    /// use signed_images::metadata::Metadata;
    ///
    /// let yaml = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../metadata.yml"));
    /// assert!(Metadata::parse(yaml).unwrap().mutating);
    /// let error = Metadata::parse("{rules: [], mutating: true}").unwrap_err();
    /// assert_eq!(error.to_string(), "rules: at least one rule is needed");
    /// ```
    ///
    /// # Errors
    /// When the text is not YAML, or does not describe a policy.
    pub fn parse(yaml: &str) -> Result<Self, MetadataError> {
        let metadata: Self = yaml_serde::from_str(yaml)?;
        metadata.check().map(|()| metadata)
    }

    fn check(&self) -> Result<(), MetadataError> {
        if self.rules.is_empty() {
            return Err(MetadataError::NoRules);
        }
        for (index, rule) in self.rules.iter().enumerate() {
            rule.check().map_err(|source| MetadataError::Rule { index, source })?;
        }
        let is_incomplete = |resource: &ContextAwareResource| {
            resource.api_version.is_empty() || resource.kind.is_empty()
        };
        if self.context_aware_resources.iter().any(is_incomplete) {
            return Err(MetadataError::EmptyResource);
        }
        for name in self.host_capabilities.iter().flatten() {
            capabilities::check(name)?;
        }
        Ok(())
    }

    /// Completes the metadata with what is found out when a module is annotated.
    ///
    /// # Errors
    /// When the module's protocol is not known.
    pub fn complete(
        mut self,
        protocol: ProtocolVersion,
        usage: Option<String>,
    ) -> Result<Self, MetadataError> {
        if protocol == ProtocolVersion::Unknown {
            return Err(MetadataError::Protocol);
        }
        self.protocol_version = Some(protocol);
        if let Some(usage) = usage {
            self.annotations.get_or_insert_default().insert(annotations::USAGE.to_owned(), usage);
        }
        Ok(self)
    }
}

const fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINIMAL: &str = "rules:\n- {apiGroups: [''], apiVersions: [v1], resources: [pods], operations: [CREATE]}\nmutating: true\n";

    #[test]
    fn written_as_kubewarden_writes_it() {
        let metadata = Metadata::parse(MINIMAL)
            .unwrap()
            .complete(ProtocolVersion::V1, Some("# Usage".to_owned()))
            .unwrap();
        assert_eq!(
            serde_json::to_string(&metadata).unwrap(),
            r##"{"protocolVersion":"v1","rules":[{"apiGroups":[""],"apiVersions":["v1"],"resources":["pods"],"operations":["CREATE"]}],"annotations":{"io.kubewarden.policy.usage":"# Usage"},"mutating":true,"backgroundAudit":true,"executionMode":"kubewarden-wapc","policyType":"kubernetes","contextAwareResources":[]}"##
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        let rows = [
            ("rules: []\nmutating: false\n", "rules: at least one rule is needed"),
            ("mutating: false\n", "missing field `rules`"),
            (&MINIMAL.replace("[pods]", "[]"), "rules[0].resources: must not be empty"),
            (
                &MINIMAL.replace("[v1]", "[v1, '*']"),
                "rules[0].apiVersions: `*` stands for every value, so it must stand alone",
            ),
            (
                &MINIMAL.replace("CREATE", "create"),
                "rules[0].operations[0]: unknown variant `create`",
            ),
            (&format!("{MINIMAL}mutatin: true\n"), "unknown field `mutatin`"),
            (
                &format!("{MINIMAL}hostCapabilities: [oci/v3/verify]\n"),
                "hostCapabilities: `oci/v3/verify`",
            ),
            (&format!("{MINIMAL}executionMode: opa\n"), "executionMode: unknown variant `opa`"),
            (
                &format!("{MINIMAL}contextAwareResources: [{{apiVersion: v1, kind: ''}}]\n"),
                "contextAwareResources: ",
            ),
            ("rules: [", "line 2 column 1"),
        ];
        for (text, expected) in rows {
            let message = Metadata::parse(text).unwrap_err().to_string();
            assert!(message.contains(expected), "{text}: {message}");
        }
    }
}
