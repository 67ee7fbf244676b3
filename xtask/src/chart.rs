//! The chart that brings the policy into Rancher's catalog: `charts/signed-images-policy`.
//!
//! - Where is it from? From `metadata.yml`, `questions-ui.yml` and the version of the package.
//! - Why a copy of the licence? A chart is passed on alone, and Rancher refuses a repository with a symbolic link.
//! - What does Rancher read of it? Its Kubewarden extension lists charts by the annotations below, takes the
//!   module from `values.yaml` (older ones from the annotations), and renders `questions.yaml`.

use anyhow::Context;
use serde_json::{Value, json};
use signed_images::metadata::Metadata;
use signed_images::metadata::annotations::{
    DESCRIPTION, DISPLAY_NAME, KEYWORDS, LICENSE, OCI_URL, RESOURCES, SOURCE, TITLE, URL,
};

use crate::made::{Made, read};

/// That of the charts, and of the module that they name.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The chart's files.
///
/// # Errors
/// When what they are made of cannot be read, or lacks something.
pub fn files() -> anyhow::Result<[Made; 4]> {
    let source = Source::read()?;
    Ok([
        Made {
            path: "charts/signed-images-policy/Chart.yaml",
            text: yaml_serde::to_string(&source.definition()?)?,
        },
        Made {
            path: "charts/signed-images-policy/values.yaml",
            text: yaml_serde::to_string(&source.values()?)?,
        },
        Made { path: "charts/signed-images-policy/LICENSE", text: read("LICENSE")? },
        Made {
            path: "charts/signed-images-policy/questions.yaml",
            text: read("questions-ui.yml")?,
        },
    ])
}

/// What the charts are made of.
pub(crate) struct Source {
    pub(crate) metadata: Metadata,
}

impl Source {
    pub(crate) fn read() -> anyhow::Result<Self> {
        Ok(Self { metadata: Metadata::parse(&read("metadata.yml")?)? })
    }

    fn definition(&self) -> anyhow::Result<Value> {
        let (registry, repository) = self.module()?;
        let keywords: Vec<&str> = self.annotation(KEYWORDS)?.split(", ").collect();
        Ok(json!({
            "apiVersion": "v2",
            "name": self.annotation(TITLE)?,
            "version": VERSION,
            "appVersion": VERSION,
            "description": self.annotation(DESCRIPTION)?,
            "home": self.annotation(URL)?,
            "sources": [self.annotation(SOURCE)?, format!("oci://{}:{}", self.annotation(OCI_URL)?, tag())],
            "keywords": keywords,
            "annotations": {
                "artifacthub.io/license": self.annotation(LICENSE)?,
                "catalog.cattle.io/hidden": "true",
                "catalog.cattle.io/type": "kubewarden-policy",
                "catalog.cattle.io/ui-component": "kubewarden",
                "kubewarden/displayName": self.annotation(DISPLAY_NAME)?,
                "kubewarden/mutation": self.metadata.mutating.to_string(),
                "kubewarden/registry": registry,
                "kubewarden/repository": repository,
                "kubewarden/tag": tag(),
                "kubewarden/resources": self.annotation(RESOURCES)?,
                "kubewarden/rules": yaml_serde::to_string(&self.metadata.rules)?,
            },
        }))
    }

    fn values(&self) -> anyhow::Result<Value> {
        let (registry, repository) = self.module()?;
        Ok(json!({
            "global": {"cattle": {"systemDefaultRegistry": registry}},
            "module": {"repository": repository, "tag": tag()},
        }))
    }

    /// The registry that holds the module, and its repository there.
    fn module(&self) -> anyhow::Result<(&str, &str)> {
        let url = self.annotation(OCI_URL)?;
        url.split_once('/').with_context(|| format!("`{OCI_URL}`: no repository in `{url}`"))
    }

    pub(crate) fn annotation(&self, name: &str) -> anyhow::Result<&str> {
        let annotation = self.metadata.annotations.as_ref().and_then(|all| all.get(name));
        annotation.map(String::as_str).with_context(|| format!("metadata.yml lacks `{name}`"))
    }
}

fn tag() -> String {
    format!("v{VERSION}")
}
