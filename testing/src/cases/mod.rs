//! Whole-policy cases: one file, one behaviour, or one table of settings. `cases/README.md` tells how they are written.

mod broken;
mod check;
mod generated;
mod json;
mod script;
mod table;

pub use broken::broken;
pub use check::check;
use generated::generated;
pub use script::Script;

use json::{Repeated, Words};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use table::{Table, is_table};
use yaml_serde::Value;

/// The policy: operation, payload and the host → the answer.
pub type Run<'r> = dyn Fn(&'static str, &[u8], &Script) -> Result<Vec<u8>, String> + 'r;

/// One behaviour of the policy.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Where it stands, for messages.
    #[serde(skip)]
    pub name: String,
    /// The behaviour, in a sentence.
    pub about: String,
    #[serde(default)]
    settings: Value,
    /// Without one, the settings are validated.
    request: Option<Request>,
    /// The whole payload as text, instead of `settings` and `request`.
    payload: Option<String>,
    /// What the host is asked, in this order, and answers.
    #[serde(default)]
    pub host: Vec<Exchange>,
    /// What it must answer then.
    pub expect: Expect,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Request {
    /// `Pod`, `apps/Deployment`.
    kind: String,
    #[serde(default = "create")]
    operation: String,
    object: Option<Value>,
    old_object: Option<Value>,
}

/// A host call and its answer.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Exchange {
    /// Namespace and operation: `oci/v2/verify`.
    pub call: String,
    /// Of an object, the fields that must be there, what it is about among them; else the whole.
    request: Option<Value>,
    /// The whole request.
    exactly: Option<Value>,
    /// JSON.
    answer: Option<Value>,
    /// Bytes that need not be JSON.
    answer_text: Option<String>,
    error: Option<String>,
}

/// What the policy must answer.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// The answer to a request.
    pub accepted: Option<bool>,
    /// The answer about settings.
    pub valid: Option<bool>,
    /// JSON pointers into the object and what stands there in `mutated_object`. Every other byte is that
    /// of the request.
    #[serde(default)]
    pub patch: BTreeMap<String, String>,
    /// The whole message, or a list of its parts.
    pub message: Option<Message>,
    /// What the message must not give away.
    #[serde(default)]
    unsaid: Vec<String>,
    audit: Option<BTreeMap<String, String>>,
    #[serde(default)]
    warnings: Vec<String>,
    /// The fields of the log's lines, at least these, when given.
    log: Option<Vec<serde_json::Map<String, serde_json::Value>>>,
}

/// What a message must say.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Message {
    /// The message itself.
    Whole(String),
    /// Some of what it says.
    Parts(Vec<String>),
}

fn create() -> String {
    "CREATE".to_owned()
}

impl Case {
    /// The case that a file is, or those of the table that it is.
    fn parse_all(name: &str, yaml: &str, fixtures: &Path) -> Result<Vec<Self>, String> {
        let fault = |error: &dyn std::fmt::Display| format!("{name}: {error}");
        let mut value: Value = yaml_serde::from_str(yaml).map_err(|error| fault(&error))?;
        value.apply_merge().map_err(|error| fault(&error))?;
        let strings =
            value.as_mapping_mut().and_then(|case| case.remove("strings")).unwrap_or_default();
        let strings: Option<HashMap<String, Repeated>> =
            yaml_serde::from_value(strings).map_err(|error| fault(&error))?;
        let words = Words::new(fixtures, &strings.unwrap_or_default());
        let value = words.expand(&value).map_err(|error| fault(&error))?;
        if is_table(&value) {
            let table: Table = yaml_serde::from_value(value).map_err(|error| fault(&error))?;
            return Ok(table.cases(name));
        }
        let case: Self = yaml_serde::from_value(value).map_err(|error| fault(&error))?;
        if let Some(call) = case.host.iter().find(|call| !call.names_its_subject()) {
            return Err(fault(&format!("what is {} asked about? {call:?}", call.call)));
        }
        Ok(vec![Self { name: name.to_owned(), ..case }])
    }

    fn parse(name: &str, yaml: &str, fixtures: &Path) -> Result<Self, String> {
        let mut cases = Self::parse_all(name, yaml, fixtures)?;
        cases.pop().ok_or_else(|| format!("{name}: no case"))
    }

    fn with_object(mut self, text: String) -> Self {
        if let Some(request) = &mut self.request {
            request.object = Some(Value::String(text));
        }
        self
    }

    fn operation(&self) -> &'static str {
        if self.expect.valid.is_some() { "validate_settings" } else { "validate" }
    }

    fn object(&self) -> Option<String> {
        self.request.as_ref()?.object.as_ref().map(json::text)
    }

    fn payload(&self) -> String {
        let settings = json::text(&self.settings);
        match (&self.payload, &self.request) {
            (Some(payload), _) => payload.clone(),
            (None, None) => settings,
            (None, Some(request)) => {
                format!(r#"{{"request":{},"settings":{settings}}}"#, request.text())
            }
        }
    }
}

impl Request {
    fn text(&self) -> String {
        let (group, kind) = self.kind.rsplit_once('/').unwrap_or(("", &self.kind));
        let object = |value: &Option<Value>| value.as_ref().map_or("null".to_owned(), json::text);
        format!(
            r#"{{"uid":"2e0b6b6c-4a29-4bd2-a1d1-3b0b1e0a0a0a","kind":{{"group":"{group}","version":"v1","kind":"{kind}"}},"resource":{{"group":"{group}","version":"v1","resource":"things"}},"name":"thing","namespace":"default","operation":"{}","userInfo":{{"username":"alice"}},"object":{},"oldObject":{},"dryRun":false,"options":null}}"#,
            self.operation,
            object(&self.object),
            object(&self.old_object),
        )
    }
}

/// Every case below `cases/`, and those that are too large for a file. With `CASE` in the environment,
/// only those with that text in their names.
#[must_use]
pub fn all(root: &Path) -> Vec<Case> {
    let fixtures = root.join("tests/fixtures");
    let mut files = Vec::new();
    collect(&root.join("cases"), &mut files);
    let mut cases: Vec<Case> = files
        .iter()
        .flat_map(|file| {
            let name = file.strip_prefix(root).unwrap().display().to_string();
            Case::parse_all(&name, &std::fs::read_to_string(file).unwrap(), &fixtures).unwrap()
        })
        .collect();
    cases.extend(generated(&fixtures));
    let wanted = std::env::var("CASE").unwrap_or_default();
    cases.retain(|case| case.name.contains(&wanted));
    assert!(!cases.is_empty(), "no case is called `{wanted}`");
    cases
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "yml") {
            files.push(path);
        }
    }
}

/// Runs every case and reports all that fail.
pub fn check_all(cases: &[Case], run: &Run<'_>) {
    let failures: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            let fault = check(case, run).err()?;
            Some(format!("{}: {}\n  {}", case.name, case.about, fault.replace('\n', "\n  ")))
        })
        .collect();
    let (failed, all) = (failures.len(), cases.len());
    assert!(failures.is_empty(), "{failed} of {all} cases fail:\n\n{}", failures.join("\n\n"));
    println!("{all} cases");
}
