//! The policy's settings: YAML or JSON in, the JSON that the policy gets out.
//!
//! - What if there are none? `{}`, as for `kwctl run`.
//! - Who checks what they mean? The policy does, in `validate_settings`; here they only have to be a map.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

/// Why settings were not understood.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file could not be read.
    #[error("cannot read settings `{}`: {source}", .path.display())]
    Read {
        /// The file that was asked for.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not YAML.
    #[error("settings `{}` are not YAML or JSON: {source}", .path.display())]
    Yaml {
        /// The file that was asked for.
        path: PathBuf,
        /// What is wrong, and on which line.
        source: yaml_serde::Error,
    },
    /// The text is not JSON.
    #[error("settings are not JSON: {source}")]
    Json {
        /// What is wrong, and on which line.
        source: serde_json::Error,
    },
    /// The settings are a list or a single value.
    #[error("{what} are not a map: write `key: value` lines, or `{{}}` for none")]
    NotAMap {
        /// Which settings.
        what: String,
    },
}

/// The settings of a policy, as JSON text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings(String);

impl Settings {
    /// Reads a file of YAML or JSON.
    ///
    /// # Errors
    /// When the file cannot be read or does not hold a map.
    pub fn read(path: &Path) -> Result<Self, SettingsError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| SettingsError::Read { path: path.to_owned(), source })?;
        let value = yaml_serde::from_str(&text)
            .map_err(|source| SettingsError::Yaml { path: path.to_owned(), source })?;
        Self::from_value(value, || format!("settings `{}`", path.display()))
    }

    /// Takes JSON text.
    ///
    /// # Errors
    /// When the text is not a JSON object.
    pub fn parse(json: &str) -> Result<Self, SettingsError> {
        let value = serde_json::from_str(json).map_err(|source| SettingsError::Json { source })?;
        Self::from_value(value, || "settings".to_owned())
    }

    /// The settings as the policy gets them.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.0
    }

    fn from_value(value: Value, what: impl Fn() -> String) -> Result<Self, SettingsError> {
        match value {
            Value::Null => Ok(Self::default()),
            Value::Object(map) => Ok(Self::from(map)),
            _ => Err(SettingsError::NotAMap { what: what() }),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self("{}".to_owned())
    }
}

impl From<Map<String, Value>> for Settings {
    fn from(map: Map<String, Value>) -> Self {
        Self(Value::Object(map).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn yaml(text: &str) -> Result<Settings, SettingsError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        Settings::read(file.path())
    }

    #[test]
    fn yaml_and_json_are_maps() {
        let rows = [
            ("", "{}"),
            ("---\n", "{}"),
            ("{}", "{}"),
            ("signatures:\n- image: \"*\"\n", r#"{"signatures":[{"image":"*"}]}"#),
            (r#"{"a": {"b": [1, true]}}"#, r#"{"a":{"b":[1,true]}}"#),
            ("key: |\n  line\n", r#"{"key":"line\n"}"#),
        ];
        for (text, expected) in rows {
            assert_eq!(yaml(text).unwrap().json(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let rows =
            [("a: [", "line"), ("- a", "are not a map: write"), ("text", "are not a map: write")];
        for (text, expected) in rows {
            let message = yaml(text).unwrap_err().to_string();
            assert!(message.contains(expected), "{text}: {message}");
        }
        let message = Settings::parse("{").unwrap_err().to_string();
        assert!(message.contains("line 1 column 1"), "{message}");
    }
}
