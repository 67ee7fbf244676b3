//! The question whether an image has certain signatures, but for the image.
//!
//! *What can one call ask?* Whether signatures of *all* that it lists are there: the host has no any-of.

use crate::policy::signer::{Annotations, RekorBundle};
use crate::text::number_of;
use kubewarden_policy_sdk::host_capabilities::SigstoreVerificationInputV2;
use kubewarden_policy_sdk::host_capabilities::verification::{KeylessInfo, KeylessPrefixInfo};

/// A question about an image, but for the image. Equal checks get equal answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Whose signatures must be there: all of those listed.
    pub all_of: AllOf,
    /// What each of these signatures must carry.
    pub annotations: Annotations,
}

/// The lists that one call can ask about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllOf {
    /// Public keys.
    PublicKeys(Vec<Credential>),
    /// Issuers and subjects.
    Keyless(Vec<KeylessInfo>),
    /// Issuers and URL prefixes.
    KeylessPrefix(Vec<KeylessPrefixInfo>),
    /// A GitHub Actions workflow.
    GithubActions {
        /// The user or organisation.
        owner: String,
        /// One of its repositories; none is all of them.
        repo: Option<String>,
    },
    /// The holder of a certificate's key.
    Certificate {
        /// The certificate.
        certificate: Credential,
        /// Its chain, PEM, the root last.
        chain: Option<Vec<String>>,
        /// Whether the signature must be in the transparency log.
        rekor_bundle: RekorBundle,
    },
}

/// A public key or a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// As the host is asked about it.
    pub pem: String,
    /// What its key consists of, by which it is compared with others.
    pub key_material: Vec<u8>,
}

/// Whether two checks became one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merged {
    /// One call asks about both.
    Yes,
    /// They stay apart.
    No,
}

impl Check {
    /// Adds what the other check asks for to this one, when one call can ask about both.
    #[must_use]
    pub fn merge(&mut self, other: &Self) -> Merged {
        if self.annotations != other.annotations {
            return Merged::No;
        }
        match (&mut self.all_of, &other.all_of) {
            (AllOf::PublicKeys(mine), AllOf::PublicKeys(others)) => mine.extend_from_slice(others),
            (AllOf::Keyless(mine), AllOf::Keyless(others)) => mine.extend_from_slice(others),
            (AllOf::KeylessPrefix(mine), AllOf::KeylessPrefix(others)) => {
                mine.extend_from_slice(others);
            }
            (
                AllOf::PublicKeys(_)
                | AllOf::Keyless(_)
                | AllOf::KeylessPrefix(_)
                | AllOf::GithubActions { .. }
                | AllOf::Certificate { .. },
                _,
            ) => return Merged::No,
        }
        Merged::Yes
    }

    /// A number made of it. Equal checks have one number.
    pub(crate) fn number(&self) -> u32 {
        let mut text = Vec::new();
        match &self.all_of {
            AllOf::PublicKeys(keys) => text.extend(keys.iter().map(|key| &key.pem)),
            AllOf::Keyless(keyless) => text.extend(keyless.iter().map(|of| &of.subject)),
            AllOf::KeylessPrefix(below) => text.extend(below.iter().map(|of| &of.url_prefix)),
            AllOf::GithubActions { owner, repo } => text.extend([owner].into_iter().chain(repo)),
            AllOf::Certificate { certificate, .. } => text.push(&certificate.pem),
        }
        number_of(text.into_iter().flat_map(|text| text.bytes()))
    }

    /// Whether it asks for identities, which certificates and the log vouch for.
    #[must_use]
    pub fn is_of_identities(&self) -> bool {
        match self.all_of {
            AllOf::Keyless(_) | AllOf::KeylessPrefix(_) | AllOf::GithubActions { .. } => true,
            AllOf::PublicKeys(_) | AllOf::Certificate { .. } => false,
        }
    }

    /// The question about that image.
    pub(super) fn request(&self, image: &str) -> SigstoreVerificationInputV2 {
        let image = image.to_owned();
        let annotations = (!self.annotations.is_empty()).then(|| self.annotations.clone());
        match self.all_of.clone() {
            AllOf::PublicKeys(keys) => SigstoreVerificationInputV2::SigstorePubKeyVerify {
                image,
                pub_keys: keys.into_iter().map(|key| key.pem).collect(),
                annotations,
            },
            AllOf::Keyless(keyless) => {
                SigstoreVerificationInputV2::SigstoreKeylessVerify { image, keyless, annotations }
            }
            AllOf::KeylessPrefix(keyless_prefix) => {
                SigstoreVerificationInputV2::SigstoreKeylessPrefixVerify {
                    image,
                    keyless_prefix,
                    annotations,
                }
            }
            AllOf::GithubActions { owner, repo } => {
                SigstoreVerificationInputV2::SigstoreGithubActionsVerify {
                    image,
                    owner,
                    repo,
                    annotations,
                }
            }
            AllOf::Certificate { certificate, chain, rekor_bundle } => {
                SigstoreVerificationInputV2::SigstoreCertificateVerify {
                    image,
                    certificate: certificate.pem.into_bytes(),
                    certificate_chain: chain
                        .map(|chain| chain.into_iter().map(String::into_bytes).collect()),
                    require_rekor_bundle: rekor_bundle == RekorBundle::Required,
                    annotations,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn asked(all_of: AllOf, annotations: &[(&str, &str)]) -> Value {
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        let annotations = annotations.iter().map(owned).collect();
        serde_json::to_value(Check { all_of, annotations }.request("app")).unwrap()
    }

    /// <https://docs.kubewarden.io/admission-controller/1.37/en/reference/spec/host-capabilities/02-signature-verifier-policies.html>
    #[test]
    fn what_the_host_is_sent() {
        let credential = |pem: &str| Credential { pem: pem.to_owned(), key_material: Vec::new() };
        let certificate = |chain, rekor_bundle| AllOf::Certificate {
            certificate: credential("C"),
            chain,
            rekor_bundle,
        };
        let keyless = KeylessInfo { issuer: "i".to_owned(), subject: "s".to_owned() };
        let prefix = KeylessPrefixInfo { issuer: "i".to_owned(), url_prefix: "u".to_owned() };
        let rows = [
            (
                asked(AllOf::PublicKeys(vec![credential("K")]), &[]),
                json!({"type": "SigstorePubKeyVerify", "image": "app", "pub_keys": ["K"], "annotations": null}),
            ),
            (
                asked(AllOf::Keyless(vec![keyless]), &[("b", "2"), ("a", "1")]),
                json!({"type": "SigstoreKeylessVerify", "image": "app",
                    "keyless": [{"issuer": "i", "subject": "s"}], "annotations": {"a": "1", "b": "2"}}),
            ),
            (
                asked(AllOf::KeylessPrefix(vec![prefix]), &[]),
                json!({"type": "SigstoreKeylessPrefixVerify", "image": "app",
                    "keyless_prefix": [{"issuer": "i", "url_prefix": "u"}], "annotations": null}),
            ),
            (
                asked(AllOf::GithubActions { owner: "o".to_owned(), repo: None }, &[]),
                json!({"type": "SigstoreGithubActionsVerify", "image": "app", "owner": "o", "repo": null,
                    "annotations": null}),
            ),
            (
                asked(certificate(None, RekorBundle::Optional), &[]),
                json!({"type": "SigstoreCertificateVerify", "image": "app", "certificate": [67],
                    "certificate_chain": null, "require_rekor_bundle": false, "annotations": null}),
            ),
            (
                asked(certificate(Some(vec!["R".to_owned()]), RekorBundle::Required), &[]),
                json!({"type": "SigstoreCertificateVerify", "image": "app", "certificate": [67],
                    "certificate_chain": [[82]], "require_rekor_bundle": true, "annotations": null}),
            ),
        ];
        for (asked, expected) in rows {
            assert_eq!(asked, expected);
        }
    }
}
