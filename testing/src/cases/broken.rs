//! A case with one of its expectations altered: no policy can be right by both.

use super::{Case, Exchange, Expect, Message};
use yaml_serde::Value;

/// What no policy says, and asks about.
const OTHER: &str = "what no policy says";

/// Every alteration of a case, with its name.
#[must_use]
pub fn broken(case: &Case) -> Vec<(String, Case)> {
    let mut all = Alterations { case, all: Vec::new() };
    all.verdict();
    all.patch();
    all.message();
    all.audit();
    all.warnings();
    all.log();
    all.calls();
    all.questions();
    all.all
}

struct Alterations<'c> {
    case: &'c Case,
    all: Vec<(String, Case)>,
}

impl Alterations<'_> {
    fn add(&mut self, what: &str, alter: impl FnOnce(&mut Case)) {
        let mut altered = self.case.clone();
        alter(&mut altered);
        self.all.push((what.to_owned(), altered));
    }

    fn expect(&mut self, what: &str, alter: impl FnOnce(&mut Expect)) {
        self.add(what, |case| alter(&mut case.expect));
    }

    fn log(&mut self) {
        for line in 0..self.case.expect.log.as_ref().map_or(0, Vec::len) {
            self.expect("a line of the log less", |expect| {
                expect.log.as_mut().map(|lines| lines.remove(line));
            });
            self.expect("another line in the log", |expect| {
                if let Some(line) = expect.log.as_mut().and_then(|lines| lines.get_mut(line)) {
                    line.insert("message".to_owned(), OTHER.into());
                }
            });
        }
    }

    fn verdict(&mut self) {
        self.expect("the other verdict", |expect| {
            expect.accepted = expect.accepted.map(|accepted| !accepted);
            expect.valid = expect.valid.map(|valid| !valid);
        });
    }

    fn patch(&mut self) {
        self.expect("one change more", |expect| {
            expect.patch.insert(String::new(), String::new());
        });
        for pointer in self.case.expect.patch.keys() {
            self.expect("one change less", |expect| drop(expect.patch.remove(pointer)));
            self.expect("another change", |expect| {
                expect.patch.entry(pointer.clone()).and_modify(|image| image.push('x'));
            });
        }
    }

    fn message(&mut self) {
        let Some(message) = &self.case.expect.message else {
            return self.expect("a message", |expect| {
                expect.message = Some(Message::Parts(Vec::new()));
            });
        };
        let parts = match message {
            Message::Whole(whole) => {
                self.expect("another message", |expect| {
                    expect.message = Some(Message::Whole(format!("{whole}x")));
                });
                std::slice::from_ref(whole)
            }
            Message::Parts(parts) => parts,
        };
        for part in parts {
            self.expect("no such part of the message", |expect| {
                expect.message = Some(Message::Parts(vec![format!("{part}{OTHER}")]));
            });
            self.expect("a part of the message unsaid", |expect| expect.unsaid.push(part.clone()));
        }
    }

    /// Without `audit`, a case expects nothing of it.
    fn audit(&mut self) {
        let Some(audit) = &self.case.expect.audit else { return };
        let altered = |alter: &dyn Fn(&mut std::collections::BTreeMap<String, String>)| {
            let mut audit = audit.clone();
            alter(&mut audit);
            Some(audit)
        };
        self.expect("one audit annotation more", |expect| {
            expect.audit = altered(&|audit| drop(audit.insert(OTHER.to_owned(), String::new())));
        });
        for key in audit.keys() {
            self.expect("one audit annotation less", |expect| {
                expect.audit = altered(&|audit| drop(audit.remove(key)));
            });
            self.expect("another audit annotation", |expect| {
                expect.audit = altered(&|audit| {
                    audit.entry(key.clone()).and_modify(|value| value.push('x'));
                });
            });
        }
    }

    fn warnings(&mut self) {
        self.expect("one warning more", |expect| expect.warnings.push(OTHER.to_owned()));
        for at in 0..self.case.expect.warnings.len() {
            self.expect("one warning less", |expect| drop(expect.warnings.remove(at)));
            self.expect("another warning", |expect| expect.warnings[at].push('x'));
        }
    }

    fn calls(&mut self) {
        let other = || Exchange { call: "oci/v1/nothing".to_owned(), ..Exchange::default() };
        self.add("one host call more", |case| case.host.push(other()));
        for (at, call) in self.case.host.iter().enumerate() {
            if !call.may_be_left_out() {
                self.add("one host call less", |case| drop(case.host.remove(at)));
            }
            self.add("another host call", |case| case.host[at] = other());
        }
    }

    /// Each field that a question is held to.
    fn questions(&mut self) {
        for (at, call) in self.case.host.iter().enumerate() {
            if call.exactly.is_some() {
                self.add("another question", |case| case.host[at].exactly = Some(OTHER.into()));
            }
            match &call.request {
                Some(Value::Mapping(fields)) => {
                    for key in fields.keys() {
                        let mut fields = fields.clone();
                        fields.insert(key.clone(), OTHER.into());
                        let what = format!("another {key:?} in question {at}");
                        self.add(&what, |case| {
                            case.host[at].request = Some(Value::Mapping(fields));
                        });
                    }
                }
                Some(_) => {
                    self.add("another question", |case| case.host[at].request = Some(OTHER.into()));
                }
                None => {}
            }
        }
    }
}
