//! A source → the subjects in it.
//!
//! - What of a text with one image a line, such as `kubeadm config images list` writes? Each is a subject.
//! - What is in a document? An object; a list of objects (`kind: List`, or any kind that ends in `List` with
//!   `items`); a review with or without its envelope, which is put to the policy as it is.
//! - And an object whose kind the policy does not review? It is listed, so that nobody takes it for checked.

use std::collections::HashMap;

use super::documents;
use super::documents::{Documents, Fault};
use super::holder::{is_half_an_object, seems_to_hold_images};
use super::policy::{Manifest, PassedOver};
use super::source::{Origin, Source, is_manifest, position};
use super::subject::{Object, Operation, Subject, create, pod};
use super::tree::{Json, Node, Value};
use crate::request::Request;

/// What a source consists of.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub(super) subjects: Vec<Subject>,
    /// Objects that the policy does not review, why not, and whether they look as if they held images.
    pub(super) not_reviewed: Vec<(Object, PassedOver, bool)>,
    /// Documents that are no Kubernetes objects, by their lines.
    pub(super) others: Vec<usize>,
    pub(super) faults: Vec<Fault>,
}

/// The contents of a source.
pub(super) fn read(source: &Source, policy: &Manifest) -> Contents {
    let mut reader = Reader { source, policy, contents: Contents::default() };
    if let Some(images) = listed_images(source) {
        images.for_each(|image| reader.image(image));
        return reader.contents;
    }
    let Documents { trees, fault } = documents::read(&source.text);
    for tree in trees.iter().filter(|tree| !matches!(tree.value, Value::Null)) {
        if let Err(reason) = reader.document(tree) {
            let line = position(&source.text, tree.range.start).line;
            reader.contents.faults.push(Fault { reason, line });
        }
    }
    reader.contents.faults.extend(fault);
    reader.contents
}

/// The images of a text with one image a line, by their positions. Lines that begin with `#` are comments.
/// A `.txt` file is such a list; another file, and standard input, when every line is one word that begins
/// like an image. What is no image after all is for the policy to reject.
pub(super) fn listed_images(source: &Source) -> Option<impl Iterator<Item = (usize, &str)>> {
    let extension = match &source.origin {
        Origin::File(path) if is_manifest(path) => return None,
        Origin::File(path) => path.extension(),
        Origin::Stdin | Origin::Argument => None,
    };
    let text = &source.text;
    let lines = move || {
        text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
    };
    let is_word = |line: &str| {
        line.starts_with(|c: char| c.is_alphanumeric())
            && !line.contains(char::is_whitespace)
            && !line.ends_with(':')
    };
    let is_list = extension.is_some_and(|end| end == "txt") || lines().all(is_word);
    (is_list && lines().next().is_some())
        .then(|| lines().map(|line| (line.as_ptr() as usize - text.as_ptr() as usize, line)))
}

struct Reader<'s> {
    source: &'s Source,
    policy: &'s Manifest,
    contents: Contents,
}

/// What an item of a list leaves to the list.
#[derive(Clone, Copy)]
struct Defaults<'n> {
    api_version: Option<&'n str>,
    kind: Option<&'n str>,
}

impl Reader<'_> {
    fn image(&mut self, (start, image): (usize, &str)) {
        let pod = pod(image);
        let Ok(request) = pod.request() else { return };
        let origins = vec![(pod.image, start..start + image.len())];
        let json = Json { text: pod.json, origins };
        let line = (self.source.origin != Origin::Argument)
            .then(|| position(&self.source.text, start).line);
        let object = Object { line, ..Object::pod() };
        let uses = json.uses();
        let operation = Operation::Create;
        self.contents.subjects.push(Subject { object, request, operation, json, uses });
    }

    fn document(&mut self, tree: &Node) -> Result<(), String> {
        let uses = tree.json().map_err(|error| error.to_string())?.uses();
        let first = self.contents.subjects.len();
        self.value(tree, Defaults { api_version: None, kind: None })?;
        for subject in self.contents.subjects.iter_mut().skip(first) {
            subject.uses.clone_from(&uses);
        }
        Ok(())
    }

    fn value(&mut self, node: &Node, defaults: Defaults<'_>) -> Result<(), String> {
        if node.text("kind") == Some("AdmissionReview") {
            return match node.get("request") {
                Some(request) => self.review(request),
                None => Err("an AdmissionReview without a `request`".to_owned()),
            };
        }
        if node.text("operation").is_some()
            && node.get("kind").is_some_and(|k| k.get("kind").is_some())
        {
            return self.review(node);
        }
        let api_version = node.text("apiVersion").or(defaults.api_version);
        let kind = node.text("kind").or(defaults.kind);
        let (Some(api_version), Some(kind)) = (api_version, kind) else {
            if is_half_an_object(node) {
                return Err("an object without `apiVersion` or `kind`".to_owned());
            }
            self.contents.others.push(position(&self.source.text, node.range.start).line);
            return Ok(());
        };
        match (kind.strip_suffix("List"), node.get("items").map(|items| &items.value)) {
            (Some(of), Some(Value::List(items))) => {
                let defaults = Defaults {
                    api_version: (!of.is_empty()).then_some(api_version),
                    kind: (!of.is_empty()).then_some(of),
                };
                items.iter().try_for_each(|item| self.value(item, defaults))
            }
            _ => self.object(node, api_version, kind),
        }
    }

    fn object(&mut self, node: &Node, api_version: &str, kind: &str) -> Result<(), String> {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let metadata = node.get("metadata");
        let text = |key| metadata.and_then(|metadata| metadata.text(key)).map(ToOwned::to_owned);
        let object = Object {
            group: group.to_owned(),
            version: version.to_owned(),
            kind: kind.to_owned(),
            namespace: text("namespace"),
            name: text("name").or_else(|| text("generateName")),
            line: Some(position(&self.source.text, node.range.start).line),
        };
        if let Some(why) = self.policy.passes_over(&object, node) {
            let seems_to_hold_images = seems_to_hold_images(group, kind, node);
            self.contents.not_reviewed.push((object, why, seems_to_hold_images));
            return Ok(());
        }
        let json = node.json().map_err(|error| error.to_string())?;
        let request = create(&object, &json.text).map_err(|error| error.to_string())?;
        let uses = HashMap::new();
        let operation = Operation::Create;
        self.contents.subjects.push(Subject { object, request, operation, json, uses });
        Ok(())
    }

    fn review(&mut self, request: &Node) -> Result<(), String> {
        let kind = |key| {
            let kind = request.get("kind").and_then(|kind| kind.text(key));
            kind.unwrap_or_default().to_owned()
        };
        let node = request.get("object").filter(|object| object.get("metadata").is_some());
        let text = |key| request.text(key).filter(|text| !text.is_empty()).map(ToOwned::to_owned);
        let object = Object {
            group: kind("group"),
            version: kind("version"),
            kind: kind("kind"),
            namespace: text("namespace"),
            name: text("name"),
            line: Some(position(&self.source.text, request.range.start).line),
        };
        let is_create = request.text("operation") == Some("CREATE");
        let operation = if is_create { Operation::Create } else { Operation::Other };
        let json = match node {
            Some(node) => node.json().map_err(|error| error.to_string())?,
            None => Json::default(),
        };
        let text = request.json().map_err(|error| error.to_string())?.text;
        let request = Request::parse(&text).map_err(|error| error.to_string())?;
        let uses = HashMap::new();
        self.contents.subjects.push(Subject { object, request, operation, json, uses });
        Ok(())
    }
}
