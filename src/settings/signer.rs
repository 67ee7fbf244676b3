//! Signers of `rules`, a struct for each `kind`; and what all lists make of keys, identities and certificates.

use super::limits::{MAX_ANNOTATIONS, MAX_CHAIN};
use super::list::{List, StringMap};
use super::{SettingsIssue, subject_pattern, url_prefix, value};
use crate::policy::place::Place;
use crate::policy::signer::{Identity, KeySource, ObjectKind, RekorBundle, Signer, identity_label};
use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny};
use serde_json::value::RawValue;

/// The kinds of signers.
#[derive(Clone, Copy, Debug, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(super) enum SignerKind {
    PubKey,
    GenericIssuer,
    GithubAction,
    Certificate,
}

/// A public key.
#[derive(Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RawPubKey {
    /// how the signer is known
    #[serde(rename = "kind")]
    _kind: SignerKind,
    /// what messages call the signer
    owner: Option<String>,
    /// PEM, any one of several keys, or `k8s://namespace/name` of a Secret
    #[cfg_attr(not(target_family = "wasm"), schemars(with = "Option<String>"))]
    key: Option<KeyText>,
    /// where in the cluster the key is
    key_from: Option<RawKeyFrom>,
    /// annotations that the signature must carry
    annotations: Option<StringMap<MAX_ANNOTATIONS>>,
}

/// Where a key is.
#[derive(Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[cfg_attr(not(target_family = "wasm"), schemars(extend("allOf" = super::schema::needs(&[&["configMap", "secret"]]))))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawKeyFrom {
    /// in a ConfigMap
    config_map: Option<RawKeyObject>,
    /// in a Secret
    secret: Option<RawKeyObject>,
}

/// A ConfigMap or Secret that holds a key.
#[derive(Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawKeyObject {
    /// its namespace
    #[cfg_attr(not(target_family = "wasm"), schemars(with = "String"))]
    namespace: Option<String>,
    /// its name
    #[cfg_attr(not(target_family = "wasm"), schemars(with = "String"))]
    name: Option<String>,
    /// the entry that holds the key (default: cosign.pub)
    key: Option<String>,
}

/// An identity of an OIDC issuer.
#[derive(Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RawGenericIssuer {
    /// how the signer is known
    #[serde(rename = "kind")]
    _kind: SignerKind,
    /// the OIDC issuer
    #[cfg_attr(not(target_family = "wasm"), schemars(with = "String"))]
    issuer: Option<Literal>,
    /// the subject
    #[cfg_attr(not(target_family = "wasm"), schemars(with = "RawSubject"))]
    subject: Option<RawSubject>,
    /// annotations that the signature must carry
    annotations: Option<StringMap<MAX_ANNOTATIONS>>,
}

/// A subject, given in one way.
#[derive(Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[cfg_attr(not(target_family = "wasm"), schemars(extend("allOf" = super::schema::needs(&[&["equal", "urlPrefix", "pattern"]]))))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawSubject {
    /// the subject, exactly
    #[cfg_attr(not(target_family = "wasm"), schemars(with = "Option<String>"))]
    equal: Option<Literal>,
    /// the URL that the subject is below
    url_prefix: Option<String>,
    /// what the subject matches: `*` is any number of characters but no `/`, `**` any number of any characters
    pattern: Option<String>,
}

/// A workflow of GitHub Actions.
#[derive(Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RawGithubAction {
    /// how the signer is known
    #[serde(rename = "kind")]
    _kind: SignerKind,
    /// the user or organisation
    #[cfg_attr(not(target_family = "wasm"), schemars(with = "String"))]
    owner: Option<Literal>,
    /// one of its repositories (default: all)
    #[cfg_attr(not(target_family = "wasm"), schemars(with = "Option<String>"))]
    repo: Option<Literal>,
    /// annotations that the signature must carry
    annotations: Option<StringMap<MAX_ANNOTATIONS>>,
}

/// A certificate.
#[derive(Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RawCertificate {
    /// how the signer is known
    #[serde(rename = "kind")]
    _kind: SignerKind,
    /// PEM
    #[cfg_attr(not(target_family = "wasm"), schemars(with = "String"))]
    certificate: Option<String>,
    /// the PEM chain that leads to it, the root last
    certificate_chain: Option<List<String, MAX_CHAIN>>,
    /// the signature must be in the transparency log (default: true)
    require_rekor_bundle: Option<bool>,
    /// annotations that the signature must carry
    annotations: Option<StringMap<MAX_ANNOTATIONS>>,
}

/// A name that is compared character by character: with a star in it, it would never be found.
pub(super) struct Literal(pub(super) String);

impl<'de> Deserialize<'de> for Literal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.contains('*') {
            return Err(D::Error::custom(format_args!(
                "`{text}` is compared character by character, and no name has a `*`; `subject: {{pattern: …}}` \
                 of a `genericIssuer` in `rules` takes wildcards"
            )));
        }
        Ok(Self(text))
    }
}

/// A key, or the name of a Secret.
pub(super) struct KeyText(pub(super) KeySource);

impl<'de> Deserialize<'de> for KeyText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.strip_prefix("k8s://") {
            None => Ok(Self(KeySource::Inline(text))),
            Some(path) => cosign_secret(path).map(Self).ok_or_else(|| {
                D::Error::custom(format_args!("`{text}` is not `k8s://namespace/name`"))
            }),
        }
    }
}

/// Where cosign keeps the public half of a key pair that it made in a cluster.
const COSIGN_ENTRY: &str = "cosign.pub";

fn cosign_secret(path: &str) -> Option<KeySource> {
    let (namespace, name) = path.split_once('/')?;
    (!namespace.is_empty() && !name.is_empty() && !name.contains('/')).then(|| KeySource::Object {
        kind: ObjectKind::Secret,
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        entry: COSIGN_ENTRY.to_owned(),
    })
}

/// What messages call a signer, and who is meant by it.
pub(super) type Labelled = (String, Identity);

/// Compiles a signer of `rules`, the one of that number in its list.
pub(super) fn compile(
    place: Place,
    number: usize,
    raw: &RawValue,
) -> Result<Signer, SettingsIssue> {
    let ((label, identity), annotations) = match kind(raw)? {
        SignerKind::PubKey => {
            let raw: RawPubKey = value::read_filled(raw)?;
            let label = raw.owner.unwrap_or_else(|| format!("public key {number}"));
            let key = key_source(raw.key, raw.key_from)?;
            ((label, Identity::PublicKey(key)), raw.annotations)
        }
        SignerKind::GenericIssuer => {
            let raw: RawGenericIssuer = value::read_filled(raw)?;
            (generic_issuer(required(raw.issuer, "issuer")?.0, raw.subject)?, raw.annotations)
        }
        SignerKind::GithubAction => {
            let raw: RawGithubAction = value::read_filled(raw)?;
            let owner = required(raw.owner, "owner")?.0;
            (github_actions(owner, raw.repo.map(|repo| repo.0))?, raw.annotations)
        }
        SignerKind::Certificate => {
            let raw: RawCertificate = value::read_filled(raw)?;
            let certificate = required(raw.certificate, "certificate")?;
            let chain = List::or_empty(raw.certificate_chain);
            let identity = certificate_identity(certificate, chain, raw.require_rekor_bundle);
            ((format!("certificate {number}"), identity), raw.annotations)
        }
    };
    Ok(Signer { label, place, identity, annotations: StringMap::or_empty(annotations) })
}

/// Every key of every kind: one that is blank may be another kind's.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AnyKind {
    kind: Option<SignerKind>,
    #[serde(rename = "owner")]
    _owner: Option<IgnoredAny>,
    #[serde(rename = "key")]
    _key: Option<IgnoredAny>,
    #[serde(rename = "keyFrom")]
    _key_from: Option<IgnoredAny>,
    #[serde(rename = "issuer")]
    _issuer: Option<IgnoredAny>,
    #[serde(rename = "subject")]
    _subject: Option<IgnoredAny>,
    #[serde(rename = "repo")]
    _repo: Option<IgnoredAny>,
    #[serde(rename = "certificate")]
    _certificate: Option<IgnoredAny>,
    #[serde(rename = "certificateChain")]
    _certificate_chain: Option<IgnoredAny>,
    #[serde(rename = "requireRekorBundle")]
    _require_rekor_bundle: Option<IgnoredAny>,
    #[serde(rename = "annotations")]
    _annotations: Option<IgnoredAny>,
}

fn kind(raw: &RawValue) -> Result<SignerKind, SettingsIssue> {
    let AnyKind { kind, .. } = value::read(raw)?;
    kind.ok_or_else(|| {
        SettingsIssue::new(
            "`kind` is missing; one of `pubKey`, `genericIssuer`, `githubAction`, `certificate`",
        )
    })
}

pub(super) fn required<T>(value: Option<T>, key: &'static str) -> Result<T, SettingsIssue> {
    value.ok_or_else(|| SettingsIssue::new(format_args!("`{key}` is missing")))
}

fn key_source(
    key: Option<KeyText>,
    key_from: Option<RawKeyFrom>,
) -> Result<KeySource, SettingsIssue> {
    match (key, key_from) {
        (Some(KeyText(key)), None) => Ok(key),
        (None, Some(key_from)) => key_object(key_from).map_err(|issue| issue.under("keyFrom")),
        (Some(_), Some(_)) | (None, None) => {
            Err(SettingsIssue::new("give one of `key` and `keyFrom`"))
        }
    }
}

fn key_object(key_from: RawKeyFrom) -> Result<KeySource, SettingsIssue> {
    let (kind, key, object) = match (key_from.config_map, key_from.secret) {
        (Some(object), None) => (ObjectKind::ConfigMap, "configMap", object),
        (None, Some(object)) => (ObjectKind::Secret, "secret", object),
        (Some(_), Some(_)) | (None, None) => {
            return Err(SettingsIssue::new("give one of `configMap` and `secret`"));
        }
    };
    let required = |value, name| required(value, name).map_err(|issue| issue.under(key));
    Ok(KeySource::Object {
        kind,
        namespace: required(object.namespace, "namespace")?,
        name: required(object.name, "name")?,
        entry: object.key.unwrap_or_else(|| COSIGN_ENTRY.to_owned()),
    })
}

fn generic_issuer(issuer: String, subject: Option<RawSubject>) -> Result<Labelled, SettingsIssue> {
    let missing = "`subject` is missing: `{equal: …}`, `{urlPrefix: …}` or `{pattern: …}`";
    let subject = subject.ok_or_else(|| SettingsIssue::new(missing))?;
    match (subject.equal, subject.url_prefix, subject.pattern) {
        (Some(Literal(equal)), None, None) => Ok(keyless(issuer, equal)),
        (None, Some(prefix), None) => {
            keyless_prefix(issuer, &prefix).map_err(|issue| issue.under("subject.urlPrefix"))
        }
        (None, None, Some(pattern)) => {
            keyless_pattern(issuer, &pattern).map_err(|issue| issue.under("subject.pattern"))
        }
        _ => {
            let issue = SettingsIssue::new("give one of `equal`, `urlPrefix` and `pattern`");
            Err(issue.under("subject"))
        }
    }
}

pub(super) fn keyless(issuer: String, subject: String) -> Labelled {
    (identity_label(&issuer, &subject), Identity::Keyless { issuer, subject })
}

fn keyless_pattern(issuer: String, text: &str) -> Result<Labelled, SettingsIssue> {
    let pattern = subject_pattern::pattern(text).map_err(SettingsIssue::new)?;
    Ok((identity_label(&issuer, text), Identity::KeylessPattern { issuer, pattern }))
}

pub(super) fn keyless_prefix(issuer: String, prefix: &str) -> Result<Labelled, SettingsIssue> {
    let url_prefix = url_prefix::complete(prefix).map_err(SettingsIssue::new)?;
    Ok((format!("`{url_prefix}…` of `{issuer}`"), Identity::KeylessPrefix { issuer, url_prefix }))
}

pub(super) fn github_actions(
    owner: String,
    repo: Option<String>,
) -> Result<Labelled, SettingsIssue> {
    if owner.contains('/') || repo.iter().any(|repo| repo.contains('/')) {
        let apart = "write the owner and the repository apart: `owner: acme`, `repo: app`";
        return Err(SettingsIssue::new(apart));
    }
    let label = match &repo {
        Some(repo) => format!("GitHub Actions of `{owner}/{repo}`"),
        None => format!("GitHub Actions of `{owner}`"),
    };
    Ok((label, Identity::GithubActions { owner, repo }))
}

pub(super) fn certificate_identity(
    certificate: String,
    chain: Vec<String>,
    require_rekor_bundle: Option<bool>,
) -> Identity {
    Identity::Certificate {
        certificate,
        chain: (!chain.is_empty()).then_some(chain),
        rekor_bundle: if require_rekor_bundle.unwrap_or(true) {
            RekorBundle::Required
        } else {
            RekorBundle::Optional
        },
    }
}
