//! What Helm makes of the charts. `make helm` builds Helm and runs this: the path is in `HELM`.

#![cfg(test)]

use std::path::Path;
use std::process::{Command, Output};

use signed_images_convert::manifest::{Policy, Scope};
use xtask::made::root;
use yaml_serde::{Mapping, Value};

const CHART: &str = "charts/signed-images";

fn helm(arguments: &[&str]) -> Output {
    let helm = std::env::var("HELM").expect("HELM names no helm: run `make helm`");
    Command::new(helm).args(arguments).current_dir(root()).output().unwrap()
}

/// The policy that a release named `shop` makes of these values, or what Helm says against them.
fn rendered(values: &str, more: &[&str]) -> Result<Value, String> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), values).unwrap();
    let path = file.path().to_str().unwrap();
    let arguments = ["template", "shop", CHART, "--namespace", "team", "--values", path];
    let output = helm(&[arguments.as_slice(), more].concat());
    if !output.status.success() {
        return Err(String::from_utf8(output.stderr).unwrap());
    }
    Ok(yaml_serde::from_slice(&output.stdout).unwrap())
}

/// The settings of the examples.
fn examples() -> Vec<(String, Mapping)> {
    let mut examples = Vec::new();
    for entry in std::fs::read_dir(root().join("examples")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            let settings = settings(&path);
            examples.push((path.display().to_string(), settings));
        }
    }
    assert!(examples.len() > 10, "{}", examples.len());
    examples
}

/// Those of the policy in the file, or all of it.
fn settings(path: &Path) -> Mapping {
    use serde::Deserialize;
    let text = std::fs::read_to_string(path).unwrap();
    let documents: Vec<Value> = yaml_serde::Deserializer::from_str(&text)
        .map(|part| Value::deserialize(part).unwrap())
        .collect();
    let of_policy = documents.iter().find_map(|document| document.get("spec")?.get("settings"));
    of_policy.unwrap_or(&documents[0]).as_mapping().unwrap().clone()
}

#[test]
#[ignore = "takes helm"]
fn the_charts_are_clean() {
    // There is nothing to install without settings; and Rancher's chart, by design, has no templates.
    let settings = ["--strict", "--set", "settings.unmatchedImages=reject"];
    let rows: [(&str, &[&str]); 2] = [("charts/signed-images-policy", &[]), (CHART, &settings)];
    for (chart, more) in rows {
        let output = helm(&[&["lint", chart], more].concat());
        assert!(output.status.success(), "{chart}: {}", String::from_utf8_lossy(&output.stdout));
    }
}

/// What Helm installs is what `signed-images policy` prints.
#[test]
#[ignore = "takes helm"]
fn a_release_is_the_policy_that_the_command_prints() {
    for (name, settings) in examples() {
        let mut values = Mapping::from_iter([(Value::from("mode"), Value::from("protect"))]);
        values.insert(Value::from("settings"), Value::Mapping(settings.clone()));
        let policy = rendered(&yaml_serde::to_string(&values).unwrap(), &[]);
        let policy = policy.unwrap_or_else(|error| panic!("{name}: {error}"));
        let expected = Policy::new("shop", Scope::Cluster(None), settings).unwrap().document();
        assert_eq!(policy["spec"], expected["spec"], "{name}");
        for key in ["apiVersion", "kind"] {
            assert_eq!(policy[key], expected[key], "{name}: {key}");
        }
        assert_eq!(policy["metadata"]["name"], "shop", "{name}");
    }
}

#[test]
#[ignore = "takes helm"]
fn values_are_what_they_say() {
    let settings = "settings: {unmatchedImages: reject, modifyImagesWithDigest: false}\n";
    let rows = [
        ("", "mode", "monitor"),
        ("", "mutating", "false"),
        ("mode: protect", "mode", "protect"),
        ("policyServer: images", "policyServer", "images"),
        ("failurePolicy: Ignore", "failurePolicy", "Ignore"),
        ("backgroundAudit: false", "backgroundAudit", "false"),
        ("timeoutEvalSeconds: 9", "timeoutEvalSeconds", "9"),
        ("objectSelector: {matchLabels: {a: b}}", "objectSelector", "{matchLabels: {a: b}}"),
        (
            "excludeNamespaces: [kube-system]\nnamespaceSelector: {matchLabels: {a: b}}",
            "namespaceSelector",
            "{matchLabels: {a: b}, matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, values: [kube-system]}]}",
        ),
        (
            "global: {cattle: {systemDefaultRegistry: reg.example.com:5000}}\nmodule: {tag: v2}",
            "module",
            "reg.example.com:5000/signed-images/policies/signed-images-policy:v2",
        ),
    ];
    for (values, key, expected) in rows {
        let policy = rendered(&format!("{settings}{values}\n"), &[]).unwrap();
        let expected: Value = yaml_serde::from_str(expected).unwrap();
        assert_eq!(policy["spec"][key], expected, "{values}");
    }
    let values = format!("{settings}namespaced: true\nname: signed\n");
    let policy = rendered(&values, &[]).unwrap();
    assert_eq!(policy["kind"], "AdmissionPolicy");
    assert_eq!(policy["metadata"]["namespace"], "team");
    assert_eq!(policy["metadata"]["name"], "signed");
}

#[test]
#[ignore = "takes helm"]
fn what_is_wrong_is_told_before_anything_is_installed() {
    let key = "settings: {rules: [{images: [a], allOf: [{kind: pubKey, keyFrom: {configMap: {namespace: a, name: b}}}]}]}";
    let rows = [
        ("mode: protect", "say who must have signed which images"),
        ("settings: {unmatchedImages: refuse}", "unmatchedImages"),
        ("settings: {unmatchedImage: reject}", "unmatchedImage"),
        ("settings: {rules: [{image: a}]}", "/settings/rules/0"),
        ("settings: {unmatchedImages: reject}\nmod: protect", "mod"),
        ("settings: {unmatchedImages: reject}\ntimeoutSeconds: 31", "timeoutSeconds"),
        (
            "settings: {unmatchedImages: reject}\nnamespaced: true\nexcludeNamespaces: [a]",
            "neither",
        ),
        (&format!("{key}\nnamespaced: true"), "only a policy of the whole cluster"),
    ];
    for (values, expected) in rows {
        let error = rendered(values, &[]).unwrap_err();
        assert!(error.contains(expected), "{values}: {error}");
    }
}
