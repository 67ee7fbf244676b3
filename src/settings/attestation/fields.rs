//! `fields` of an entry of `attestations`.

use super::read_written;
use crate::json::{flag, string};
use crate::policy::report::{Field, FieldTest, Scalar};
use crate::policy::text_pattern::TextPattern;
use crate::settings::SettingsIssue;
use crate::settings::lazy::Lazy;
use crate::settings::limits::MAX_REPORT_PATTERNS;
use crate::settings::list::List;
use crate::settings::signer_parts::required;
use crate::settings::workload::check_pointer;
use serde::Deserialize;
use serde_json::value::RawValue;

/// What a field must say: one test.
#[derive(Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RawField<'s> {
    /// a JSON pointer into the predicate; `*` is each element of a list
    #[cfg_attr(not(target_family = "wasm"), schemars(with = "String"))]
    at: Option<String>,
    /// it is this
    #[serde(borrow)]
    equals: Option<Lazy<'s, AnyScalar>>,
    /// it is one of these
    #[serde(rename = "in")]
    is_in: Option<List<Lazy<'s, AnyScalar>, MAX_REPORT_PATTERNS>>,
    /// it is a string that matches; `*` is any number of characters but no `/`, `**` any number of any characters
    pattern: Option<String>,
    /// one of the values, or of the elements of a list, is this
    contains: Option<Lazy<'s, AnyScalar>>,
    /// it is a number, and no more than this
    at_most: Option<Lazy<'s, AnyNumber>>,
    /// it is a number, and no less than this
    at_least: Option<Lazy<'s, AnyNumber>>,
    /// it is not there
    absent: Option<bool>,
}

/// A string, a number, true or false.
pub(in crate::settings) enum AnyScalar {}

/// A number.
pub(in crate::settings) enum AnyNumber {}

/// Compiles what a field must say. Of a report that is published without what no condition reads, absence says nothing.
pub(super) fn compile(raw: &RawValue, is_reduced: bool) -> Result<Field, SettingsIssue> {
    let raw: RawField<'_> = read_written(raw)?;
    let at = required(raw.at, "at")?;
    check_pointer(&at).map_err(|issue| issue.under("at"))?;
    let scalar = |key| move |raw: Lazy<'_, _>| scalar(raw.raw).map_err(|issue| issue.under(key));
    let is_in = |list: List<Lazy<'_, AnyScalar>, MAX_REPORT_PATTERNS>| {
        let List(list) = list;
        list.into_iter().map(scalar("in")).collect::<Result<Vec<_>, _>>()
    };
    let tests = [
        raw.equals.map(scalar("equals")).transpose()?.map(FieldTest::Equals),
        raw.is_in.map(is_in).transpose()?.map(FieldTest::In),
        raw.pattern.map(|text| FieldTest::Pattern(TextPattern::new(&text))),
        raw.contains.map(scalar("contains")).transpose()?.map(FieldTest::Contains),
        raw.at_most.map(|raw| number("atMost", raw.raw)).transpose()?.map(FieldTest::AtMost),
        raw.at_least.map(|raw| number("atLeast", raw.raw)).transpose()?.map(FieldTest::AtLeast),
        raw.absent.map(|_| FieldTest::Absent),
    ];
    if raw.absent == Some(false) {
        return Err(SettingsIssue::new("is true, or left out").under("absent"));
    }
    let mut tests = tests.into_iter().flatten();
    let (Some(test), None) = (tests.next(), tests.next()) else {
        return Err(SettingsIssue::new(
            "give one of `equals`, `in`, `pattern`, `contains`, `atMost`, `atLeast` and `absent`",
        ));
    };
    if is_reduced && matches!(test, FieldTest::Absent) {
        let issue =
            "cannot be told: reports of this type are published without what no condition reads";
        return Err(SettingsIssue::new(issue).under("absent"));
    }
    Ok(Field { at, test })
}

fn scalar(raw: &RawValue) -> Result<Scalar, SettingsIssue> {
    let number = || raw.get().parse().ok().filter(|number: &f64| number.is_finite());
    None.or_else(|| string(raw).map(|text| Scalar::Text(text.into_owned())))
        .or_else(|| flag(raw).map(Scalar::Flag))
        .or_else(|| number().map(Scalar::Number))
        .ok_or_else(|| SettingsIssue::new("must be a string, a number, true or false"))
}

fn number(key: &'static str, raw: &RawValue) -> Result<f64, SettingsIssue> {
    match scalar(raw) {
        Ok(Scalar::Number(number)) => Ok(number),
        Ok(Scalar::Text(_) | Scalar::Flag(_)) | Err(_) => {
            Err(SettingsIssue::new("must be a number").under(key))
        }
    }
}
