//! The documents of a source → what is put to the policy.
//!
//! - What is in a document? An object; a list of objects (`kind: List`, or any kind that ends in `List` with
//!   `items`); a review with or without its envelope, which is put to the policy as it is; a text with one image a line.
//! - What does the policy get? A request to create the object, as the API server would send it. An image
//!   alone is put into a Pod of one container.
//! - And an object whose kind the policy does not review? It is listed, so that nobody takes it for checked.

use std::collections::HashMap;

use serde_json::{Value as JsonValue, json};

use super::documents::{Documents, Fault};
use super::kinds::{Kinds, resource};
use super::lines::position;
use super::source::{Origin, Source, is_manifest};
use super::tree::{Json, Node, Value};
use crate::request::Request;

/// What a source consists of.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub(super) subjects: Vec<Subject>,
    pub(super) not_reviewed: Vec<Object>,
    /// Documents that are no Kubernetes objects, by their lines.
    pub(super) others: Vec<usize>,
    pub(super) faults: Vec<Fault>,
}

/// Something that is put to the policy.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) object: Object,
    pub(super) request: Request,
    pub(super) operation: Operation,
    /// The object as JSON; its request holds the same bytes.
    pub(super) json: Json,
    /// How often each text of the document is used in it.
    pub(super) uses: HashMap<usize, usize>,
}

/// Whether images of a stored object may be spared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Create,
    Other,
}

/// An object, by its name.
#[derive(Debug, Clone)]
pub(super) struct Object {
    pub(super) group: String,
    pub(super) version: String,
    pub(super) kind: String,
    pub(super) namespace: Option<String>,
    pub(super) name: Option<String>,
    /// From 1; none for an image of the command line.
    pub(super) line: Option<usize>,
}

/// How the Pod of an image alone begins.
const POD: &str = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"image"},"spec":{"containers":[{"name":"image","image":"#;

impl Object {
    /// The Pod of an image alone, which has no name that anybody gave.
    fn pod() -> Self {
        Self {
            group: String::new(),
            version: "v1".to_owned(),
            kind: "Pod".to_owned(),
            namespace: None,
            name: None,
            line: None,
        }
    }
}

/// The request to create a Pod of this image alone.
pub(super) fn pod(image: &str) -> Option<Request> {
    create(&Object::pod(), &pod_json(image)).ok()
}

fn pod_json(image: &str) -> String {
    format!("{POD}{}}}]}}}}", JsonValue::from(image))
}

/// Whether the source has one image a line.
pub(super) fn is_list(source: &Source) -> bool {
    images(source).is_some()
}

/// The contents of a source.
pub(super) fn read(source: &Source, kinds: &Kinds) -> Contents {
    let mut reader = Reader { source, kinds, contents: Contents::default() };
    if let Some(images) = images(source) {
        images.for_each(|image| reader.image(image));
        return reader.contents;
    }
    let Documents { trees, fault } = super::documents::read(&source.text);
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
fn images(source: &Source) -> Option<impl Iterator<Item = (usize, &str)>> {
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
    kinds: &'s Kinds,
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
        let origins = vec![(POD.len(), start..start + image.len())];
        let json = Json { text: pod_json(image), origins };
        let line = (self.source.origin != Origin::Argument)
            .then(|| position(&self.source.text, start).line);
        let object = Object { line, ..Object::pod() };
        let uses = json.uses();
        if let Ok(request) = create(&object, &json.text) {
            let operation = Operation::Create;
            self.contents.subjects.push(Subject { object, request, operation, json, uses });
        }
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
        if !self.kinds.include(group, kind) {
            self.contents.not_reviewed.push(object);
            return Ok(());
        }
        let json = node.json().map_err(|error| error.to_string())?;
        let request = create(&object, &json.text)?;
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

/// The request to create an object.
fn create(object: &Object, json: &str) -> Result<Request, String> {
    let Object { group, version, kind, namespace, name, .. } = object;
    let kind_of = json!({"group": group, "version": version, "kind": kind});
    let resource_of = json!({"group": group, "version": version, "resource": resource(kind)});
    let request = json!({
        "uid": "00000000-0000-4000-8000-000000000000",
        "kind": kind_of,
        "resource": resource_of,
        "requestKind": kind_of,
        "requestResource": resource_of,
        "name": name.clone().unwrap_or_default(),
        "namespace": namespace.as_deref().unwrap_or("default"),
        "operation": "CREATE",
        "userInfo": {"username": "signed-images", "groups": ["system:authenticated"]},
        "dryRun": true,
    });
    let mut text = request.to_string();
    text.pop();
    Request::parse(&format!("{text},\"object\":{json}}}")).map_err(|error| error.to_string())
}
