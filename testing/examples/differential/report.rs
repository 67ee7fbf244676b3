//! What the runs came to: how many, what they answered, and where they differ.

use crate::compare::Class;
use crate::inputs::Question;
use crate::run::{Call, Run};
use clap::ValueEnum;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Counts of what was seen.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Runs, by their verdict.
    verdicts: BTreeMap<&'static str, usize>,
    /// Runs in whose answers these words are, or that made these calls.
    seen: BTreeMap<String, usize>,
    /// Differences that are allowed, by their class.
    allowed: BTreeMap<Class, usize>,
}

/// Words that tell what a run was about.
const WORDS: [&str; 24] = [
    "\"refused\":",
    "\"verified\":",
    "\"warned\":",
    "\"exempt\":",
    "\"unmatched\":",
    "\"unchanged\":",
    "\"invalid\":",
    "the request cannot be read",
    "the settings of this policy are not valid",
    "does not know where",
    "cannot be read: `",
    "invalid image reference",
    "not signed\\n",
    "there is a Sigstore bundle",
    "not by enough of the signers",
    "could not be checked: ",
    "does not grant a host capability",
    "the tag moved",
    "cannot be used: ",
    "one signature cannot count twice",
    "expires in",
    "this image matches no rule",
    "more rejected image",
    "the policy server's answer cannot be read",
];

impl Tally {
    pub(crate) fn count(&mut self, run: &Run) {
        *self.verdicts.entry(verdict(run)).or_default() += 1;
        let answer = run.answer.as_deref().map(String::from_utf8_lossy).unwrap_or_default();
        let said = answer.split("\"mutated_object\":").next().unwrap_or_default();
        let words =
            WORDS.iter().filter(|words| said.contains(**words)).map(|word| (*word).to_owned());
        let mut calls: Vec<String> =
            run.calls.iter().map(|call| format!("→ {}", call.name)).collect();
        calls.sort_unstable();
        calls.dedup();
        for seen in words.chain(calls) {
            *self.seen.entry(seen).or_default() += 1;
        }
    }

    pub(crate) fn allow(&mut self, class: Class) {
        *self.allowed.entry(class).or_default() += 1;
    }

    pub(crate) fn add(&mut self, other: Self) {
        for (verdict, count) in other.verdicts {
            *self.verdicts.entry(verdict).or_default() += count;
        }
        for (class, count) in other.allowed {
            *self.allowed.entry(class).or_default() += count;
        }
        for (seen, count) in other.seen {
            *self.seen.entry(seen).or_default() += count;
        }
    }

    fn runs(&self) -> usize {
        self.verdicts.values().sum()
    }

    /// Verdicts of requests that less than a tenth of the runs had: what is seldom seen is hardly compared. Of few
    /// runs, nothing can be told.
    pub(crate) fn seldom(&self) -> Vec<&'static str> {
        let is_seldom = |verdict: &&str| {
            self.verdicts.get(verdict).copied().unwrap_or_default() * 10 < self.runs()
        };
        VERDICTS.into_iter().filter(|_| self.runs() >= 1000).filter(is_seldom).collect()
    }

    pub(crate) fn print(&self, what: &str, seconds: f64) {
        let runs = self.runs();
        println!("{what}: {runs} runs in {seconds:.1} s");
        for (verdict, count) in &self.verdicts {
            println!("  {:5.1} % {count:7}  {verdict}", percent(*count, runs));
        }
        for (seen, count) in &self.seen {
            println!("          {count:7}  {seen}");
        }
        for (class, count) in &self.allowed {
            let class = class.to_possible_value().expect("a value of an option");
            println!("  allowed {count:7}  {}", class.get_name());
        }
    }
}

fn percent(part: usize, whole: usize) -> f64 {
    let parts = u32::try_from(part * 1000 / whole.max(1)).unwrap_or_default();
    f64::from(parts) / 10.0
}

/// The verdicts of `validate`, each of which must be seen often.
const VERDICTS: [&str; 3] = ["accepted, unchanged", "accepted, mutated", "rejected"];

#[derive(Deserialize)]
struct Answer {
    accepted: Option<bool>,
    valid: Option<bool>,
    mutated_object: Option<IgnoredAny>,
}

fn verdict(run: &Run) -> &'static str {
    let Ok(answer) = &run.answer else { return "failed" };
    let Ok(answer) = serde_json::from_slice::<Answer>(answer) else { return "no JSON" };
    match (answer.accepted, answer.valid, answer.mutated_object) {
        (Some(true), _, None) => VERDICTS[0],
        (Some(true), _, Some(_)) => VERDICTS[1],
        (Some(false), ..) => VERDICTS[2],
        (None, Some(true), _) => "valid",
        (None, Some(false), _) => "not valid",
        (None, None, _) => "no verdict",
    }
}

/// Everything that it takes to look at a difference.
pub(crate) fn difference(question: &Question, what: &str, before: &Run, now: &Run) -> String {
    let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut text = format!(
        "DIFFERENT: {what}\n{}\n{} {}\n",
        question.name,
        question.operation,
        shown(&question.payload)
    );
    for (name, run) in [("before", before), ("now", now)] {
        for call in &run.calls {
            let _ = writeln!(text, "{name} asks {}", exchange(call));
        }
        let answer = run.answer.as_deref().map_or_else(|error| format!("fails: {error}"), shown);
        let _ = writeln!(text, "{name} answers {answer}");
    }
    text
}

fn exchange(Call { name, question, answer }: &Call) -> String {
    let question = String::from_utf8_lossy(question);
    match answer {
        Ok(answer) => format!("{name} {question}\n  → {}", String::from_utf8_lossy(answer)),
        Err(words) => format!("{name} {question}\n  → error {words:?}"),
    }
}
