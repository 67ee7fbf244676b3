//! The chart that installs the policy with Helm, Fleet or Argo CD: `charts/signed-images`.
//!
//! - What is made, and what is written by hand? Made is what the module's metadata, the schema of the settings and the
//!   version say. The templates, `values.yaml` and the README are written by hand.
//! - What checks the values? Helm, by `values.schema.json`, before anything is installed. The settings in it are those
//!   of `settings.schema.json`, which has no references, and so may stand anywhere.

use anyhow::Context;
use serde_json::{Value, json};
use signed_images::metadata::annotations::{
    AUTHOR, CATEGORY, DESCRIPTION, KEYWORDS, LICENSE, SEVERITY, SOURCE, URL,
};

use crate::chart::{Source, VERSION};
use crate::made::{Made, read};

/// The chart's name, which is what its release makes: a policy.
const NAME: &str = "signed-images";
/// What a webhook may take, in seconds.
const MAX_TIMEOUT: u64 = 30;

/// The chart's files that are made.
///
/// # Errors
/// When what they are made of cannot be read, or lacks something.
pub fn files() -> anyhow::Result<[Made; 4]> {
    let source = Source::read()?;
    let schema = schema()?;
    Ok([
        Made {
            path: "charts/signed-images/Chart.yaml",
            text: yaml_serde::to_string(&definition(&source)?)?,
        },
        Made { path: "charts/signed-images/LICENSE", text: read("LICENSE")? },
        Made {
            path: "charts/signed-images/rules.yaml",
            text: yaml_serde::to_string(&source.metadata.rules)?,
        },
        Made { path: "charts/signed-images/values.schema.json", text: format!("{schema:#}\n") },
    ])
}

fn definition(source: &Source) -> anyhow::Result<Value> {
    let (maintainer, _) = source.annotation(AUTHOR)?.split_once(" <").context("no address")?;
    Ok(json!({
        "apiVersion": "v2",
        "name": NAME,
        "version": VERSION,
        "appVersion": VERSION,
        "description": source.annotation(DESCRIPTION)?,
        "home": source.annotation(URL)?,
        "sources": [source.annotation(SOURCE)?],
        "keywords": source.annotation(KEYWORDS)?.split(", ").collect::<Vec<_>>(),
        // No `kubeVersion`: Kubewarden decides which versions of Kubernetes it runs on.
        "maintainers": [{"name": maintainer, "url": source.annotation(URL)?}],
        "annotations": {
            "artifacthub.io/license": source.annotation(LICENSE)?,
            // In Rancher's Apps, this chart has no form: there, the other chart's form makes policies.
            "catalog.cattle.io/hidden": "true",
            "category": source.annotation(CATEGORY)?,
            "severity": source.annotation(SEVERITY)?,
        },
    }))
}

/// Of the values. That something is asked of images is for a template to say: an empty list is how Helm takes a value
/// back.
fn schema() -> anyhow::Result<Value> {
    let mut settings = signed_images_policy::settings::schema();
    let parts = settings.as_object_mut().context("the schema of the settings is no object")?;
    for key in ["$schema", "title", "allOf"] {
        parts.remove(key);
    }
    let map = json!({"type": "object"});
    let texts = json!({"type": "object", "additionalProperties": {"type": "string"}});
    let list = json!({"type": "array", "items": {"type": "object"}});
    let seconds = json!({"type": "integer", "minimum": 1, "maximum": MAX_TIMEOUT});
    Ok(json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "values of the chart signed-images",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "settings": settings,
            "mode": {"enum": ["monitor", "protect"]},
            "name": {"type": "string", "pattern": "^([a-z0-9]([a-z0-9.-]*[a-z0-9])?)?$", "maxLength": 253},
            "namespaced": {"type": "boolean"},
            "global": map,
            "module": {
                "type": "object",
                "additionalProperties": false,
                "required": ["repository"],
                "properties": {
                    "repository": {"type": "string", "pattern": "^[^:@]+$"},
                    "tag": {"type": "string"},
                    "digest": {"type": "string", "pattern": "^(sha256:[0-9a-f]{64})?$"},
                },
            },
            "policyServer": {"type": "string"},
            "timeoutSeconds": seconds,
            "timeoutEvalSeconds": seconds,
            "failurePolicy": {"enum": ["", "Fail", "Ignore"]},
            "backgroundAudit": {"type": "boolean"},
            "namespaceSelector": map,
            "excludeNamespaces": {"type": "array", "items": {"type": "string"}},
            "objectSelector": map,
            "matchConditions": list,
            "extraRules": list,
            "contextAwareResources": list,
            "annotations": texts,
            "labels": texts,
        },
    }))
}
