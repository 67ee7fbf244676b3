//! Reads the settings' JSON by hand: values know their path, keys that nobody knows are refused with the
//! nearest that is known, and what is not looked at is not decoded.
//!
//! *What is absent?* A key that is missing, null, or an empty string, list or map: forms send those for
//! what was not filled in. In the lists of forms ([`Blanks::Dropped`]), such elements are absent as well.

use super::SettingsIssue;
use super::schema::{Blanks, Schema};
use super::suggestion;
use crate::policy::place::Path;
use crate::policy::signer::Annotations;
use signed_images_json::Json;
use std::borrow::Cow;

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Node<'s> {
    path: Path,
    json: Json<'s>,
    /// How many entries it may have.
    most: usize,
    blanks: Blanks,
}

impl<'s> Node<'s> {
    pub(super) fn root(json: Json<'s>) -> Self {
        Self::at(Path::default(), json)
    }

    fn at(path: Path, json: Json<'s>) -> Self {
        Self { path, json, most: usize::MAX, blanks: Blanks::Kept }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn issue(&self, message: &str) -> SettingsIssue {
        SettingsIssue::new(&self.path, message)
    }

    pub(super) fn text(&self) -> Result<String, SettingsIssue> {
        self.json.string().map(Cow::into_owned).ok_or_else(|| self.expected("a text"))
    }

    pub(super) fn flag(&self) -> Result<bool, SettingsIssue> {
        self.json.flag().ok_or_else(|| self.expected("true or false"))
    }

    /// A number beyond any count of things is the largest.
    pub(super) fn number(&self) -> Result<usize, SettingsIssue> {
        let text = self.json.text();
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(text.parse().unwrap_or(usize::MAX));
        }
        Err(match text.bytes().next() {
            Some(b'-' | b'0'..=b'9') => {
                self.issue(&format!("must be a whole number, not `{text}`"))
            }
            _ => self.expected("a whole number"),
        })
    }

    pub(super) fn elements(&self) -> Result<impl Iterator<Item = Self>, SettingsIssue> {
        let elements = || self.json.elements().ok_or_else(|| self.expected("a list"));
        self.check_count(elements()?.count())?;
        let is_element =
            |(_, json): &(usize, Json<'s>)| self.blanks == Blanks::Kept || !is_blank(*json);
        let at = |(index, json)| Self::at(self.path.element(index), json);
        let elements = elements()?;
        Ok(elements.enumerate().filter(is_element).map(at))
    }

    /// The strings in the list of that key; none where there is no such thing.
    pub(super) fn strings(&self, key: &'static str) -> Option<Vec<Cow<'s, str>>> {
        let [list] = self.json.pick([key]).ok()?;
        let strings: Vec<_> = list?.elements()?.map(Json::string).collect::<Option<_>>()?;
        (!strings.is_empty()).then_some(strings)
    }

    pub(super) fn texts(&self) -> Result<Annotations, SettingsIssue> {
        let mut texts = Annotations::default();
        self.check_count(self.members()?.count())?;
        for (key, json) in self.members()? {
            let path = self.path.key(key.clone().into_owned());
            let child = Self::at(path, json);
            if !texts.insert(key.into_owned(), child.text()?) {
                return Err(child.issue(TWICE));
            }
        }
        Ok(texts)
    }

    /// The value as an object of that shape.
    pub(super) fn object(&self, schema: &'static Schema) -> Result<Object<'s>, SettingsIssue> {
        let mut fields: Vec<Field<'s>> = Vec::new();
        for (key, json) in self.members()? {
            let Some((field, written)) = schema.field(&key) else {
                let unknown = suggestion::instead_of("field", &key, &schema.keys());
                let path = self.path.key(key.into_owned());
                return Err(Self::at(path, json).issue(&unknown));
            };
            let (most, blanks) = (field.most, field.blanks);
            let field = Field { name: field.key, written, json, most, blanks };
            if let Some(other) = fields.iter().find(|known| known.name == field.name) {
                let node = field.node(&self.path);
                return Err(if other.written == written {
                    node.issue(TWICE)
                } else {
                    node.issue(&format!("is another name of `{}`", other.written))
                });
            }
            fields.push(field);
        }
        Ok(Object { path: self.path.clone(), fields })
    }

    fn members(&self) -> Result<impl Iterator<Item = (Cow<'s, str>, Json<'s>)>, SettingsIssue> {
        self.json.members().ok_or_else(|| self.expected("a map"))
    }

    fn check_count(&self, count: usize) -> Result<(), SettingsIssue> {
        if count <= self.most {
            return Ok(());
        }
        Err(self.issue(&format!("holds {count} entries; at most {} are taken", self.most)))
    }

    fn expected(&self, what: &str) -> SettingsIssue {
        let found = match self.json.text().bytes().next() {
            Some(b'"') => "a text",
            Some(b'{') => "a map",
            Some(b'[') => "a list",
            Some(b't' | b'f') => "true or false",
            Some(b'n') => "nothing",
            _ => "a number",
        };
        self.issue(&format!("must be {what}, not {found}"))
    }
}

const TWICE: &str = "stands there twice";

/// A field that is given.
#[derive(Debug)]
struct Field<'s> {
    name: &'static str,
    /// The name, or the other name that it has.
    written: &'static str,
    json: Json<'s>,
    most: usize,
    blanks: Blanks,
}

impl<'s> Field<'s> {
    fn node(&self, parent: &Path) -> Node<'s> {
        let (most, blanks) = (self.most, self.blanks);
        Node { path: parent.key(self.written), json: self.json, most, blanks }
    }

    fn is_empty(&self) -> bool {
        let all_blank = || self.json.elements().is_some_and(|mut elements| elements.all(is_blank));
        is_blank(self.json) || self.blanks == Blanks::Dropped && all_blank()
    }
}

fn is_blank(json: Json<'_>) -> bool {
    let text = json.text();
    let inside = |open, close| text.strip_prefix(open)?.strip_suffix(close);
    let is_hollow = |inside: &str| inside.trim_ascii().is_empty();
    matches!(text, "null" | "\"\"")
        || inside('[', ']').or_else(|| inside('{', '}')).is_some_and(is_hollow)
}

/// The fields of an object, by the names of its shape.
#[derive(Debug)]
pub(super) struct Object<'s> {
    path: Path,
    fields: Vec<Field<'s>>,
}

impl<'s> Object<'s> {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn issue(&self, message: &str) -> SettingsIssue {
        SettingsIssue::new(&self.path, message)
    }

    /// The value of a field, unless it is absent.
    pub(super) fn get(&self, key: &str) -> Option<Node<'s>> {
        let field = self.fields.iter().find(|field| field.name == key)?;
        (!field.is_empty()).then(|| field.node(&self.path))
    }

    pub(super) fn text(&self, key: &str) -> Result<Option<String>, SettingsIssue> {
        self.get(key).as_ref().map(Node::text).transpose()
    }

    pub(super) fn required_text(&self, key: &str) -> Result<String, SettingsIssue> {
        self.text(key)?.ok_or_else(|| self.issue(&format!("`{key}` is missing")))
    }

    pub(super) fn flag(&self, key: &str) -> Result<Option<bool>, SettingsIssue> {
        self.get(key).as_ref().map(Node::flag).transpose()
    }

    /// The word that the value is, of those that it can be.
    pub(super) fn choice(
        &self,
        key: &str,
        words: &'static [&'static str],
    ) -> Result<Option<&'static str>, SettingsIssue> {
        let Some(node) = self.get(key) else { return Ok(None) };
        let given = node.text()?;
        match words.iter().find(|word| **word == given) {
            Some(word) => Ok(Some(word)),
            None => Err(node.issue(&suggestion::instead_of("value", &given, words))),
        }
    }

    /// The keys that are given.
    pub(super) fn keys(&self) -> impl Iterator<Item = &'static str> {
        self.fields.iter().filter(|field| !field.is_empty()).map(|field| field.name)
    }

    /// The elements of a list; none when it is absent.
    pub(super) fn list(&self, key: &str) -> Result<Vec<Node<'s>>, SettingsIssue> {
        self.get(key).map_or(Ok(Vec::new()), |node| Ok(node.elements()?.collect()))
    }

    pub(super) fn texts(&self, key: &str) -> Result<Annotations, SettingsIssue> {
        self.get(key).map_or(Ok(Annotations::default()), |node| node.texts())
    }
}
