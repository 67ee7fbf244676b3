//! The names that the settings know, and what they mean: the reader refuses every other, and the JSON
//! Schema of the settings is made of these.

mod legacy;
mod lists;

use super::limits::{
    MAX_ANNOTATIONS, MAX_CHAIN, MAX_PATTERNS, MAX_POINTERS, MAX_RULES, MAX_SIGNERS, MAX_WORKLOADS,
};

pub use legacy::{CLASSIC, GITHUB_ACTIONS, KEYLESS, KEYLESS_PREFIX};
pub use lists::{
    CERTIFICATES, GITHUB_WORKFLOWS, KEYLESS_IDENTITIES, KEYLESS_PREFIXES, PUBLIC_KEYS,
};

/// A kind of object.
#[derive(Debug)]
pub struct Schema {
    /// Its own keys.
    fields: &'static [Field],
    /// The keys that it has in common with others.
    common: &'static [Field],
    /// At least one key of each of these lists must be given. The module has no use for it: its errors
    /// say more.
    #[cfg(not(target_arch = "wasm32"))]
    pub needs: Needs,
}

/// Lists of keys, for each of which an object must give one.
pub type Needs = &'static [&'static [&'static str]];

/// One key of an object.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub key: &'static str,
    /// Another name that is taken for it.
    pub alias: Option<&'static str>,
    /// What it means. The module has no use for it.
    #[cfg(not(target_arch = "wasm32"))]
    pub doc: &'static str,
    /// What it holds.
    pub value: Value,
    /// How many entries a list or a map may have.
    pub most: usize,
    /// What an empty element of a list is.
    pub blanks: Blanks,
}

/// What an element of a list is that is null or an empty text, list or map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blanks {
    /// An element like every other.
    Kept,
    /// Left out: a form adds one before it is filled in.
    Dropped,
}

/// What a key holds.
#[derive(Debug)]
pub enum Value {
    /// A string.
    Text,
    /// True or false.
    Flag,
    /// A whole number.
    Number,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A map from strings to strings.
    Texts,
    /// A list.
    List(&'static Value),
    /// An object.
    Object(&'static Schema),
    /// Whatever; it is ignored.
    Ignored,
}

impl Schema {
    /// Its keys.
    pub fn fields(&self) -> impl Iterator<Item = &'static Field> {
        self.common.iter().chain(self.fields)
    }

    /// The field of that name, and the spelling that it was found by.
    pub(super) fn field(&self, key: &str) -> Option<(&'static Field, &'static str)> {
        self.fields().find_map(|field| {
            let mut spellings = std::iter::once(field.key).chain(field.alias);
            Some((field, spellings.find(|spelling| *spelling == key)?))
        })
    }

    /// The names worth suggesting.
    pub(super) fn keys(&self) -> Vec<&'static str> {
        let known = |field: &&Field| !matches!(field.value, Value::Ignored);
        self.fields().filter(known).map(|field| field.key).collect()
    }
}

const fn schema(needs: Needs, fields: &'static [Field]) -> Schema {
    #[cfg(target_arch = "wasm32")]
    let _ = needs;
    Schema {
        fields,
        common: &[],
        #[cfg(not(target_arch = "wasm32"))]
        needs,
    }
}

const fn field(key: &'static str, value: Value, doc: &'static str) -> Field {
    #[cfg(target_arch = "wasm32")]
    let _ = doc;
    Field {
        key,
        alias: None,
        #[cfg(not(target_arch = "wasm32"))]
        doc,
        value,
        most: usize::MAX,
        blanks: Blanks::Kept,
    }
}

impl Field {
    const fn or(mut self, alias: &'static str) -> Self {
        self.alias = Some(alias);
        self
    }

    const fn at_most(mut self, entries: usize) -> Self {
        self.most = entries;
        self
    }

    const fn of_forms(mut self) -> Self {
        self.blanks = Blanks::Dropped;
        self
    }
}

const TEXTS: Value = Value::List(&Value::Text);

/// The settings.
pub static SETTINGS: Schema = schema(
    &[&[
        "signatures",
        "rules",
        "publicKeys",
        "keylessIdentities",
        "keylessPrefixes",
        "githubActions",
        "certificates",
        "unmatchedImages",
    ]],
    &[
        field(
            "signatures",
            Value::List(&Value::Object(&CLASSIC)),
            "who must have signed which images, in the format of verify-image-signatures",
        ).at_most(MAX_RULES),
        field(
            "modifyImagesWithDigest",
            Value::Flag,
            "write the verified digest into the object (default: true)",
        ),
        field(
            "rules",
            Value::List(&Value::Object(&RULE)),
            "who must have signed which images, in the vocabulary of Kubewarden's verification config",
        ).at_most(MAX_RULES),
        field(
            "publicKeys",
            Value::List(&Value::Object(&PUBLIC_KEYS)),
            "whose public keys must have signed which images: rules that a form can write",
        ).at_most(MAX_RULES).of_forms(),
        field(
            "keylessIdentities",
            Value::List(&Value::Object(&KEYLESS_IDENTITIES)),
            "which identities must have signed which images",
        ).at_most(MAX_RULES).of_forms(),
        field(
            "keylessPrefixes",
            Value::List(&Value::Object(&KEYLESS_PREFIXES)),
            "identities below which URLs must have signed which images",
        ).at_most(MAX_RULES).of_forms(),
        field(
            "githubActions",
            Value::List(&Value::Object(&GITHUB_WORKFLOWS)),
            "whose GitHub Actions workflows must have signed which images",
        ).at_most(MAX_RULES).of_forms(),
        field(
            "certificates",
            Value::List(&Value::Object(&CERTIFICATES)),
            "whose certificates must have signed which images",
        ).at_most(MAX_RULES).of_forms(),
        field("exempt", TEXTS, "patterns of images that are neither verified nor pinned").at_most(MAX_PATTERNS),
        field(
            "unmatchedImages",
            Value::Choice(UNMATCHED_IMAGES),
            "what becomes of an image that nothing selects (default: accept)",
        ),
        field(
            "unchangedImages",
            Value::Choice(UNCHANGED_IMAGES),
            "whether images that an update leaves as they are are verified again (default: skip)",
        ),
        field(
            "pinWorkloadTemplates",
            Value::Flag,
            "pin in the templates of Deployments, Jobs and so on as well as in Pods (default: true)",
        ),
        field(
            "extraWorkloads",
            Value::List(&Value::Object(&EXTRA_WORKLOAD)),
            "custom resources that hold images",
        ).at_most(MAX_WORKLOADS),
        field("description", Value::Ignored, "ignored: the Rancher form keeps its own state here"),
        field("rule", Value::Ignored, "ignored: the Rancher form keeps its own state here"),
    ],
);

/// The values of `unmatchedImages`.
pub const UNMATCHED_IMAGES: &[&str] = &["accept", "warn", "reject"];
/// The values of `unchangedImages`.
pub const UNCHANGED_IMAGES: &[&str] = &["skip", "verify"];
/// The values of `enforcement`.
pub const ENFORCEMENT: &[&str] = &["reject", "warn"];
/// The values of `require`.
pub const SIGNERS_NEEDED: &[&str] = &["all", "any"];
/// The values of `kind`.
pub const SIGNER_KINDS: &[&str] = &["pubKey", "genericIssuer", "githubAction", "certificate"];

/// An entry of `rules`.
pub static RULE: Schema = schema(
    &[&["images"], &["allOf", "anyOf"]],
    &[
        field("name", Value::Text, "what messages call the rule"),
        field("images", TEXTS, "patterns of the images that the rule is about")
            .at_most(MAX_PATTERNS),
        field("exclude", TEXTS, "patterns of images that it is not about all the same")
            .at_most(MAX_PATTERNS),
        field(
            "enforcement",
            Value::Choice(ENFORCEMENT),
            "whether an image that does not satisfy it is rejected or only warned of (default: reject)",
        ),
        field("allOf", Value::List(&Value::Object(&SIGNER)), "each of these must have signed")
            .at_most(MAX_SIGNERS),
        field("anyOf", Value::Object(&ANY_OF), "some of these must have signed"),
    ],
);

/// So many of several signers.
pub static ANY_OF: Schema = schema(
    &[&["signatures"]],
    &[
        field("minimumMatches", Value::Number, "how many must have signed (default: 1)"),
        field("signatures", Value::List(&Value::Object(&SIGNER)), "those who can sign")
            .at_most(MAX_SIGNERS),
    ],
);

/// A signer. Which keys it takes depends on its `kind`.
pub static SIGNER: Schema = schema(
    &[&["kind"]],
    &[
        field("kind", Value::Choice(SIGNER_KINDS), "how the signer is known"),
        field(
            "owner",
            Value::Text,
            "pubKey: what messages call the signer; githubAction: the user or organisation",
        ),
        field("repo", Value::Text, "githubAction: one of its repositories (default: all)"),
        field(
            "key",
            Value::Text,
            "pubKey: PEM, any one of several keys, or `k8s://namespace/name` of a Secret",
        ),
        field("keyFrom", Value::Object(&KEY_FROM), "pubKey: where in the cluster the key is"),
        field("issuer", Value::Text, "genericIssuer: the OIDC issuer"),
        field("subject", Value::Object(&SUBJECT), "genericIssuer: the subject"),
        field("certificate", Value::Text, "certificate: PEM"),
        field(
            "certificateChain",
            TEXTS,
            "certificate: the PEM chain that leads to it, the root last",
        )
        .at_most(MAX_CHAIN),
        field(
            "requireRekorBundle",
            Value::Flag,
            "certificate: the signature must be in the transparency log (default: true)",
        ),
        field("annotations", Value::Texts, "annotations that the signature must carry")
            .at_most(MAX_ANNOTATIONS),
    ],
);

/// A subject, given in one way.
pub static SUBJECT: Schema = schema(
    &[&["equal", "urlPrefix", "pattern"]],
    &[
        field("equal", Value::Text, "the subject, exactly"),
        field("urlPrefix", Value::Text, "the URL that the subject is below"),
        field(
            "pattern",
            Value::Text,
            "what the subject matches: `*` is any number of letters but no `/`, `**` any number of any letters",
        ),
    ],
);

/// Where a key is.
pub static KEY_FROM: Schema = schema(
    &[&["configMap", "secret"]],
    &[
        field("configMap", Value::Object(&KEY_OBJECT), "in a ConfigMap"),
        field("secret", Value::Object(&KEY_OBJECT), "in a Secret"),
    ],
);

/// A ConfigMap or Secret that holds a key.
pub static KEY_OBJECT: Schema = schema(
    &[&["namespace"], &["name"]],
    &[
        field("namespace", Value::Text, "its namespace"),
        field("name", Value::Text, "its name"),
        field("key", Value::Text, "the entry that holds the key (default: cosign.pub)"),
    ],
);

/// A custom resource that holds images.
pub static EXTRA_WORKLOAD: Schema = schema(
    &[&["kind"], &["podSpecs", "images"]],
    &[
        field("apiGroup", Value::Text, "its API group"),
        field("kind", Value::Text, "its kind"),
        field("podSpecs", TEXTS, "JSON pointers to pod specs; `*` is every element of a list")
            .at_most(MAX_POINTERS),
        field("images", TEXTS, "JSON pointers to images; `*` is every element of a list")
            .at_most(MAX_POINTERS),
    ],
);
