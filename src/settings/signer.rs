//! Signers of `rules`: a struct for each `kind`.

use super::blank::is_blank;
use super::limits::{MAX_ANNOTATIONS, MAX_CHAIN};
use super::list::{List, StringMap};
use super::signer_parts::{
    COSIGN_ENTRY, KeyText, Labelled, Literal, certificate_identity, github_actions, is_object_name,
    keyless, keyless_pattern, owned_prefix, required,
};
use super::{SettingsIssue, value};
use crate::policy::place::Place;
use crate::policy::signer::{Identity, KeySource, ObjectKind, Signer};
use serde::Deserialize;
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

/// A signer of any kind: its `kind` says which keys it takes.
pub(super) enum AnySigner {}

/// A public key.
#[derive(Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RawPubKey {
    /// the kind of signer
    #[serde(rename = "kind")]
    _kind: SignerKind,
    /// the name of the signer in messages
    owner: Option<String>,
    /// PEM, one or more keys of which one must have signed, or `k8s://namespace/name` of a Secret
    #[cfg_attr(not(target_family = "wasm"), schemars(with = "Option<String>"))]
    key: Option<KeyText>,
    /// where in the cluster the key is
    key_from: Option<RawKeyFrom>,
    /// annotations that the signature must contain
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
    /// the key in `data` that contains the PEM (default: cosign.pub)
    key: Option<String>,
}

/// An identity of an OIDC issuer.
#[derive(Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RawGenericIssuer {
    /// the kind of signer
    #[serde(rename = "kind")]
    _kind: SignerKind,
    /// the OIDC issuer
    #[cfg_attr(not(target_family = "wasm"), schemars(with = "String"))]
    issuer: Option<Literal>,
    /// the subject
    #[cfg_attr(not(target_family = "wasm"), schemars(with = "RawSubject"))]
    subject: Option<RawSubject>,
    /// annotations that the signature must contain
    annotations: Option<StringMap<MAX_ANNOTATIONS>>,
}

/// A subject, given in one way.
#[derive(Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[cfg_attr(not(target_family = "wasm"), schemars(extend("allOf" = super::schema::needs(&[&["equal", "urlPrefix", "pattern"]]))))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawSubject {
    /// the exact subject
    #[cfg_attr(not(target_family = "wasm"), schemars(with = "Option<String>"))]
    equal: Option<Literal>,
    /// the URL with which the subject starts
    url_prefix: Option<String>,
    /// a pattern for the whole subject: `*` matches any characters except `/`, `**` matches any characters
    pattern: Option<String>,
}

/// A workflow of GitHub Actions.
#[derive(Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RawGithubAction {
    /// the kind of signer
    #[serde(rename = "kind")]
    _kind: SignerKind,
    /// the user or organisation
    #[cfg_attr(not(target_family = "wasm"), schemars(with = "String"))]
    owner: Option<Literal>,
    /// one of its repositories (default: all)
    #[cfg_attr(not(target_family = "wasm"), schemars(with = "Option<String>"))]
    repo: Option<Literal>,
    /// annotations that the signature must contain
    annotations: Option<StringMap<MAX_ANNOTATIONS>>,
}

/// A certificate.
#[derive(Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RawCertificate {
    /// the kind of signer
    #[serde(rename = "kind")]
    _kind: SignerKind,
    /// PEM
    #[cfg_attr(not(target_family = "wasm"), schemars(with = "String"))]
    certificate: Option<String>,
    /// PEM, from the issuer of the certificate to the root, which is last
    certificate_chain: Option<List<String, MAX_CHAIN>>,
    /// the signature must be in the transparency log (default: true)
    require_rekor_bundle: Option<bool>,
    /// annotations that the signature must contain
    annotations: Option<StringMap<MAX_ANNOTATIONS>>,
}

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
            let identity =
                certificate_identity(certificate, chain.into(), raw.require_rekor_bundle);
            ((format!("certificate {number}"), identity), raw.annotations)
        }
    };
    Ok(Signer { label, place, identity, annotations: StringMap::or_empty(annotations) })
}

/// Every key of every kind: one that is blank may be another kind's.
const KEYS: [&str; 11] = [
    "kind",
    "owner",
    "key",
    "keyFrom",
    "issuer",
    "subject",
    "repo",
    "certificate",
    "certificateChain",
    "requireRekorBundle",
    "annotations",
];

fn kind(raw: &RawValue) -> Result<SignerKind, SettingsIssue> {
    let values = value::fields(value::object(raw)?, &KEYS)?;
    let kind = values.first().copied().flatten().filter(|kind| !is_blank(kind));
    let missing =
        "`kind` is missing; use one of `pubKey`, `genericIssuer`, `githubAction`, `certificate`";
    let kind = kind.ok_or_else(|| SettingsIssue::new(missing))?;
    value::read(kind).map_err(|issue| issue.under("kind"))
}

fn key_source(
    key: Option<KeyText>,
    key_from: Option<RawKeyFrom>,
) -> Result<KeySource, SettingsIssue> {
    match (key, key_from) {
        (Some(KeyText(key)), None) => Ok(key),
        (None, Some(key_from)) => key_object(key_from).map_err(|issue| issue.under("keyFrom")),
        (Some(_), Some(_)) | (None, None) => {
            Err(SettingsIssue::new("set exactly one of `key` and `keyFrom`"))
        }
    }
}

fn key_object(key_from: RawKeyFrom) -> Result<KeySource, SettingsIssue> {
    let (kind, key, object) = match (key_from.config_map, key_from.secret) {
        (Some(object), None) => (ObjectKind::ConfigMap, "configMap", object),
        (None, Some(object)) => (ObjectKind::Secret, "secret", object),
        (Some(_), Some(_)) | (None, None) => {
            return Err(SettingsIssue::new("set exactly one of `configMap` and `secret`"));
        }
    };
    let name = |value, of| {
        let name: String = required(value, of).map_err(|issue| issue.under(key))?;
        if is_object_name(&name) {
            return Ok(name);
        }
        let issue = "is not a valid object name: use lower-case letters and digits, with `-` and `.` between them";
        Err(SettingsIssue::new(format_args!("`{name}` {issue}")).under(of).under(key))
    };
    let entry = object.key.unwrap_or_else(|| COSIGN_ENTRY.to_owned());
    let in_key = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !entry.chars().all(in_key) {
        let issue = "is not a valid key of `data`: use letters, digits, `-`, `_` and `.`";
        return Err(SettingsIssue::new(format_args!("`{entry}` {issue}")).under("key").under(key));
    }
    let (namespace, name) = (name(object.namespace, "namespace")?, name(object.name, "name")?);
    Ok(KeySource::Object { kind, namespace, name, entry })
}

fn generic_issuer(issuer: String, subject: Option<RawSubject>) -> Result<Labelled, SettingsIssue> {
    let missing = "`subject` is missing: set `{equal: …}`, `{urlPrefix: …}` or `{pattern: …}`";
    let subject = subject.ok_or_else(|| SettingsIssue::new(missing))?;
    match (subject.equal, subject.url_prefix, subject.pattern) {
        (Some(Literal(equal)), None, None) => Ok(keyless(issuer, equal)),
        (None, Some(prefix), None) => {
            owned_prefix(issuer, &prefix).map_err(|issue| issue.under("subject.urlPrefix"))
        }
        (None, None, Some(pattern)) => {
            keyless_pattern(issuer, &pattern).map_err(|issue| issue.under("subject.pattern"))
        }
        _ => {
            let issue = SettingsIssue::new("set exactly one of `equal`, `urlPrefix` and `pattern`");
            Err(issue.under("subject"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::schema;
    use serde_json::json;

    /// What the structs of the kinds say, every other place says that tells the kinds apart.
    #[test]
    fn every_kind_is_known_everywhere() {
        let schema = schema();
        let signer = &schema["properties"]["rules"]["items"]["properties"]["allOf"]["items"];
        let keys = signer["properties"].as_object().unwrap().keys();
        for key in keys.filter(|key| *key != "kind") {
            let raw = serde_json::value::to_raw_value(&json!({"kind": "pubKey", key: ""})).unwrap();
            assert!(kind(&raw).is_ok(), "{key}");
        }
        let missing = kind(&RawValue::from_string("{}".to_owned()).unwrap()).unwrap_err();
        let kinds = signer["properties"]["kind"]["enum"].as_array().unwrap();
        assert!(kinds.len() > 1);
        for kind in kinds {
            let kind = kind.as_str().unwrap();
            assert!(missing.to_string().contains(&format!("`{kind}`")), "{kind}");
        }
    }
}
