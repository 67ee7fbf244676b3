//! Blocks of YAML: settings, manifests, sources, workflows, and policies of other tools.

use serde::Deserialize;
use signed_images::sources::Sources;
use signed_images_convert::{Options, Source, convert};
use signed_images_testing::schema;
use yaml_serde::Value;

use crate::commands;
use crate::folder::Folder;
use crate::operation;

/// Objects that pages show, beside policies.
const KINDS: [(&str, &str); 16] = [
    ("v1", "Namespace"),
    ("v1", "ConfigMap"),
    ("v1", "Secret"),
    ("v1", "Pod"),
    ("apps/v1", "Deployment"),
    ("rbac.authorization.k8s.io/v1", "Role"),
    ("rbac.authorization.k8s.io/v1", "RoleBinding"),
    ("policies.kubewarden.io/v1", "PolicyServer"),
    ("policies.kubewarden.io/v1", "ClusterAdmissionPolicy"),
    ("policies.kubewarden.io/v1", "AdmissionPolicy"),
    ("policies.kubewarden.io/v1", "ClusterAdmissionPolicyGroup"),
    ("batch.example.com/v1", "Pipeline"),
    ("catalog.cattle.io/v1", "ClusterRepo"),
    ("tekton.dev/v1", "Task"),
    ("monitoring.coreos.com/v1", "PrometheusRule"),
    ("argoproj.io/v1alpha1", "Application"),
];

/// What is converted: the API groups, and the module of the policy that is moved over from.
const OTHERS: [&str; 3] = ["kyverno.io/", "policies.kyverno.io/", "policy.sigstore.dev/"];
const CLASSIC_MODULE: &str = "/verify-image-signatures:";

/// `spec` of a policy: <https://docs.kubewarden.io/admission-controller/1.37/en/reference/CRDs.html>.
const SPEC: [&str; 15] = [
    "module",
    "mode",
    "mutating",
    "policyServer",
    "rules",
    "settings",
    "contextAwareResources",
    "namespaceSelector",
    "objectSelector",
    "failurePolicy",
    "backgroundAudit",
    "matchConditions",
    "message",
    "timeoutSeconds",
    "timeoutEvalSeconds",
];

/// `spec` of a group, and of a member in it.
const GROUP: [&str; 6] = ["mode", "timeoutSeconds", "rules", "expression", "message", "policies"];
const MEMBER: [&str; 4] = ["module", "settings", "contextAwareResources", "timeoutEvalSeconds"];

pub(crate) fn check(text: &str, folder: &mut Folder) -> Result<(), String> {
    let documents: Vec<Value> = yaml_serde::Deserializer::from_str(text)
        .map(Value::deserialize)
        .collect::<Result<_, _>>()
        .map_err(|error| error.to_string())?;
    if documents.is_empty() {
        return Err("it is empty".to_owned());
    }
    for document in &documents {
        check_document(document, text, folder)?;
    }
    Ok(())
}

/// A file of tests.
fn suite(document: &Value) -> Result<(), String> {
    let schema = jsonschema::draft202012::new(&signed_images::suite::schema()).unwrap();
    let value = serde_json::to_value(document).map_err(|error| error.to_string())?;
    schema.validate(&value).map_err(|error| error.to_string())
}

fn check_document(document: &Value, text: &str, folder: &mut Folder) -> Result<(), String> {
    let Some(map) = document.as_mapping() else {
        return steps(document, folder);
    };
    let keys: Vec<&str> = map.keys().filter_map(Value::as_str).collect();
    let all = |known: &[&str]| keys.iter().all(|key| known.contains(key));
    let known = schema::settings();
    let settings: Vec<&str> = known.fields.iter().map(|field| field.key.as_str()).collect();
    let (version, kind) = (word(document, "apiVersion"), word(document, "kind"));
    if !kind.is_empty() {
        return match (version, kind) {
            ("tekton.dev/v1", "Task") => scripts(&document["spec"]["steps"], folder),
            _ => object(document, version, kind, text),
        };
    }
    if keys.contains(&"cases") {
        return suite(document);
    }
    if keys.contains(&"allOf") || keys.contains(&"anyOf") {
        return converts(text);
    }
    if all(&["insecure_sources", "source_authorities", "proxies"]) {
        let path = folder.path().join("sources-of-the-page.yml");
        std::fs::write(&path, text).unwrap();
        return Sources::read(&path).map(drop).map_err(|error| error.to_string());
    }
    if all(&settings) {
        return validate(document);
    }
    if all(&["spec"]) {
        return spec(document);
    }
    if keys.contains(&"jobs") {
        let jobs = document["jobs"].as_mapping().ok_or("`jobs` is no map")?;
        return jobs.values().try_for_each(|job| steps(&job["steps"], folder));
    }
    if map.values().all(|job| job.get("script").is_some()) {
        // Jobs of GitLab's.
        return map.values().try_for_each(|job| script(&job["script"], folder));
    }
    Err(format!("YAML with the keys `{}` is not known", keys.join("`, `")))
}

fn word<'v>(document: &'v Value, key: &str) -> &'v str {
    document.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn object(document: &Value, version: &str, kind: &str, text: &str) -> Result<(), String> {
    let is_classic = document.get("spec").is_some_and(|spec| {
        spec.get("module")
            .and_then(Value::as_str)
            .is_some_and(|module| module.contains(CLASSIC_MODULE))
    });
    if is_classic || OTHERS.iter().any(|group| version.starts_with(group)) {
        return converts(text);
    }
    if !KINDS.contains(&(version, kind)) {
        return Err(format!("`{version}` `{kind}` is not known"));
    }
    if word(&document["metadata"], "name").is_empty() {
        return Err(format!("`{kind}` without a name"));
    }
    match kind {
        "AdmissionPolicy" | "ClusterAdmissionPolicy" => spec(document),
        "ClusterAdmissionPolicyGroup" => group(document),
        "PrometheusRule" => operation::alerts(document),
        _ => Ok(()),
    }
}

/// `spec` of a policy, or a part of it.
fn spec(document: &Value) -> Result<(), String> {
    has_only(&SPEC, &document["spec"])?;
    document["spec"].get("settings").map_or(Ok(()), validate)
}

/// A group's members that are of this module must have settings that pin nothing.
fn group(document: &Value) -> Result<(), String> {
    let spec = &document["spec"];
    has_only(&GROUP, spec)?;
    for member in spec["policies"].as_mapping().ok_or("`policies` is no map")?.values() {
        has_only(&MEMBER, member)?;
        let Some(settings) = member.get("settings") else { continue };
        if settings["modifyImagesWithDigest"] != false {
            return Err("a member of a group pins".to_owned());
        }
        validate(settings)?;
    }
    Ok(())
}

fn has_only(known: &[&str], object: &Value) -> Result<(), String> {
    let object = object.as_mapping().ok_or("it is no map")?;
    match object.keys().filter_map(Value::as_str).find(|key| !known.contains(key)) {
        Some(key) => Err(format!("there is no `{key}` in it")),
        None => Ok(()),
    }
}

/// The policy takes the settings. Chains of certificates are for the host to check.
fn validate(settings: &Value) -> Result<(), String> {
    let json = serde_json::to_string(settings).map_err(|error| error.to_string())?;
    let mut host = |_: &'static str, _: &'static str, _: &[u8]| {
        Ok(br#"{"trusted":true,"reason":""}"#.to_vec())
    };
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    let answer = signed_images_policy::validate_settings(json.as_bytes(), &mut host, now);
    let answer = String::from_utf8(answer).unwrap();
    if answer == r#"{"valid":true}"# { Ok(()) } else { Err(answer) }
}

fn converts(text: &str) -> Result<(), String> {
    let (sources, fault) = Source::parse("page.yaml", text);
    if let Some(fault) = fault {
        return Err(fault.to_string());
    }
    match convert(&sources, &Options::default()).refused.first() {
        Some((place, error)) => Err(format!("{place}: {error}")),
        None => Ok(()),
    }
}

/// Steps of a workflow: what they run is looked at as any command.
/// The scripts of Tekton's steps.
fn scripts(steps: &Value, folder: &mut Folder) -> Result<(), String> {
    let steps = steps.as_sequence().ok_or("a Task without steps")?;
    steps.iter().try_for_each(|step| commands::check(word(step, "script"), folder, 0))
}

/// A script, line by line.
fn script(lines: &Value, folder: &mut Folder) -> Result<(), String> {
    let lines = lines.as_sequence().ok_or("a script that is no list")?;
    let mut lines = lines.iter().map(|line| line.as_str().ok_or("a line that is no string"));
    lines.try_for_each(|line| commands::check(line?, folder, 0))
}

fn steps(document: &Value, folder: &mut Folder) -> Result<(), String> {
    let steps = document.as_sequence().ok_or("neither a map nor the steps of a workflow")?;
    for step in steps {
        match (step.get("run").and_then(Value::as_str), step.get("uses")) {
            (Some(text), None) => commands::check(text, folder, 0)?,
            (None, Some(_)) => crate::pipelines::used(step)?,
            _ => return Err("a step without `run` or `uses`".to_owned()),
        }
    }
    Ok(())
}
