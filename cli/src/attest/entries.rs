//! Whose signature a report must have, as the settings say it: the entries of `attestations` that it would be read for.
//!
//! - Who verifies? The policy's own library, with the rule's signers for this report, as it does in a cluster.
//! - Which entries? Those of the rules that match the image, with the same type, name and repository. All of them.

use oci_client::Reference;
use signed_images_policy::image::names::ImageNames;
use signed_images_policy::image::reference::Reference as ImageReference;
use signed_images_policy::policy::plan::Rules;
use signed_images_policy::policy::predicate_type::PredicateType;
use signed_images_policy::policy::requirements::Attestation;
use signed_images_policy::policy::rule::{Enforcement, Rule};
use signed_images_policy::verify::outcome::Reason;
use signed_images_policy::verify::verifier::{Verified, Verifier};

use super::place::{self, Name};
use super::signer::Unverified;
use crate::evaluation::now;
use crate::host::Live;

/// Rules that ask for the signatures of one report, and for nothing else.
#[derive(Debug)]
pub(crate) struct Entries(Vec<Rule>);

/// Why the settings do not say who signs.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EntriesError {
    #[error("image `{image}`: {reason}")]
    Image { image: String, reason: String },
    #[error(
        "no rule that `{image}` matches needs the report `{wanted}`; they need {known}: use the same --type, --name \
         and --repository"
    )]
    NotAsked { image: String, wanted: String, known: String },
}

impl Entries {
    /// The entries that ask for a report of this type about this image, in that repository.
    pub(crate) fn of(
        rules: Rules,
        (subject, repository): (&Reference, &Reference),
        (predicate_type, name): (&PredicateType, Option<&Name>),
    ) -> Result<Self, EntriesError> {
        let image = subject.whole();
        let reference = ImageReference::parse(&image).map_err(|error| EntriesError::Image {
            image: image.clone(),
            reason: error.to_string(),
        })?;
        let wanted = place::tag(subject, predicate_type, name);
        let name = name.map_or_else(|| predicate_type.default_name(), |Name(name)| name.clone());
        let is_it = |entry: &Attestation| {
            entry.predicate_type == *predicate_type
                && entry.name == name
                && is_in(entry, subject, repository)
        };
        let matching: Vec<String> = rules
            .matching(&ImageNames::new(reference))
            .iter()
            .map(|rule| rule.place.to_string())
            .collect();
        let (mut entries, mut known) = (Vec::new(), Vec::new());
        let matches = |rule: &Rule| matching.contains(&rule.place.to_string());
        for mut rule in rules.rules.into_iter().filter(matches) {
            let asked = std::mem::take(&mut rule.requirements).attestations;
            known.extend(asked.iter().map(|entry| format!("`{entry}`")));
            if let Some(entry) = asked.into_iter().find(is_it) {
                entries.push(Rule { trust: entry.trust, enforcement: Enforcement::Reject, ..rule });
            }
        }
        if entries.is_empty() {
            let known = if known.is_empty() { "nothing".to_owned() } else { known.join(", ") };
            return Err(EntriesError::NotAsked { image, wanted, known });
        }
        Ok(Self(entries))
    }

    /// Whether their signers signed the report.
    pub(super) fn verify(&self, report: &str, digest: &str, live: &Live) -> Result<(), Unverified> {
        let refused = |reason: String| Unverified::Entry { report: report.to_owned(), reason };
        let reference =
            ImageReference::parse(report).map_err(|error| refused(error.to_string()))?;
        let rules: Vec<&Rule> = self.0.iter().collect();
        let mut call = |namespace: &'static str, operation: &'static str, payload: &[u8]| {
            live.call(namespace, operation, payload)
        };
        match Verifier::new(&mut call, now()).verify(&reference, &rules) {
            Verified::Yes { pinned, .. } if pinned.digest().as_str() == digest => Ok(()),
            Verified::Yes { .. } => Err(Unverified::Digest { report: report.to_owned() }),
            Verified::No(refusal) => Err(match refusal.reason {
                Reason::NotSigned { .. } => Unverified::Unsigned { report: report.to_owned() },
                reason => refused(reason.to_string()),
            }),
            Verified::Tolerated(_) | Verified::NotLookedAt => {
                Err(refused("it was not checked".to_owned()))
            }
        }
    }
}

/// Whether the policy looks for the report there.
fn is_in(entry: &Attestation, image: &Reference, repository: &Reference) -> bool {
    let parsed = |of: &Reference| ImageReference::parse(&place::written(of)).ok();
    let same = |a: &ImageReference, b: &ImageReference| {
        (a.registry(), a.repository()) == (b.registry(), b.repository())
    };
    let Some(here) = parsed(repository) else { return false };
    match &entry.repository {
        Some(there) => same(there, &here),
        None => parsed(image).is_some_and(|image| same(&image, &here)),
    }
}
