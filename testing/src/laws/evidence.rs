//! What the settings demand of an image, and whether the host's answers meet it: told from the text of the
//! settings and the record of calls alone.

use super::host::Call;
use base64::Engine;
use regex::Regex;
use serde_json::{Value, json};
use signed_images_policy::image::legacy_pattern::{LegacyPattern, Spellings};
use signed_images_policy::image::pattern::{ImagePattern, Match};
use signed_images_policy::image::reference::{Digest, Reference};
use signed_images_policy::keys::certificate::Certificate;
use signed_images_policy::keys::public_key::PublicKey;

/// How the settings stand to an image.
pub(super) enum Standing {
    Exempt,
    Unmatched,
    Demanded(Vec<Demand>),
}

/// What one rule, or one entry of `signatures`, asks for.
pub(super) struct Demand {
    pub(super) only_warns: bool,
    /// Whether two signers may be one.
    takes_twins: bool,
    all_of: Vec<Value>,
    any_of: Vec<Value>,
    minimum: usize,
}

pub(super) fn standing(settings: &Value, image: &Reference) -> Standing {
    if any_matches(&settings["exempt"], image, Match::Yes) {
        return Standing::Exempt;
    }
    let mut demands = demands(settings, image);
    if demands.is_empty() && image.digest().is_some() {
        // By its digest alone.
        demands = self::demands(settings, &Reference::parse(&image.question()).unwrap());
    }
    if demands.is_empty() { Standing::Unmatched } else { Standing::Demanded(demands) }
}

fn demands(settings: &Value, image: &Reference) -> Vec<Demand> {
    let entries = list(&settings["signatures"]).iter();
    let mut demands: Vec<Demand> =
        entries.filter(|entry| matches_entry(entry, image)).map(of_entry).collect();
    demands.extend(
        list(&settings["rules"])
            .iter()
            .filter(|rule| any_matches(&rule["images"], image, Match::Perhaps))
            .filter(|rule| !any_matches(&rule["exclude"], image, Match::Claimed))
            .map(of_rule),
    );
    demands
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Forms send nothing in many ways.
fn given<'v>(value: &'v Value, key: &str) -> Option<&'v Value> {
    let empty = [Value::Null, json!(""), json!([]), json!({})];
    value.get(key).filter(|value| !empty.contains(value))
}

fn any_matches(patterns: &Value, image: &Reference, least: Match) -> bool {
    let matches = |text: &Value| ImagePattern::parse(text.as_str()?).ok().map(|p| p.matches(image));
    list(patterns).iter().filter_map(matches).any(|found| found >= least)
}

fn matches_entry(entry: &Value, image: &Reference) -> bool {
    let one = [entry["image"].clone()];
    let patterns = if given(entry, "image").is_some() { &one[..] } else { list(&entry["images"]) };
    let parsed = patterns.iter().filter_map(|text| LegacyPattern::parse(text.as_str()?).ok());
    parsed.into_iter().any(|pattern| pattern.matches(&Spellings::of(image)))
}

fn of_rule(rule: &Value) -> Demand {
    let minimum = given(&rule["anyOf"], "minimumMatches").and_then(Value::as_u64).unwrap_or(1);
    Demand {
        only_warns: rule["enforcement"] == "warn",
        takes_twins: false,
        all_of: list(&rule["allOf"]).to_vec(),
        any_of: list(&rule["anyOf"]["signatures"]).to_vec(),
        minimum: usize::try_from(minimum).unwrap(),
    }
}

/// The same in the vocabulary of `rules`.
fn of_entry(entry: &Value) -> Demand {
    let mut all_of = Vec::new();
    let mut add = |mut signer: Value| {
        for key in ["annotations", "certificateChain", "requireRekorBundle"] {
            signer[key] = entry[key].clone();
        }
        all_of.push(signer);
    };
    for key in list(&entry["pubKeys"]) {
        add(json!({"kind": "pubKey", "key": key}));
    }
    for pair in list(&entry["keyless"]) {
        let subject = json!({"equal": pair["subject"]});
        add(json!({"kind": "genericIssuer", "issuer": pair["issuer"], "subject": subject}));
    }
    for pair in list(&entry["keylessPrefix"]) {
        let url = pair.get("urlPrefix").or(pair.get("url_prefix"));
        let subject = json!({"urlPrefix": url});
        add(json!({"kind": "genericIssuer", "issuer": pair["issuer"], "subject": subject}));
    }
    if let Some(github) = given(entry, "githubActions") {
        add(json!({"kind": "githubAction", "owner": github["owner"], "repo": github["repo"]}));
    }
    for certificate in list(&entry["certificates"]) {
        add(json!({"kind": "certificate", "certificate": certificate}));
    }
    Demand { only_warns: false, takes_twins: true, all_of, any_of: Vec::new(), minimum: 0 }
}

impl Demand {
    /// Whether the calls vouch for the image at that digest, by all the signers that are needed.
    pub(super) fn is_met(&self, image: &Reference, digest: &Digest, calls: &[Call]) -> bool {
        let (tag, pinned) = (image.question(), image.at(digest));
        let about = |call: &&Call| {
            call.vouched().as_ref() == Some(digest) && [&*tag, &*pinned].contains(&call.image())
        };
        let vouched: Vec<&Call> = calls.iter().filter(about).collect();
        let evidence = |signers: &[Value]| -> Vec<Vec<String>> {
            signers.iter().map(|signer| evidence(signer, &vouched, calls)).collect()
        };
        let (all_of, any_of) = (evidence(&self.all_of), evidence(&self.any_of));
        let all = if self.takes_twins {
            all_of.iter().all(|found| !found.is_empty())
        } else {
            distinct(&all_of, &mut Vec::new()) == all_of.len()
        };
        all && (any_of.is_empty() || distinct(&any_of, &mut Vec::new()) >= self.minimum)
            && !(all_of.is_empty() && any_of.is_empty())
    }
}

/// How many signers can each have signed by something of their own.
fn distinct(evidence: &[Vec<String>], used: &mut Vec<String>) -> usize {
    let Some((first, rest)) = evidence.split_first() else { return 0 };
    // More would take long to try.
    if evidence.len() > 8 {
        return usize::from(!first.is_empty()) + distinct(rest, used);
    }
    let mut most = distinct(rest, used);
    for found in first {
        if !used.contains(found) {
            used.push(found.clone());
            most = most.max(1 + distinct(rest, used));
            used.pop();
        }
    }
    most
}

/// What vouches for a signer: each of its keys, or its identity.
fn evidence(signer: &Value, vouched: &[&Call], calls: &[Call]) -> Vec<String> {
    let annotations = given(signer, "annotations").unwrap_or(&Value::Null);
    let asked: Vec<&Value> = vouched
        .iter()
        .map(|call| &call.question)
        .filter(|question| question["annotations"] == *annotations)
        .collect();
    match signer["kind"].as_str() {
        Some("pubKey") => keys(signer, calls)
            .into_iter()
            .filter(|pem| asked.iter().any(|asked| list(&asked["pub_keys"]).contains(&json!(pem))))
            .collect(),
        Some("genericIssuer") if given(&signer["subject"], "pattern").is_some() => {
            asked.iter().flat_map(|asked| subjects(asked, signer)).collect()
        }
        kind => {
            let is_asked = asked.iter().any(|asked| match kind {
                Some("genericIssuer") => asks_for_subject(asked, signer),
                Some("githubAction") => {
                    let repo = given(signer, "repo").unwrap_or(&Value::Null);
                    asked["owner"] == signer["owner"] && asked["repo"] == *repo
                }
                Some("certificate") => asks_for_certificate(asked, signer),
                other => unreachable!("{other:?} is no kind"),
            });
            is_asked.then(|| signer.to_string()).into_iter().collect()
        }
    }
}

/// The subjects asked about that match the signer's pattern.
fn subjects(asked: &Value, signer: &Value) -> Vec<String> {
    let pattern = signer["subject"]["pattern"].as_str().unwrap_or_default();
    let text = regex::escape(pattern).replace(r"\*\*", ".*").replace(r"\*", "[^/]*");
    let pattern = Regex::new(&format!("^(?:{text})$")).expect("a regular expression");
    let subject = |pair: &Value| {
        let subject = pair["subject"].as_str().filter(|subject| pattern.is_match(subject))?;
        (pair["issuer"] == signer["issuer"]).then(|| format!("`{subject}` of {}", pair["issuer"]))
    };
    list(&asked["keyless"]).iter().filter_map(subject).collect()
}

fn asks_for_subject(asked: &Value, signer: &Value) -> bool {
    let subject = &signer["subject"];
    let exact = json!({"issuer": signer["issuer"], "subject": subject["equal"]});
    let url = given(subject, "urlPrefix").or(given(subject, "url_prefix"));
    let below = |pair: &Value| {
        let asked = pair["url_prefix"].as_str().and_then(|asked| asked.strip_suffix('/'));
        let url = url.and_then(Value::as_str);
        pair["issuer"] == signer["issuer"]
            && url.is_some_and(|url| asked == Some(url) || asked == url.strip_suffix('/'))
    };
    list(&asked["keyless"]).contains(&exact) || list(&asked["keyless_prefix"]).iter().any(below)
}

fn asks_for_certificate(asked: &Value, signer: &Value) -> bool {
    let read = |text: Option<&str>| Certificate::parse(text?).ok();
    let bytes: Option<Vec<u8>> = serde_json::from_value(asked["certificate"].clone()).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    let chain = list(&signer["certificateChain"]).len();
    let needs_log = signer["requireRekorBundle"] != false;
    text.is_some()
        && read(text.as_deref()) == read(signer["certificate"].as_str())
        && list(&asked["certificate_chain"]).len() == chain
        && asked["require_rekor_bundle"] == needs_log
}

/// The keys of a signer, as the host is asked about them.
fn keys(signer: &Value, calls: &[Call]) -> Vec<String> {
    let text = match (given(signer, "key").and_then(Value::as_str), given(signer, "keyFrom")) {
        (Some(text), _) => {
            match text.strip_prefix("k8s://").and_then(|path| path.split_once('/')) {
                Some((namespace, name)) => {
                    in_cluster("Secret", namespace, name, "cosign.pub", calls)
                }
                None => Some(text.to_owned()),
            }
        }
        (None, Some(from)) => {
            let kind = if given(from, "secret").is_some() { "Secret" } else { "ConfigMap" };
            let object = given(from, "secret").unwrap_or(&from["configMap"]);
            let entry = given(object, "key").and_then(Value::as_str).unwrap_or("cosign.pub");
            let text = |key: &str| object[key].as_str().unwrap_or_default();
            in_cluster(kind, text("namespace"), text("name"), entry, calls)
        }
        (None, None) => None,
    };
    let keys = text.and_then(|text| PublicKey::parse_all(&text).ok()).unwrap_or_default();
    keys.iter().map(PublicKey::to_pem).collect()
}

fn in_cluster(
    kind: &str,
    namespace: &str,
    name: &str,
    entry: &str,
    calls: &[Call],
) -> Option<String> {
    let call = calls.iter().find(|call| {
        let of = |key: &str| call.question[key].as_str();
        call.operation == "get_resource"
            && (of("kind"), of("namespace"), of("name"))
                == (Some(kind), Some(namespace), Some(name))
    })?;
    let object: Value = serde_json::from_slice(call.answer.as_ref().ok()?).ok()?;
    let text = object["data"][entry].as_str()?;
    if kind == "ConfigMap" {
        return Some(text.to_owned());
    }
    String::from_utf8(base64::engine::general_purpose::STANDARD.decode(text).ok()?).ok()
}
