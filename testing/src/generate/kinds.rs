//! Kinds of objects, and where they hold images: a table of its own, so that it can disagree with the policy's.
//!
//! *How is a path written?* Keys, and `*` for the elements of a list; the first path of a kind is seldom empty.

/// A kind of object.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// Its API group.
    pub group: &'static str,
    /// Its name.
    pub kind: &'static str,
    places: &'static [&'static str],
    images: &'static [&'static str],
}

impl Kind {
    /// The paths of its images.
    #[must_use]
    pub fn paths(&self) -> Vec<String> {
        let below = |place: &&str| -> Vec<String> {
            self.images.iter().map(|image| format!("{place}{image}")).collect()
        };
        self.places.iter().flat_map(below).collect()
    }
}

/// A kind that the settings tell of.
#[derive(Clone, Copy, Debug)]
pub struct ExtraKind {
    /// What it is, with all its paths.
    pub kind: Kind,
    /// The pointers to its pod specs.
    pub pod_specs: &'static [&'static str],
    /// The pointers to its images.
    pub images: &'static [&'static str],
}

const POD: &[&str] = &[
    "containers/*/image",
    "initContainers/*/image",
    "ephemeralContainers/*/image",
    "volumes/*/image/reference",
];
const TASK: &[&str] =
    &["steps/*/image", "sidecars/*/image", "stepTemplate/image", "volumes/*/image/reference"];
const MACHINE: &[&str] =
    &["volumes/*/containerDisk/image", "domain/firmware/kernelBoot/container/image"];
const TEMPLATE: &[&str] = &["spec/template/spec/"];
const SPEC: &[&str] = &["spec/"];

const fn kind(
    group: &'static str,
    kind: &'static str,
    places: &'static [&'static str],
    images: &'static [&'static str],
) -> Kind {
    Kind { group, kind, places, images }
}

/// The kinds that the policy knows; those that clusters have most of stand several times.
pub const BUILT_IN: [Kind; 32] = [
    kind("", "Pod", SPEC, POD),
    kind("", "Pod", SPEC, POD),
    kind("", "Pod", SPEC, POD),
    kind("", "Pod", SPEC, POD),
    kind("", "PodTemplate", &["template/spec/"], POD),
    kind("", "ReplicationController", TEMPLATE, POD),
    kind("apps", "Deployment", TEMPLATE, POD),
    kind("apps", "Deployment", TEMPLATE, POD),
    kind("apps", "ReplicaSet", TEMPLATE, POD),
    kind("apps", "StatefulSet", TEMPLATE, POD),
    kind("apps", "DaemonSet", TEMPLATE, POD),
    kind("batch", "Job", TEMPLATE, POD),
    kind("batch", "CronJob", &["spec/jobTemplate/spec/template/spec/"], POD),
    kind("argoproj.io", "Rollout", TEMPLATE, POD),
    kind("serving.knative.dev", "Service", TEMPLATE, POD),
    kind("serving.knative.dev", "Configuration", TEMPLATE, POD),
    kind("serving.knative.dev", "Revision", SPEC, POD),
    kind("apps.kruise.io", "CloneSet", TEMPLATE, POD),
    kind("apps.kruise.io", "StatefulSet", TEMPLATE, POD),
    kind("apps.kruise.io", "DaemonSet", TEMPLATE, POD),
    kind("tekton.dev", "Task", SPEC, TASK),
    kind("tekton.dev", "ClusterTask", SPEC, TASK),
    kind("tekton.dev", "StepAction", SPEC, &["image"]),
    kind("tekton.dev", "TaskRun", &["spec/taskSpec/"], TASK),
    kind("tekton.dev", "TaskRun", &["spec/podTemplate/"], &["volumes/*/image/reference"]),
    kind("tekton.dev", "Pipeline", &["spec/tasks/*/taskSpec/", "spec/finally/*/taskSpec/"], TASK),
    kind(
        "tekton.dev",
        "PipelineRun",
        &["spec/pipelineSpec/tasks/*/taskSpec/", "spec/pipelineSpec/finally/*/taskSpec/"],
        TASK,
    ),
    kind(
        "tekton.dev",
        "PipelineRun",
        &[
            "spec/taskRunTemplate/podTemplate/",
            "spec/taskRunSpecs/*/podTemplate/",
            "spec/podTemplate/",
            "spec/taskRunSpecs/*/taskPodTemplate/",
        ],
        &["volumes/*/image/reference"],
    ),
    kind("kubevirt.io", "VirtualMachineInstance", SPEC, MACHINE),
    kind("kubevirt.io", "VirtualMachine", TEMPLATE, MACHINE),
    kind("kubevirt.io", "VirtualMachineInstanceReplicaSet", TEMPLATE, MACHINE),
    kind(
        "pool.kubevirt.io",
        "VirtualMachinePool",
        &["spec/virtualMachineTemplate/spec/template/spec/"],
        MACHINE,
    ),
];

/// Kinds that settings add, and paths that they add to known ones.
pub const EXTRA: [ExtraKind; 5] = [
    ExtraKind {
        kind: kind(
            "acme.com",
            "Widget",
            &["spec/"],
            &["pod/containers/*/image", "pod/initContainers/*/image", "images/*/image", "tool"],
        ),
        pod_specs: &["/spec/pod"],
        images: &["/spec/images/*/image", "/spec/tool"],
    },
    ExtraKind {
        kind: kind("acme.com", "Gadget", &["spec/"], &["a/b/*", "m~n/*/*/image"]),
        pod_specs: &[],
        images: &["/spec/a/b/*", "/spec/m~0n/*/*/image"],
    },
    ExtraKind {
        kind: kind("", "Pod", SPEC, &["containers/*/image", "helper/image", "spare"]),
        pod_specs: &[],
        images: &["/spec/helper/image", "/spec/spare"],
    },
    ExtraKind {
        kind: kind(
            "apps",
            "Deployment",
            &["spec/"],
            &["template/spec/containers/*/image", "pods/*/containers/*/image"],
        ),
        pod_specs: &["/spec/pods/*"],
        images: &[],
    },
    ExtraKind {
        kind: kind("", "ConfigMap", &["data/"], &["image"]),
        pod_specs: &[],
        images: &["/data/image"],
    },
];

/// Kinds that hold none, and kinds that nobody knows.
pub const OTHERS: [Kind; 10] = [
    kind("autoscaling", "Scale", SPEC, POD),
    kind("extensions", "Scale", SPEC, POD),
    kind("policy", "Eviction", SPEC, POD),
    kind("", "Binding", SPEC, POD),
    kind("acme.com", "Pod", SPEC, POD),
    kind("", "Deployment", TEMPLATE, POD),
    kind("", "pod", SPEC, POD),
    kind("apps", "Scale", SPEC, POD),
    kind("", "", SPEC, POD),
    kind("acme.com", "W`idg\u{202e}et", SPEC, POD),
];
