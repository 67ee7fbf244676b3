//! Selectors of namespaces, as Kubernetes takes them.
//!
//! - What is otherwise in Kyverno? `matchLabels` may hold wildcards (`env: "prod*"`), in keys and values; Kubernetes
//!   has none. A label whose value is a wildcard is asked to be there, which selects more; a key that is one goes.
//! - And selectors of several filters? All of them hold, so they are one.

use yaml_serde::{Mapping, Value};

use super::types::Selector;
use crate::manifest::NAME_LABEL;
use crate::remark::Remarks;
use crate::signer::{field, is_variable, mapping, texts};
use crate::yaml::join;

/// Requirements of which all must hold; none is every namespace.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Requirements {
    labels: Mapping,
    expressions: Vec<Value>,
}

impl Requirements {
    /// Those of a selector, as far as Kubernetes has them.
    pub(super) fn of(selector: &Selector, path: &str, remarks: &mut Remarks) -> Self {
        let mut requirements = Self::default();
        let mut wild = |path: String| {
            remarks.stricter(
                &path,
                "holds a wildcard or a variable, which Kubernetes' selectors do not: namespaces are \
                 selected whatever it is",
            );
        };
        let at = join(path, "matchLabels");
        for (key, value) in &selector.match_labels {
            match (is_wild(key), is_wild(value)) {
                (true, _) => wild(join(&at, key)),
                (false, true) => {
                    wild(join(&at, key));
                    requirements.add(key, "Exists", &[]);
                }
                (false, false) => {
                    requirements.labels.extend([field(key, value.as_str())]);
                }
            }
        }
        for (index, expression) in selector.match_expressions.iter().enumerate() {
            if is_wild(&expression.key) || expression.values.iter().any(|value| is_wild(value)) {
                wild(format!("{path}.matchExpressions[{index}]"));
            } else {
                requirements.add(&expression.key, &expression.operator, &expression.values);
            }
        }
        requirements
    }

    /// Those of namespaces by their names.
    pub(super) fn names(operator: &str, names: &[String]) -> Self {
        let mut requirements = Self::default();
        requirements.add(NAME_LABEL, operator, names);
        requirements
    }

    /// These and the others.
    #[must_use]
    pub(super) fn and(mut self, others: Self) -> Self {
        for (key, value) in others.labels {
            match self.labels.get(&key) {
                // Another value of the same label: as an expression, it stands beside it.
                Some(known) if *known != value => {
                    let key = key.as_str().unwrap_or_default().to_owned();
                    let value = value.as_str().unwrap_or_default().to_owned();
                    self.add(&key, "In", &[value]);
                }
                Some(_) => {}
                None => self.labels.extend([(key, value)]),
            }
        }
        for expression in others.expressions {
            if !self.expressions.contains(&expression) {
                self.expressions.push(expression);
            }
        }
        self
    }

    pub(super) fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.expressions.is_empty()
    }

    /// As a selector.
    pub(super) fn selector(self) -> Option<Mapping> {
        let mut selector = Mapping::new();
        if !self.labels.is_empty() {
            selector.extend([field("matchLabels", Value::Mapping(self.labels))]);
        }
        if !self.expressions.is_empty() {
            selector.extend([field("matchExpressions", self.expressions)]);
        }
        (!selector.is_empty()).then_some(selector)
    }

    fn add(&mut self, key: &str, operator: &str, values: &[String]) {
        let mut fields = vec![field("key", key), field("operator", operator)];
        if !values.is_empty() {
            fields.push(field("values", texts(values)));
        }
        self.expressions.push(mapping(fields));
    }
}

/// Whether Kubernetes would take the text for itself, and Kyverno does not.
pub(super) fn is_wild(text: &str) -> bool {
    text.contains(['*', '?']) || is_variable(text)
}
