//! Which kinds hold images, and where. Group and kind are compared together: a `Pod` of another group is
//! not a Pod.
//!
//! *How is a place written?* As the path's keys separated by `/`; `*` is every element of a list, and
//! a key that ends in `!` must be there when its parent is. A place that
//! must hold an image and does not is a rejection, never a skip.

use crate::request::GroupKind;
use k8s_openapi::Resource;
use k8s_openapi::api::{apps::v1 as apps, batch::v1 as batch, core::v1 as core};
use std::borrow::Cow;

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// A key of an object.
    Key {
        /// Its name.
        name: Cow<'static, str>,
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

/// A Tekton `TaskSpec`: tektoncd/pipeline, `pkg/apis/pipeline/v1/task_types.go`. A step without an image
/// takes that of the step template or of a StepAction.
const TEKTON_TASK: [&str; 4] =
    ["steps/*/image", "sidecars/*/image", "stepTemplate/image", "volumes/*/image/reference!"];

/// The volumes of a Tekton pod template: `pkg/apis/pipeline/pod/template.go`.
const TEKTON_POD: [&str; 1] = ["volumes/*/image/reference!"];

/// A `VirtualMachineInstanceSpec`: kubevirt/api, `core/v1/schema.go` (`ContainerDiskSource`,
/// `KernelBootContainer`).
const VIRTUAL_MACHINE: [&str; 2] =
    ["volumes/*/containerDisk/image!", "domain/firmware/kernelBoot/container/image!"];

/// A kind, and the images at these paths below each of these places.
struct BuiltIn {
    group: &'static str,
    kind: &'static str,
    places: &'static [&'static str],
    paths: &'static [&'static str],
}

const fn built_in_kind<R: Resource>(places: &'static [&'static str]) -> BuiltIn {
    custom(R::GROUP, R::KIND, places, &POD_SPEC)
}

const fn custom(
    group: &'static str,
    kind: &'static str,
    places: &'static [&'static str],
    paths: &'static [&'static str],
) -> BuiltIn {
    BuiltIn { group, kind, places, paths }
}

const TEMPLATE: &[&str] = &["spec!/template!/spec!"];

const BUILT_IN: [BuiltIn; 28] = [
    built_in_kind::<core::Pod>(&["spec!"]),
    built_in_kind::<core::PodTemplate>(&["template!/spec!"]),
    built_in_kind::<core::ReplicationController>(TEMPLATE),
    built_in_kind::<apps::Deployment>(TEMPLATE),
    built_in_kind::<apps::ReplicaSet>(TEMPLATE),
    built_in_kind::<apps::StatefulSet>(TEMPLATE),
    built_in_kind::<apps::DaemonSet>(TEMPLATE),
    built_in_kind::<batch::Job>(TEMPLATE),
    built_in_kind::<batch::CronJob>(&["spec!/jobTemplate!/spec!/template!/spec!"]),
    // argo-rollouts, `pkg/apis/rollouts/v1alpha1/types.go`. Without a template, `workloadRef` names a
    // Deployment, which is reviewed itself.
    custom("argoproj.io", "Rollout", &["spec!/template/spec"], &POD_SPEC),
    // knative/serving, `pkg/apis/serving/v1`. A revision's spec is a pod spec with more fields.
    custom("serving.knative.dev", "Service", TEMPLATE, &POD_SPEC),
    custom("serving.knative.dev", "Configuration", TEMPLATE, &POD_SPEC),
    custom("serving.knative.dev", "Revision", &["spec!"], &POD_SPEC),
    // kruise-api, `apps/v1alpha1` and `apps/v1beta1`.
    custom("apps.kruise.io", "CloneSet", TEMPLATE, &POD_SPEC),
    custom("apps.kruise.io", "StatefulSet", TEMPLATE, &POD_SPEC),
    custom("apps.kruise.io", "DaemonSet", TEMPLATE, &POD_SPEC),
    // tektoncd/pipeline, `pkg/apis/pipeline/v1` and `v1beta1`.
    custom("tekton.dev", "Task", &["spec!"], &TEKTON_TASK),
    custom("tekton.dev", "ClusterTask", &["spec!"], &TEKTON_TASK),
    custom("tekton.dev", "StepAction", &["spec!"], &["image!"]),
    custom("tekton.dev", "TaskRun", &["spec!/taskSpec"], &TEKTON_TASK),
    custom("tekton.dev", "TaskRun", &["spec!/podTemplate"], &TEKTON_POD),
    custom(
        "tekton.dev",
        "Pipeline",
        &["spec!/tasks/*/taskSpec", "spec!/finally/*/taskSpec"],
        &TEKTON_TASK,
    ),
    custom(
        "tekton.dev",
        "PipelineRun",
        &["spec!/pipelineSpec/tasks/*/taskSpec", "spec!/pipelineSpec/finally/*/taskSpec"],
        &TEKTON_TASK,
    ),
    custom(
        "tekton.dev",
        "PipelineRun",
        &[
            "spec!/taskRunTemplate/podTemplate",
            "spec!/taskRunSpecs/*/podTemplate",
            // As `v1beta1` names them.
            "spec!/podTemplate",
            "spec!/taskRunSpecs/*/taskPodTemplate",
        ],
        &TEKTON_POD,
    ),
    // kubevirt/api, `core/v1/types.go` and `pool/v1beta1/types.go`.
    custom("kubevirt.io", "VirtualMachineInstance", &["spec!"], &VIRTUAL_MACHINE),
    custom("kubevirt.io", "VirtualMachine", TEMPLATE, &VIRTUAL_MACHINE),
    custom("kubevirt.io", "VirtualMachineInstanceReplicaSet", TEMPLATE, &VIRTUAL_MACHINE),
    custom(
        "pool.kubevirt.io",
        "VirtualMachinePool",
        &["spec!/virtualMachineTemplate!/spec!/template!/spec!"],
        &VIRTUAL_MACHINE,
    ),
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
    let mut images = Vec::new();
    for known in BUILT_IN.iter().filter(|known| is(kind, (known.group, known.kind))) {
        for place in known.places {
            images.extend(below(&steps(place), known.paths));
        }
    }
    let pod = is(kind, (core::Pod::GROUP, core::Pod::KIND));
    let form = if pod { Form::Pod } else { Form::Template };
    (!images.is_empty()).then_some(Workload { images, form })
}

/// The image paths of a custom resource's pod spec that stands at `prefix`. It may leave its containers
/// to its controller.
#[must_use]
pub fn pod_spec_images(prefix: &[Step]) -> Vec<Vec<Step>> {
    below(
        prefix,
        &POD_SPEC
            .map(|path| path.strip_prefix("containers!").map_or(path, |_| "containers/*/image!")),
    )
}

fn below(prefix: &[Step], paths: &[&'static str]) -> Vec<Vec<Step>> {
    paths.iter().map(|path| prefix.iter().cloned().chain(steps(path)).collect()).collect()
}

/// A key as a step of a JSON pointer (RFC 6901 §3).
pub(crate) fn pointer_to(key: &str) -> String {
    format!("/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// A path as a JSON pointer.
pub(crate) fn render(path: &[Step]) -> String {
    path.iter()
        .map(|step| match step {
            Step::Key { name, .. } => pointer_to(name),
            Step::Each => "/*".to_owned(),
        })
        .collect()
}

fn is(kind: &GroupKind, (group, name): (&str, &str)) -> bool {
    kind.group == group && kind.kind == name
}

fn steps(path: &'static str) -> Vec<Step> {
    path.split('/')
        .map(|part| match (part, part.strip_suffix('!')) {
            ("*", _) => Step::Each,
            (_, Some(name)) => Step::Key { name: name.into(), presence: Presence::Required },
            (name, None) => Step::Key { name: name.into(), presence: Presence::Optional },
        })
        .collect()
}
