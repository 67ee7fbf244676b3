//! Why an image is refused: in words, as a code, and what to try.

use super::outcome::Outcome;
use crate::host::error::{first_line, is_absent, is_timeout};
use crate::verify::outcome::{Reason, Shortfall};
use std::fmt;

/// The code of a capability that the policy server withholds.
pub(super) const WITHHELD: &str = "capability-withheld";

impl Reason {
    /// The reason as audit annotations and the log have it, for programs to read.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotSigned { .. } => "not-signed",
            Self::InvalidSignatures => "invalid-signatures",
            Self::TooFewSigners { .. } => "too-few-signers",
            Self::Unchecked(_) => "not-checked",
            Self::Withheld(_) => WITHHELD,
            Self::Moved { .. } => "tag-moved",
            Self::Signer(..) => "signer-unusable",
            Self::Unmet(unmet) => unmet.code(),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSigned { has_referrers: false } => f.write_str("not signed"),
            Self::NotSigned { has_referrers: true } => f.write_str(
                "not signed in a format that can be verified here; something refers to the image, perhaps a Sigstore bundle",
            ),
            Self::InvalidSignatures => f.write_str(
                "there are signatures, but none is valid: they are for another image, from an authority that the \
                 policy server does not trust, or not signatures at all",
            ),
            Self::TooFewSigners { agreed, needed, missing, .. } => {
                write!(
                    f,
                    "signed, but not by enough of the signers: {agreed} of {needed} signed, missing "
                )?;
                match missing.as_slice() {
                    [] => f.write_str("another signer: the others count as one with those"),
                    missing => f.write_str(&missing.join(", ")),
                }
            }
            Self::Unchecked(words) => {
                let absent = if is_absent(words) { "there is no such image: " } else { "" };
                write!(f, "could not be checked: {absent}{}", first_line(words))
            }
            Self::Withheld(words) => write!(
                f,
                "could not be checked, the policy server does not grant a host capability: {}",
                first_line(words)
            ),
            Self::Moved { expected, answered } => write!(
                f,
                "the tag moved while it was verified: asked about {expected}, got an answer about {answered}"
            ),
            Self::Signer(label, error) => write!(f, "{label} cannot be used: {error}"),
            Self::Unmet(unmet) => unmet.fmt(f),
        }
    }
}

/// What to try, for the refusals at hand.
pub(super) fn hints(outcomes: &[Outcome]) -> Vec<&'static str> {
    let any = |filter: fn(&Reason) -> bool| {
        outcomes
            .iter()
            .any(|outcome| matches!(outcome, Outcome::Refused(refusal) if filter(&refusal.reason)))
    };
    let mut hints = Vec::new();
    if any(|reason| matches!(reason, Reason::NotSigned { .. })) {
        hints.push(
            "hint: sign the image: `cosign sign --key … IMAGE@DIGEST`, or without `--key` to sign as an identity; \
             with cosign 3, add `--new-bundle-format=false --use-signing-config=false`",
        );
    }
    if any(|reason| matches!(reason, Reason::NotSigned { has_referrers: true })) {
        hints.push(
            "hint: policy servers up to 1.36 cannot read bundles, newer ones read only bundles with a certificate, \
             and a `pattern` needs a tag signature; with cosign 3: `cosign sign --new-bundle-format=false \
             --use-signing-config=false`",
        );
    }
    if any(|reason| matches!(reason, Reason::InvalidSignatures)) {
        hints.push(
            "hint: sign exactly this image: `cosign sign --key … IMAGE@DIGEST`; a signature of another image is not \
             valid for it, even as a copy",
        );
    }
    if any(|reason| matches!(reason, Reason::TooFewSigners { annotated: true, .. })) {
        hints.push(
            "hint: the signers have `annotations`, which policy servers do not read in Sigstore bundles: make a tag \
             signature",
        );
    }
    if any(|reason| matches!(reason, Reason::TooFewSigners { uncertified: true, .. })) {
        hints.push(
            "hint: a `pattern` needs a keyless tag signature, which has a certificate; the signatures of this image \
             have none",
        );
    }
    hints.extend(hints_of_requirements(&any));
    hints
}

/// The same of reports, and of what nobody could look at.
fn hints_of_requirements(any: &dyn Fn(fn(&Reason) -> bool) -> bool) -> Vec<&'static str> {
    let mut hints = Vec::new();
    if any(|reason| report_shortfall(reason).is_some_and(is_unpublished)) {
        hints.push(
            "hint: publish the report with `signed-images attest`; if you sign it yourself, add the annotation: \
             `cosign sign -a predicateType=…`",
        );
    }
    if any(|reason| could_not_look(reason).is_some_and(is_timeout)) {
        hints.push(
            "hint: give verification more time: raise `spec.timeoutEvalSeconds` of the policy",
        );
    }
    if any(|reason| reason.code() == WITHHELD) {
        hints.push(
            "hint: policies of a namespace need `oci/v2/verify`, `oci/v1/manifest_digest` and `oci/v1/oci_manifest` \
             in `spec.namespacedPoliciesCapabilities` of the PolicyServer",
        );
    }
    if any(|reason| report_shortfall(reason).is_some() && reason.code() == WITHHELD) {
        hints.push("hint: `image` and `attestations` also need `oci/v1/oci_manifest_config`");
    }
    hints
}

fn report_shortfall(reason: &Reason) -> Option<&Shortfall> {
    let Reason::Unmet(unmet) = reason else { return None };
    Some(&unmet.why)
}

/// Whether a report is not there, or not signed as one.
fn is_unpublished(why: &Shortfall) -> bool {
    matches!(
        why,
        Shortfall::Missing(_)
            | Shortfall::Signature(Reason::NotSigned { .. } | Reason::TooFewSigners { .. })
    )
}

/// The words of a host that could not look.
fn could_not_look(reason: &Reason) -> Option<&str> {
    match (reason, report_shortfall(reason)) {
        (Reason::Unchecked(words), _)
        | (_, Some(Shortfall::Unchecked(words) | Shortfall::Signature(Reason::Unchecked(words)))) => {
            Some(words)
        }
        _ => None,
    }
}
