//! YAML text with comments: what this command writes for people to read and to edit.
//!
//! - Why an own writer? Those of YAML libraries write no comments.
//! - Where does a comment stand? Above the field or element that its path names
//!   (`spec.settings.rules[0].images`); that of the empty path is at the top.
//! - How are texts written? Plain where every reader of YAML 1.1 and 1.2 takes them for texts, several
//!   lines as a block (a PEM stays readable), anything else in double quotes, which read as in JSON.

use std::collections::BTreeMap;
use std::fmt::Write;

use yaml_serde::{Mapping, Value};

use self::scalar::{in_line, is_special, key_text, leaf};

mod scalar;

/// How wide comments may be.
const WIDTH: usize = 100;
/// How wide a list on one line may be, with what is before it.
const LINE: usize = 80;

/// Comments by the path of what they are about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comments(BTreeMap<String, Vec<String>>);

impl Comments {
    /// Adds one, below those that the path has already.
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<String>) {
        self.0.entry(path.into()).or_default().push(text.into());
    }

    /// All of these, their paths below `prefix`.
    #[must_use]
    pub fn below(self, prefix: &str) -> Self {
        let moved = |(path, texts): (String, _)| (join(prefix, &path), texts);
        Self(self.0.into_iter().map(moved).collect())
    }

    /// Adds all of the others.
    pub fn extend(&mut self, others: Self) {
        for (path, texts) in others.0 {
            self.0.entry(path).or_default().extend(texts);
        }
    }

    fn at(&self, path: &str) -> &[String] {
        self.0.get(path).map_or(&[], Vec::as_slice)
    }
}

/// The path of a field or element (`[0]`) of `parent`.
#[must_use]
pub fn join(parent: &str, child: &str) -> String {
    let dot =
        if parent.is_empty() || child.is_empty() || child.starts_with('[') { "" } else { "." };
    format!("{parent}{dot}{child}")
}

/// The document as text. A comment whose path names nothing is not written.
///
/// ```
/// use signed_images_convert::yaml::{Comments, write};
///
/// let mut comments = Comments::default();
/// comments.add("rules[0]", "the first");
/// let document = yaml_serde::from_str("{rules: [{name: 'yes', images: [a]}]}").unwrap();
/// let text = "rules:\n  # the first\n  - name: \"yes\"\n    images: [a]\n";
/// assert_eq!(write(&document, &comments), text);
/// ```
#[must_use]
pub fn write(document: &Mapping, comments: &Comments) -> String {
    let mut writer = Writer { text: String::new(), comments };
    writer.comment("", 0);
    writer.mapping(document, "", 0);
    writer.text
}

struct Writer<'c> {
    text: String,
    comments: &'c Comments,
}

impl Writer<'_> {
    fn mapping(&mut self, mapping: &Mapping, path: &str, indent: usize) {
        for (key, value) in mapping {
            let key = key.as_str().unwrap_or_default();
            let path = join(path, key);
            self.comment(&path, indent);
            self.indent(indent);
            self.text.push_str(&key_text(key));
            self.text.push(':');
            self.value(value, &path, indent);
        }
    }

    fn value(&mut self, value: &Value, path: &str, indent: usize) {
        match value {
            Value::Mapping(mapping) if !mapping.is_empty() => {
                self.text.push('\n');
                self.mapping(mapping, path, indent + 2);
            }
            Value::Sequence(elements) if !elements.is_empty() => {
                if let Some(line) = self.line(elements, path, indent) {
                    self.text.push_str(&line);
                    return;
                }
                self.text.push('\n');
                for (index, element) in elements.iter().enumerate() {
                    self.element(element, &format!("{path}[{index}]"), indent + 2);
                }
            }
            _ => {
                let _ = writeln!(self.text, " {}", leaf(value, indent));
            }
        }
    }

    /// Short texts on one line, unless there is something to say of one of them.
    fn line(&self, elements: &[Value], path: &str, indent: usize) -> Option<String> {
        let is_silent = |index| self.comments.at(&format!("{path}[{index}]")).is_empty();
        let texts: Option<Vec<String>> =
            elements.iter().map(|element| element.as_str().map(in_line)).collect();
        let line = format!(" [{}]\n", texts?.join(", "));
        let fits = line.chars().count() + indent <= LINE;
        (fits && (0..elements.len()).all(is_silent)).then_some(line)
    }

    fn element(&mut self, element: &Value, path: &str, indent: usize) {
        self.comment(path, indent);
        let Value::Mapping(mapping) = element else {
            self.indent(indent);
            self.text.push('-');
            self.value(element, path, indent);
            return;
        };
        // The first field stands beside the dash, unless a comment is above it.
        let first = mapping.keys().next().and_then(Value::as_str).unwrap_or_default();
        let start = self.text.len();
        if mapping.is_empty() || !self.comments.at(&join(path, first)).is_empty() {
            self.indent(indent);
            self.text.push('-');
            self.value(element, path, indent);
            return;
        }
        self.mapping(mapping, path, indent + 2);
        let dash = format!("{}- ", " ".repeat(indent));
        self.text.replace_range(start..start + dash.len(), &dash);
    }

    fn comment(&mut self, path: &str, indent: usize) {
        for text in self.comments.at(path) {
            for line in text.lines().flat_map(|line| wrap(line, WIDTH.saturating_sub(indent + 2))) {
                self.indent(indent);
                let _ = writeln!(self.text, "{}", format!("# {line}").trim_end());
            }
        }
    }

    fn indent(&mut self, indent: usize) {
        self.text.push_str(&" ".repeat(indent));
    }
}

/// The line, broken between words. What is indented is a command and stays whole; `- ` hangs.
fn wrap(line: &str, width: usize) -> Vec<String> {
    if line.starts_with(' ') {
        return vec![line.chars().filter(|c| !is_special(*c)).collect()];
    }
    let margin = if line.starts_with("- ") { "  " } else { "" };
    let mut lines = vec![String::new()];
    for word in line.split_whitespace() {
        let shown: String = word.chars().filter(|c| !is_special(*c)).collect();
        let is_full = |last: &String| last.chars().count() + 1 + shown.chars().count() > width;
        if lines.last().is_some_and(|last| !last.trim().is_empty() && is_full(last)) {
            lines.push(margin.to_owned());
        }
        if let Some(last) = lines.last_mut() {
            let space = if last.trim().is_empty() { "" } else { " " };
            let _ = write!(last, "{space}{shown}");
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(yaml: &str, comments: &Comments) -> String {
        write(&yaml_serde::from_str(yaml).unwrap(), comments)
    }

    #[test]
    fn comments_stand_above_what_they_are_about() {
        let mut comments = Comments::default();
        for path in ["", "a", "a.b[0]", "a.b[1].c", "a.b[1].d", "a.b[2].e", "nowhere"] {
            comments.add(path, format!("about {path}").trim());
        }
        let text = written("a: {b: [1, {c: x, d: []}, {e: y}], f: {}}", &comments);
        let expected = r#"
# about
# about a
a:
  b:
    # about a.b[0]
    - 1
    -
      # about a.b[1].c
      c: x
      # about a.b[1].d
      d: []
    -
      # about a.b[2].e
      e: "y"
  f: {}
"#;
        assert_eq!(text, expected.trim_start());
    }

    #[test]
    fn short_lists_are_on_one_line() {
        let long = "x".repeat(LINE);
        let yaml = format!("a: ['', pods, '*', 'a, b']\nb: [{long}, y]\nc: [1]");
        let expected =
            format!("a: [\"\", pods, \"*\", \"a, b\"]\nb:\n  - {long}\n  - \"y\"\nc:\n  - 1\n");
        assert_eq!(written(&yaml, &Comments::default()), expected);
    }

    #[test]
    fn a_comment_stays_a_comment() {
        let mut comments = Comments::default();
        comments.add("a", format!("first\n{}\u{85}\r\u{202e}b: 2", "word ".repeat(30)));
        let text = written("a: 1", &comments);
        assert!(
            text.lines().all(|line| line.starts_with('#') && line.len() <= WIDTH || line == "a: 1")
        );
        assert_eq!(yaml_serde::from_str::<Value>(&text).unwrap()["a"], Value::from(1));
        assert_eq!(text.lines().count(), 4, "{text}");
    }

    fn value() -> impl Strategy<Value = Value> {
        let text = prop_oneof![".{0,12}", "[a-z#:\\-? \n]{0,12}", "(.{0,6}\n){1,3}"];
        let leaf = prop_oneof![
            text.prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<bool>().prop_map(Value::from),
            Just(Value::Null),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            let key = "[a-z0-9 :#\n]{0,5}";
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::Sequence),
                proptest::collection::vec((key, inner), 0..4).prop_map(|pairs| {
                    Value::Mapping(pairs.into_iter().map(|(k, v)| (Value::from(k), v)).collect())
                }),
            ]
        })
    }

    proptest! {
        /// What is written reads as what it was.
        #[test]
        fn round_trip(value in value(), comment in ".{0,20}") {
            let document = Mapping::from_iter([(Value::from("a"), value)]);
            let mut comments = Comments::default();
            for path in ["", "a", "a[0]", "a[1]"] {
                comments.add(path, comment.clone());
            }
            let text = write(&document, &comments);
            let read: Mapping = yaml_serde::from_str(&text)
                .map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
            prop_assert_eq!(read, document, "{}", text);
        }
    }
}
