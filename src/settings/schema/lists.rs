//! The lists whose entries are rules of one kind of signer, written flat: an entry holds texts and lists of
//! texts, and nothing below them.

use super::{Field, SIGNERS_NEEDED, Schema, TEXTS, Value, field, schema};
use crate::settings::limits::{MAX_ANNOTATIONS, MAX_CHAIN, MAX_PATTERNS, MAX_SIGNERS};

/// What every entry takes.
const COMMON: &[Field] = &[
    field("name", Value::Text, "what messages call the entry"),
    field("images", TEXTS, "patterns of the images that the entry is about, as in `rules`")
        .at_most(MAX_PATTERNS)
        .of_forms(),
    field("exclude", TEXTS, "patterns of images that it is not about all the same")
        .at_most(MAX_PATTERNS)
        .of_forms(),
    field(
        "require",
        Value::Choice(SIGNERS_NEEDED),
        "whether all of the signers must have signed or any one of them (default: all)",
    ),
    field(
        "enforcement",
        Value::Choice(super::ENFORCEMENT),
        "whether an image that does not satisfy it is rejected or only warned of (default: reject)",
    ),
    field("annotations", Value::Texts, "annotations that the signatures must carry")
        .at_most(MAX_ANNOTATIONS),
];

const fn entry(fields: &'static [Field]) -> Schema {
    // What an entry needs, an entry that a form left blank has not: the policy's own errors tell them apart.
    let mut schema = schema(&[], fields);
    schema.common = COMMON;
    schema
}

const ISSUER: Field = field("issuer", Value::Text, "the OIDC issuer");

/// An entry of `publicKeys`.
pub static PUBLIC_KEYS: Schema = entry(&[field(
    "keys",
    TEXTS,
    "PEM public keys, or `k8s://namespace/name` of Secrets; one text may hold several keys of one signer",
)
.at_most(MAX_SIGNERS)
.of_forms()]);

/// An entry of `keylessIdentities`.
pub static KEYLESS_IDENTITIES: Schema = entry(&[
    ISSUER,
    field("subjects", TEXTS, "the subjects, exactly").at_most(MAX_SIGNERS).of_forms(),
]);

/// An entry of `keylessPrefixes`.
pub static KEYLESS_PREFIXES: Schema = entry(&[
    ISSUER,
    field("urlPrefixes", TEXTS, "the URLs that the subjects are below")
        .at_most(MAX_SIGNERS)
        .of_forms(),
]);

/// An entry of `githubActions`.
pub static GITHUB_WORKFLOWS: Schema = entry(&[
    field("owner", Value::Text, "the user or organisation"),
    field("repos", TEXTS, "some of its repositories (default: any of them)")
        .at_most(MAX_SIGNERS)
        .of_forms(),
]);

/// An entry of `certificates`.
pub static CERTIFICATES: Schema = entry(&[
    field("certificates", TEXTS, "PEM certificates").at_most(MAX_SIGNERS).of_forms(),
    field("certificateChain", TEXTS, "the PEM chain that leads to the certificates, the root last")
        .at_most(MAX_CHAIN)
        .of_forms(),
    field(
        "requireRekorBundle",
        Value::Flag,
        "the signature must be in the transparency log (default: true)",
    ),
]);
