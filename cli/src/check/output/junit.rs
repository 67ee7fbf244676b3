//! The report as `JUnit`'s XML, as pipelines show it.
//!
//! - What is a test? An image in a place; it fails when it is rejected, and has an error when it could not be
//!   checked. An object that is rejected as a whole and a file that cannot be read are tests, too, and an
//!   object that the policy does not review is a skipped one.
//! - What is a suite? A file.
//! - Whose reading? Jenkins', the strictest
//!   ([`junit-10.xsd`](https://github.com/jenkinsci/xunit-plugin/blob/master/src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd/junit-10.xsd)).

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::super::Verdict;
use super::super::report::{NotReviewed, Report};
use super::place;
use super::rows::{missed, said, why};

const SKIPPED: &str = "skipped";

/// A test.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) class: String,
    pub(crate) took: Duration,
    pub(crate) outcome: Told,
}

/// What became of a test.
pub(crate) enum Told {
    Passed,
    Warned(String),
    Skipped(String),
    Failure(String),
    Error(String),
}

pub(super) fn render(report: &Report) -> io::Result<String> {
    write("signed-images check", &suites(report))
}

/// Suites of tests, by their names, as XML.
pub(crate) fn write(name: &str, suites: &BTreeMap<String, Vec<Case>>) -> io::Result<String> {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let all = || suites.values().flatten();
    writer
        .create_element("testsuites")
        .with_attribute(("name", name))
        .with_attribute(("time", time(all()).as_str()))
        // How many are skipped is told of suites alone.
        .with_attributes(
            counts(&all())
                .iter()
                .filter(|(name, _)| *name != SKIPPED)
                .map(|(name, count)| (*name, count.as_str())),
        )
        .write_inner_content(|writer| {
            suites.iter().try_for_each(|(name, cases)| write_suite(writer, name, cases))
        })?;
    let mut xml = String::from_utf8(writer.into_inner()).map_err(io::Error::other)?;
    xml.push('\n');
    Ok(xml)
}

fn suites(report: &Report) -> BTreeMap<String, Vec<Case>> {
    let mut suites: BTreeMap<String, Vec<Case>> = BTreeMap::new();
    let mut add = |file: &Option<String>, case: Case| {
        let suite = suites.entry(file.clone().unwrap_or_else(|| "command line".to_owned()));
        suite.or_default().push(case);
    };
    for object in &report.objects {
        let title = object.title().unwrap_or_else(|| "image".to_owned());
        let file = &object.origin.file;
        for image in &object.images {
            let line = image.position.map(|position| position.line);
            let told = format!("{}: {}", place(&object.origin, line), said(object, why(image)));
            let outcome = match image.verdict {
                Verdict::Rejected => Told::Failure(told),
                Verdict::Unchecked => Told::Error(told),
                Verdict::Warned => Told::Warned(told),
                Verdict::Verified | Verdict::Exempt | Verdict::Unmatched | Verdict::Unchanged => {
                    Told::Passed
                }
            };
            let name = format!("{} {}", image.path, image.image).trim_end().to_owned();
            add(file, Case { name, class: title.clone(), took: image.took, outcome });
        }
        if let Some(verdict) = object.verdict() {
            let message = said(object, object.message.clone().unwrap_or_default());
            let outcome = match verdict {
                Verdict::Unchecked => Told::Error(message),
                Verdict::Warned => Told::Warned(message),
                _ => Told::Failure(message),
            };
            add(file, case(title.clone(), title, outcome));
        }
    }
    for unreadable in &report.unreadable {
        let name = unreadable.place();
        let outcome = Told::Error(unreadable.reason.clone());
        add(&unreadable.origin.file, case(name, "unreadable".to_owned(), outcome));
    }
    for object in &report.not_reviewed {
        let name = object.name.clone().unwrap_or_default();
        add(&object.origin.file, case(name, object.group_kind(), of_passed_over(report, object)));
    }
    if report.lacks_everything() {
        let reason = Told::Error("nothing that the policy reviews was found".to_owned());
        add(&None, case("signed-images check".to_owned(), "empty".to_owned(), reason));
    }
    suites
}

fn case(name: String, class: String, outcome: Told) -> Case {
    Case { name, class, took: Duration::ZERO, outcome }
}

fn of_passed_over(report: &Report, object: &NotReviewed) -> Told {
    if object.holds_images && report.demands.reviews {
        Told::Error(missed(object))
    } else {
        Told::Skipped(object.why.reason().to_owned())
    }
}

/// In seconds.
fn time<'c>(cases: impl Iterator<Item = &'c Case>) -> String {
    let sum: Duration = cases.map(|case| case.took).sum();
    format!("{:.3}", sum.as_secs_f64())
}

fn counts<'c>(cases: &(impl Iterator<Item = &'c Case> + Clone)) -> [(&'static str, String); 4] {
    let count =
        |is: fn(&Told) -> bool| cases.clone().filter(|case| is(&case.outcome)).count().to_string();
    [
        ("tests", count(|_| true)),
        ("failures", count(|outcome| matches!(outcome, Told::Failure(_)))),
        ("errors", count(|outcome| matches!(outcome, Told::Error(_)))),
        (SKIPPED, count(|outcome| matches!(outcome, Told::Skipped(_)))),
    ]
}

fn write_suite(writer: &mut Writer<Vec<u8>>, name: &str, cases: &[Case]) -> io::Result<()> {
    writer
        .create_element("testsuite")
        .with_attribute(("name", xml(name).as_str()))
        .with_attribute(("time", time(cases.iter()).as_str()))
        .with_attributes(counts(&cases.iter()).iter().map(|(name, count)| (*name, count.as_str())))
        .write_inner_content(|writer| cases.iter().try_for_each(|case| write_case(writer, case)))
        .map(drop)
}

fn write_case(writer: &mut Writer<Vec<u8>>, case: &Case) -> io::Result<()> {
    let (name, class) = (xml(&case.name), xml(&case.class));
    let time = time([case].into_iter());
    let element = writer
        .create_element("testcase")
        .with_attribute(("classname", class.as_str()))
        .with_attribute(("name", name.as_str()))
        .with_attribute(("time", time.as_str()));
    let (tag, text) = match &case.outcome {
        Told::Passed => return element.write_empty().map(drop),
        Told::Warned(text) => {
            let write = |writer: &mut Writer<Vec<u8>>| {
                let warning = writer.create_element("system-out");
                warning.write_text_content(BytesText::new(&xml(text))).map(drop)
            };
            return element.write_inner_content(write).map(drop);
        }
        Told::Skipped(text) => ("skipped", text),
        Told::Failure(text) => ("failure", text),
        Told::Error(text) => ("error", text),
    };
    let text = xml(text);
    let message = text.lines().next().unwrap_or_default();
    element
        .write_inner_content(|writer| {
            let outcome = writer.create_element(tag).with_attribute(("message", message));
            outcome.write_text_content(BytesText::new(&text)).map(drop)
        })
        .map(drop)
}

/// What XML has no way to write (<https://www.w3.org/TR/xml/#charsets>) is left out: of legible texts, nothing but
/// what Unicode gives no meaning.
fn xml(text: &str) -> String {
    let is_char = |c: &char| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}');
    text.chars().filter(is_char).collect()
}
