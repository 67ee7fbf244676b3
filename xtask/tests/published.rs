//! What is published says the same everywhere: versions, names, the notes of a release.

#![expect(clippy::unwrap_used, reason = "a test may stop where it fails")]
#![expect(clippy::indexing_slicing, reason = "a test may stop where it fails")]

use std::io::Write;
use std::process::{Command, Output, Stdio};

use signed_images::metadata::{Metadata, annotations};
use xtask::made::{read, root};

fn metadata(name: &str) -> String {
    Metadata::parse(&read("metadata.yml").unwrap()).unwrap().annotations.unwrap()[name].clone()
}

#[test]
fn versions_and_names_are_the_same_everywhere() {
    assert_eq!(metadata(annotations::VERSION), env!("CARGO_PKG_VERSION"));
    assert_eq!(metadata(annotations::LICENSE), env!("CARGO_PKG_LICENSE"));
    let cargo = read("Cargo.toml").unwrap();
    let name = metadata(annotations::TITLE);
    assert!(cargo.contains(&format!("[package]\nname = \"{name}\"\n")), "{name}");
    assert!(metadata(annotations::OCI_URL).ends_with(&format!("/{name}")));
    for url in [annotations::SOURCE, annotations::URL] {
        assert_eq!(metadata(url), env!("CARGO_PKG_REPOSITORY"), "{url}");
    }
    // The newest release is this version, or an older one when there is something new.
    let changelog = read("CHANGELOG.md").unwrap();
    let heading = |line: &str| {
        let (version, _) = line.strip_prefix("## [")?.split_once(']')?;
        Some(version.to_owned())
    };
    let versions: Vec<String> = changelog.lines().filter_map(heading).collect();
    let version = env!("CARGO_PKG_VERSION");
    assert!(["Unreleased", version].contains(&versions[0].as_str()), "{versions:?}");
    let parsed: Vec<semver::Version> = versions
        .iter()
        .filter(|name| *name != "Unreleased")
        .map(|name| name.parse().unwrap())
        .collect();
    assert!(parsed.is_sorted_by(|newer, older| newer > older), "{versions:?}");
    assert!(parsed.iter().all(|released| *released <= version.parse().unwrap()), "{versions:?}");
}

fn notes(version: &str, changelog: &str) -> Output {
    let mut notes = Command::new(root().join("release/notes"))
        .arg(version)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    notes.stdin.take().unwrap().write_all(changelog.as_bytes()).unwrap();
    notes.wait_with_output().unwrap()
}

#[test]
fn the_notes_of_a_release_are_its_section_of_the_changelog() {
    let changelog = "\
# Changelog

## [Unreleased]

## [1.10.0] - 2026-03-01

### Added

- One.

  More.

## [1.1.0] - 2026-02-01

### Fixed

- Two.

[1.1.0]: https://example.com/1.1.0
";
    let rows = [("1.10.0", "### Added\n\n- One.\n\n  More.\n"), ("1.1.0", "### Fixed\n\n- Two.\n")];
    for (version, expected) in rows {
        let output = notes(version, changelog);
        assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
        assert!(output.status.success(), "{version}");
    }
    for version in ["Unreleased", "1.0.0", "1.1", "1.10.0] - 2026-03-01"] {
        let output = notes(version, changelog);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{version}");
        assert!(String::from_utf8(output.stderr).unwrap().contains(version), "{version}");
    }
}
