//! A policy as it is put together from a source.

use yaml_serde::{Mapping, Value};

use super::head;
use super::remark::{Remark, Remarks, Weight};
use super::signer::{Signer, field, mapping, texts};
use super::trust::{Group, Trust};
use super::workload::Workload;
use super::{ConvertError, Converted, Options};
use crate::manifest::{Policy, Scope};
use crate::yaml::{Comments, join};

/// A policy of this module in the making.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) name: String,
    pub(super) scope: Scope,
    pub(super) rules: Vec<DraftRule>,
    pub(super) exempt: Vec<String>,
    pub(super) unmatched: Unmatched,
    pub(super) pinning: Pinning,
    pub(super) workloads: Vec<Workload>,
    /// On the policy as a whole.
    pub(super) remarks: Remarks,
}

/// A rule in the making.
#[derive(Debug)]
pub(super) struct DraftRule {
    pub(super) name: String,
    pub(super) images: Vec<String>,
    pub(super) exclude: Vec<String>,
    pub(super) enforcement: Enforcement,
    pub(super) trust: Trust,
    pub(super) remarks: Remarks,
}

/// What becomes of an image that does not satisfy a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Enforcement {
    Reject,
    Warn,
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
        let settings = self.settings(rules);
        let name = options.name.as_ref().unwrap_or(&self.name);
        let mut policy = Policy::new(name, self.scope, settings)?;
        policy.mode = options.mode.unwrap_or_else(|| options.mode_of_another(&self.name));
        if let Some(module) = &options.module {
            policy.module.clone_from(module);
        }
        for workload in &self.workloads {
            policy.rules.push(workload.rule());
        }
        remark_on_reach(&policy, &mut self.remarks);
        said.comments = said.comments.below("spec.settings");
        said.comments.add("spec.settings.unchangedImages", UNCHANGED);
        Ok(said.finish(&policy.document(), &mut policy.comments, (title, origin), self.remarks))
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
fn remark_on_reach(policy: &Policy, remarks: &mut Remarks) {
    let objects = policy.key_objects();
    if let Scope::Namespace(_) = policy.scope {
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

impl DraftRule {
    fn write(mut self, rules: &mut Vec<Value>, said: &mut Said) {
        let trust = self.trust.clone();
        let groups = self.trust.groups(&mut self.remarks).or_else(|_| {
            self.remarks.stricter(
                "",
                format!(
                    "who must have signed for rule `{}` is nested too deeply to be written down; all of them \
                     must, here",
                    self.name
                ),
            );
            Trust::all(trust.signers()).groups(&mut self.remarks)
        });
        let (all, any): (Vec<Group>, Vec<Group>) =
            groups.unwrap_or_default().into_iter().partition(Group::is_all);
        let (mut all, mut any) = (all.into_iter(), any.into_iter());
        for part in 1.. {
            let (all_of, any_of) = (all.next(), any.next());
            if all_of.is_none() && any_of.is_none() {
                break;
            }
            let path = format!("rules[{}]", rules.len());
            let name = match part {
                1 => self.name.clone(),
                part => format!("{} ({part})", self.name),
            };
            if part == 1 {
                said.remarks(&path, &self.remarks);
            }
            let mut fields =
                Mapping::from_iter([field("name", name), field("images", texts(&self.images))]);
            if !self.exclude.is_empty() {
                fields.extend([field("exclude", texts(&self.exclude))]);
            }
            if self.enforcement == Enforcement::Warn {
                fields.extend([field("enforcement", "warn")]);
            }
            if let Some(group) = all_of {
                fields
                    .extend([field("allOf", said.signers(&join(&path, "allOf"), &group.signers))]);
            }
            if let Some(group) = any_of {
                let signers = said.signers(&join(&path, "anyOf.signatures"), &group.signers);
                let minimum = u64::try_from(group.minimum).unwrap_or(u64::MAX);
                let any_of = [field("minimumMatches", minimum), field("signatures", signers)];
                fields.extend([field("anyOf", mapping(any_of))]);
            }
            rules.push(Value::Mapping(fields));
        }
    }
}

/// What was said, and where.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) comments: Comments,
    all: Remarks,
}

impl Said {
    /// Remarks on the element at that path of the output.
    pub(super) fn remarks(&mut self, path: &str, remarks: &Remarks) {
        let known: Vec<&Remark> = self.all.iter().collect();
        for remark in remarks.iter().filter(|remark| !known.contains(remark)) {
            if let Some(comment) = remark.comment() {
                self.comments.add(path, comment);
            }
        }
        self.all.extend(remarks.clone());
    }

    fn signers(&mut self, path: &str, signers: &[Signer]) -> Value {
        let mut elements = Vec::new();
        for (index, signer) in signers.iter().enumerate() {
            self.remarks(&format!("{path}[{index}]"), &signer.remarks);
            elements.push(signer.settings());
        }
        Value::Sequence(elements)
    }

    /// The document with all that is said on top, the most important first. Of a source, its title and its origin.
    pub(super) fn finish(
        mut self,
        document: &Mapping,
        comments: &mut Comments,
        (title, origin): (&str, &str),
        mut remarks: Remarks,
    ) -> Converted {
        self.all.extend(std::mem::take(&mut remarks));
        super::check::check(document, &mut self.all);
        let mut all: Vec<Remark> = self.all.of(title).iter().cloned().collect();
        all.sort_by_key(|remark| remark.weight);
        comments.add("", head::text(origin, &all));
        comments.extend(self.comments);
        let name = document.get("metadata").and_then(|metadata| metadata.get("name"));
        Converted {
            name: name.and_then(Value::as_str).unwrap_or_default().to_owned(),
            text: crate::yaml::write(document, comments),
            remarks: all,
        }
    }
}

/// How heavy what is said of a policy is.
pub(super) fn heaviest(remarks: &[Remark]) -> Option<Weight> {
    remarks.iter().map(|remark| remark.weight).min()
}
