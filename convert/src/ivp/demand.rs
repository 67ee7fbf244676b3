//! The expressions of `validations`: whose signatures count, and what attestations must say.
//!
//! A payload is all of the statement, so what it says is below `predicate` (`GetPayload` in `extensions/imagedataloader` of
//! kyverno/sdk).

use std::collections::BTreeSet;

use yaml_serde::Value;

use crate::attestation::claim::{Claim, Test, number, pointer, reg_exp};
use crate::expression::without_spaces;
use crate::trust::Trust;

/// An expression that is understood.
#[derive(Debug)]
pub(super) struct Expression {
    pub(super) demand: Demand,
    /// Of the images in which lists.
    pub(super) lists: BTreeSet<&'static str>,
}

/// What an expression demands of every image.
#[derive(Debug)]
pub(super) enum Demand {
    /// Signatures of so many of these.
    Signed(Attestors),
    /// An attestation that so many of these have signed.
    Attested(String, Attestors),
    /// What an attestation says.
    Says(String, Result<Claim, String>),
}

/// So many of these attestors.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Attestors {
    minimum: usize,
    names: Vec<String>,
}

/// A Pod's lists of containers.
pub(super) const LISTS: [&str; 3] = ["containers", "initContainers", "ephemeralContainers"];

impl Expression {
    /// None, if it is of another form.
    pub(super) fn read(expression: &str) -> Option<Self> {
        let text = without_spaces(expression)?;
        let (images, rest) = text.split_once(".map(")?;
        let known = |list: &str| {
            let name = list.strip_prefix("images.")?;
            LISTS.into_iter().find(|known| *known == name)
        };
        let lists = images.trim_start_matches('(').trim_end_matches(')').split('+');
        let lists = lists.map(known).collect::<Option<_>>()?;
        let (image, rest) = rest.split_once(',')?;
        let (function, rest) = rest.split_once('(')?;
        let rest = rest.strip_prefix(image)?.strip_prefix(',')?;
        let demand = match function {
            "verifyImageSignatures" => Demand::Signed(Attestors::read(rest)?),
            "verifyAttestationSignatures" => {
                let (name, rest) = rest.strip_prefix("attestations.")?.split_once(',')?;
                Demand::Attested(name.to_owned(), Attestors::read(rest)?)
            }
            "extractPayload" => {
                let (name, rest) = rest.strip_prefix("attestations.")?.split_once(')')?;
                let (says, each) = rest.strip_suffix(')')?.rsplit_once(").all(")?;
                let (each, same) = each.split_once(',')?;
                (each == same).then(|| Demand::Says(name.to_owned(), claim(says)))?
            }
            _ => return None,
        };
        Some(Self { demand, lists })
    }

    /// Whether an image in these lists may count as verified by it.
    pub(super) fn verifies(&self) -> bool {
        match self.demand {
            Demand::Signed(_) | Demand::Attested(..) => true,
            Demand::Says(..) => false,
        }
    }
}

impl Attestors {
    /// `[attestors.a,attestors.b])).all(e,e>0)`
    fn read(text: &str) -> Option<Self> {
        let (names, rest) = text.strip_prefix('[')?.split_once("])).all(")?;
        let (count, condition) = rest.strip_suffix(')')?.split_once(',')?;
        let (operator, number) = condition.strip_prefix(count)?.split_at_checked(1)?;
        let minimum = match (operator, number.strip_prefix('=')) {
            (">", None) => number.parse::<usize>().ok()?.checked_add(1)?,
            (">" | "=", Some(number)) => number.parse().ok()?,
            _ => return None,
        };
        let is_exact = operator == "=";
        let names: Option<Vec<String>> = names
            .split(',')
            .map(|name| name.strip_prefix("attestors.").map(str::to_owned))
            .collect();
        let names = names?;
        // Exactly so many is at least so many, if there are no more.
        let is_count =
            (1..=names.len()).contains(&minimum) && (!is_exact || minimum == names.len());
        is_count.then_some(Self { minimum, names })
    }

    /// None, if an attestor is not known.
    pub(super) fn trust(&self, attestors: &[(String, Trust)]) -> Option<Trust> {
        let named = |wanted: &String| {
            attestors.iter().find(|(name, _)| name == wanted).map(|(_, trust)| trust.clone())
        };
        let parts: Option<Vec<Trust>> = self.names.iter().map(named).collect();
        Some(Trust::AtLeast(self.minimum, parts?))
    }
}

/// What is asked of the payload: `.predicate.builder.id=='x'`.
fn claim(text: &str) -> Result<Claim, String> {
    let cannot = || format!("`{text}` cannot be converted");
    let (path, says) = match text.split_once(".matches(") {
        Some((path, expression)) => {
            let expression = expression.strip_suffix(')').and_then(expression_of);
            (path, Says::Matches(expression.ok_or_else(cannot)?))
        }
        None => comparison(text).ok_or_else(cannot)?,
    };
    let path: Vec<String> = path
        .strip_prefix('.')
        .map(|path| path.split('.').map(str::to_owned).collect())
        .ok_or_else(cannot)?;
    let is_name = |name: &String| {
        name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && name.starts_with(|c: char| !c.is_ascii_digit())
    };
    if !path.iter().all(is_name) {
        return Err(cannot());
    }
    let Some(("predicate", rest)) = path.split_first().map(|(first, rest)| (first.as_str(), rest))
    else {
        return Err(format!(
            "`{text}` reads no part of `predicate`, where all is that an attestation says"
        ));
    };
    let at = pointer(rest).ok_or_else(cannot)?;
    match says {
        Says::Matches(expression) => reg_exp(at, &expression),
        Says::Is(wanted) => Ok(Claim::new(at, wanted)),
    }
}

enum Says {
    Matches(String),
    Is(Test),
}

fn comparison(text: &str) -> Option<(&str, Says)> {
    let (path, operator, value) = ["==", ">=", "<="].iter().find_map(|operator| {
        let (path, value) = text.split_once(operator)?;
        Some((path, *operator, value))
    })?;
    let literal = |value: &str| -> Option<Value> {
        let is_number = value.starts_with(|c: char| c.is_ascii_digit() || c == '-');
        match value {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            value if is_number => {
                let value = yaml_serde::from_str::<Value>(value).ok()?;
                number(&value).map(|_| value)
            }
            value => quoted(value).filter(|text| !text.contains('\\')).map(Value::from),
        }
    };
    let value = literal(value)?;
    let wanted = match (operator, value.is_number()) {
        ("==", _) => Test::Equals(value),
        (">=", true) => Test::AtLeast(value),
        ("<=", true) => Test::AtMost(value),
        _ => return None,
    };
    Some((path, Says::Is(wanted)))
}

/// A literal without its quotes.
fn quoted(text: &str) -> Option<&str> {
    let quote = text.chars().next().filter(|quote| matches!(quote, '\'' | '"'))?;
    let text = text.strip_prefix(quote)?.strip_suffix(quote)?;
    (!text.contains(['\'', '"'])).then_some(text)
}

/// A regular expression, written raw or with each backslash doubled.
fn expression_of(text: &str) -> Option<String> {
    if let Some(raw) = text.strip_prefix('r') {
        return quoted(raw).map(str::to_owned);
    }
    let text = quoted(text)?;
    let plain = text.replace("\\\\", "");
    (!plain.contains('\\')).then(|| text.replace("\\\\", "\\"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_of_the_known_form() {
        let rows = [
            (
                "images.containers.map(image, verifyImageSignatures(image, [attestors.a])).all(e, e > 0)",
                Some((1, 1)),
            ),
            (
                "images.containers.map(i, verifyImageSignatures(i, [attestors.a, attestors.b])).all(n, n >= 2)",
                Some((2, 2)),
            ),
            (
                "(images.containers + images.initContainers).map(image, verifyImageSignatures(image, [attestors.a, attestors.b])).all(e, e == 2)",
                Some((2, 2)),
            ),
            (
                "images.containers.map(image, verifyImageSignatures(image, [attestors.a, attestors.b])).all(e, e == 1)",
                None,
            ),
            (
                "images.containers.map(image, verifyImageSignatures(image, [attestors.a])).all(e, e >= 0)",
                None,
            ),
            (
                "images.containers.map(image, verifyImageSignatures(image, [attestors.a])).all(e, e > 1)",
                None,
            ),
            (
                "images.containers.map(image, verifyImageSignatures(image, [attestors.a])).exists(e, e > 0)",
                None,
            ),
            (
                "images.containers.map(image, verifyImageSignatures(image, [attestors.a])).all(e, e > 0) || true",
                None,
            ),
            (
                "images.containers.map(image, verifyImageSignatures('x', [attestors.a])).all(e, e > 0)",
                None,
            ),
            (
                "object.x.map(image, verifyImageSignatures(image, [attestors.a])).all(e, e > 0)",
                None,
            ),
        ];
        for (text, expected) in rows {
            let found = Expression::read(text).map(|expression| match expression.demand {
                Demand::Signed(attestors) => (attestors.minimum, attestors.names.len()),
                demand => panic!("{demand:?}"),
            });
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn what_attestations_say() {
        let of = |text: &str| {
            let text = format!(
                "images.containers.map(i, extractPayload(i, attestations.a){text}).all(e, e)"
            );
            match Expression::read(&text).map(|expression| expression.demand) {
                Some(Demand::Says(name, Ok(claim))) if name == "a" => {
                    format!("{} {:?}", claim.at, claim.test)
                }
                _ => String::new(),
            }
        };
        let rows = [
            (".predicate.builder.id == 'https://a'", "/builder/id Equals(String(\"https://a\"))"),
            (".predicate.score >= 8", "/score AtLeast(Number(8))"),
            (".predicate.done == true", "/done Equals(Bool(true))"),
            (r".predicate.v.matches('^a\\.b$')", "/v Equals(String(\"a.b\"))"),
            (r".predicate.v.matches(r'^a\.b$')", "/v Equals(String(\"a.b\"))"),
            (r".predicate.v.matches('^a\.b$')", ""),
            (".predicate.v.matches('^v[0-9]$')", ""),
            (".predicate.v == 'a' || true", ""),
            (".predicate.v == object.x", ""),
            (".predicate.v[0] == 'a'", ""),
            (".predicate == 'a'", ""),
            (".builder.id == 'a'", ""),
            (".predicate.v != 'a'", ""),
            ("", ""),
        ];
        for (text, expected) in rows {
            assert_eq!(of(text), expected, "{text}");
        }
    }
}
