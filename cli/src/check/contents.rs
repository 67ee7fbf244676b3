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
//! - And several policies? A source is read once for all of them.

use std::cell::LazyCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::holder::{
    KUSTOMIZATION, KUSTOMIZE, changes_images, is_half_an_object, is_kustomization,
    seems_to_hold_images,
};
use super::listed::listed_images;
use super::policy::{Manifest, PassedOver};
use super::report::Lack;
use super::source::{Files, Origin, Source};
use super::subject::{Kinship, Object, Operation, Subject, create, pod};
use crate::manifest::position::Lines;
use crate::manifest::tree::{Node, Origins, Value};
use crate::manifest::{self, Fault};
use crate::request::Request;

/// What a source consists of, to one policy.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub(super) subjects: Vec<Arc<Subject>>,
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
#[derive(Debug, Clone, Copy)]
pub(super) struct Other {
    /// From 1.
    pub(super) line: usize,
    pub(super) lacks: Lack,
}

/// The contents of a source, to each of these policies. `files` are those that are read, this source's among them.
pub(super) fn read(source: &Source, policies: &[&Manifest], files: &Files<'_>) -> Vec<Contents> {
    let mut reader = Reader {
        source,
        files,
        lines: Lines::of(&source.text),
        contents: policies.iter().map(|policy| (*policy, Contents::default())).collect(),
        uses: Arc::default(),
    };
    if let Some(images) = listed_images(source) {
        images.for_each(|image| reader.image(image));
    } else {
        reader.documents();
    }
    reader.contents.into_iter().map(|(_, contents)| contents).collect()
}

struct Reader<'s> {
    source: &'s Source,
    files: &'s Files<'s>,
    lines: Lines<'s>,
    /// For each policy.
    contents: Vec<(&'s Manifest, Contents)>,
    /// Those of the texts of the document that is read.
    uses: Arc<HashMap<usize, usize>>,
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
    fn each(&mut self, work: impl FnMut(&mut Contents)) {
        self.contents.iter_mut().map(|(_, contents)| contents).for_each(work);
    }

    fn image(&mut self, (start, image): (usize, &str)) {
        let pod = pod(image);
        let Ok(request) = pod.request() else { return };
        let line =
            (self.source.origin != Origin::Argument).then(|| self.lines.position(start).line);
        let object = Object { line, ..Object::pod() };
        let origins = Origins(vec![(pod.image, start..start + image.len())]);
        self.subject(Subject {
            object,
            request,
            operation: Operation::Create,
            origins,
            uses: Arc::default(),
            kinship: None,
        });
    }

    /// Something that every policy reviews.
    fn subject(&mut self, subject: Subject) {
        let subject = Arc::new(subject);
        self.each(|contents| contents.subjects.push(Arc::clone(&subject)));
    }

    fn documents(&mut self) {
        if let Some(reason) = &self.source.unread {
            self.fault(&Fault::new(reason, 0));
            self.each(|contents| contents.documents = 1);
        }
        for document in manifest::read(&self.source.text) {
            self.each(|contents| contents.documents += 1);
            let taken = document.and_then(|tree| {
                let fault = |reason| Fault::new(reason, tree.range.start);
                self.document(&tree).map_err(fault)
            });
            if let Err(fault) = taken {
                self.fault(&fault);
            }
        }
    }

    fn fault(&mut self, fault: &Fault) {
        self.each(|contents| contents.faults.push(fault.clone()));
    }

    fn document(&mut self, tree: &Node) -> Result<(), String> {
        self.uses = Arc::new(tree.json().map_err(|error| error.to_string())?.origins.uses());
        self.value(tree, Place::Document)
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
                return Err("an item of its list is not a map".to_owned());
            }
            Err(_) if self.is_kustomization(node, place) => KUSTOMIZATION,
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
            (Some(Value::List(_)), None) => Err(format!(
                "kubectl reads every object with `items` as a list, but this is a {kind}"
            )),
            (Some(_), _) => Err("its `items` are not a list".to_owned()),
        }
    }

    fn is_kustomization(&self, node: &Node, place: Place<'_>) -> bool {
        let Origin::File(path) = &self.source.origin else { return false };
        matches!(place, Place::Document) && is_kustomization(path, node)
    }

    fn other(&mut self, node: &Node, lacks: Lack) -> Result<(), String> {
        if is_half_an_object(node) {
            return Err("an object without `apiVersion` or `kind`".to_owned());
        }
        let line = self.lines.position(node.range.start).line;
        self.each(|contents| contents.others.push(Other { line, lacks }));
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
        let is_reviewed =
            |(policy, _): &(&Manifest, _)| policy.passes_over(&object, node).is_none();
        let subject = if self.contents.iter().any(is_reviewed) {
            Some(Arc::new(self.created(&object, node)?))
        } else {
            None
        };
        // Of one object, it is the same for all policies.
        let is_kustomize = group == KUSTOMIZE;
        let holds_images = LazyCell::new(|| {
            if is_kustomize {
                changes_images(node, self.source.folder(), self.files)
            } else {
                seems_to_hold_images(group, kind, node)
            }
        });
        for (policy, contents) in &mut self.contents {
            match (policy.passes_over(&object, node), &subject) {
                (None, Some(subject)) => contents.subjects.push(Arc::clone(subject)),
                (None, None) => {}
                (Some(why), _) => {
                    let why = if is_kustomize { PassedOver::Kustomization } else { why };
                    contents.not_reviewed.push((object.clone(), why, *holds_images));
                }
            }
        }
        Ok(())
    }

    /// An object that is to be created.
    fn created(&self, object: &Object, node: &Node) -> Result<Subject, String> {
        let json = node.json().map_err(|error| error.to_string())?;
        let request = create(object, &json.text).map_err(|error| error.to_string())?;
        let is_of_cluster = self.source.origin == Origin::Cluster;
        Ok(Subject {
            object: object.clone(),
            request,
            operation: Operation::Create,
            origins: json.origins,
            uses: Arc::clone(&self.uses),
            kinship: is_of_cluster.then(|| kinship(node)).flatten(),
        })
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
        let json = node.map(|node| node.json()).transpose().map_err(|error| error.to_string())?;
        let origins = json.map(|json| json.origins).unwrap_or_default();
        let text = request.json().map_err(|error| error.to_string())?.text;
        let request = Request::parse(&text).map_err(|error| error.to_string())?;
        let uses = Arc::clone(&self.uses);
        self.subject(Subject { object, request, operation, origins, uses, kinship: None });
        Ok(())
    }
}

/// By whom an object of a cluster was made.
fn kinship(node: &Node) -> Option<Kinship> {
    let metadata = node.get("metadata")?;
    let owners = match metadata.get("ownerReferences").map(|owners| &owners.value) {
        Some(Value::List(owners)) => owners.as_slice(),
        _ => &[],
    };
    let controls = |owner: &&Rc<Node>| {
        owner.get("controller").is_some_and(|flag| flag.value == Value::Bool(true))
    };
    let controller = owners.iter().find(controls).and_then(|owner| owner.text("uid"));
    let controller = controller.map(ToOwned::to_owned);
    Some(Kinship { uid: metadata.text("uid")?.to_owned(), controller })
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
