//! The list `signatures`, as `verify-image-signatures` has it.

use super::{Schema, TEXTS, Value, field, schema};
use crate::settings::limits::{MAX_ANNOTATIONS, MAX_CHAIN, MAX_PATTERNS, MAX_SIGNERS};

/// An entry of `signatures`.
pub static CLASSIC: Schema = schema(
    &[
        &["image", "images"],
        &["pubKeys", "keyless", "keylessPrefix", "githubActions", "certificates"],
    ],
    &[
        field("image", Value::Text, "a wildcard (`*`, `?`) over the whole image reference"),
        field("images", TEXTS, "several wildcards, instead of `image`").at_most(MAX_PATTERNS),
        field("annotations", Value::Texts, "annotations that the signatures must carry")
            .at_most(MAX_ANNOTATIONS),
        field("pubKeys", TEXTS, "PEM public keys; each must have signed").at_most(MAX_SIGNERS),
        field(
            "keyless",
            Value::List(&Value::Object(&KEYLESS)),
            "identities; each must have signed",
        )
        .at_most(MAX_SIGNERS),
        field(
            "keylessPrefix",
            Value::List(&Value::Object(&KEYLESS_PREFIX)),
            "identities whose subject starts with a URL; each must have signed",
        )
        .at_most(MAX_SIGNERS),
        field(
            "githubActions",
            Value::Object(&GITHUB_ACTIONS),
            "a workflow of this owner has signed",
        ),
        field("certificates", TEXTS, "PEM certificates; each must have signed")
            .at_most(MAX_SIGNERS),
        field(
            "certificateChain",
            TEXTS,
            "the PEM chain that leads to the certificates, the root last",
        )
        .at_most(MAX_CHAIN),
        field(
            "requireRekorBundle",
            Value::Flag,
            "the signature must be in the transparency log (default: true)",
        ),
    ],
);

/// An exact identity.
pub static KEYLESS: Schema = schema(
    &[&["issuer"], &["subject"]],
    &[
        field("issuer", Value::Text, "the OIDC issuer"),
        field("subject", Value::Text, "the subject, exactly"),
    ],
);

/// Identities below a URL.
pub static KEYLESS_PREFIX: Schema = schema(
    &[&["issuer"], &["urlPrefix", "url_prefix"]],
    &[
        field("issuer", Value::Text, "the OIDC issuer"),
        // The other name is the one that verify-image-signatures reads.
        field("urlPrefix", Value::Text, "the URL that the subject is below").or("url_prefix"),
    ],
);

/// Workflows of GitHub Actions.
pub static GITHUB_ACTIONS: Schema = schema(
    &[&["owner"]],
    &[
        field("owner", Value::Text, "the user or organisation"),
        field("repo", Value::Text, "one of its repositories (default: all)"),
    ],
);
