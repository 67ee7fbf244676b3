//! The `rules` list: the vocabulary of Kubewarden's verification config
//! (<https://docs.kubewarden.io/howtos/security-hardening/secure-supply-chain>).

use super::reader::{Node, Object};
use super::schema::{
    ANY_OF, ENFORCEMENT, KEY_FROM, KEY_OBJECT, RULE, SIGNER, SIGNER_KINDS, SUBJECT,
};
use super::signer::{self, Labelled};
use super::{RuleFilter, SettingsIssue};
use crate::image::pattern::ImagePattern;
use crate::policy::rule::{AnyOf, Enforcement, ImageMatcher, Rule, Trust};
use crate::policy::signer::{Identity, KeySource, ObjectKind, Signer};

/// Compiles a rule that is wanted.
pub(super) fn compile(
    number: usize,
    node: &Node<'_>,
    filter: RuleFilter<'_>,
) -> Result<Option<Rule>, SettingsIssue> {
    if cannot_be_wanted(node, filter) {
        return Ok(None);
    }
    let rule = node.object(&RULE)?;
    of(&rule, filter, &|| format!("rule {number}"), &|| trust(&rule))
}

/// Where the patterns cannot be told, what is wrong is told later.
pub(super) fn cannot_be_wanted(node: &Node<'_>, filter: RuleFilter<'_>) -> bool {
    node.strings("images").is_some_and(|patterns| !filter.could_include(&patterns))
}

/// A rule of that name, if it has no other, and that trust.
pub(super) fn of(
    rule: &Object<'_>,
    filter: RuleFilter<'_>,
    name: &dyn Fn() -> String,
    trust: &dyn Fn() -> Result<Trust, SettingsIssue>,
) -> Result<Option<Rule>, SettingsIssue> {
    let matcher = ImageMatcher::patterns(patterns(rule, "images")?, sparing(rule, "exclude")?)
        .map_err(|empty| rule.issue(&empty.to_string()))?;
    if !filter.includes(&matcher) {
        return Ok(None);
    }
    let name = rule.text("name")?.unwrap_or_else(name);
    let trust = trust()?;
    let enforcement = match rule.choice("enforcement", ENFORCEMENT)? {
        Some("warn") => Enforcement::Warn,
        _ => Enforcement::Reject,
    };
    Ok(Some(Rule { name, matcher, enforcement, trust }))
}

fn trust(rule: &Object<'_>) -> Result<Trust, SettingsIssue> {
    let all_of = signers(&rule.list("allOf")?)?;
    let any_of = rule.get("anyOf").as_ref().map(any_of).transpose()?;
    Trust::new(all_of, any_of).map_err(|empty| rule.issue(&empty.to_string()))
}

pub(super) fn patterns(object: &Object<'_>, key: &str) -> Result<Vec<ImagePattern>, SettingsIssue> {
    let mut patterns = Vec::new();
    let Some(list) = object.get(key) else { return Ok(patterns) };
    for node in list.elements()? {
        let pattern = ImagePattern::parse(&node.text()?);
        patterns.push(pattern.map_err(|error| node.issue(&error.to_string()))?);
    }
    Ok(patterns)
}

/// Patterns of images that are spared something. To spare all of them is a mistake.
pub(super) fn sparing(object: &Object<'_>, key: &str) -> Result<Vec<ImagePattern>, SettingsIssue> {
    let patterns = patterns(object, key)?;
    match object.get(key) {
        Some(node) if patterns.iter().any(ImagePattern::is_every_image) => {
            Err(node.issue("this is every image, so none would be checked"))
        }
        _ => Ok(patterns),
    }
}

fn any_of(node: &Node<'_>) -> Result<AnyOf, SettingsIssue> {
    let any_of = node.object(&ANY_OF)?;
    let given = any_of.get("minimumMatches");
    let minimum = given.as_ref().map_or(Ok(1), Node::number)?;
    let signers = signers(&any_of.list("signatures")?)?;
    if signers.is_empty() {
        return Err(any_of.issue("`signatures` is missing: who can sign?"));
    }
    let count = signers.len();
    AnyOf::new(minimum, signers).map_err(|_| {
        given
            .as_ref()
            .unwrap_or(node)
            .issue(&format!("must be between 1 and {count}, the number of signers"))
    })
}

fn signers(nodes: &[Node<'_>]) -> Result<Vec<Signer>, SettingsIssue> {
    let mut signers = Vec::new();
    for (index, node) in nodes.iter().enumerate() {
        let object = node.object(&SIGNER)?;
        let (label, identity) = labelled(index + 1, node, &object)?;
        let annotations = object.texts("annotations")?;
        signers.push(Signer { label, place: node.path().clone(), identity, annotations });
    }
    Ok(signers)
}

fn labelled(
    number: usize,
    node: &Node<'_>,
    signer: &Object<'_>,
) -> Result<Labelled, SettingsIssue> {
    let Some(kind) = signer.choice("kind", SIGNER_KINDS)? else {
        let kinds = SIGNER_KINDS.join("`, `");
        return Err(signer.issue(&format!("`kind` is missing; one of `{kinds}`")));
    };
    let known: &[&str] = match kind {
        "pubKey" => &["owner", "key", "keyFrom"],
        "genericIssuer" => &["issuer", "subject"],
        "githubAction" => &["owner", "repo"],
        _ => &["certificate", "certificateChain", "requireRekorBundle"],
    };
    let is_known = |key: &&str| known.contains(key) || matches!(*key, "kind" | "annotations");
    if let Some(key) = signer.keys().find(|key| !is_known(key)) {
        let known = known.join("`, `");
        return Err(signer.issue(&format!("`{key}` is not for a `{kind}`, which takes `{known}`")));
    }
    match kind {
        "pubKey" => {
            let label = signer.text("owner")?.unwrap_or_else(|| format!("public key {number}"));
            Ok((label, Identity::PublicKey(key_source(signer)?)))
        }
        "genericIssuer" => generic_issuer(node, signer),
        "githubAction" => {
            signer::literals(signer, &["owner", "repo"])?;
            signer::github_actions(signer, signer.text("repo")?)
        }
        _ => {
            let certificate = signer.required_text("certificate")?;
            Ok((format!("certificate {number}"), signer::certificate(certificate, signer)?))
        }
    }
}

fn generic_issuer(node: &Node<'_>, signer: &Object<'_>) -> Result<Labelled, SettingsIssue> {
    signer::literals(signer, &["issuer"])?;
    let issuer = signer.required_text("issuer")?;
    let missing = "`subject` is missing: `{equal: …}`, `{urlPrefix: …}` or `{pattern: …}`";
    let subject = signer.get("subject").ok_or_else(|| signer.issue(missing))?;
    let object = subject.object(&SUBJECT)?;
    signer::literals(&object, &["equal"])?;
    match (object.text("equal")?, object.text("urlPrefix")?, object.get("pattern")) {
        (Some(equal), None, None) => Ok(signer::keyless(issuer, equal)),
        (None, Some(prefix), None) => signer::keyless_prefix(issuer, &prefix, node),
        (None, None, Some(pattern)) => signer::keyless_pattern(issuer, &pattern),
        _ => Err(object.issue("give one of `equal`, `urlPrefix` and `pattern`")),
    }
}

/// Where cosign keeps the public half of a key pair that it made in a cluster.
const COSIGN_ENTRY: &str = "cosign.pub";

fn key_source(signer: &Object<'_>) -> Result<KeySource, SettingsIssue> {
    match (signer.get("key"), signer.get("keyFrom")) {
        (Some(node), None) => key(&node, node.text()?),
        (None, Some(key_from)) => key_object(&key_from),
        _ => Err(signer.issue("give one of `key` and `keyFrom`")),
    }
}

/// A key, or the name of a Secret.
pub(super) fn key(node: &Node<'_>, text: String) -> Result<KeySource, SettingsIssue> {
    match text.strip_prefix("k8s://") {
        None => Ok(KeySource::Inline(text)),
        Some(path) => cosign_secret(path)
            .ok_or_else(|| node.issue(&format!("`{text}` is not `k8s://namespace/name`"))),
    }
}

fn cosign_secret(path: &str) -> Option<KeySource> {
    let (namespace, name) = path.split_once('/')?;
    (!namespace.is_empty() && !name.is_empty() && !name.contains('/')).then(|| KeySource::Object {
        kind: ObjectKind::Secret,
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        entry: COSIGN_ENTRY.to_owned(),
    })
}

fn key_object(node: &Node<'_>) -> Result<KeySource, SettingsIssue> {
    let key_from = node.object(&KEY_FROM)?;
    let (kind, object) = match (key_from.get("configMap"), key_from.get("secret")) {
        (Some(node), None) => (ObjectKind::ConfigMap, node.object(&KEY_OBJECT)?),
        (None, Some(node)) => (ObjectKind::Secret, node.object(&KEY_OBJECT)?),
        _ => return Err(key_from.issue("give one of `configMap` and `secret`")),
    };
    Ok(KeySource::Object {
        kind,
        namespace: object.required_text("namespace")?,
        name: object.required_text("name")?,
        entry: object.text("key")?.unwrap_or_else(|| COSIGN_ENTRY.to_owned()),
    })
}
