//! Settings: raw text → compiled [`Rules`]. The one place where the text of the settings lives.
//!
//! *When does what happen?* Settings come with every request, so [`read`] does what a request needs:
//! types, names, patterns. [`check`] does the rest when the policy is set up: it reads every key and
//! certificate and asks the host about chains.
//!
//! *What does an error say?* The path, what is wrong there, and the nearest thing that would be right.

mod check;
mod classic;
mod prefix;
mod reader;
mod suggest;
pub mod vocabulary;

pub use check::check;

use crate::rules::{Pinning, Rules};
use reader::Node;
use serde_json::value::RawValue;
use std::fmt;
use vocabulary::SETTINGS;

/// What is wrong with the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsError(Vec<Fault>);

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where: `signatures[0].pubKeys[1]`; empty for the settings as a whole.
    pub path: String,
    /// What.
    pub message: String,
}

impl Fault {
    fn new(path: &str, message: &str) -> Self {
        Self { path: path.to_owned(), message: message.to_owned() }
    }
}

impl From<Fault> for SettingsError {
    fn from(fault: Fault) -> Self {
        Self(vec![fault])
    }
}

impl SettingsError {
    fn unless_empty(faults: Vec<Fault>) -> Result<(), Self> {
        if faults.is_empty() { Ok(()) } else { Err(Self(faults)) }
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            if !fault.path.is_empty() {
                write!(f, "{}: ", fault.path)?;
            }
            f.write_str(&fault.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for SettingsError {}

/// Reads and compiles the settings.
///
/// # Errors
/// With the place of everything that is wrong.
pub fn read(raw: &RawValue) -> Result<Rules, SettingsError> {
    let settings = Node::root(raw).object(&SETTINGS)?;
    let mut faults = Vec::new();
    let mut rules = Vec::new();
    for entry in settings.list("signatures")? {
        match classic::compile(&entry) {
            Ok(rule) => rules.push(rule),
            Err(fault) => faults.push(fault),
        }
    }
    SettingsError::unless_empty(faults)?;
    if rules.is_empty() {
        return Err(Fault::new(
            "",
            "these settings check nothing: `signatures` is empty; name at least one image pattern and \
             who must have signed it",
        )
        .into());
    }
    let pinning = match settings.flag("modifyImagesWithDigest")? {
        None | Some(true) => Pinning::Everywhere,
        Some(false) => Pinning::Nowhere,
    };
    Ok(Rules { rules, pinning })
}
