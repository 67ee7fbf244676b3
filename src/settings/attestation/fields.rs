//! `fields` of an entry of `attestations`.

use super::{check_length, pointer};
use crate::policy::report::{Field, FieldTest, Number, Scalar};
use crate::policy::text_pattern::TextPattern;
use crate::settings::SettingsIssue;
use crate::settings::limits::MAX_REPORT_PATTERNS;
use crate::settings::object::{Object, list, text};
use serde_json::value::RawValue;

pub(super) const FIELD: [&str; 8] =
    ["at", "equals", "in", "pattern", "contains", "atMost", "atLeast", "absent"];

/// Compiles what a field must say. Of a report that is published without what no condition reads, absence says nothing.
pub(super) fn compile(raw: &RawValue, is_reduced: bool) -> Result<Field, SettingsIssue> {
    let field = Object::read(raw, &FIELD)?;
    let at = field.get("at", pointer)?;
    let at = at.ok_or_else(|| SettingsIssue::new("`at` is missing"))?;
    let tests = FIELD.iter().skip(1).filter_map(|key| Some((*key, field.raw(key)?)));
    let tests: Vec<(&str, &RawValue)> = tests.collect();
    let [(key, value)] = tests.as_slice() else {
        return Err(SettingsIssue::new(
            "set exactly one of `equals`, `in`, `pattern`, `contains`, `atMost`, `atLeast` and `absent`",
        ));
    };
    let test = test(key, value, is_reduced).map_err(|issue| issue.under(key))?;
    Ok(Field { at, test })
}

fn test(key: &str, value: &RawValue, is_reduced: bool) -> Result<FieldTest, SettingsIssue> {
    Ok(match key {
        "equals" => FieldTest::Equals(scalar(value)?),
        "in" => {
            let values = list(value, MAX_REPORT_PATTERNS)?;
            FieldTest::In(values.into_iter().map(scalar).collect::<Result<_, _>>()?)
        }
        "pattern" => FieldTest::Pattern(any_text(value)?),
        "contains" => FieldTest::Contains(scalar(value)?),
        "atMost" => FieldTest::AtMost(number(value)?),
        "atLeast" => FieldTest::AtLeast(number(value)?),
        _ if value.get() != "true" => {
            return Err(SettingsIssue::new("must be `true`, or left out"));
        }
        _ if is_reduced => {
            return Err(SettingsIssue::new(
                "cannot be checked: reports of this type are published without the fields that no condition reads",
            ));
        }
        _ => FieldTest::Absent,
    })
}

fn any_text(raw: &RawValue) -> Result<TextPattern, SettingsIssue> {
    let text = text(raw)?;
    check_length(&text).map_err(SettingsIssue::new)?;
    Ok(TextPattern::new(&text))
}

fn scalar(raw: &RawValue) -> Result<Scalar, SettingsIssue> {
    let wrong = || SettingsIssue::new("must be a string, a number, true or false");
    serde_json::from_str(raw.get()).map_err(|_| wrong())
}

fn number(raw: &RawValue) -> Result<Number, SettingsIssue> {
    match scalar(raw) {
        Ok(Scalar::Number(number)) => Ok(number),
        Ok(Scalar::Text(_) | Scalar::Flag(_)) | Err(_) => {
            Err(SettingsIssue::new("must be a number"))
        }
    }
}
