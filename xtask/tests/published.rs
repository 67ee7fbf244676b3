//! What is published says the same everywhere: versions, names, the notes of a release.

#![expect(clippy::unwrap_used, reason = "a test may stop where it fails")]
#![expect(clippy::indexing_slicing, reason = "a test may stop where it fails")]

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
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

/// What is published with a version links the documentation of that version.
#[test]
fn what_is_published_links_its_own_version() {
    let files = [
        ("USAGE.md", true),
        ("charts/signed-images/values.yaml", true),
        ("charts/signed-images/README.md", false),
        ("charts/signed-images-policy/README.md", false),
        ("questions-ui.yml", false),
    ];
    for (file, has_links) in files {
        let text = read(file).unwrap();
        let links: Vec<&str> = text.split("/blob/").skip(1).collect();
        assert_eq!(links.is_empty(), !has_links, "{file}");
        let own = concat!("v", env!("CARGO_PKG_VERSION"), "/");
        assert!(links.iter().all(|link| link.starts_with(own)), "{file}: not /blob/{own}");
    }
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

- One,
  wrapped.

  More.
- Another.

## [1.1.0] - 2026-02-01

### Fixed

- Two.

[1.1.0]: https://example.com/1.1.0
";
    let rows = [
        ("1.10.0", "### Added\n\n- One, wrapped.\n\n  More.\n- Another.\n"),
        ("1.1.0", "### Fixed\n\n- Two.\n"),
    ];
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

/// What is in the repository, but for what is built and fetched.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    const NOT_OURS: [&str; 4] = [".git", "dist", "node_modules", "target"];
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if NOT_OURS.iter().any(|name| path.file_name() == Some(OsStr::new(name))) {
            continue;
        }
        if path.is_dir() && !path.is_symlink() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// Rancher takes a Git repository for a catalog. It refuses one with a symbolic link, and takes the first `index.yaml`
/// in it for the list of its charts (`pkg/catalogv2/git/index.go` of rancher/rancher).
#[test]
fn rancher_can_read_the_repository() {
    let mut found = Vec::new();
    files(root(), &mut found);
    let bad: Vec<_> = found
        .iter()
        .filter(|path| path.is_symlink() || path.file_name() == Some(OsStr::new("index.yaml")))
        .collect();
    assert!(found.len() > 500 && bad.is_empty(), "{bad:?}");
}

/// Rancher's list keeps a policy when every word of a search stands in its name, its description or a keyword, in the
/// same letters (`PolicyTable.vue` of rancher/kubewarden-ui).
#[test]
fn the_form_is_found_by_the_words_that_people_type() {
    let texts = [annotations::DISPLAY_NAME, annotations::DESCRIPTION, annotations::KEYWORDS];
    let texts = texts.map(metadata);
    let searches = [
        "verify",
        "image signatures",
        "trusted",
        "pod",
        "signed images",
        "cosign",
        "container",
        "deployment",
        "supply chain",
        "provenance",
        "sigstore",
        "digest",
    ];
    for search in searches {
        for word in search.split(' ') {
            assert!(texts.iter().any(|text| text.contains(word)), "{search}: {word}");
        }
    }
}

/// The audit scanner skips a whole policy when one of its rules for `CREATE` names a resource that the cluster lacks.
#[test]
fn every_cluster_has_what_the_policy_reviews() {
    const BUILT_IN: [&str; 3] = ["", "apps", "batch"];
    let metadata = Metadata::parse(&read("metadata.yml").unwrap()).unwrap();
    let rules = yaml_serde::to_value(&metadata.rules).unwrap();
    for rule in rules.as_sequence().unwrap() {
        for group in rule["apiGroups"].as_sequence().unwrap() {
            assert!(BUILT_IN.contains(&group.as_str().unwrap()), "{group:?}");
        }
        assert_eq!(rule["apiVersions"], yaml_serde::from_str::<yaml_serde::Value>("[v1]").unwrap());
    }
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git").arg("-C").arg(folder).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A repository with what `release/artifacthub` reads, and one that it pushes to.
fn repository(folder: &Path) {
    git(folder, &["init", "--quiet", "--bare", "remote.git"]);
    git(folder, &["init", "--quiet", "."]);
    git(folder, &["remote", "add", "origin", "remote.git"]);
    git(folder, &["config", "user.name", "a"]);
    git(folder, &["config", "user.email", "a@acme.example"]);
    std::fs::create_dir_all(folder.join("charts/signed-images-policy")).unwrap();
    std::fs::write(folder.join("charts/signed-images-policy/README.md"), "# A\n").unwrap();
    std::fs::write(folder.join("artifacthub-repo.yml"), "owners: []\n").unwrap();
}

#[test]
fn artifact_hub_keeps_every_version() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    repository(folder);
    let release = |version: &str| {
        let mut release = Command::new(root().join("release/artifacthub"));
        release.arg(version).current_dir(folder).output().unwrap()
    };
    for version in ["1.0.0", "1.1.0"] {
        let package = format!("version: {version}\ncreatedAt: 2020-01-01T00:00:00Z\n");
        std::fs::write(folder.join("artifacthub-pkg.yml"), package).unwrap();
        let output = release(version);
        assert!(output.status.success(), "{output:?}");
    }
    assert!(!release("1.2.0").status.success());
    let remote = folder.join("remote.git");
    let listed = git(&remote, &["ls-tree", "-r", "--name-only", "artifacthub"]);
    let expected = [
        "1.0.0/README.md",
        "1.0.0/artifacthub-pkg.yml",
        "1.1.0/README.md",
        "1.1.0/artifacthub-pkg.yml",
        "artifacthub-pkg.yml",
        "artifacthub-repo.yml",
    ];
    assert_eq!(listed.lines().collect::<Vec<_>>(), expected);
    let package = git(&remote, &["show", "artifacthub:1.1.0/artifacthub-pkg.yml"]);
    assert!(package.starts_with("version: 1.1.0\ncreatedAt: 20"), "{package}");
    assert!(!package.contains("2020-01-01"), "{package}");
    assert_eq!(git(&remote, &["show", "artifacthub:artifacthub-pkg.yml"]), package);
}
