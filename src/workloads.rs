//! Which kinds hold images, and where. Group and kind are compared together: a `Pod` of another group is
//! not a Pod.
//!
//! *How is a place written?* As the path's keys separated by `/`; `*` is every element of a list, and
//! a key that ends in `!` must be there when its parent is. A place that
//! must hold an image and does not is a rejection, never a skip.

use crate::request::GroupKind;
use k8s_openapi::Resource;
use k8s_openapi::api::{apps::v1 as apps, batch::v1 as batch, core::v1 as core};

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// A key of an object.
    Key {
        /// Its name.
        name: String,
        /// Whether the key must be there when its parent is.
        presence: Presence,
    },
    /// Every element of a list.
    Each,
}

/// Whether a key may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Presence {
    /// Its absence is an error.
    Required,
    /// It may be missing.
    Optional,
}

/// A kind that holds images, and the paths of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workload {
    /// Paths to the strings that are images.
    pub images: Vec<Vec<Step>>,
    /// Whether objects of this kind run themselves or are templates of Pods.
    pub form: Form,
}

/// What pinning an object of a kind means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A Pod: it runs the images that it names.
    Pod,
    /// Pods are made from it.
    Template,
}

/// `PodSpec` of the core API: <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/>.
const POD_SPEC: [&str; 4] = [
    "containers!/*/image!",
    "initContainers/*/image!",
    "ephemeralContainers/*/image!",
    // An image volume (`ImageVolumeSource`).
    "volumes/*/image/reference!",
];

/// Group, kind and the path of the pod spec.
const BUILT_IN: [(&str, &str, &str); 9] = [
    (core::Pod::GROUP, core::Pod::KIND, "spec!"),
    (core::PodTemplate::GROUP, core::PodTemplate::KIND, "template!/spec!"),
    (
        core::ReplicationController::GROUP,
        core::ReplicationController::KIND,
        "spec!/template!/spec!",
    ),
    (apps::Deployment::GROUP, apps::Deployment::KIND, "spec!/template!/spec!"),
    (apps::ReplicaSet::GROUP, apps::ReplicaSet::KIND, "spec!/template!/spec!"),
    (apps::StatefulSet::GROUP, apps::StatefulSet::KIND, "spec!/template!/spec!"),
    (apps::DaemonSet::GROUP, apps::DaemonSet::KIND, "spec!/template!/spec!"),
    (batch::Job::GROUP, batch::Job::KIND, "spec!/template!/spec!"),
    (batch::CronJob::GROUP, batch::CronJob::KIND, "spec!/jobTemplate!/spec!/template!/spec!"),
];

/// Kinds that rules with wildcards bring here and that cannot hold an image: they are the bodies of
/// subresources (`deployments/scale`, `pods/eviction`, `pods/binding`).
const WITHOUT_IMAGES: [(&str, &str); 4] =
    [("autoscaling", "Scale"), ("extensions", "Scale"), ("policy", "Eviction"), ("", "Binding")];

/// Whether objects of this kind never hold an image.
#[must_use]
pub fn holds_no_image(kind: &GroupKind) -> bool {
    WITHOUT_IMAGES.iter().any(|&known| is(kind, known))
}

/// The built-in workload of that kind.
#[must_use]
pub fn built_in(kind: &GroupKind) -> Option<Workload> {
    let (group, name, spec) = BUILT_IN.iter().find(|(group, name, _)| is(kind, (group, name)))?;
    let pod = (*group, *name) == (core::Pod::GROUP, core::Pod::KIND);
    Some(Workload {
        images: pod_spec_images(&steps(spec)),
        form: if pod { Form::Pod } else { Form::Template },
    })
}

/// The image paths of a pod spec that stands at `prefix`.
#[must_use]
pub fn pod_spec_images(prefix: &[Step]) -> Vec<Vec<Step>> {
    POD_SPEC.iter().map(|path| prefix.iter().cloned().chain(steps(path)).collect()).collect()
}

fn is(kind: &GroupKind, (group, name): (&str, &str)) -> bool {
    kind.group == group && kind.kind == name
}

fn steps(path: &str) -> Vec<Step> {
    path.split('/')
        .map(|part| match (part, part.strip_suffix('!')) {
            ("*", _) => Step::Each,
            (_, Some(name)) => Step::Key { name: name.to_owned(), presence: Presence::Required },
            (name, None) => Step::Key { name: name.to_owned(), presence: Presence::Optional },
        })
        .collect()
}
