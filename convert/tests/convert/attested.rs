//! Converted policies that ask for reports, and images with some.

use crate::reports::reports;
use crate::world::Verdict::{self, Pinned, Refused};
use crate::world::{FORK, MAIN, Signatures, verdict};
use crate::{converted, root, settings};

/// A report, and who has signed it.
type Signed = (&'static str, &'static str);

/// Input, image, who signed it, reports on it, verdict.
const VERDICTS: [(&str, &str, &str, &[Signed], Verdict); 17] = [
    ("kyverno-keyless-attestation", "ghcr.io/acme/shop-web", MAIN, &[("clean scan", MAIN)], Pinned),
    (
        "kyverno-keyless-attestation",
        "ghcr.io/acme/shop-web",
        MAIN,
        &[("clean scan", FORK)],
        Refused,
    ),
    (
        "kyverno-keyless-attestation",
        "ghcr.io/acme/shop-web",
        FORK,
        &[("clean scan", MAIN)],
        Refused,
    ),
    ("kyverno-keyless-attestation", "ghcr.io/acme/shop-web", MAIN, &[("old scan", MAIN)], Refused),
    ("kyverno-keyless-attestation", "ghcr.io/acme/shop-web", MAIN, &[("review", MAIN)], Refused),
    (
        "kyverno-attestations",
        "ghcr.io/acme/app",
        MAIN,
        &[("clean scan", "p256"), ("build", "p384")],
        Pinned,
    ),
    (
        "kyverno-attestations",
        "ghcr.io/acme/app",
        MAIN,
        &[("clean scan", "p384"), ("build", "p384")],
        Refused,
    ),
    (
        "kyverno-attestations",
        "ghcr.io/acme/app",
        MAIN,
        &[("clean scan", MAIN), ("build", MAIN)],
        Refused,
    ),
    (
        "kyverno-attestations",
        "ghcr.io/acme/app",
        "p256",
        &[("clean scan", "p256"), ("build", "p384")],
        Refused,
    ),
    ("kyverno-attestations", "ghcr.io/acme/app", MAIN, &[("clean scan", "p256")], Refused),
    (
        "kyverno-attestations",
        "ghcr.io/acme/app",
        MAIN,
        &[("critical scan", "p256"), ("build", "p384")],
        Refused,
    ),
    (
        "kyverno-attestations",
        "ghcr.io/acme/app",
        MAIN,
        &[("old scan", "p256"), ("build", "p384")],
        Refused,
    ),
    (
        "kyverno-attestations",
        "ghcr.io/acme/app",
        MAIN,
        &[("clean scan", "p256"), ("build elsewhere", "p384")],
        Refused,
    ),
    ("kyverno-attestations", "quay.io/acme/app", "p256", &[("review", "p256")], Pinned),
    ("kyverno-attestations", "quay.io/acme/app", "p256", &[("other review", "p256")], Refused),
    ("kyverno-attestations", "quay.io/acme/app", "p256", &[("review", "p384")], Refused),
    ("kyverno-attestations", "quay.io/acme/app", "p256", &[], Refused),
];

#[test]
fn reports_decide_as_at_their_source() {
    for (name, image, signer, signed, expected) in VERDICTS {
        let path = root().join(format!("convert/tests/sources/{name}.yaml"));
        let policies = converted(&path);
        let mut signatures = Signatures::by(&[signer]);
        let names = signed.iter().map(|(name, _)| *name);
        signatures.reports = reports(names, signed.iter().map(|(_, by)| Signatures::by(&[by])));
        let found = verdict(&settings(&policies[0].text), image, &signatures);
        assert_eq!(found, expected, "{name}: {image} by {signer}, {signed:?}");
    }
}
