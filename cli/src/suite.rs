//! Tests of settings: what is expected of images, in a file beside the settings.
//!
//! - What is a case? An image or a file of manifests, and what is expected: which rules match it (`rules`), what
//!   becomes of it (`expect`, in the words of a report), by which rule and for what reason.
//! - Who is asked? Of `rules`, nobody. Of the rest, the policy's module, and by it the registries; unless the case tells
//!   which signatures the image has (`signatures`, [`crate::host::Told`]).
//! - How is the file read? As `kubectl` would read it; a key that is not known is a mistake, with its line.

pub mod outcome;
pub mod output;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use crate::check::policy;
use crate::host::told::{By, Signature as Told};
use crate::manifest::position::Lines;
use crate::manifest::tree::{Node, Value};
use crate::manifest::{self, Doubled};
use crate::text;

/// A file of tests.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct Suite {
    /// The policies: files with settings or with policies' manifests, or folders of these; relative to the folder of this file.
    pub settings: Settings,
    /// What is expected of them.
    pub cases: Vec<Case>,
    /// What reports call the file.
    #[schemars(skip)]
    pub name: String,
    /// Where it lies.
    #[schemars(skip)]
    folder: PathBuf,
}

/// One path, or several.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "`settings` must be a path, or a list of paths")]
pub enum Settings {
    /// Of one policy, or of a folder of them.
    One(PathBuf),
    /// Of several.
    Several(Vec<PathBuf>),
}

/// One test.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Case {
    /// A description.
    pub name: Option<String>,
    /// An image; or `file`.
    pub image: Option<String>,
    /// A file or a folder of manifests, relative to the folder of this file.
    pub file: Option<PathBuf>,
    /// The names of the rules that the image matches. No registry is asked.
    pub rules: Option<Vec<String>>,
    /// The expected result. If `file` has several images, the worst counts.
    pub expect: Option<Expected>,
    /// The rule that it satisfies, or does not satisfy.
    pub rule: Option<String>,
    /// The code of the reason, as in a report.
    pub reason: Option<String>,
    /// The signatures that all images of the case have. No registry is asked then.
    pub signatures: Option<Vec<Signature>>,
    /// From 1.
    #[serde(skip)]
    pub line: usize,
}

/// What is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Expected {
    /// It is accepted, with any verdict.
    Accepted,
    /// It is rejected.
    Rejected,
    /// It could not be checked.
    #[serde(rename = "not checked")]
    Unchecked,
    /// It is accepted with a warning.
    Warned,
    /// It satisfies its rules.
    Verified,
    /// The settings exempt it.
    Exempt,
    /// It matches no rule, and is accepted.
    Unmatched,
}

/// A signature: by a key, or by an identity.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Signature {
    /// The public key: PEM, or a file with it, relative to the folder of this file.
    key: Option<String>,
    /// The OIDC issuer; set `subject`, too.
    issuer: Option<String>,
    /// The subject of the identity; set `issuer`, too.
    subject: Option<String>,
    /// Its annotations (`cosign sign --annotations`).
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

/// Why a file of tests is not understood.
#[derive(Debug, thiserror::Error)]
pub enum SuiteError {
    /// It cannot be read.
    #[error("cannot read `{}`: {source}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is something else.
    #[error("{file}:{line}: {reason}")]
    Malformed {
        /// The file.
        file: String,
        /// From 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
}

const FORM: &str = "a file of tests must be a map with `settings` and `cases`";

impl Suite {
    /// Reads a file of tests.
    ///
    /// ```
    /// use signed_images::suite::{Expected, Suite};
    /// use std::path::Path;
    ///
    /// let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/tests/one-team.test.yaml");
    /// let suite = Suite::read(Path::new(file)).unwrap();
    /// let case = &suite.cases[0];
    /// assert_eq!(case.image.as_deref(), Some("ghcr.io/acme/shop/cart:1.4"));
    /// assert_eq!(suite.cases[1].expect, Some(Expected::Unmatched));
    ///
    /// // What is expected, beside what was found.
    /// let of = |rules: &[&str]| {
    ///     let rules: Vec<String> = rules.iter().map(ToString::to_string).collect();
    ///     case.outcome(Some(&rules), None)
    /// };
    /// assert_eq!(of(&["shop"]).reason, None);
    /// let reason = of(&[]).reason.unwrap();
    /// assert_eq!(reason, "expected rules: shop; those that match: none");
    /// ```
    ///
    /// # Errors
    /// When it cannot be read, or is something else.
    pub fn read(path: &Path) -> Result<Self, SuiteError> {
        let failed = |source| SuiteError::Read { path: path.to_owned(), source };
        let text = text::read(path).map_err(failed)?;
        let name = crate::legible::line(&path.display().to_string());
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let lines = Lines::of(&text);
        let malformed = |(at, reason)| SuiteError::Malformed {
            file: name.clone(),
            line: lines.position(at).line,
            reason,
        };
        let (settings, cases) = parse(&text, &lines).map_err(malformed)?;
        Ok(Self { settings, cases, name, folder })
    }

    /// A path that stands in it, from here.
    #[must_use]
    pub fn path(&self, path: &Path) -> PathBuf {
        self.folder.join(path)
    }

    /// The paths of the policies.
    #[must_use]
    pub fn policies(&self) -> Vec<PathBuf> {
        match &self.settings {
            Settings::One(path) => vec![self.path(path)],
            Settings::Several(paths) => paths.iter().map(|path| self.path(path)).collect(),
        }
    }

    /// The signatures of a case, if it tells them.
    ///
    /// # Errors
    /// When a key cannot be read.
    pub fn told(&self, case: &Case) -> Result<Option<Vec<Told>>, SuiteError> {
        let Some(signatures) = &case.signatures else { return Ok(None) };
        signatures
            .iter()
            .map(|signature| self.signature(signature, case))
            .collect::<Result<_, _>>()
            .map(Some)
    }

    fn signature(&self, signature: &Signature, case: &Case) -> Result<Told, SuiteError> {
        let by = match signature {
            Signature { key: Some(key), issuer: None, subject: None, .. } => {
                By::Key(self.key(key)?)
            }
            Signature { key: None, issuer: Some(issuer), subject: Some(subject), .. } => {
                By::Identity { issuer: issuer.clone(), subject: subject.clone() }
            }
            _ => {
                return Err(SuiteError::Malformed {
                    file: self.name.clone(),
                    line: case.line,
                    reason: "a signature must have a `key`, or an `issuer` and a `subject`"
                        .to_owned(),
                });
            }
        };
        Ok(Told { by, annotations: signature.annotations.clone() })
    }

    fn key(&self, key: &str) -> Result<String, SuiteError> {
        if key.starts_with("-----BEGIN") {
            return Ok(key.to_owned());
        }
        let path = self.path(Path::new(key));
        text::read(&path).map_err(|source| SuiteError::Read { path, source })
    }
}

type Malformed = (usize, String);

fn parse(text: &str, lines: &Lines<'_>) -> Result<(Settings, Vec<Case>), Malformed> {
    let mut documents = manifest::read_with(text, Doubled::Refused);
    let tree = match (documents.next(), documents.next()) {
        (Some(Ok(tree)), None) => tree,
        (Some(Err(fault)), _) | (_, Some(Err(fault))) => return Err((fault.at, fault.reason)),
        (None, _) | (Some(Ok(_)), Some(Ok(_))) => return Err((0, FORM.to_owned())),
    };
    let Value::Map(entries) = &tree.value else { return Err((tree.range.start, FORM.to_owned())) };
    for (key, _) in entries {
        let key_text = key.as_text().unwrap_or_default();
        if !["settings", "cases"].contains(&key_text) {
            return Err((key.range.start, format!("`{key_text}` is not known: {FORM}")));
        }
    }
    let part = |name| tree.get(name).ok_or_else(|| (tree.range.start, FORM.to_owned()));
    let settings = decoded(part("settings")?)?;
    let list = part("cases")?;
    let Value::List(items) = &list.value else {
        return Err((list.range.start, "`cases` must be a list".to_owned()));
    };
    let cases = items.iter().map(|item| {
        let case = Case { line: lines.position(item.range.start).line, ..decoded(item)? };
        case.check().map_err(|reason| (item.range.start, reason.to_owned()))?;
        Ok(case)
    });
    Ok((settings, cases.collect::<Result<_, Malformed>>()?))
}

fn decoded<T: DeserializeOwned>(node: &Node) -> Result<T, Malformed> {
    policy::decoded(node).map_err(|error| (node.range.start, error.to_string()))
}

impl Case {
    fn check(&self) -> Result<(), &'static str> {
        if self.image.is_some() == self.file.is_some() {
            return Err("a case needs an `image` or a `file`");
        }
        if self.rules.is_none() && self.expect.is_none() {
            return Err("a case needs `rules` or `expect`");
        }
        if self.rules.is_some() && self.image.is_none() {
            return Err("`rules` needs an `image`");
        }
        let details = self.rule.is_some() || self.reason.is_some() || self.signatures.is_some();
        if details && self.expect.is_none() {
            return Err("`rule`, `reason` and `signatures` need `expect`");
        }
        Ok(())
    }

    /// What it is called: its name, or what it is about.
    #[must_use]
    pub fn title(&self) -> String {
        let file = self.file.as_ref().map(|path| path.display().to_string());
        let title = self.name.clone().or_else(|| self.image.clone()).or(file);
        crate::legible::line(&title.unwrap_or_default())
    }
}

/// The JSON Schema of a file of tests.
#[must_use]
pub fn schema() -> Json {
    let mut schema = schemars::schema_for!(Suite);
    schema.insert("title".to_owned(), "tests of signed-images check".into());
    schema.to_value()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let rows = [
            ("", "1: a file of tests must be a map"),
            ("[]", "1: a file of tests must be a map"),
            ("settings: a\ncase: []\n", "2: `case` is not known"),
            ("settings: a\n", "1: a file of tests must be a map"),
            ("settings: {}\ncases: []\n", "1: `settings` must be a path, or a list of paths"),
            ("settings: a\ncases: {}\n", "2: `cases` must be a list"),
            (
                "settings: a\ncases:\n- image: a\n  expects: rejected\n",
                "3: unknown field `expects`",
            ),
            (
                "settings: a\ncases:\n- image: a\n  expect: refused\n",
                "3: unknown variant `refused`",
            ),
            ("settings: a\ncases:\n- rules: []\n", "3: a case needs an `image` or"),
            ("settings: a\ncases:\n- {image: a, file: b, rules: []}\n", "3: a case needs"),
            ("settings: a\ncases:\n- image: a\n", "3: a case needs `rules`"),
            ("settings: a\ncases:\n- {file: a, rules: []}\n", "3: `rules` needs an `image`"),
            ("settings: a\ncases:\n- {image: a, rules: [], rule: b}\n", "3: `rule`, `reason`"),
            ("settings: a\ncases:\n- [a]\n", "3: invalid type: sequence"),
            ("settings: a\ncases: []\nsettings: b\n", "3: the key `settings` occurs twice"),
            ("settings: a\ncases: [\n", "3: "),
        ];
        for (text, expected) in rows {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), text).unwrap();
            let error = Suite::read(file.path()).unwrap_err().to_string();
            let said = error.strip_prefix(&format!("{}:", file.path().display())).unwrap();
            assert!(said.starts_with(expected), "{text:?}: {said}");
        }
    }
}
