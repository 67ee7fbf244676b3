//! The names that the settings know, and what they mean: the reader refuses every other, and the JSON
//! Schema of the settings is made of these.

/// A kind of object.
#[derive(Debug)]
pub struct Shape {
    /// Its keys.
    pub fields: &'static [Field],
}

/// One key of an object.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub key: &'static str,
    /// Another name that is taken for it.
    pub alias: Option<&'static str>,
    /// What it means.
    pub doc: &'static str,
    /// What it holds.
    pub value: Value,
}

/// What a key holds.
#[derive(Debug)]
pub enum Value {
    /// A string.
    Text,
    /// True or false.
    Flag,
    /// A map from strings to strings.
    Texts,
    /// A list.
    List(&'static Value),
    /// An object.
    Object(&'static Shape),
    /// Whatever; it is ignored.
    Ignored,
}

impl Shape {
    pub(super) fn field(&self, key: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.key == key || field.alias == Some(key))
    }

    /// The names worth suggesting.
    pub(super) fn keys(&self) -> Vec<&'static str> {
        let known = |field: &&Field| !matches!(field.value, Value::Ignored);
        self.fields.iter().filter(known).map(|field| field.key).collect()
    }
}

const fn field(key: &'static str, value: Value, doc: &'static str) -> Field {
    Field { key, alias: None, doc, value }
}

const TEXTS: Value = Value::List(&Value::Text);

/// The settings.
pub static SETTINGS: Shape = Shape {
    fields: &[
        field(
            "signatures",
            Value::List(&Value::Object(&CLASSIC)),
            "who must have signed which images, in the format of verify-image-signatures",
        ),
        field(
            "modifyImagesWithDigest",
            Value::Flag,
            "write the verified digest into the object (default: true)",
        ),
        field("description", Value::Ignored, "ignored: the Rancher form keeps its own state here"),
        field("rule", Value::Ignored, "ignored: the Rancher form keeps its own state here"),
    ],
};

/// An entry of `signatures`.
pub static CLASSIC: Shape = Shape {
    fields: &[
        field("image", Value::Text, "a wildcard (`*`, `?`) over the whole image reference"),
        field("images", TEXTS, "several wildcards, instead of `image`"),
        field("annotations", Value::Texts, "annotations that the signatures must carry"),
        field("pubKeys", TEXTS, "PEM public keys; each must have signed"),
        field(
            "keyless",
            Value::List(&Value::Object(&KEYLESS)),
            "identities; each must have signed",
        ),
        field(
            "keylessPrefix",
            Value::List(&Value::Object(&KEYLESS_PREFIX)),
            "identities whose subject starts with a URL; each must have signed",
        ),
        field(
            "githubActions",
            Value::Object(&GITHUB_ACTIONS),
            "a workflow of this owner has signed",
        ),
        field("certificates", TEXTS, "PEM certificates; each must have signed"),
        field(
            "certificateChain",
            TEXTS,
            "the PEM chain that leads to the certificates, the root last",
        ),
        field(
            "requireRekorBundle",
            Value::Flag,
            "the signature must be in the transparency log (default: true)",
        ),
    ],
};

/// An exact identity.
pub static KEYLESS: Shape = Shape {
    fields: &[
        field("issuer", Value::Text, "the OIDC issuer"),
        field("subject", Value::Text, "the subject, exactly"),
    ],
};

/// Identities below a URL.
pub static KEYLESS_PREFIX: Shape = Shape {
    fields: &[
        field("issuer", Value::Text, "the OIDC issuer"),
        Field {
            key: "urlPrefix",
            // The name that verify-image-signatures reads.
            alias: Some("url_prefix"),
            doc: "the URL that the subject is below",
            value: Value::Text,
        },
    ],
};

/// Workflows of GitHub Actions.
pub static GITHUB_ACTIONS: Shape = Shape {
    fields: &[
        field("owner", Value::Text, "the user or organisation"),
        field("repo", Value::Text, "one of its repositories (default: all)"),
    ],
};
