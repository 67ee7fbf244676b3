//! The text of a file → its documents, as `kubectl` sees them.
//!
//! - Who says so? [`YAMLOrJSONDecoder`](https://github.com/kubernetes/apimachinery/blob/v0.34.1/pkg/util/yaml/decoder.go):
//!   what begins with `{` is JSON, one value after the other; where that ends, and everything else, is YAML,
//!   cut into parts before any YAML is read ([`parts`]).
//! - And a document that `kubectl` would not read, or that might mean something else to it? It is a fault with
//!   its place. The others are read all the same, where `kubectl` stops: a report shall be whole.
//! - How is it known that they agree? `tests/kubectl/` is `kubectl`'s own reader; `check/kubectl.rs` compares.

mod dialect;
mod events;
mod json;
mod members;
mod parts;
pub(crate) mod position;
mod resolve;
mod scalar;
pub(crate) mod tree;
mod written;
mod yaml;

use std::rc::Rc;

use position::Position;
use tree::{Node, Value};

/// A document, or why it is not read. Empty ones are left out.
pub(crate) type Document = Result<Rc<Node>, Fault>;

/// Why something is not read.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    pub(crate) reason: String,
    /// Where, in bytes.
    pub(crate) at: usize,
}

impl Fault {
    pub(crate) fn new(reason: impl Into<String>, at: usize) -> Self {
        Self { reason: reason.into(), at }
    }
}

/// How much of a text is searched for the `{` of JSON.
const GUESS: usize = 4096;

/// What becomes of a key that stands twice in one map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doubled {
    /// The last one counts, as it does for `kubectl`.
    Last,
    /// It is refused: what is set twice was meant once.
    Refused,
}

/// Reads a text, one document after the other: a tree takes many times the memory of its text.
pub(crate) fn read(text: &str) -> impl Iterator<Item = Document> {
    read_with(text, Doubled::Last)
}

/// The same, of what is written for this command.
pub(crate) fn read_with(text: &str, doubled: Doubled) -> impl Iterator<Item = Document> {
    let mut documents = Vec::new();
    let guessed = text.get(..text.floor_char_boundary(GUESS)).unwrap_or(text);
    let rest = if guessed.trim_start().starts_with('{') {
        json::read(text, doubled, &mut documents)
    } else {
        0
    };
    let parts = parts::split(text, rest).into_iter();
    let of_parts = parts
        .filter_map(move |part| part.and_then(|part| yaml::read(text, part, doubled)).transpose());
    let is_empty =
        |document: &Document| document.as_ref().is_ok_and(|tree| tree.value == Value::Null);
    documents.into_iter().chain(of_parts).filter(move |document| !is_empty(document))
}

/// The documents of a text, but for empty ones, as `kubectl` reads them; or where and why not.
pub(crate) fn values(text: &str) -> Vec<Result<serde_json::Value, (Position, String)>> {
    let value = |tree: &Node| {
        let json = tree.json().map_err(|error| error.to_string())?;
        serde_json::from_str(&json.text).map_err(|error| error.to_string())
    };
    let documents = read(text).map(|document| {
        document
            .and_then(|tree| value(&tree).map_err(|reason| Fault::new(reason, tree.range.start)))
    });
    let place = |fault: Fault| (position::position(text, fault.at), fault.reason);
    documents.map(|document| document.map_err(place)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The JSON of each document, or where and why it is not read.
    fn told(text: &str) -> Vec<String> {
        let told = |document: Document| match document {
            Ok(tree) => tree.json().map_or_else(|error| error.to_string(), |json| json.text),
            Err(fault) => format!("{}: {}", fault.at, fault.reason),
        };
        read(text).map(told).collect()
    }

    fn all_are(rows: &[(&str, &[&str])]) {
        for (text, expected) in rows {
            assert_eq!(told(text), *expected, "{text:?}");
        }
    }

    /// Every row is what `kubectl` makes of it (`make kubectl`).
    #[test]
    fn documents_become_json() {
        all_are(&[
            ("", &[]),
            ("# nothing\n---\n~\n", &[]),
            (
                "a: 1.50\nb: yes\nc: '1'\nd: ~\ne: [x, {w: z}]\n",
                &[r#"{"a":1.50,"b":true,"c":"1","d":null,"e":["x",{"w":"z"}]}"#],
            ),
            ("a: 1\na: 2\n", &[r#"{"a":2}"#]),
            ("1: a\ntrue: b\n", &[r#"{"1":"a","true":"b"}"#]),
            ("a: |\n  x", &[r#"{"a":"x\n"}"#]),
            ("a: b\r\nc: >-\r\n  d\r\n  e\r\n", &[r#"{"a":"b","c":"d e"}"#]),
            ("a: b\u{85}c: d\n", &[r#"{"a":"b","c":"d"}"#]),
            ("\u{feff}a: 1\n---\n\u{feff}b: 2\n", &[r#"{"a":1}"#, r#"{"b":2}"#]),
            ("a: !!str 1\nb: !x 2\nc: ! 3\n", &[r#"{"a":"1","b":"2","c":"3"}"#]),
            ("a: [x:y, \"b\":c]\n", &[r#"{"a":["x:y",{"b":"c"}]}"#]),
            ("a: 'b'#c\n", &[r#"{"a":"b"}"#]),
        ]);
    }

    #[test]
    fn separators_are_lines() {
        all_are(&[
            ("a: 1\n---\nb: 2\n...\n", &[r#"{"a":1}"#, r#"{"b":2}"#]),
            ("a: 1\n---#: x\nb: 2\n", &[r#"{"a":1}"#, r#"{"b":2}"#]),
            ("---#: x\na: 1\n", &[r#"{"---#":"x","a":1}"#]),
            (
                "a: 1\n--- b\nc: 2\n",
                &[
                    r#"{"a":1}"#,
                    "5: after `---`, the line may contain only a comment, not `b`",
                    r#"{"c":2}"#,
                ],
            ),
            (
                "a: 1\n...\n---b\n",
                &[r#"{"a":1}"#, "9: after `---`, the line may contain only a comment, not `b`"],
            ),
            (
                "%YAML 1.1\n---\na: 1\n",
                &["10: did not find expected <document start>", r#"{"a":1}"#],
            ),
        ]);
    }

    /// As go-yaml 2 applies them: where they stand.
    #[test]
    fn merges_and_aliases() {
        all_are(&[
            ("a: &x {b: 1}\nc: *x\n", &[r#"{"a":{"b":1},"c":{"b":1}}"#]),
            (
                "a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}\n",
                &[r#"{"a":{"b":1,"c":2},"d":{"b":1,"c":3}}"#],
            ),
            (
                "a: &x {b: 1, c: 2}\nd: {c: 3, <<: *x}\n",
                &[r#"{"a":{"b":1,"c":2},"d":{"c":2,"b":1}}"#],
            ),
            ("e: {<<: [{b: 1}, {b: 2, d: 3}]}\n", &[r#"{"e":{"b":1,"d":3}}"#]),
            ("<<: {kind: Pod}\n", &[r#"{"kind":"Pod"}"#]),
            ("'<<': {a: 1}\n", &[r#"{"<<":{"a":1}}"#]),
            ("a: {<<: 1}\n", &["8: `<<` is neither a map nor a list of maps"]),
            ("a: &x [*x]\n", &["7: `*x` has no anchor before it"]),
            ("a: &x 1\nb: &x [*x]\n", &["15: `*x` has no anchor before it"]),
            ("a: &x [&x 1]\nb: *x\n", &[r#"{"a":[1],"b":1}"#]),
            ("a: &x 1\n---\nb: *x\n", &[r#"{"a":1}"#, "15: `*x` has no anchor before it"]),
        ]);
    }

    #[test]
    fn what_kubectl_reads_otherwise_is_refused() {
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        all_are(&[
            ("a: .inf\n", &["3: JSON has no number `.inf`: write it in quotes"]),
            ("a: !!binary aGk=\n", &["3: `!!binary` is not supported: write the text itself"]),
            ("1.5: a\n", &["0: the key 1.5 is a number: write it in quotes"]),
            ("~: a\n", &["0: a key is null: write it in quotes"]),
            ("? [a]\n: b\n", &["2: a key is not a string"]),
            ("1: a\n'1': b\n", &["5: the key `1` occurs twice, once in quotes"]),
            ("a: \"b\\/c\"\n", &["5: kubectl does not read `\\/` outside of JSON: write `/`"]),
            (
                "a: [b?c]\n",
                &["4: kubectl does not read a `?` within `[…]` or `{…}`: write the text in quotes"],
            ),
            (
                "a: [!x,y]\n",
                &["6: kubectl does not end a tag at this character: write a space after the tag"],
            ),
            (
                "a: 1\n\u{feff}b: 2\n",
                &["5: this line starts with a byte order mark: delete this invisible character"],
            ),
            (
                "a: 1\rb: 2\n",
                &["4: this line contains a carriage return: delete this invisible character"],
            ),
            ("a: 1\n...\nb: 2\n", &["9: did not find expected <document start>"]),
            (
                "a: 1\n---\nb: [\n",
                &[
                    r#"{"a":1}"#,
                    "14: while parsing a flow node, did not find expected node content",
                ],
            ),
            (&deep, &["128: nested too deeply"]),
        ]);
    }

    #[test]
    fn json_goes_on_until_it_is_none() {
        all_are(&[
            (r#"{"a": "\ud83d\ude00", "a": 1e3} [1]"#, &[r#"{"a":1e3}"#, "[1]"]),
            ("{\"a\":1}{\"b\":2}\n", &[r#"{"a":1}"#, r#"{"b":2}"#]),
            ("{\"a\":\"\\/\"}\n---\nb: 2\n", &[r#"{"a":"/"}"#, r#"{"b":2}"#]),
            ("{a: 1, # not json\n b: 2}", &[r#"{"a":1,"b":2}"#]),
            ("{}{}\na: 1\n", &["{}", "{}", "5: expected value"]),
            ("{\"a\":1}\n-", &[r#"{"a":1}"#, "8: invalid number"]),
            ("{\"a\":1e999}", &["5: number out of range"]),
        ]);
    }

    /// go-yaml's own limit on aliases. The work is bounded by it, however little is written.
    #[test]
    fn aliases_of_aliases_end() {
        let levels = |merge: &str, wrap: (&str, &str)| {
            (1..40).fold("a0: &a0 {x: 1}\n".to_owned(), |text, level| {
                let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
                let (open, close) = wrap;
                format!("{text}a{level}: &a{level} {open}{merge}[{aliases}]{close}\n")
            })
        };
        for text in [levels("", ("", "")), levels("<<: ", ("{", "}"))] {
            let start = std::time::Instant::now();
            let read = told(&text);
            assert!(read[0].ends_with("the document has too many aliases"), "{read:?}");
            assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
        }
    }
}
