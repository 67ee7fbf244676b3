//! A source document, read field by field.
//!
//! - What of fields that nobody reads? [`Node::object`] is given all that are known; any other is left out
//!   and said so, since what it would have checked is not checked.
//! - What of empty values? They count as absent, as in the API server's typed objects.

use yaml_serde::{Mapping, Value};

use super::remark::Remarks;

/// A value of a document, and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Node<'d> {
    value: &'d Value,
    path: String,
}

/// A map of a document.
#[derive(Debug, Clone)]
pub(super) struct Object<'d> {
    fields: &'d Mapping,
    path: String,
}

/// Something that is not what it must be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{path}`: {message}")]
pub struct Fault {
    /// Where: `spec.rules[0].match`.
    pub path: String,
    /// What.
    pub message: String,
}

impl<'d> Node<'d> {
    pub(super) fn root(value: &'d Value) -> Self {
        Self { value, path: String::new() }
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn value(&self) -> &'d Value {
        self.value
    }

    pub(super) fn fault(&self, message: impl Into<String>) -> Fault {
        Fault { path: self.path.clone(), message: message.into() }
    }

    /// A map with these fields; any other is remarked on.
    pub(super) fn object(
        &self,
        known: &[&str],
        remarks: &mut Remarks,
    ) -> Result<Object<'d>, Fault> {
        let object = self.any_object()?;
        for (key, value) in object.fields {
            let key = key.as_str().unwrap_or("?");
            if !known.contains(&key) && !value.is_null() {
                let path = crate::yaml::join(&self.path, key);
                remarks.less(&path, "is not known here, and was left out");
            }
        }
        Ok(object)
    }

    /// A map with any fields.
    pub(super) fn any_object(&self) -> Result<Object<'d>, Fault> {
        let fields = self.value.as_mapping().ok_or_else(|| self.fault("must be a map"))?;
        Ok(Object { fields, path: self.path.clone() })
    }

    pub(super) fn text(&self) -> Result<&'d str, Fault> {
        self.value.as_str().ok_or_else(|| self.fault("must be a text"))
    }

    pub(super) fn list(&self) -> Result<Vec<Self>, Fault> {
        let elements = self.value.as_sequence().ok_or_else(|| self.fault("must be a list"))?;
        let element = |(index, value)| Self { value, path: format!("{}[{index}]", self.path) };
        Ok(elements.iter().enumerate().map(element).collect())
    }

    fn is_empty(&self) -> bool {
        match self.value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Sequence(elements) => elements.is_empty(),
            _ => false,
        }
    }
}

impl<'d> Object<'d> {
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn path_of(&self, key: &str) -> String {
        crate::yaml::join(&self.path, key)
    }

    pub(super) fn fields(&self) -> &'d Mapping {
        self.fields
    }

    pub(super) fn fault(&self, message: impl Into<String>) -> Fault {
        Fault { path: self.path.clone(), message: message.into() }
    }

    /// The field, unless it is empty.
    pub(super) fn get(&self, key: &str) -> Option<Node<'d>> {
        let value = self.fields.get(key)?;
        let node = Node { value, path: self.path_of(key) };
        (!node.is_empty()).then_some(node)
    }

    pub(super) fn text(&self, key: &str) -> Result<Option<&'d str>, Fault> {
        self.get(key).map(|node| node.text()).transpose()
    }

    pub(super) fn required_text(&self, key: &str) -> Result<&'d str, Fault> {
        self.text(key)?.ok_or_else(|| self.fault(format!("`{key}` is missing")))
    }

    pub(super) fn list(&self, key: &str) -> Result<Vec<Node<'d>>, Fault> {
        self.get(key).map_or(Ok(Vec::new()), |node| node.list())
    }

    pub(super) fn texts(&self, key: &str) -> Result<Vec<&'d str>, Fault> {
        self.list(key)?.iter().map(Node::text).collect()
    }

    pub(super) fn flag(&self, key: &str) -> Result<Option<bool>, Fault> {
        let flag = |node: Node<'_>| {
            node.value.as_bool().ok_or_else(|| node.fault("must be `true` or `false`"))
        };
        self.get(key).map(flag).transpose()
    }

    pub(super) fn number(&self, key: &str) -> Result<Option<usize>, Fault> {
        let number = |node: Node<'_>| {
            let number = node.value.as_u64().and_then(|number| usize::try_from(number).ok());
            number.ok_or_else(|| node.fault("must be a whole number"))
        };
        self.get(key).map(number).transpose()
    }

    /// A map of texts.
    pub(super) fn pairs(&self, key: &str) -> Result<Vec<(String, String)>, Fault> {
        let Some(node) = self.get(key) else { return Ok(Vec::new()) };
        let pair = |(key, value): (&Value, &Value)| {
            let pair = key.as_str().zip(value.as_str());
            let (key, value) = pair.ok_or_else(|| node.fault("must be a map of texts"))?;
            Ok((key.to_owned(), value.to_owned()))
        };
        node.any_object()?.fields.iter().map(pair).collect()
    }
}
