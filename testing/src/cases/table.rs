//! Tables of settings: a file has one subject, and what is said of each of the settings in it.

use super::{Case, Expect, Message};
use serde::Deserialize;
use yaml_serde::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    /// The subject, in a sentence.
    about: String,
    #[serde(default)]
    invalid: Vec<Invalid>,
    #[serde(default)]
    valid: Vec<Value>,
}

/// Settings of which the same is said.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Invalid {
    /// The whole message.
    message: String,
    settings: Vec<Value>,
}

/// Whether a file is a table, and not one case.
pub(super) fn is_table(file: &Value) -> bool {
    file.get("invalid").is_some() || file.get("valid").is_some()
}

impl Table {
    /// A case for each of the settings.
    pub(super) fn cases(self, name: &str) -> Vec<Case> {
        let mut cases = Vec::new();
        for (row, Invalid { message, settings }) in self.invalid.into_iter().enumerate() {
            for (at, settings) in settings.into_iter().enumerate() {
                let name = format!("{name} invalid[{row}].settings[{at}]");
                cases.push(case(name, &self.about, settings, Some(message.clone())));
            }
        }
        for (at, settings) in self.valid.into_iter().enumerate() {
            cases.push(case(format!("{name} valid[{at}]"), &self.about, settings, None));
        }
        assert!(!cases.is_empty(), "{name}: an empty table");
        cases
    }
}

fn case(name: String, about: &str, settings: Value, message: Option<String>) -> Case {
    let expect = Expect {
        valid: Some(message.is_none()),
        message: message.map(Message::Whole),
        ..Expect::default()
    };
    Case {
        name,
        about: about.to_owned(),
        settings,
        request: None,
        payload: None,
        host: Vec::new(),
        expect,
    }
}
