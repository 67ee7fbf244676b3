//! Whether an object that nobody reviewed looks as if it held images.
//!
//! - Why is it asked? Whoever reads "accepted" takes what was passed over for checked. A kind with a slip of the
//!   pen (`Deploymnet`), and a custom resource that makes Pods, must not be passed over in silence.
//! - What looks so? A key `image` with a text, or with a map that has a `repository`; a list of `images`.
//! - And objects that hold texts of anything ([`TEXTS`])? They do not.
//! - And what kustomize reads? It holds images when it changes the objects in the files that it takes, has others made,
//!   or takes files from elsewhere that are not read here: what it makes is not what stands in the files that are.

use std::path::Path;

use signed_images_policy::image::reference::Reference;

use super::source::Files;
use crate::manifest::tree::{Node, Value};

/// The core kinds whose values are texts for others, whatever the keys are called.
const TEXTS: [(&str, &str); 2] = [("", "ConfigMap"), ("", "Secret")];
/// What kustomize reads, and what it calls its files
/// (<https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/>). It reads them without a kind, too.
pub(super) const KUSTOMIZE: &str = "kustomize.config.k8s.io";
pub(super) const KUSTOMIZATION: (&str, &str) = ("kustomize.config.k8s.io/v1beta1", "Kustomization");
const KUSTOMIZATIONS: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
/// Its lists that can change an image, or bring one.
const CHANGES: [&str; 10] = [
    "images",
    "patches",
    "patchesStrategicMerge",
    "patchesJson6902",
    "replacements",
    "vars",
    "transformers",
    "generators",
    "helmCharts",
    "helmChartInflationGenerator",
];
/// Its lists of files and folders, or of addresses.
const TAKES: [&str; 3] = ["resources", "bases", "components"];
/// What every object has.
const PARTS: [&str; 4] = ["apiVersion", "kind", "metadata", "spec"];

/// Whether an object of a kind that the policy does not know looks as if it held images.
pub(super) fn seems_to_hold_images(group: &str, kind: &str, object: &Node) -> bool {
    !TEXTS.contains(&(group, kind)) && has_images(object)
}

/// Whether kustomize makes other images than those in the files that are read, of which this one is in that folder.
pub(super) fn changes_images(
    kustomization: &Node,
    folder: Option<&Path>,
    read: &Files<'_>,
) -> bool {
    let items = |key: &&str| match kustomization.get(key).map(|list| &list.value) {
        Some(Value::List(items)) => items.as_slice(),
        _ => &[],
    };
    let is_elsewhere = |item: &Node| match &item.value {
        Value::Text(path) => folder.is_none_or(|folder| !is_at_hand(path, folder, read)),
        _ => true,
    };
    CHANGES.iter().any(|key| !items(key).is_empty())
        || TAKES.iter().flat_map(items).any(|item| is_elsewhere(item))
}

/// Whether what kustomize takes is read here; of another folder, the file there by which it goes on. Below the
/// kustomization's own folder it is enough that the file exists: pre-commit names only the files that change.
fn is_at_hand(path: &str, folder: &Path, read: &Files<'_>) -> bool {
    let (Ok(folder), Ok(path)) = (folder.canonicalize(), folder.join(path).canonicalize()) else {
        return false;
    };
    path.starts_with(folder)
        || read.have(&path)
        || KUSTOMIZATIONS.iter().any(|name| read.have(&path.join(name)))
}

/// Whether kustomize looks for a file of that name.
pub(super) fn is_named_for_kustomize(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| KUSTOMIZATIONS.contains(&name))
}

/// Whether kustomize reads a document of this file as its own.
pub(super) fn is_kustomization(path: &Path, document: &Node) -> bool {
    is_named_for_kustomize(path)
        && matches!(document.value, Value::Map(_))
        && document.get("kind").is_none()
}

/// Whether something without an API version or a kind was meant as an object.
pub(super) fn is_half_an_object(node: &Node) -> bool {
    PARTS.iter().filter(|part| node.get(part).is_some()).count() > 1
}

/// Nothing here is deeper than [`crate::manifest::tree::MAX_DEPTH`].
fn has_images(node: &Node) -> bool {
    match &node.value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => false,
        Value::List(items) => items.iter().any(|item| has_images(item)),
        Value::Map(entries) => entries.iter().any(|(key, value)| match key.as_text() {
            Some("image") if names_an_image(value) => true,
            Some("images") if names_images(value) => true,
            _ => has_images(value),
        }),
    }
}

fn names_an_image(node: &Node) -> bool {
    match &node.value {
        Value::Text(text) => Reference::parse(text).is_ok(),
        Value::Map(_) => node.text("repository").is_some(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::List(_) => false,
    }
}

fn names_images(node: &Node) -> bool {
    let Value::List(items) = &node.value else { return false };
    // What replaces an image, as kustomize and those who embed it write it.
    let replaces =
        |item: &Node| ["newName", "newTag", "digest"].iter().any(|key| item.get(key).is_some());
    items.iter().any(|item| names_an_image(item) || replaces(item))
}
