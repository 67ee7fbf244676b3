//! The members of a JSON object, each name once.

use std::collections::{HashMap, HashSet};
use std::mem::discriminant;
use std::rc::Rc;

use super::tree::{Node, Value};
use super::{Doubled, Fault};

/// Members as they are found.
#[derive(Debug, Default)]
pub(super) struct Members {
    members: Vec<(Rc<Node>, Rc<Node>)>,
    /// Where each name stands in the list, and as what it was written.
    places: HashMap<String, (usize, std::mem::Discriminant<Value>)>,
}

/// The keys that one map is written with.
pub(super) struct Names(Option<HashSet<String>>);

impl Names {
    pub(super) fn new(doubled: Doubled) -> Self {
        Self(match doubled {
            Doubled::Last => None,
            Doubled::Refused => Some(HashSet::new()),
        })
    }

    /// Takes note of a key.
    ///
    /// # Errors
    /// When it stands there already, and that is refused.
    pub(super) fn take(&mut self, key: &Node) -> Result<(), Fault> {
        let (Some(names), Some(name)) = (&mut self.0, key.as_text()) else { return Ok(()) };
        if names.insert(name.to_owned()) {
            return Ok(());
        }
        Err(Fault::new(format!("the key `{name}` occurs twice"), key.range.start))
    }
}

impl Members {
    /// Adds a member, in the place of one with the same name: the last one counts, as it does for `kubectl`.
    ///
    /// # Errors
    /// When the key is no text, or its name is also that of a key of another type: `kubectl` takes one of the
    /// two by chance.
    pub(super) fn add(&mut self, key: &Node, value: Rc<Node>) -> Result<(), Fault> {
        let fault = |reason: String| Fault::new(reason, key.range.start);
        let name = match &key.value {
            Value::Text(text) => text.clone(),
            Value::Bool(truth) => truth.to_string(),
            Value::Number(number) if number.parse::<i64>().is_ok() => number.clone(),
            Value::Number(number) => {
                return Err(fault(format!("the key {number} is a number: write it in quotes")));
            }
            Value::Null => return Err(fault("a key is null: write it in quotes".to_owned())),
            Value::List(_) | Value::Map(_) => {
                return Err(fault("a key is not a string".to_owned()));
            }
        };
        let kind = discriminant(&key.value);
        let node = Node { value: Value::Text(name.clone()), range: key.range.clone() };
        let member = (Rc::new(node), value);
        match self.places.get(&name) {
            Some((_, other)) if *other != kind => {
                return Err(fault(format!("the key `{name}` occurs twice, once in quotes")));
            }
            Some((at, _)) => {
                if let Some(place) = self.members.get_mut(*at) {
                    *place = member;
                }
            }
            None => {
                self.places.insert(name, (self.members.len(), kind));
                self.members.push(member);
            }
        }
        Ok(())
    }

    pub(super) fn into_value(self) -> Value {
        Value::Map(self.members)
    }
}
