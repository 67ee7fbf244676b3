//! Files that are made of others are current.

#![cfg(test)]

use xtask::made::{Made, read};
use xtask::{artifacthub, chart, policy_chart, schema};

fn check(files: &[Made], target: &str) {
    for Made { path, text } in files {
        let found = read(path).unwrap_or_default();
        assert!(found == *text, "{path} is not current: run `make {target}`");
    }
}

#[test]
fn the_charts_are_current() {
    check(&chart::files().unwrap(), "chart");
    check(&policy_chart::files().unwrap(), "chart");
}

#[test]
fn the_schema_is_current() {
    check(&[schema::file(), schema::report(), schema::tests()], "schema");
}

/// `make artifacthub` would change nothing but the time.
#[test]
fn what_artifact_hub_reads_is_current() {
    let package: yaml_serde::Value =
        yaml_serde::from_str(&read("artifacthub-pkg.yml").unwrap()).unwrap();
    let created_at = package["createdAt"].as_str().unwrap();
    check(&artifacthub::files(created_at).unwrap(), "artifacthub");
}
