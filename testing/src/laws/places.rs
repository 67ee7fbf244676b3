//! Where an object holds images, found in decoded JSON by a table of its own.

use serde_json::Value;

/// One place where an image is, or must be.
#[derive(Clone, Debug)]
pub(super) struct Place<'o> {
    pub(super) pointer: String,
    /// The keys on the way, and the names of elements or their positions.
    way: Vec<Part<'o>>,
    /// None where there must be an image and is none.
    pub(super) image: Option<&'o Value>,
}

#[derive(Clone, Debug, PartialEq)]
enum Part<'o> {
    Key(&'o str),
    Element(usize, Option<&'o str>),
}

impl Place<'_> {
    /// Whether both are the same place: elements with names are told by them.
    pub(super) fn is_like(&self, other: &Place<'_>) -> bool {
        self.way.len() == other.way.len()
            && self.way.iter().zip(&other.way).all(|pair| match pair {
                (Part::Element(_, Some(a)), Part::Element(_, Some(b))) => a == b,
                (a, b) => a == b,
            })
    }

    pub(super) fn text(&self) -> Option<&str> {
        self.image?.as_str()
    }
}

const POD: &[&str] = &[
    "containers/*/image!",
    "initContainers/*/image!",
    "ephemeralContainers/*/image!",
    "volumes/*/image/reference!",
];
const TASK: &[&str] =
    &["steps/*/image", "sidecars/*/image", "stepTemplate/image", "volumes/*/image/reference!"];
const VOLUMES: &[&str] = &["volumes/*/image/reference!"];
const MACHINE: &[&str] =
    &["volumes/*/containerDisk/image!", "domain/firmware/kernelBoot/container/image!"];

type Kind = (&'static str, &'static str, &'static [&'static str], &'static [&'static str]);

const TEMPLATE: &[&str] = &["spec/template/spec"];

/// Group, kind, the places of its specs, and the images in these.
const KINDS: &[Kind] = &[
    ("", "Pod", &["spec"], POD),
    ("", "PodTemplate", &["template/spec"], POD),
    ("", "ReplicationController", TEMPLATE, POD),
    ("apps", "Deployment", TEMPLATE, POD),
    ("apps", "ReplicaSet", TEMPLATE, POD),
    ("apps", "StatefulSet", TEMPLATE, POD),
    ("apps", "DaemonSet", TEMPLATE, POD),
    ("batch", "Job", TEMPLATE, POD),
    ("batch", "CronJob", &["spec/jobTemplate/spec/template/spec"], POD),
    ("argoproj.io", "Rollout", TEMPLATE, POD),
    ("serving.knative.dev", "Service", TEMPLATE, POD),
    ("serving.knative.dev", "Configuration", TEMPLATE, POD),
    ("serving.knative.dev", "Revision", &["spec"], POD),
    ("apps.kruise.io", "CloneSet", TEMPLATE, POD),
    ("apps.kruise.io", "StatefulSet", TEMPLATE, POD),
    ("apps.kruise.io", "DaemonSet", TEMPLATE, POD),
    ("tekton.dev", "Task", &["spec"], TASK),
    ("tekton.dev", "ClusterTask", &["spec"], TASK),
    ("tekton.dev", "StepAction", &["spec"], &["image!"]),
    ("tekton.dev", "TaskRun", &["spec/taskSpec"], TASK),
    ("tekton.dev", "TaskRun", &["spec/podTemplate"], VOLUMES),
    ("tekton.dev", "Pipeline", &["spec/tasks/*/taskSpec", "spec/finally/*/taskSpec"], TASK),
    (
        "tekton.dev",
        "PipelineRun",
        &["spec/pipelineSpec/tasks/*/taskSpec", "spec/pipelineSpec/finally/*/taskSpec"],
        TASK,
    ),
    (
        "tekton.dev",
        "PipelineRun",
        &[
            "spec/taskRunTemplate/podTemplate",
            "spec/taskRunSpecs/*/podTemplate",
            "spec/podTemplate",
            "spec/taskRunSpecs/*/taskPodTemplate",
        ],
        VOLUMES,
    ),
    ("kubevirt.io", "VirtualMachineInstance", &["spec"], MACHINE),
    ("kubevirt.io", "VirtualMachine", TEMPLATE, MACHINE),
    ("kubevirt.io", "VirtualMachineInstanceReplicaSet", TEMPLATE, MACHINE),
    (
        "pool.kubevirt.io",
        "VirtualMachinePool",
        &["spec/virtualMachineTemplate/spec/template/spec"],
        MACHINE,
    ),
];

/// The bodies of subresources, which hold none.
pub(super) const WITHOUT_IMAGES: [(&str, &str); 4] =
    [("autoscaling", "Scale"), ("extensions", "Scale"), ("policy", "Eviction"), ("", "Binding")];

/// Every group and kind that is known to hold images.
pub(super) fn kinds() -> Vec<(&'static str, &'static str)> {
    KINDS.iter().map(|(group, kind, ..)| (*group, *kind)).collect()
}

/// The places of images; none when nobody knows where that kind has them. `extra` is what the settings say.
pub(super) fn find<'o>(
    object: &'o Value,
    (group, kind): (&str, &str),
    extra: &Value,
) -> Option<Vec<Place<'o>>> {
    let mut paths: Vec<String> = Vec::new();
    for (.., places, images) in KINDS.iter().filter(|known| (known.0, known.1) == (group, kind)) {
        for place in *places {
            paths.extend(images.iter().map(|image| format!("{place}/{image}")));
        }
    }
    let texts = |value: &Value| -> Vec<String> {
        let list = value.as_array().map(Vec::as_slice).unwrap_or_default();
        // A `!` in a key is no mark of the table above.
        let path = |text: &Value| Some(text.as_str()?.strip_prefix('/')?.replace('!', "~2"));
        list.iter().filter_map(path).collect()
    };
    for entry in extra.as_array().map(Vec::as_slice).unwrap_or_default() {
        if (entry["apiGroup"].as_str().unwrap_or_default(), entry["kind"].as_str())
            == (group, Some(kind))
        {
            paths.extend(texts(&entry["images"]));
            paths.extend(
                texts(&entry["podSpecs"])
                    .iter()
                    .flat_map(|spec| POD.iter().map(move |image| format!("{spec}/{image}"))),
            );
        }
    }
    let mut places = Vec::new();
    for path in &paths {
        let steps: Vec<&str> = path.split('/').collect();
        walk(
            object,
            &steps,
            &Place { pointer: String::new(), way: Vec::new(), image: None },
            &mut places,
        );
    }
    (!paths.is_empty()).then_some(places)
}

fn walk<'o>(value: &'o Value, steps: &[&str], so_far: &Place<'o>, places: &mut Vec<Place<'o>>) {
    let Some((step, rest)) = steps.split_first() else {
        places.push(Place { image: Some(value), ..so_far.clone() });
        return;
    };
    let mut enter = |key: &str, part: Part<'o>, value: &'o Value| {
        let mut place = so_far.clone();
        place.pointer = format!("{}/{}", place.pointer, key.replace('~', "~0").replace('/', "~1"));
        place.way.push(part);
        walk(value, rest, &place, places);
    };
    if *step == "*" {
        for (index, element) in value.as_array().into_iter().flatten().enumerate() {
            enter(&index.to_string(), Part::Element(index, element["name"].as_str()), element);
        }
        return;
    }
    let key = step.strip_suffix('!').unwrap_or(step);
    let key = key.replace("~2", "!").replace("~1", "/").replace("~0", "~");
    let entry = value.as_object().and_then(|object| object.get_key_value(&key));
    match entry.filter(|(_, value)| !value.is_null()) {
        Some((key, value)) => enter(key, Part::Key(key), value),
        None if step.ends_with('!') => places.push(so_far.clone()),
        None => {}
    }
}
