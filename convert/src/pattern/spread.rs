//! One component of a source pattern, whose wildcards may cross `/`, as components that cannot.

use super::text::Token::{self, Any, One};
use super::text::glob;

/// Any number of components, until it is written.
const ANY: &str = "/";
/// Question marks of one component, each of which may stand for a `/`.
const MAX_QUESTIONS: usize = 3;

/// A component whose wildcards may cross `/`, as lists of components.
pub(super) fn spread(component: &[Token]) -> Option<Vec<Vec<String>>> {
    match (component.contains(&One), component.contains(&Any)) {
        (true, true) => None,
        (true, false) => {
            let count = component.iter().filter(|token| **token == One).count();
            (count <= MAX_QUESTIONS).then(|| spread_questions(component))
        }
        (false, _) => spread_stars(component),
    }
}

fn spread_questions(component: &[Token]) -> Vec<Vec<String>> {
    let mut spreads = vec![vec![String::new()]];
    for token in component {
        let part = glob(&[*token]);
        let within = spreads.iter().cloned().map(|mut spread| {
            if let Some(last) = spread.last_mut() {
                last.push_str(&part);
            }
            spread
        });
        let mut next: Vec<Vec<String>> = within.collect();
        if *token == One {
            let across = spreads.into_iter().map(|spread| [spread, vec![String::new()]].concat());
            next.extend(across);
        }
        spreads = next;
    }
    spreads.retain(|spread| !spread.iter().any(String::is_empty));
    spreads
}

fn spread_stars(component: &[Token]) -> Option<Vec<Vec<String>>> {
    let Some(at) = component.iter().position(|token| *token == Any) else {
        return Some(vec![vec![glob(component)]]);
    };
    let (head, rest) = component.split_at(at);
    let head = glob(head);
    let mut spreads = Vec::new();
    for tail in spread_stars(rest.split_first()?.1)? {
        let (next, others) = tail.split_first()?;
        let mut add = |components: &[&str]| {
            let components = components.iter().map(|component| one_star(component));
            spreads.push(components.chain(others.iter().cloned()).collect());
        };
        match (head.as_str(), next.as_str()) {
            ("", "") => add(&["*", ANY]),
            ("", next) => add(&[ANY, &format!("*{next}")]),
            (head, "") => add(&[&format!("{head}*"), ANY]),
            (head, next) => {
                add(&[&format!("{head}*{next}")]);
                add(&[&format!("{head}*"), ANY, &format!("*{next}")]);
            }
        }
    }
    Some(spreads)
}

/// `**` stands for components; within one, two stars are one.
fn one_star(component: &str) -> String {
    match component {
        ANY => "**".to_owned(),
        _ => component.replace("***", "*").replace("**", "*"),
    }
}
