//! The text of a file → its documents.
//!
//! - YAML or JSON? What begins like a JSON object or list and reads as one is JSON, the rest is YAML.

mod json;
mod yaml;

use std::rc::Rc;

use super::tree::Node;

/// What was read.
#[derive(Debug, Default)]
pub(super) struct Documents {
    pub(super) trees: Vec<Rc<Node>>,
    /// Why not all of it.
    pub(super) fault: Option<Fault>,
}

/// Why a text cannot be read.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) reason: String,
    /// From 1.
    pub(super) line: usize,
}

impl Fault {
    pub(super) fn of(error: &serde_json::Error) -> Self {
        Self { reason: error.to_string(), line: error.line() }
    }

    /// The same, of a part that begins at `start`.
    pub(super) fn after(self, text: &str, start: usize) -> Self {
        Self { line: super::source::position(text, start).line, ..self }
    }
}

/// Reads a text.
pub(super) fn read(text: &str) -> Documents {
    if text.trim_start().starts_with(['{', '['])
        && let Ok(documents) = json::read(text)
    {
        return documents;
    }
    yaml::read(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The JSON of each document, and the line of the fault.
    fn json(text: &str) -> (Vec<String>, Option<usize>) {
        let Documents { trees, fault } = read(text);
        let json = trees.iter().map(|tree| match tree.json() {
            Ok(json) => json.text,
            Err(error) => error.to_string(),
        });
        (json.collect(), fault.map(|fault| fault.line))
    }

    #[test]
    fn documents_become_json() {
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        let laughs = (1..6).fold(format!("a0: &a0 [{}]\n", "lol".repeat(2000)), |text, level| {
            let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
            format!("{text}a{level}: &a{level} [{aliases}]\n")
        });
        let rows: [(&str, &[&str], Option<usize>); 17] = [
            (
                "a: 1.50\nb: yes\nc: '1'\nd: ~\ne: [x, {w: z}]\n",
                &[r#"{"a":1.50,"b":true,"c":"1","d":null,"e":["x",{"w":"z"}]}"#],
                None,
            ),
            ("a: &x {b: 1}\nc: *x\n", &[r#"{"a":{"b":1},"c":{"b":1}}"#], None),
            (
                "a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}\n",
                &[r#"{"a":{"b":1,"c":2},"d":{"c":3,"b":1}}"#],
                None,
            ),
            (
                "a: &x {b: 1}\nc: &y {b: 2, d: 3}\ne: {<<: [*x, *y]}\n",
                &[r#"{"a":{"b":1},"c":{"b":2,"d":3},"e":{"b":1,"d":3}}"#],
                None,
            ),
            ("a: {<<: 1}\n", &["`<<` is not a map, nor a list of maps"], None),
            ("a: 1\na: 2\n", &[r#"{"a":1,"a":2}"#], None),
            ("1: a\ntrue: b\n", &[r#"{"1":"a","true":"b"}"#], None),
            ("? [a]\n: b\n", &["a key is not a text"], None),
            ("a: 1\n---\nb: 2\n...\n", &[r#"{"a":1}"#, r#"{"b":2}"#], None),
            ("a: 1\n---\nb: [\n", &[r#"{"a":1}"#], Some(4)),
            ("a: &x [*x]\n", &[], Some(1)),
            ("a: &x 1\n---\nb: *x\n", &[r#"{"a":1}"#], Some(3)),
            (&deep, &[], Some(1)),
            (&laughs, &["it would be more than 64 MiB of JSON"], None),
            (r#"{"a": "\ud83d\ude00", "a": 1e3} [1]"#, &[r#"{"a":"😀","a":1e3}"#, "[1]"], None),
            ("{a: 1, # not json\n b: 2}", &[r#"{"a":1,"b":2}"#], None),
            ("", &[], None),
        ];
        for (text, expected, fault) in rows {
            let (documents, line) = json(text);
            assert_eq!(
                (documents, line),
                (expected.iter().map(ToString::to_string).collect(), fault),
                "{text}"
            );
        }
    }

    /// This repository's own YAML says the same to the reader of settings.
    #[test]
    fn readers_agree() {
        use serde::Deserialize;

        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let mut compared = 0;
        for folder in ["cases", "examples"] {
            for file in super::super::source::files(&root.join(folder)).unwrap() {
                // `y` and `n` are truth values to `kubectl`, and texts to the other reader.
                let text = std::fs::read_to_string(&file).unwrap();
                let text = text.replace("b: y", "b: z").replace("repeat: n,", "repeat: m,");
                let expected: Vec<serde_json::Value> = yaml_serde::Deserializer::from_str(&text)
                    .map_while(|document| serde_json::Value::deserialize(document).ok())
                    .collect();
                let (documents, fault) = json(&text);
                let documents: Vec<serde_json::Value> =
                    documents.iter().filter_map(|json| serde_json::from_str(json).ok()).collect();
                assert_eq!(documents, expected, "{}: {fault:?}", file.display());
                compared += 1;
            }
        }
        assert!(compared > 100, "{compared}");
    }
}
