//! Why an image is refused: in words, as a code, and what to try.

use super::outcome::Outcome;
use crate::host::error::{first_line, is_absent, is_timeout};
use crate::verify::outcome::{OtherSignature, Reason, Shortfall};
use std::fmt;

/// The code of a capability that the policy server withholds.
pub(super) const WITHHELD: &str = "capability-withheld";

impl Reason {
    /// The reason as audit annotations and the log have it, for programs to read.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotSigned(_) => "not-signed",
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
            Self::NotSigned(OtherSignature::Unknown) => f.write_str("not signed"),
            Self::NotSigned(OtherSignature::Bundle) => f.write_str(
                "not signed in a format that is read here: there is a Sigstore bundle, and no tag signature",
            ),
            Self::NotSigned(OtherSignature::Platform) => f.write_str(
                "not signed: it is an index, and an image of a platform that it lists is signed",
            ),
            Self::InvalidSignatures => f.write_str(
                "there are signatures, and none of them holds: they are of another image, of an authority that is \
                 not trusted here, or no signatures at all",
            ),
            Self::TooFewSigners { agreed, needed, missing, .. } => write!(
                f,
                "signed, but not by enough of the signers: {agreed} of {needed} agreed, missing {}",
                missing.join(", ")
            ),
            Self::Unchecked(words) => {
                let absent = if is_absent(words) { "there is no such image: " } else { "" };
                write!(f, "could not be checked: {absent}{}", first_line(words))
            }
            Self::Withheld(words) => write!(
                f,
                "could not be checked, the policy server withholds a capability: {}",
                first_line(words)
            ),
            Self::Moved { expected, answered } => write!(
                f,
                "the tag moved while it was verified: asked about {expected}, answered about {answered}"
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
    if any(|reason| matches!(reason, Reason::NotSigned(OtherSignature::Unknown))) {
        hints.push(
            "hint: sign the image with `cosign sign --key … IMAGE@DIGEST`, or without `--key` by an identity; cosign 3 \
             needs `--new-bundle-format=false --use-signing-config=false` as well",
        );
    }
    if any(|reason| matches!(reason, Reason::NotSigned(OtherSignature::Platform))) {
        hints.push("hint: sign the index as well: `cosign sign --recursive … IMAGE@DIGEST`");
    }
    if any(|reason| matches!(reason, Reason::NotSigned(OtherSignature::Bundle))) {
        hints.push(
            "hint: policy servers up to 1.36 read no bundles, newer ones those with a certificate alone, and a \
             `pattern` needs tag signatures; cosign 3 makes one by `cosign sign --new-bundle-format=false \
             --use-signing-config=false`",
        );
    }
    if any(|reason| matches!(reason, Reason::InvalidSignatures)) {
        hints.push(
            "hint: sign this very image, with `cosign sign --key … IMAGE@DIGEST`; a signature that was made for another \
             image, or copied from one, never holds",
        );
    }
    if any(|reason| matches!(reason, Reason::TooFewSigners { annotated: true, .. })) {
        hints.push(
            "hint: annotations are asked for; those of a signature in the new bundle format are not read",
        );
    }
    if any(|reason| matches!(reason, Reason::TooFewSigners { uncertified: true, .. })) {
        hints.push(
            "hint: a `pattern` is compared with the certificates of keyless tag signatures; there are signatures here, \
             and no certificates",
        );
    }
    if any(|reason| report_shortfall(reason).is_some_and(is_unpublished)) {
        hints.push(
            "hint: publish the report with `signed-images attest`; by hand, sign it with the annotation \
             `cosign sign -a predicateType=…`",
        );
    }
    if any(|reason| could_not_look(reason).is_some_and(is_timeout)) {
        hints
            .push("hint: give verification more time with `spec.timeoutEvalSeconds` of the policy");
    }
    if any(|reason| reason.code() == WITHHELD) {
        hints.push(
            "hint: grant `oci/v2/verify`, `oci/v1/manifest_digest` and `oci/v1/oci_manifest` to policies of a namespace \
             by `spec.namespacedPoliciesCapabilities` of the PolicyServer",
        );
    }
    if any(|reason| report_shortfall(reason).is_some() && reason.code() == WITHHELD) {
        hints.push("hint: `image` and `attestations` need `oci/v1/oci_manifest_config` as well");
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
            | Shortfall::Signature(Reason::NotSigned(_) | Reason::TooFewSigners { .. })
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
