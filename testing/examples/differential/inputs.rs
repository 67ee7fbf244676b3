//! What both builds are asked: the cases, what fuzzing kept, and what is generated.

use crate::run::answers;
use serde_json::{Value, json};
use signed_images_testing::builds::Answers;
use signed_images_testing::cases::{self, Case, Exchange, Script};
use signed_images_testing::generate::Input;
use signed_images_testing::generate::choices::Choices;
use signed_images_testing::generate::host::Host;
use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What is asked, and who answers the calls.
#[derive(Clone)]
pub(crate) struct Question {
    /// Where it comes from, and what runs it again.
    pub(crate) name: String,
    pub(crate) operation: &'static str,
    pub(crate) payload: Vec<u8>,
    pub(crate) host: Answerer,
}

/// Who answers the calls.
#[derive(Clone)]
pub(crate) enum Answerer {
    /// The script of a case.
    Case(Vec<Exchange>),
    /// A host that is made.
    Generated(Box<Host>),
}

impl Answerer {
    /// A host that has not been asked anything yet.
    pub(crate) fn fresh(&self) -> Box<Answers> {
        match self {
            Self::Case(exchanges) => {
                let script = Script::new(exchanges);
                Box::new(move |namespace, operation, question| {
                    script.answer(namespace, operation, question)
                })
            }
            Self::Generated(host) => answers((**host).clone()),
        }
    }
}

/// What a seed makes.
pub(crate) fn generated(operation: &str, seed: u64, now: Duration) -> Question {
    let choices = Choices::of_seed(seed);
    let input = match operation {
        "validate" => Input::request(choices, now),
        _ => Input::settings(choices, now),
    };
    Question {
        name: format!("{operation} --seed {seed}"),
        operation: input.operation,
        payload: input.payload,
        host: Answerer::Generated(Box::new(input.host)),
    }
}

/// Every case.
pub(crate) fn cases(root: &Path) -> Vec<Question> {
    cases::all(root).iter().map(question).collect()
}

fn question(case: &Case) -> Question {
    let asked = RefCell::new(None);
    // What a case asks, it tells whom it is put to.
    let _ = cases::check(case, &|operation, payload, _| {
        asked.replace(Some((operation, payload.to_vec())));
        Err(String::new())
    });
    let (operation, payload) = asked.into_inner().expect("a case asks");
    let host = Answerer::Case(case.host.clone());
    Question { name: case.name.clone(), operation, payload, host }
}

/// What fuzzing kept: payloads and settings as they are, the rest put where it would stand, each also as the bytes
/// that an input is made of.
pub(crate) fn seeds(root: &Path, now: Duration) -> Vec<Question> {
    let mut questions = Vec::new();
    for file in files(&root.join("fuzz/seeds")) {
        let name = file.strip_prefix(root).unwrap_or(&file).display().to_string();
        let target = file.parent().and_then(Path::file_name).unwrap_or_default().to_owned();
        let bytes = fs::read(&file).expect("a seed");
        for (operation, payload) in payloads(&target.to_string_lossy(), &bytes) {
            // Of those with a script, its bytes are the choices of the host.
            let script = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
            let host = Host::any(&mut Choices::of_bytes(script));
            let host = Answerer::Generated(Box::new(host));
            questions.push(Question { name: name.clone(), operation, payload, host });
        }
        for make in [Input::request, Input::settings] {
            let Input { operation, payload, host } = make(Choices::of_bytes(&bytes), now);
            let host = Answerer::Generated(Box::new(host));
            questions.push(Question { name: name.clone(), operation, payload, host });
        }
    }
    questions
}

/// What is asked with a seed of that target.
fn payloads(target: &str, bytes: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let after_script =
        bytes.iter().position(|byte| *byte == b'\n').map_or(&[][..], |end| &bytes[end + 1..]);
    let text = String::from_utf8_lossy(bytes);
    let every_image = |signer: Value| json!({"rules": [{"images": ["**"], "allOf": [signer]}]});
    let github = || json!({"kind": "githubAction", "owner": "acme"});
    match target {
        "payload" => vec![("validate", after_script.to_vec())],
        "object" => ["Pod", "Deployment", "Task", "Pipeline", "VirtualMachine"]
            .iter()
            .map(|kind| {
                let object = String::from_utf8_lossy(after_script);
                ("validate", payload(kind, &object, &every_image(github()).to_string()))
            })
            .collect(),
        "settings" => with_settings(&text),
        "reference" => {
            let object = pod(&text);
            vec![("validate", payload("Pod", &object, &every_image(github()).to_string()))]
        }
        "pattern" => [
            json!({"rules": [{"images": [text], "allOf": [github()]}], "unmatchedImages": "warn"}),
            json!({"exempt": [text], "unmatchedImages": "reject"}),
            json!({"signatures": [{"image": text, "githubActions": {"owner": "acme"}}]}),
        ]
        .iter()
        .flat_map(|settings| with_settings(&settings.to_string()))
        .collect(),
        "prefix" => {
            let subject = json!({"urlPrefix": text});
            let signer =
                json!({"kind": "genericIssuer", "issuer": "https://a.b", "subject": subject});
            with_settings(&every_image(signer).to_string())
        }
        "key" => with_settings(&every_image(json!({"kind": "pubKey", "key": text})).to_string()),
        "certificate" | "claim" => {
            let signer = json!({"kind": "certificate", "certificate": text});
            with_settings(&every_image(signer).to_string())
        }
        _ => Vec::new(),
    }
}

/// Settings alone, and with a Pod.
fn with_settings(settings: &str) -> Vec<(&'static str, Vec<u8>)> {
    let images = ["nginx", "ghcr.io/acme/app:1", "localhost:5000/acme/app:1.2"];
    let pods = images.map(|image| ("validate", payload("Pod", &pod(image), settings)));
    [("validate_settings", settings.as_bytes().to_vec())].into_iter().chain(pods).collect()
}

fn pod(image: &str) -> String {
    json!({"spec": {"containers": [{"name": "app", "image": image}]}}).to_string()
}

fn payload(kind: &str, object: &str, settings: &str) -> Vec<u8> {
    let group = match kind {
        "Deployment" => "apps",
        "Task" | "Pipeline" => "tekton.dev",
        "VirtualMachine" => "kubevirt.io",
        _ => "",
    };
    format!(
        r#"{{"request":{{"kind":{{"group":"{group}","kind":"{kind}"}},"operation":"CREATE","object":{object}}},"settings":{settings}}}"#
    )
    .into_bytes()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of seeds") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}
