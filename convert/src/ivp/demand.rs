//! The expressions of `validations` that say whose signatures count.

use crate::trust::Trust;

/// So many of these attestors.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Demand {
    minimum: usize,
    attestors: Vec<String>,
    /// Of how many of the three lists of containers.
    lists: usize,
}

/// A Pod's lists of containers.
const LISTS: [&str; 3] =
    ["images.containers", "images.initContainers", "images.ephemeralContainers"];

impl Demand {
    /// None, if it is of another form.
    pub(super) fn read(expression: &str) -> Option<Self> {
        let text: String = expression.chars().filter(|c| !c.is_whitespace()).collect();
        let (images, rest) = text.split_once(".map(")?;
        let mut lists: Vec<&str> =
            images.trim_start_matches('(').trim_end_matches(')').split('+').collect();
        lists.sort_unstable();
        lists.dedup();
        let (image, rest) = rest.split_once(',')?;
        let rest = rest.strip_prefix("verifyImageSignatures(")?.strip_prefix(image)?;
        let (names, rest) = rest.strip_prefix(",[")?.split_once("])).all(")?;
        let (count, condition) = rest.strip_suffix(')')?.split_once(',')?;
        let (operator, number) = condition.strip_prefix(count)?.split_at_checked(1)?;
        let minimum = match (operator, number.strip_prefix('=')) {
            (">", None) => number.parse::<usize>().ok()?.checked_add(1)?,
            (">" | "=", Some(number)) => number.parse().ok()?,
            _ => return None,
        };
        let is_exact = operator == "=";
        let attestors: Option<Vec<String>> = names
            .split(',')
            .map(|name| name.strip_prefix("attestors.").map(str::to_owned))
            .collect();
        let attestors = attestors?;
        let is_known = lists.iter().all(|list| LISTS.contains(list));
        // Exactly so many is at least so many, if there are no more.
        let is_count =
            (1..=attestors.len()).contains(&minimum) && (!is_exact || minimum == attestors.len());
        (is_known && is_count).then_some(Self { minimum, attestors, lists: lists.len() })
    }

    pub(super) fn is_of_all_containers(&self) -> bool {
        self.lists == LISTS.len()
    }

    /// None, if an attestor is not known.
    pub(super) fn trust(&self, attestors: &[(String, Trust)]) -> Option<Trust> {
        let named = |wanted: &String| {
            attestors.iter().find(|(name, _)| name == wanted).map(|(_, trust)| trust.clone())
        };
        let parts: Option<Vec<Trust>> = self.attestors.iter().map(named).collect();
        Some(Trust::AtLeast(self.minimum, parts?))
    }
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
            let found = Demand::read(text).map(|demand| (demand.minimum, demand.attestors.len()));
            assert_eq!(found, expected, "{text}");
        }
    }
}
