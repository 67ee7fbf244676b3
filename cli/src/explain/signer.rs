//! What a signer's signature must look like, for people.
//!
//! - Is key material shown? No: the kind of a key, and the first digits of the SHA-256 of its DER, which
//!   `openssl pkey -pubin -outform DER | sha256sum` gives (`openssl x509 -outform DER` for a certificate).

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::DateTime;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use serde::Serialize;
use sha2::{Digest, Sha256};
use signed_images_policy::keys::certificate::Certificate;
use signed_images_policy::keys::public_key::{self, PublicKey};
use signed_images_policy::policy::rule::Rule;
use signed_images_policy::policy::signer::{Identity, KeySource, RekorBundle, Signer};

/// Enough of a digest to know it again; as many digits as container runtimes show.
const SHORT_DIGEST: usize = 12;

/// A signer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SignerReport {
    /// What messages call it.
    pub label: String,
    /// Where it stands in the settings.
    pub place: String,
    /// How its signatures are told from others.
    #[serde(flatten)]
    pub needs: Needs,
    /// What they must carry besides.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// How the signatures of a party are told from others.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Needs {
    /// One of these keys.
    PubKey {
        /// The keys.
        keys: Vec<Fingerprint>,
    },
    /// One of the keys that are kept there.
    PubKeyFrom {
        /// The place.
        source: String,
    },
    /// This identity.
    GenericIssuer {
        /// The OIDC issuer.
        issuer: String,
        /// The subject, exactly; or the URL that it starts with, which ends in `/`; or what it matches.
        subject: Subject,
    },
    /// A workflow on GitHub.
    GithubAction {
        /// The user or organisation.
        owner: String,
        /// The repository; none is all of them.
        #[serde(skip_serializing_if = "Option::is_none")]
        repo: Option<String>,
    },
    /// This certificate.
    Certificate {
        /// The certificate, and the kind of its key.
        certificate: Fingerprint,
        /// When it expires.
        valid_until: String,
        /// How many certificates vouch for it.
        chain: usize,
        /// Whether the signature must be in the transparency log.
        require_rekor_bundle: bool,
    },
    /// A key or certificate that cannot be used.
    Unusable {
        /// Why.
        reason: String,
    },
}

/// Who is meant by an issuer's subject.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Subject {
    /// This one.
    Equal(String),
    /// Those that start with this URL.
    UrlPrefix(String),
    /// Those that match, of those that the certificates of an image's signatures name.
    Pattern(String),
}

/// A key or certificate by its fingerprint.
#[derive(Debug, Serialize)]
pub struct Fingerprint {
    /// The kind of key.
    pub key: &'static str,
    /// The first digits.
    pub fingerprint: String,
}

impl SignerReport {
    /// A signer of that rule.
    pub(super) fn of(rule: &Rule, signer: &Signer) -> Self {
        Self {
            label: signer.label.clone(),
            place: rule.place_of(signer),
            needs: Needs::from(&signer.identity),
            annotations: signer
                .annotations
                .iter()
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .collect(),
        }
    }
}

impl From<&Identity> for Needs {
    fn from(identity: &Identity) -> Self {
        match identity {
            Identity::PublicKey(KeySource::Inline(pem)) => match PublicKey::parse_all(pem) {
                Ok(keys) => Self::PubKey { keys: keys.iter().map(Fingerprint::of_key).collect() },
                Err(error) => Self::Unusable { reason: error.to_string() },
            },
            Identity::PublicKey(source) => Self::PubKeyFrom { source: source.to_string() },
            Identity::Keyless { issuer, subject } => Self::GenericIssuer {
                issuer: issuer.clone(),
                subject: Subject::Equal(subject.clone()),
            },
            Identity::KeylessPrefix { issuer, url_prefix } => Self::GenericIssuer {
                issuer: issuer.clone(),
                subject: Subject::UrlPrefix(url_prefix.clone()),
            },
            Identity::KeylessPattern { issuer, pattern } => Self::GenericIssuer {
                issuer: issuer.clone(),
                subject: Subject::Pattern(pattern.to_string()),
            },
            Identity::GithubActions { owner, repo } => {
                Self::GithubAction { owner: owner.clone(), repo: repo.clone() }
            }
            Identity::Certificate { certificate, chain, rekor_bundle } => {
                let chain = chain.as_ref().map_or(0, |chain| chain.len());
                certificate_needs(certificate, chain, *rekor_bundle)
            }
        }
    }
}

fn certificate_needs(pem: &str, chain: usize, rekor_bundle: RekorBundle) -> Needs {
    let read = Certificate::parse(pem)
        .map_err(|error| error.to_string())
        .and_then(|certificate| Ok((Fingerprint::of_certificate(&certificate)?, certificate)));
    match read {
        Ok((fingerprint, certificate)) => Needs::Certificate {
            certificate: fingerprint,
            valid_until: date(certificate.remaining(Duration::ZERO)),
            chain,
            require_rekor_bundle: rekor_bundle == RekorBundle::Required,
        },
        Err(reason) => Needs::Unusable { reason },
    }
}

impl Fingerprint {
    fn of_key(key: &PublicKey) -> Self {
        Self { key: public_key::kind(key.der()), fingerprint: short_digest(key.der()) }
    }

    fn of_certificate(certificate: &Certificate) -> Result<Self, String> {
        let der = CertificateDer::from_pem_slice(certificate.to_pem().as_bytes())
            .map_err(|error| error.to_string())?;
        Ok(Self {
            key: public_key::kind(certificate.public_key()),
            fingerprint: short_digest(&der),
        })
    }
}

fn short_digest(bytes: &[u8]) -> String {
    let hex = format!("{:x}", Sha256::digest(bytes));
    format!("sha256:{}", hex.get(..SHORT_DIGEST).unwrap_or(&hex))
}

/// A day, from the time since the Unix epoch.
fn date(time: Duration) -> String {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    DateTime::from_timestamp(seconds, 0)
        .map_or_else(|| "?".to_owned(), |time| time.format("%Y-%m-%d").to_string())
}
