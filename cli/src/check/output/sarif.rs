//! The report as [SARIF 2.1.0](https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html), as code
//! scanning takes it.
//!
//! - What is a result? An image that fails or warns, an object that is rejected as a whole, a file that cannot
//!   be read. What is verified is no result.
//! - Where is it? At the image's text. An image of the command line stands nowhere: it has a logical location,
//!   and code scanning, which wants files, leaves it out.

use std::fmt::Write;
use std::path::Path;

use serde_json::{Value, json};

use super::super::Verdict;
use super::super::report::{ImageReport, ObjectReport, Origination, Report};
use super::table::why;

const REJECTED: &str = "image-rejected";
const UNCHECKED: &str = "image-not-checked";
const WARNED: &str = "image-warned";
const OBJECT: &str = "object-rejected";
const UNREADABLE: &str = "unreadable";

/// Each rule with what it says and the level of its results.
const RULES: [(&str, &str, &str); 5] = [
    (REJECTED, "The policy does not let the image in", "error"),
    (UNCHECKED, "The image could not be checked", "error"),
    (WARNED, "The policy lets the image in with a warning", "warning"),
    (OBJECT, "The policy does not let the object in", "error"),
    (UNREADABLE, "The file cannot be read, so it was not checked", "error"),
];

pub(super) fn render(report: &Report) -> Value {
    let mut results = Vec::new();
    for object in &report.objects {
        results.extend(object.images.iter().filter_map(|image| of_image(object, image)));
        if object.is_rejected_itself() {
            let title = object.title().unwrap_or_else(|| object.kind.clone());
            let message = object.message.clone().unwrap_or_default();
            let region = object.origin.line.map(|line| json!({"startLine": line}));
            let location = location(&object.origin, region, &title);
            results.push(result(OBJECT, &format!("{title}: {message}"), &location));
        }
    }
    for unreadable in &report.unreadable {
        let line = unreadable.origin.line.filter(|line| *line > 0);
        let region = line.map(|line| json!({"startLine": line, "startColumn": unreadable.column}));
        let location = location(&unreadable.origin, region, UNREADABLE);
        results.push(result(UNREADABLE, &unreadable.reason, &location));
    }
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": driver()},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
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

fn of_image(object: &ObjectReport, image: &ImageReport) -> Option<Value> {
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
            "endColumn": position.column + image.image.chars().count(),
        })
    });
    let region = region.or_else(|| object.origin.line.map(|line| json!({"startLine": line})));
    let title = object.title().map(|title| format!("{title}, ")).unwrap_or_default();
    let message = if image.image.is_empty() {
        format!("{title}{}", why(image))
    } else {
        format!("`{}` ({title}{}): {}", image.image, image.path, why(image))
    };
    Some(result(rule, &message, &location(&object.origin, region, &image.image)))
}

fn result(rule: &str, message: &str, location: &Value) -> Value {
    let level = RULES.iter().find(|(id, ..)| *id == rule).map_or("error", |(_, _, level)| level);
    let index = RULES.iter().position(|(id, ..)| *id == rule);
    json!({
        "ruleId": rule,
        "ruleIndex": index,
        "level": level,
        "message": {"text": message},
        "locations": [location],
    })
}

fn location(origin: &Origination, region: Option<Value>, name: &str) -> Value {
    let Some(file) = &origin.file else {
        return json!({"logicalLocations": [{"name": name}]});
    };
    let mut place = json!({"artifactLocation": {"uri": uri(file)}});
    if let (Some(place), Some(region)) = (place.as_object_mut(), region) {
        place.insert("region".to_owned(), region);
    }
    json!({"physicalLocation": place})
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
