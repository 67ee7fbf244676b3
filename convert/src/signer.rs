//! Those who can have signed, as `rules` name them.

use signed_images_policy::keys::public_key::PublicKey;
use signed_images_policy::settings;
use yaml_serde::{Mapping, Value};

use super::remark::Remarks;

/// A signer of a rule.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Signer {
    pub(super) identity: Identity,
    pub(super) annotations: Vec<(String, String)>,
    pub(super) remarks: Remarks,
}

/// How a signer is told.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Identity {
    /// A public key, PEM.
    Key(String),
    /// To be filled in, with what is said in its place.
    Missing(String),
    /// A key in the cluster.
    KeyFrom { source: KeySource, namespace: String, name: String, entry: Option<String> },
    /// An issuer (none: to be filled in) and its subjects.
    Keyless { issuer: Option<String>, subject: Subject },
    /// A certificate.
    Certificate { certificate: String, chain: Vec<String>, log: Log },
}

/// What a key is kept in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeySource {
    ConfigMap,
    Secret,
}

/// Whether a signature must be in the transparency log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Log {
    Required,
    Ignored,
}

/// The subjects of an issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Subject {
    Equal(String),
    UrlPrefix(String),
    Pattern(String),
    /// To be filled in.
    Unknown,
}

impl Signer {
    pub(super) fn new(identity: Identity, remarks: Remarks) -> Self {
        Self { identity, annotations: Vec::new(), remarks }
    }

    /// A signer that must be filled in. It is called by its place, so that no two are one.
    pub(super) fn missing(what: &str, place: &str, remarks: Remarks) -> Self {
        Self::new(Identity::Missing(format!("REPLACE WITH {what} ({place})")), remarks)
    }

    /// Who signs with Notary, which is not read here.
    pub(super) fn notary(place: &str) -> Self {
        let mut remarks = Remarks::default();
        let text =
            "Notary's signatures are not read here: sign with cosign, and give its key or identity";
        remarks.open(place, text);
        Self::missing("A SIGNER", place, remarks)
    }

    /// This one, unless a variable of the source stands where its text would be copied from. Hosts take the annotations of a
    /// certificate's signer from any signature.
    #[must_use]
    pub(super) fn without_variables(mut self, place: &str) -> Self {
        if matches!(self.identity, Identity::Certificate { .. }) && !self.annotations.is_empty() {
            let text = "annotations may be those of another signature than the certificate's";
            self.remarks.less(place, text);
        }
        let Some(variable) = self.texts().into_iter().find(|text| is_variable(text)) else {
            return self;
        };
        let text = format!("`{}` is a variable of the source: write the signer", variable.trim());
        self.remarks.open(place, text);
        Self::missing("THE SIGNER", place, self.remarks)
    }

    fn texts(&self) -> Vec<&str> {
        let mut texts = match &self.identity {
            Identity::Key(text) => vec![text.as_str()],
            Identity::Missing(_) => Vec::new(),
            Identity::KeyFrom { source: _, namespace, name, entry } => {
                let mut texts = vec![namespace.as_str(), name.as_str()];
                texts.extend(entry.as_deref());
                texts
            }
            Identity::Keyless { issuer, subject } => {
                let mut texts: Vec<&str> = issuer.as_deref().into_iter().collect();
                match subject {
                    Subject::Equal(text) | Subject::UrlPrefix(text) | Subject::Pattern(text) => {
                        texts.push(text);
                    }
                    Subject::Unknown => {}
                }
                texts
            }
            Identity::Certificate { certificate, chain, log: _ } => {
                std::iter::once(certificate.as_str())
                    .chain(chain.iter().map(String::as_str))
                    .collect()
            }
        };
        for (key, value) in &self.annotations {
            texts.extend([key.as_str(), value.as_str()]);
        }
        texts
    }

    /// Whether it says just what the source says of it.
    pub(super) fn is_settled(&self) -> bool {
        let is_open = match &self.identity {
            Identity::Missing(_) => true,
            Identity::Keyless { issuer, subject } => {
                issuer.is_none() || *subject == Subject::Unknown
            }
            Identity::Key(_) | Identity::KeyFrom { .. } | Identity::Certificate { .. } => false,
        };
        !is_open && self.remarks.are_light()
    }

    /// Whether both say the same, whatever is remarked on them.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.identity == other.identity && self.annotations == other.annotations
    }

    /// As settings have it.
    pub(super) fn settings(&self) -> Value {
        let mut fields = self.identity.settings();
        if !self.annotations.is_empty() {
            let pair = |(key, value): &(String, String)| field(key, value.as_str());
            fields.extend([field("annotations", mapping(self.annotations.iter().map(pair)))]);
        }
        Value::Mapping(fields)
    }

    /// Whether every signature that satisfies the other satisfies this one.
    pub(super) fn covers(&self, other: &Self) -> bool {
        let asks_no_more =
            self.annotations.iter().all(|annotation| other.annotations.contains(annotation));
        asks_no_more && self.identity.covers(&other.identity)
    }

    /// Whether one signature can satisfy both.
    pub(super) fn meets(&self, other: &Self) -> bool {
        self.identity.covers(&other.identity) || other.identity.covers(&self.identity)
    }
}

impl Identity {
    fn settings(&self) -> Mapping {
        match self {
            Self::Key(key) | Self::Missing(key) => {
                Mapping::from_iter([field("kind", "pubKey"), field("key", key.as_str())])
            }
            Self::KeyFrom { source, namespace, name, entry } => {
                let mut object = Mapping::from_iter([
                    field("namespace", namespace.as_str()),
                    field("name", name.as_str()),
                ]);
                object.extend(entry.as_deref().map(|entry| field("key", entry)));
                let source = match source {
                    KeySource::ConfigMap => "configMap",
                    KeySource::Secret => "secret",
                };
                let key_from = mapping([field(source, Value::Mapping(object))]);
                Mapping::from_iter([field("kind", "pubKey"), field("keyFrom", key_from)])
            }
            Self::Keyless { issuer, subject } => {
                let subject = match subject {
                    Subject::Equal(text) => field("equal", text.as_str()),
                    Subject::UrlPrefix(prefix) => field("urlPrefix", prefix.as_str()),
                    Subject::Pattern(pattern) => field("pattern", pattern.as_str()),
                    Subject::Unknown => field("equal", ""),
                };
                Mapping::from_iter([
                    field("kind", "genericIssuer"),
                    field("issuer", issuer.as_deref().unwrap_or_default()),
                    field("subject", mapping([subject])),
                ])
            }
            Self::Certificate { certificate, chain, log } => {
                let mut fields = Mapping::from_iter([
                    field("kind", "certificate"),
                    field("certificate", certificate.as_str()),
                ]);
                if !chain.is_empty() {
                    fields.extend([field("certificateChain", texts(chain))]);
                }
                if *log == Log::Ignored {
                    fields.extend([field("requireRekorBundle", false)]);
                }
                fields
            }
        }
    }

    fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Key(a), Self::Key(b)) => match (keys(a), keys(b)) {
                (Some(a), Some(b)) => b.iter().all(|key| a.contains(key)),
                _ => a == b,
            },
            (
                Self::Keyless { issuer: a, subject: subject_a },
                Self::Keyless { issuer: b, subject: subject_b },
            ) => a == b && subject_a.covers(subject_b),
            _ => self == other,
        }
    }
}

impl Subject {
    fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::UrlPrefix(a), Self::UrlPrefix(b) | Self::Equal(b) | Self::Pattern(b)) => {
                b.starts_with(&with_slash(a))
            }
            (Self::Pattern(a), Self::Equal(b)) => {
                settings::subject_pattern(a).is_ok_and(|pattern| pattern.matches(b))
            }
            _ => self == other,
        }
    }
}

fn with_slash(prefix: &str) -> String {
    format!("{}/", prefix.trim_end_matches('/'))
}

fn keys(pem: &str) -> Option<Vec<PublicKey>> {
    PublicKey::parse_all(pem).ok()
}

/// Whether a text holds a variable of Kyverno's, or of the template that it is from.
pub(super) fn is_variable(text: &str) -> bool {
    text.contains("{{") || text.contains("$(")
}

/// A field of a map.
pub(super) fn field(key: &str, value: impl Into<Value>) -> (Value, Value) {
    (Value::from(key), value.into())
}

/// A map as a value.
pub(super) fn mapping(fields: impl IntoIterator<Item = (Value, Value)>) -> Value {
    Value::Mapping(fields.into_iter().collect())
}

/// A list of texts as a value.
pub(super) fn texts(texts: &[String]) -> Value {
    Value::Sequence(texts.iter().map(|text| Value::from(text.as_str())).collect())
}
