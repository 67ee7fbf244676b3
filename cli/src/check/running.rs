//! What a cluster runs, as sources: one for each object, and one for each kind that cannot be listed.

use signed_images_policy::request::GroupKind;

use super::source::{Origin, Source};
use crate::cluster::objects::Objects;

/// What reports call the place.
const CLUSTER: &str = "cluster";

/// The sources of these objects.
#[must_use]
pub fn sources(objects: Objects) -> Vec<Source> {
    let source = |text: String| Source::placeless(CLUSTER.to_owned(), Origin::Cluster, text);
    let unread = objects.unread.into_iter().map(|(kind, reason)| Source {
        unread: Some(format!("{}: {reason}", name(&kind))),
        ..source(String::new())
    });
    let running = objects.running.into_iter().map(|object| source(object.to_string()));
    running.chain(unread).collect()
}

/// `Deployment.apps`, as `kubectl` has it.
#[must_use]
pub fn name(kind: &GroupKind) -> String {
    let GroupKind { group, kind } = kind;
    if group.is_empty() { kind.clone() } else { format!("{kind}.{group}") }
}
