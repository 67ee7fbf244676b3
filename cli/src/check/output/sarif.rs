//! The report as [SARIF 2.1.0](https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html), as code
//! scanning takes it.
//!
//! - What is a result? An image that fails or warns, an object that is rejected as a whole, a file that cannot
//!   be read. What is verified is no result.
//! - Where is it? At the image's text. What stands in no file, of the command line or standard input, is no result:
//!   code scanning refuses a report that has one. How many there are is said elsewhere ([`unplaced`]).
//! - And when the run failed? The report says why, and has no result ([`failure`]).

use std::fmt::Write;
use std::path::Path;

use serde_json::{Value, json};

use super::super::Verdict;
use super::super::report::{
    ImageReport, Medium, NotReviewed, ObjectReport, Origination, Report, Unreadable,
};
use super::rows::{missed, said, why};

const REJECTED: &str = "image-rejected";
const UNCHECKED: &str = "image-not-checked";
const WARNED: &str = "image-warned";
const OBJECT: &str = "object-rejected";
const UNREADABLE: &str = "unreadable";
const UNREVIEWED: &str = "object-not-reviewed";

/// Each rule with what it says and the level of its results.
const RULES: [(&str, &str, &str); 6] = [
    (REJECTED, "The policy rejects the image", "error"),
    (UNCHECKED, "The image could not be checked", "error"),
    (WARNED, "The policy accepts the image with a warning", "warning"),
    (OBJECT, "The policy rejects the object", "error"),
    (UNREADABLE, "The file cannot be read, so it was not checked", "error"),
    (UNREVIEWED, "The object contains images, but the policy does not review it", "error"),
];

pub(super) fn render(report: &Report) -> Value {
    let results: Vec<Value> = results(report).filter_map(Result::ok).collect();
    log(&json!({"executionSuccessful": true}), &results)
}

/// How many results have no place in a file.
#[must_use]
pub fn unplaced(report: &Report) -> usize {
    results(report).filter(Result::is_err).count()
}

/// The report of a run that came to no result.
#[must_use]
pub fn failure(reason: &str) -> Value {
    let notification = json!({"level": "error", "message": {"text": plain(reason)}});
    let invocation = json!({
        "executionSuccessful": false,
        "toolExecutionNotifications": [notification],
    });
    log(&invocation, &[])
}

fn log(invocation: &Value, results: &[Value]) -> Value {
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": driver()},
            "invocations": [invocation],
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

/// What stands in no file.
struct Unplaced;

fn results(report: &Report) -> impl Iterator<Item = Result<Value, Unplaced>> {
    let images = report.images().filter_map(|(object, image)| of_image(object, image));
    let objects = report.objects.iter().filter(|object| object.verdict().is_some());
    let parts = report.unreadable.iter().map(of_part);
    images.chain(objects.map(of_object)).chain(parts).chain(report.missed().map(of_missed))
}

fn of_part(part: &Unreadable) -> Result<Value, Unplaced> {
    let line = part.origin.line.filter(|line| *line > 0);
    let region = line.map(|line| json!({"startLine": line, "startColumn": part.column}));
    result(UNREADABLE, &part.reason, &part.origin, region)
}

fn of_object(object: &ObjectReport) -> Result<Value, Unplaced> {
    let title = object.title().unwrap_or_else(|| object.kind.clone());
    let message = said(object, object.message.clone().unwrap_or_default());
    result(OBJECT, &format!("{title}: {message}"), &object.origin, line(&object.origin))
}

fn of_missed(object: &NotReviewed) -> Result<Value, Unplaced> {
    let name = object.name.as_deref().unwrap_or_default();
    let message = format!("{} {name}: {}", object.group_kind(), missed(object));
    result(UNREVIEWED, &message, &object.origin, line(&object.origin))
}

fn line(origin: &Origination) -> Option<Value> {
    origin.line.filter(|line| *line > 0).map(|line| json!({"startLine": line}))
}

fn driver() -> Value {
    let rules: Vec<Value> = RULES
        .iter()
        .map(|(id, text, level)| {
            json!({
                "id": id,
                "shortDescription": {"text": text},
                "defaultConfiguration": {"level": level},
            })
        })
        .collect();
    json!({
        "name": "signed-images",
        "semanticVersion": env!("CARGO_PKG_VERSION"),
        "informationUri": env!("CARGO_PKG_REPOSITORY"),
        "rules": rules,
    })
}

fn of_image(object: &ObjectReport, image: &ImageReport) -> Option<Result<Value, Unplaced>> {
    let rule = match image.verdict {
        Verdict::Rejected => REJECTED,
        Verdict::Unchecked => UNCHECKED,
        Verdict::Warned => WARNED,
        Verdict::Verified | Verdict::Exempt | Verdict::Unmatched | Verdict::Unchanged => {
            return None;
        }
    };
    let region = image.position.map(|position| {
        json!({
            "startLine": position.line,
            "startColumn": position.column,
            "endColumn": position.column + image.width,
        })
    });
    let region = region.or_else(|| line(&object.origin));
    let title = object.title().map(|title| format!("{title}, ")).unwrap_or_default();
    let message = if image.image.is_empty() {
        format!("{title}{}: {}", image.path, said(object, why(image)))
    } else {
        format!("`{}` ({title}{}): {}", image.image, image.path, said(object, why(image)))
    };
    Some(result(rule, &message, &object.origin, region))
}

fn result(
    rule: &str,
    message: &str,
    origin: &Origination,
    region: Option<Value>,
) -> Result<Value, Unplaced> {
    let location = location(origin, region).ok_or(Unplaced)?;
    let level = RULES.iter().find(|(id, ..)| *id == rule).map_or("error", |(_, _, level)| level);
    let index = RULES.iter().position(|(id, ..)| *id == rule);
    Ok(json!({
        "ruleId": rule,
        "ruleIndex": index,
        "level": level,
        "message": {"text": plain(message)},
        "locations": [location],
    }))
}

/// Without links, which messages may have (SARIF 3.11.6), and the Markdown that code scanning makes of them.
fn plain(message: &str) -> String {
    message.replace("](", "]\\(")
}

fn location(origin: &Origination, region: Option<Value>) -> Option<Value> {
    let file = origin.file.as_ref().filter(|_| origin.medium == Medium::File)?;
    let mut place = json!({"artifactLocation": {"uri": uri(file)}});
    if let (Some(place), Some(region)) = (place.as_object_mut(), region) {
        place.insert("region".to_owned(), region);
    }
    Some(json!({"physicalLocation": place}))
}

/// A path as a URI reference ([RFC 3986](https://www.rfc-editor.org/rfc/rfc3986#section-4.1)), relative to the
/// current folder when it is below that: code scanning takes it for the root of the repository.
fn uri(file: &str) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let path = Path::new(file);
    let path = path.strip_prefix(here).unwrap_or(path).display().to_string();
    let mut uri = if path.starts_with('/') { "file://".to_owned() } else { String::new() };
    for byte in path.strip_prefix("./").unwrap_or(&path).bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => {
                uri.push(char::from(byte));
            }
            b'\\' => uri.push('/'),
            // Writing to a text cannot fail.
            _ => drop(write!(uri, "%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_from_the_current_folder() {
        let here = std::env::current_dir().unwrap().join("a.yaml").display().to_string();
        let rows = [
            ("deploy/a.yaml", "deploy/a.yaml"),
            ("./a b.yaml", "a%20b.yaml"),
            ("é#?.yaml", "%C3%A9%23%3F.yaml"),
            ("/nowhere/a.yaml", "file:///nowhere/a.yaml"),
            (&here, "a.yaml"),
        ];
        for (file, expected) in rows {
            assert_eq!(uri(file), expected);
        }
    }
}
