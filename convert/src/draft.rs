//! A policy as it is put together from a source, and as it is written down.

use yaml_serde::{Mapping, Value};

use super::remark::{Remark, Remarks, Weight};
use super::signer::{Signer, field, mapping, texts};
use super::trust::{Group, Trust};
use super::{ConvertError, Converted};
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

impl Draft {
    pub(super) fn new(name: &str, scope: Scope) -> Self {
        Self {
            name: name.to_owned(),
            scope,
            rules: Vec::new(),
            exempt: Vec::new(),
            unmatched: Unmatched::Accept,
            pinning: Pinning::Pin,
            remarks: Remarks::default(),
        }
    }

    /// The policy, converted from `origin`.
    pub(super) fn finish(mut self, origin: &str) -> Result<Converted, ConvertError> {
        let mut said = Said::default();
        let mut rules = Vec::new();
        for rule in std::mem::take(&mut self.rules) {
            rule.write(&mut rules, &mut said);
        }
        let mut settings = Mapping::new();
        if self.pinning == Pinning::Leave {
            settings.extend([field("modifyImagesWithDigest", false)]);
        }
        if self.unmatched == Unmatched::Reject {
            settings.extend([field("unmatchedImages", "reject")]);
        }
        if !self.exempt.is_empty() {
            settings.extend([field("exempt", texts(&self.exempt))]);
        }
        settings.extend([field("rules", Value::Sequence(rules))]);
        let mut policy = Policy::new(&self.name, self.scope, settings)?;
        remark_on_reach(&policy, &mut self.remarks);
        said.comments = said.comments.below("spec.settings");
        Ok(said.finish(&policy.document(), &mut policy.comments, origin, self.remarks))
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
            self.remarks.note(
                "",
                "who must have signed is nested too deeply to be written down; all of them must, here",
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
        for remark in remarks.iter() {
            self.comments.add(path, remark.comment());
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

    /// The document with all that is said, the most important on top.
    pub(super) fn finish(
        mut self,
        document: &Mapping,
        comments: &mut Comments,
        origin: &str,
        mut remarks: Remarks,
    ) -> Converted {
        self.all.extend(remarks.clone());
        super::check::check(document, &mut self.all, &mut remarks);
        let mut head = vec![format!("Converted from {origin}.")];
        let sentences = |weight: Weight, among: &Remarks| {
            let of_weight = among.iter().filter(move |remark| remark.weight == weight);
            of_weight.map(|remark| format!("- {}", remark.sentence())).collect::<Vec<_>>()
        };
        for (title, sentences) in [
            ("THIS POLICY VERIFIES LESS THAN ITS SOURCE:", sentences(Weight::Less, &self.all)),
            ("THIS MUST BE FILLED IN FIRST:", sentences(Weight::Open, &self.all)),
            ("Otherwise than in its source:", sentences(Weight::Note, &remarks)),
        ] {
            if !sentences.is_empty() {
                head.extend([String::new(), title.to_owned()]);
                head.extend(sentences);
            }
        }
        comments.add("", head.join("\n"));
        comments.extend(self.comments);
        let text = crate::yaml::write(document, comments);
        let remarks: Vec<Remark> = self.all.iter().cloned().collect();
        Converted { text, remarks }
    }
}
