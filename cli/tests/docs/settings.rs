//! `docs/src/settings.md` has a section for every kind of object in the settings, named by its path, and in
//! it a row for every key, which says what it holds and how much.

use signed_images_testing::schema::{self, Field, Shape, Value};

use crate::pages::{Page, root};

/// The README has them all as well, in few words.
#[test]
fn the_readme_names_every_setting() {
    let page = Page::read(&root().join("README.md"));
    let section = page.section("Settings").unwrap();
    let settings = schema::settings();
    for shape in [&settings, settings.at(&["rules"]), settings.at(&["rules", "allOf"])] {
        let known = shape.fields.iter().filter(|field| !matches!(field.value, Value::Ignored));
        for field in known {
            assert!(section.contains(&format!("`{}", field.key)), "{}", field.key);
        }
    }
}

#[test]
fn every_setting_has_a_row() {
    let page = Page::read(&root().join("docs/src/settings.md"));
    let mut faults = Vec::new();
    check(&page, "The settings", &schema::settings(), &mut Vec::new(), &mut faults);
    assert!(faults.is_empty(), "docs/src/settings.md:\n{}", faults.join("\n"));
}

fn check(page: &Page, path: &str, shape: &Shape, seen: &mut Vec<Shape>, faults: &mut Vec<String>) {
    if seen.contains(shape) {
        return;
    }
    seen.push(shape.clone());
    let Some(section) = page.section(path) else {
        return faults.push(format!("no section `{path}`"));
    };
    let rows: Vec<&str> = section.lines().filter(|line| line.starts_with("| `")).collect();
    for field in &shape.fields {
        let start = format!("| `{}` |", field.key);
        match rows.iter().find(|row| row.starts_with(&start)) {
            None => faults.push(format!("{path}: no row for `{}`", field.key)),
            Some(row) => faults.extend(
                missing(field)
                    .filter(|word| !row.contains(word.as_str()))
                    .map(|word| format!("{path}: `{}`: the row does not say `{word}`", field.key)),
            ),
        }
    }
    for row in &rows {
        let key = row.trim_start_matches("| `").split('`').next().unwrap_or_default();
        if !shape.fields.iter().any(|field| field.key == key) {
            faults.push(format!("{path}: there is no `{key}`"));
        }
    }
    for field in &shape.fields {
        let below = if path == "The settings" {
            field.key.clone()
        } else {
            format!("{path}.{}", field.key)
        };
        match &field.value {
            Value::Object(inner) => check(page, &below, inner, seen, faults),
            Value::List(of) => {
                if let Value::Object(inner) = &**of {
                    check(page, &format!("{below}[]"), inner, seen, faults);
                }
            }
            _ => {}
        }
    }
}

/// What the row of a field must say.
fn missing(field: &Field) -> impl Iterator<Item = String> + use<> {
    let mut words: Vec<String> = match &field.value {
        Value::String => vec!["string".to_owned()],
        Value::Boolean => vec!["true or false".to_owned()],
        Value::Number => vec!["number".to_owned()],
        Value::Choice(words) => words.iter().map(|word| format!("`{word}`")).collect(),
        Value::Map | Value::Object(_) => vec!["object".to_owned()],
        Value::List(_) => vec!["list".to_owned()],
        Value::Ignored => vec!["ignored".to_owned()],
    };
    words.extend(field.most.map(|most| format!("at most {most}")));
    words.into_iter()
}
