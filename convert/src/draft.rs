//! A policy as it is put together from a source.

mod rule;
mod said;

pub(super) use self::rule::DraftRule;
pub(super) use self::said::Said;

use yaml_serde::{Mapping, Value};

use super::attestation::PUBLISH;
use super::remark::{Remark, Remarks, Weight};
use super::signer::{field, texts};
use super::workload::Workload;
use super::{ConvertError, Converted, Options};
use crate::asked;
use crate::manifest::{FailurePolicy, Policy, Scope, Webhook};
use crate::yaml::join;

/// A policy of this module in the making.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) name: String,
    pub(super) scope: Scope,
    pub(super) webhook: Webhook,
    pub(super) rules: Vec<DraftRule>,
    pub(super) exempt: Vec<String>,
    pub(super) unmatched: Unmatched,
    pub(super) pinning: Pinning,
    pub(super) workloads: Vec<Workload>,
    /// On the policy as a whole.
    pub(super) remarks: Remarks,
}

/// What becomes of an image that does not satisfy a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Enforcement {
    Reject,
    Warn,
}

/// What Kyverno's `failurePolicy` comes to. It is also about images that cannot be checked; here, those are rejected.
pub(super) fn failure_policy(given: &str, path: &str, remarks: &mut Remarks) -> FailurePolicy {
    if given != "Ignore" {
        return FailurePolicy::Fail;
    }
    let text = "an image that cannot be checked is rejected here; requests are let in when no policy server answers";
    remarks.stricter(path, text);
    FailurePolicy::Ignore
}

/// What becomes of an image that no rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unmatched {
    Accept,
    Reject,
}

/// Whether verified images are pinned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pinning {
    Pin,
    Leave,
}

impl Pinning {
    /// What Kyverno's `mutateDigest` and `verifyDigest` come to, which are on unless they are off.
    pub(super) fn of(
        mutate_digest: Option<bool>,
        verify_digest: Option<bool>,
        path: &str,
        remarks: &mut Remarks,
    ) -> Self {
        let mutates = mutate_digest != Some(false);
        let verifies = verify_digest != Some(false);
        match (mutates, verifies) {
            (true, _) => Self::Pin,
            (false, true) => {
                let text = "is off: an image without a digest is refused there; here it is let in when it is signed, and \
                            pinned to the digest that was verified";
                remarks.less(&join(path, "mutateDigest"), text);
                Self::Pin
            }
            (false, false) => Self::Leave,
        }
    }
}

/// Above `unchangedImages`, where the source verifies at every update.
pub(super) const UNCHANGED: &str = "as in its source, an update verifies the images that it leaves alone, too; `skip` \
     spares them";

impl Draft {
    pub(super) fn new(name: &str, scope: Scope) -> Self {
        Self {
            name: name.to_owned(),
            scope,
            webhook: Webhook::default(),
            rules: Vec::new(),
            exempt: Vec::new(),
            unmatched: Unmatched::Accept,
            pinning: Pinning::Pin,
            workloads: Vec::new(),
            remarks: Remarks::default(),
        }
    }

    /// The policy, converted from `origin`, which is called `title`.
    pub(super) fn finish(
        mut self,
        title: &str,
        origin: &str,
        options: &Options,
    ) -> Result<Converted, ConvertError> {
        let mut said = Said::default();
        let mut rules = Vec::new();
        for rule in std::mem::take(&mut self.rules) {
            rule.write(&mut rules, &mut said);
        }
        if rules.iter().any(|rule| rule.get("attestations").is_some()) {
            self.remarks.stricter("", PUBLISH);
        }
        let settings = self.settings(rules);
        let options = options.for_source(&self.name);
        let mut policy = Policy::new(&self.name, self.scope, settings)?;
        policy.webhook = self.webhook;
        policy.mode = options.mode.unwrap_or_default();
        for workload in &self.workloads {
            policy.rules.push(workload.rule());
        }
        let document = asked::change(policy.document(), &options, &mut self.remarks)?;
        remark_on_reach(&policy, options.namespace.is_some(), &mut self.remarks);
        said.comments = said.comments.below("spec.settings");
        said.comments.add("spec.settings.unchangedImages", UNCHANGED);
        Ok(said.finish(&document, &mut policy.comments, (title, origin), self.remarks))
    }

    fn settings(&self, rules: Vec<Value>) -> Mapping {
        let mut settings = Mapping::new();
        if self.pinning == Pinning::Leave {
            settings.extend([field("modifyImagesWithDigest", false)]);
        }
        if self.unmatched == Unmatched::Reject {
            settings.extend([field("unmatchedImages", "reject")]);
        }
        settings.extend([field("unchangedImages", "verify")]);
        if !self.exempt.is_empty() {
            settings.extend([field("exempt", texts(&self.exempt))]);
        }
        let custom: Vec<Value> = self.workloads.iter().filter_map(Workload::settings).collect();
        if !custom.is_empty() {
            settings.extend([field("extraWorkloads", custom)]);
        }
        if !rules.is_empty() {
            settings.extend([field("rules", rules)]);
        }
        settings
    }
}

/// A policy of one namespace may do less than one of the cluster.
fn remark_on_reach(policy: &Policy, is_put_into_one: bool, remarks: &mut Remarks) {
    let objects = policy.key_objects();
    if is_put_into_one || matches!(policy.scope, Scope::Namespace(_)) {
        remarks.note(
            "",
            "a policy of one namespace asks its policy server: allow it the host capabilities `oci/*` \
             and `crypto/*` in `namespacedPoliciesCapabilities`",
        );
        if !objects.is_empty() {
            remarks.open(
                "",
                "a policy of one namespace cannot read keys from the cluster: write the keys themselves",
            );
        }
    } else if objects.contains(&"Secret") {
        remarks.note(
            "",
            "keys are read from Secrets: let the policy server's service account `get` them by a Role \
             in their namespaces",
        );
    }
}

/// How heavy what is said of a policy is.
pub(super) fn heaviest(remarks: &[Remark]) -> Option<Weight> {
    remarks.iter().map(|remark| remark.weight).min()
}
