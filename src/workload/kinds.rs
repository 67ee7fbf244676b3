//! Which kinds hold images, and where. Group and kind are compared together: a `Pod` of another group is
//! not a Pod.

use super::path::{EACH, ImagePath, Step, may, must};
use crate::request::GroupKind;
use k8s_openapi::Resource;
use k8s_openapi::api::{apps::v1 as apps, batch::v1 as batch, core::v1 as core};
use std::borrow::Cow;

/// A kind that holds images, and the paths of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workload {
    /// At least one; no two of them overlap; those that begin with the same keys stand together.
    images: Vec<ImagePath>,
    /// Whether objects of this kind run themselves or are templates of Pods.
    pub form: Form,
}

impl Workload {
    pub(crate) fn new(paths: Vec<ImagePath>, form: Form) -> Self {
        let mut workload = Self { images: Vec::with_capacity(paths.len()), form };
        for path in paths {
            workload.insert(path);
        }
        workload
    }

    /// Adds a path. One that overlaps with it is told: of paths that do not overlap, what does stands next to its place.
    /// (To insert a few paths one after the other takes less code than the library has for sorting many.)
    pub(crate) fn insert(&mut self, path: ImagePath) -> Option<[&ImagePath; 2]> {
        let place = self.images.partition_point(|other| other.keys().le(path.keys()));
        self.images.insert(place, path);
        let path = self.images.get(place)?;
        let before = place.checked_sub(1).and_then(|before| self.images.get(before));
        let after = self.images.get(place + 1);
        before
            .into_iter()
            .chain(after)
            .find(|other| path.overlaps(other))
            .map(|other| [path, other])
    }

    /// Paths to its images.
    #[must_use]
    pub fn images(&self) -> &[ImagePath] {
        &self.images
    }
}

/// What pinning an object of a kind means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A Pod: it runs the images that it names.
    Pod,
    /// Pods are made from it.
    Template,
}

const CONTAINERS: &[Step] = &[must("containers"), EACH, must("image")];
const CUSTOM_CONTAINERS: &[Step] = &[may("containers"), EACH, must("image")];
/// An image volume (`ImageVolumeSource`).
const VOLUMES: &[Step] = &[may("volumes"), EACH, may("image"), must("reference")];
const INIT_CONTAINERS: &[Step] = &[may("initContainers"), EACH, must("image")];
const EPHEMERAL_CONTAINERS: &[Step] = &[may("ephemeralContainers"), EACH, must("image")];

/// `PodSpec` of the core API: <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/>.
const POD_SPEC: &[&[Step]] = &pod_spec(CONTAINERS);

/// That of a custom resource, which may leave its containers to its controller.
const CUSTOM_POD_SPEC: &[&[Step]] = &pod_spec(CUSTOM_CONTAINERS);

const fn pod_spec(containers: &'static [Step]) -> [&'static [Step]; 4] {
    [containers, INIT_CONTAINERS, EPHEMERAL_CONTAINERS, VOLUMES]
}

/// A Tekton `TaskSpec`: tektoncd/pipeline, `pkg/apis/pipeline/v1/task_types.go`. A step without an image
/// takes that of the step template or of a StepAction.
const TEKTON_TASK: &[&[Step]] = &[
    &[may("steps"), EACH, may("image")],
    &[may("sidecars"), EACH, may("image")],
    &[may("stepTemplate"), may("image")],
    VOLUMES,
];

/// A Tekton `StepActionSpec`.
const TEKTON_STEP_ACTION: &[&[Step]] = &[&[must("image")]];

/// The volumes of a Tekton pod template: `pkg/apis/pipeline/pod/template.go`.
const TEKTON_POD: &[&[Step]] = &[VOLUMES];

/// A `VirtualMachineInstanceSpec`: kubevirt/api, `core/v1/schema.go` (`ContainerDiskSource`,
/// `KernelBootContainer`).
const VIRTUAL_MACHINE: &[&[Step]] = &[
    &[may("volumes"), EACH, may("containerDisk"), must("image")],
    &[may("domain"), may("firmware"), may("kernelBoot"), may("container"), must("image")],
];

/// A kind, and the images at these paths below each of these places.
struct BuiltIn {
    group: &'static str,
    kind: &'static str,
    places: &'static [&'static [Step]],
    paths: &'static [&'static [Step]],
}

const fn built_in_kind<R: Resource>(places: &'static [&'static [Step]]) -> BuiltIn {
    custom(R::GROUP, R::KIND, places, POD_SPEC)
}

const fn custom(
    group: &'static str,
    kind: &'static str,
    places: &'static [&'static [Step]],
    paths: &'static [&'static [Step]],
) -> BuiltIn {
    BuiltIn { group, kind, places, paths }
}

// The places, by what holds them.
const SPEC: &[&[Step]] = &[&[must("spec")]];
const TEMPLATE: &[&[Step]] = &[&[must("spec"), must("template"), must("spec")]];
const POD_TEMPLATE: &[&[Step]] = &[&[must("template"), must("spec")]];
const ROLLOUT: &[&[Step]] = &[&[must("spec"), may("template"), may("spec")]];
const TASK_RUN: &[&[Step]] = &[&[must("spec"), may("taskSpec")]];
const TASK_RUN_POD: &[&[Step]] = &[&[must("spec"), may("podTemplate")]];
const CRON_JOB: &[&[Step]] =
    &[&[must("spec"), must("jobTemplate"), must("spec"), must("template"), must("spec")]];
const VIRTUAL_MACHINE_POOL: &[&[Step]] = &[&[
    must("spec"),
    must("virtualMachineTemplate"),
    must("spec"),
    must("template"),
    must("spec"),
]];
const PIPELINE: &[&[Step]] = &[
    &[must("spec"), may("tasks"), EACH, may("taskSpec")],
    &[must("spec"), may("finally"), EACH, may("taskSpec")],
];
const PIPELINE_RUN: &[&[Step]] = &[
    &[must("spec"), may("pipelineSpec"), may("tasks"), EACH, may("taskSpec")],
    &[must("spec"), may("pipelineSpec"), may("finally"), EACH, may("taskSpec")],
];
const PIPELINE_RUN_PODS: &[&[Step]] = &[
    &[must("spec"), may("taskRunTemplate"), may("podTemplate")],
    &[must("spec"), may("taskRunSpecs"), EACH, may("podTemplate")],
    // As `v1beta1` names them.
    &[must("spec"), may("taskRunSpecs"), EACH, may("taskPodTemplate")],
    &[must("spec"), may("podTemplate")],
];

const BUILT_IN: [BuiltIn; 28] = [
    built_in_kind::<core::Pod>(SPEC),
    built_in_kind::<core::PodTemplate>(POD_TEMPLATE),
    built_in_kind::<core::ReplicationController>(TEMPLATE),
    built_in_kind::<apps::Deployment>(TEMPLATE),
    built_in_kind::<apps::ReplicaSet>(TEMPLATE),
    built_in_kind::<apps::StatefulSet>(TEMPLATE),
    built_in_kind::<apps::DaemonSet>(TEMPLATE),
    built_in_kind::<batch::Job>(TEMPLATE),
    built_in_kind::<batch::CronJob>(CRON_JOB),
    // argo-rollouts, `pkg/apis/rollouts/v1alpha1/types.go`. Without a template, `workloadRef` names a
    // Deployment, which is reviewed itself.
    custom("argoproj.io", "Rollout", ROLLOUT, POD_SPEC),
    // knative/serving, `pkg/apis/serving/v1`. A revision's spec is a pod spec with more fields.
    custom("serving.knative.dev", "Service", TEMPLATE, POD_SPEC),
    custom("serving.knative.dev", "Configuration", TEMPLATE, POD_SPEC),
    custom("serving.knative.dev", "Revision", SPEC, POD_SPEC),
    // kruise-api, `apps/v1alpha1` and `apps/v1beta1`.
    custom("apps.kruise.io", "CloneSet", TEMPLATE, POD_SPEC),
    custom("apps.kruise.io", "StatefulSet", TEMPLATE, POD_SPEC),
    custom("apps.kruise.io", "DaemonSet", TEMPLATE, POD_SPEC),
    // tektoncd/pipeline, `pkg/apis/pipeline/v1` and `v1beta1`.
    custom("tekton.dev", "Task", SPEC, TEKTON_TASK),
    custom("tekton.dev", "ClusterTask", SPEC, TEKTON_TASK),
    custom("tekton.dev", "StepAction", SPEC, TEKTON_STEP_ACTION),
    custom("tekton.dev", "TaskRun", TASK_RUN, TEKTON_TASK),
    custom("tekton.dev", "TaskRun", TASK_RUN_POD, TEKTON_POD),
    custom("tekton.dev", "Pipeline", PIPELINE, TEKTON_TASK),
    custom("tekton.dev", "PipelineRun", PIPELINE_RUN, TEKTON_TASK),
    custom("tekton.dev", "PipelineRun", PIPELINE_RUN_PODS, TEKTON_POD),
    // kubevirt/api, `core/v1/types.go` and `pool/v1beta1/types.go`.
    custom("kubevirt.io", "VirtualMachineInstance", SPEC, VIRTUAL_MACHINE),
    custom("kubevirt.io", "VirtualMachine", TEMPLATE, VIRTUAL_MACHINE),
    custom("kubevirt.io", "VirtualMachineInstanceReplicaSet", TEMPLATE, VIRTUAL_MACHINE),
    custom("pool.kubevirt.io", "VirtualMachinePool", VIRTUAL_MACHINE_POOL, VIRTUAL_MACHINE),
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

/// Where objects of a kind hold images: what the settings say of it counts before what is built in.
#[must_use]
pub fn workload_of(kind: &GroupKind, extra: &[(GroupKind, Workload)]) -> Option<Workload> {
    let extra = extra.iter().find(|(known, _)| known == kind);
    extra.map(|(_, workload)| workload.clone()).or_else(|| built_in(kind))
}

/// The built-in kinds, each once.
pub fn built_in_kinds() -> impl Iterator<Item = GroupKind> {
    let is_first = |(index, known): &(usize, &BuiltIn)| {
        let mut before = BUILT_IN.iter().take(*index);
        !before.any(|other| (other.group, other.kind) == (known.group, known.kind))
    };
    BUILT_IN
        .iter()
        .enumerate()
        .filter(is_first)
        .map(|(_, known)| GroupKind { group: known.group.to_owned(), kind: known.kind.to_owned() })
}

/// The built-in workload of that kind.
#[must_use]
pub fn built_in(kind: &GroupKind) -> Option<Workload> {
    let mut images = Vec::new();
    for known in BUILT_IN.iter().filter(|known| is(kind, (known.group, known.kind))) {
        for place in known.places {
            images.extend(below(Cow::Borrowed(place), known.paths));
        }
    }
    let pod = is(kind, (core::Pod::GROUP, core::Pod::KIND));
    let form = if pod { Form::Pod } else { Form::Template };
    (!images.is_empty()).then(|| Workload::new(images, form))
}

/// The paths of a custom resource's pod spec that stands at that place.
pub(crate) fn pod_spec_images(place: Vec<Step>) -> impl Iterator<Item = ImagePath> {
    below(place.into(), CUSTOM_POD_SPEC)
}

fn below(
    place: Cow<'static, [Step]>,
    paths: &'static [&'static [Step]],
) -> impl Iterator<Item = ImagePath> {
    paths.iter().map(move |path| ImagePath::new(place.clone(), path))
}

fn is(kind: &GroupKind, (group, name): (&str, &str)) -> bool {
    kind.group == group && kind.kind == name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_paths_of_a_kind_overlap() {
        for BuiltIn { group, kind, .. } in BUILT_IN {
            let kind = GroupKind { group: group.to_owned(), kind: kind.to_owned() };
            let workload = built_in(&kind).unwrap();
            for (index, path) in workload.images().iter().enumerate() {
                assert!(
                    !workload.images()[..index].iter().any(|other| path.overlaps(other)),
                    "{kind}"
                );
            }
        }
    }
}
