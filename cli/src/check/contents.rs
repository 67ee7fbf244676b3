//! A source → the subjects in it.
//!
//! - What of a text with one image a line, such as `kubeadm config images list` writes? Each is a subject.
//! - What is in a document? An object; a list of objects; a review with or without its envelope, which is put
//!   to the policy as it is.
//! - What is a list to `kubectl`? Whatever has `items`
//!   ([`unstructuredJSONScheme`](https://github.com/kubernetes/apimachinery/blob/v0.34.1/pkg/apis/meta/v1/unstructured/helpers.go)).
//!   An item without `apiVersion` and `kind` has those of its list, if the list is a document. Another object that
//!   has `items` is nothing but these to `kubectl`: it is refused, for it was not meant.
//! - And an object whose kind the policy does not review? It is listed, so that nobody takes it for checked.

use std::collections::HashMap;

use super::holder::{is_half_an_object, seems_to_hold_images};
use super::policy::{Manifest, PassedOver};
use super::report::Lack;
use super::source::{Origin, Source, is_manifest};
use super::subject::{Object, Operation, Subject, create, pod};
use crate::manifest::position::Lines;
use crate::manifest::tree::{Json, Node, Value};
use crate::manifest::{self, Fault};
use crate::request::Request;

/// What a source consists of.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub(super) subjects: Vec<Subject>,
    /// Objects that the policy does not review, why not, and whether they look as if they held images.
    pub(super) not_reviewed: Vec<(Object, PassedOver, bool)>,
    /// Documents that are no Kubernetes objects.
    pub(super) others: Vec<Other>,
    /// What is not read: whole documents.
    pub(super) faults: Vec<Fault>,
    /// How many documents there are, but for empty ones.
    pub(super) documents: usize,
}

/// A document, or an item of a list, that is no Kubernetes object.
#[derive(Debug)]
pub(super) struct Other {
    /// From 1.
    pub(super) line: usize,
    pub(super) lacks: Lack,
}

/// The contents of a source.
pub(super) fn read(source: &Source, policy: &Manifest) -> Contents {
    let mut reader =
        Reader { source, lines: Lines::of(&source.text), policy, contents: Contents::default() };
    if let Some(images) = listed_images(source) {
        images.for_each(|image| reader.image(image));
        return reader.contents;
    }
    if let Some(reason) = &source.unread {
        reader.contents.faults.push(Fault::new(reason.to_string(), 0));
        reader.contents.documents = 1;
    }
    for document in manifest::read(&source.text) {
        reader.contents.documents += 1;
        let taken = document.and_then(|tree| {
            let fault = |reason| Fault::new(reason, tree.range.start);
            reader.document(&tree).map_err(fault)
        });
        if let Err(fault) = taken {
            reader.contents.faults.push(fault);
        }
    }
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
    lines: Lines<'s>,
    policy: &'s Manifest,
    contents: Contents,
}

/// Where a value stands.
#[derive(Clone, Copy)]
enum Place<'n> {
    Document,
    /// In a list that is a document.
    Item {
        api_version: &'n str,
        kind: &'n str,
    },
    /// In a list that is an item.
    Below,
}

impl Reader<'_> {
    fn image(&mut self, (start, image): (usize, &str)) {
        let pod = pod(image);
        let Ok(request) = pod.request() else { return };
        let origins = vec![(pod.image, start..start + image.len())];
        let json = Json { text: pod.json, origins };
        let line =
            (self.source.origin != Origin::Argument).then(|| self.lines.position(start).line);
        let object = Object { line, ..Object::pod() };
        let uses = json.uses();
        let operation = Operation::Create;
        self.contents.subjects.push(Subject { object, request, operation, json, uses });
    }

    fn document(&mut self, tree: &Node) -> Result<(), String> {
        let uses = tree.json().map_err(|error| error.to_string())?.uses();
        let first = self.contents.subjects.len();
        self.value(tree, Place::Document)?;
        for subject in self.contents.subjects.iter_mut().skip(first) {
            subject.uses.clone_from(&uses);
        }
        Ok(())
    }

    fn value(&mut self, node: &Node, place: Place<'_>) -> Result<(), String> {
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
        let (api_version, kind) = match named(node, place) {
            Ok(names) => names,
            Err(Lack::Keys) if !matches!(place, Place::Document) => {
                return Err("an item of its list is no map".to_owned());
            }
            Err(lacks) => return self.other(node, lacks),
        };
        match (node.get("items").map(|items| &items.value), kind.strip_suffix("List")) {
            (None, _) => self.object(node, api_version, kind),
            (Some(Value::List(items)), Some(kind)) => {
                let item = match place {
                    Place::Document => Place::Item { api_version, kind },
                    Place::Item { .. } | Place::Below => Place::Below,
                };
                items.iter().try_for_each(|node| self.value(node, item))
            }
            (Some(Value::List(_)), None) => {
                Err(format!("kubectl takes whatever has `items` for a list, and this is a {kind}"))
            }
            (Some(_), _) => Err("its `items` are no list".to_owned()),
        }
    }

    fn other(&mut self, node: &Node, lacks: Lack) -> Result<(), String> {
        if is_half_an_object(node) {
            return Err("an object without `apiVersion` or `kind`".to_owned());
        }
        let line = self.lines.position(node.range.start).line;
        self.contents.others.push(Other { line, lacks });
        Ok(())
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
            line: Some(self.lines.position(node.range.start).line),
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
            line: Some(self.lines.position(request.range.start).line),
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

/// The API version and the kind of an object.
fn named<'n>(node: &'n Node, place: Place<'n>) -> Result<(&'n str, &'n str), Lack> {
    if !matches!(node.value, Value::Map(_)) {
        return Err(Lack::Keys);
    }
    let text = |key| node.text(key).filter(|text| !text.is_empty());
    match (text("apiVersion"), text("kind"), place) {
        (None, None, Place::Item { api_version, kind }) if !kind.is_empty() => {
            Ok((api_version, kind))
        }
        (Some(api_version), Some(kind), _) => Ok((api_version, kind)),
        (_, None, _) => Err(Lack::Kind),
        (None, Some(_), _) => Err(Lack::ApiVersion),
    }
}
