//! Converted policies that ask for reports, and images with some.

use crate::reports::reports;
use crate::world::Verdict::{self, Pinned, Refused, Warned};
use crate::world::{FORK, MAIN, Signatures, verdict};
use crate::{converted, root, settings};

/// A report, and who has signed it.
type Signed = (&'static str, &'static str);

/// Input, which of its policies, image, who signed it, reports on it, verdict.
type Row = (&'static str, usize, &'static str, &'static str, &'static [Signed], Verdict);

const VERDICTS: [Row; 27] = [
    (
        "kyverno-keyless-attestation",
        0,
        "ghcr.io/acme/shop-web",
        MAIN,
        &[("clean scan", MAIN)],
        Pinned,
    ),
    (
        "kyverno-keyless-attestation",
        0,
        "ghcr.io/acme/shop-web",
        MAIN,
        &[("clean scan", FORK)],
        Refused,
    ),
    (
        "kyverno-keyless-attestation",
        0,
        "ghcr.io/acme/shop-web",
        FORK,
        &[("clean scan", MAIN)],
        Refused,
    ),
    (
        "kyverno-keyless-attestation",
        0,
        "ghcr.io/acme/shop-web",
        MAIN,
        &[("old scan", MAIN)],
        Refused,
    ),
    ("kyverno-keyless-attestation", 0, "ghcr.io/acme/shop-web", MAIN, &[("review", MAIN)], Refused),
    (
        "kyverno-attestations",
        0,
        "ghcr.io/acme/app",
        MAIN,
        &[("clean scan", "p256"), ("build", "p384")],
        Pinned,
    ),
    (
        "kyverno-attestations",
        0,
        "ghcr.io/acme/app",
        MAIN,
        &[("clean scan", "p384"), ("build", "p384")],
        Refused,
    ),
    (
        "kyverno-attestations",
        0,
        "ghcr.io/acme/app",
        MAIN,
        &[("clean scan", MAIN), ("build", MAIN)],
        Refused,
    ),
    (
        "kyverno-attestations",
        0,
        "ghcr.io/acme/app",
        "p256",
        &[("clean scan", "p256"), ("build", "p384")],
        Refused,
    ),
    ("kyverno-attestations", 0, "ghcr.io/acme/app", MAIN, &[("clean scan", "p256")], Refused),
    (
        "kyverno-attestations",
        0,
        "ghcr.io/acme/app",
        MAIN,
        &[("critical scan", "p256"), ("build", "p384")],
        Refused,
    ),
    (
        "kyverno-attestations",
        0,
        "ghcr.io/acme/app",
        MAIN,
        &[("old scan", "p256"), ("build", "p384")],
        Refused,
    ),
    (
        "kyverno-attestations",
        0,
        "ghcr.io/acme/app",
        MAIN,
        &[("clean scan", "p256"), ("build elsewhere", "p384")],
        Refused,
    ),
    ("kyverno-attestations", 0, "quay.io/acme/app", "p256", &[("review", "p256")], Pinned),
    ("kyverno-attestations", 0, "quay.io/acme/app", "p256", &[("other review", "p256")], Refused),
    ("kyverno-attestations", 0, "quay.io/acme/app", "p256", &[("review", "p384")], Refused),
    ("kyverno-attestations", 0, "quay.io/acme/app", "p256", &[], Refused),
    (
        "cluster-image-policy-attestations",
        0,
        "ghcr.io/acme/app",
        "p256",
        &[("clean scan", "p256"), ("build", "p256")],
        Pinned,
    ),
    (
        "cluster-image-policy-attestations",
        0,
        "ghcr.io/acme/app",
        "p256",
        &[("critical scan", "p256"), ("build", "p256")],
        Refused,
    ),
    (
        "cluster-image-policy-attestations",
        0,
        "ghcr.io/acme/app",
        "p256",
        &[("clean scan", "p256"), ("build elsewhere", "p256")],
        Refused,
    ),
    (
        "cluster-image-policy-attestations",
        0,
        "ghcr.io/acme/app",
        "p256",
        &[("clean scan", "p384"), ("build", "p256")],
        Refused,
    ),
    (
        "cluster-image-policy-attestations",
        0,
        "ghcr.io/acme/app",
        "p384",
        &[("clean scan", "p256"), ("build", "p256")],
        Refused,
    ),
    (
        "cluster-image-policy-attestations",
        0,
        "quay.io/acme/app",
        "p256",
        &[("review", "p256")],
        Pinned,
    ),
    (
        "cluster-image-policy-attestations",
        0,
        "quay.io/acme/app",
        "p256",
        &[("other review", "p256")],
        Refused,
    ),
    ("image-validating-policy", 1, "ghcr.io/acme/shop-web", MAIN, &[("review", MAIN)], Pinned),
    (
        "image-validating-policy",
        1,
        "ghcr.io/acme/shop-web",
        MAIN,
        &[("other review", MAIN)],
        Warned,
    ),
    ("image-validating-policy", 1, "ghcr.io/acme/shop-web", MAIN, &[("review", FORK)], Warned),
];

#[test]
fn reports_decide_as_at_their_source() {
    for (name, number, image, signer, signed, expected) in VERDICTS {
        let path = root().join(format!("convert/tests/sources/{name}.yaml"));
        let policies = converted(&path);
        let mut signatures = Signatures::by(&[signer]);
        let names = signed.iter().map(|(name, _)| *name);
        signatures.reports = reports(names, signed.iter().map(|(_, by)| Signatures::by(&[by])));
        let found = verdict(&settings(&policies[number].text), image, &signatures);
        assert_eq!(found, expected, "{name} {number}: {image} by {signer}, {signed:?}");
    }
}
