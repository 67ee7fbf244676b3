//! No circle of imports: not between folders, and between files none but a parent and its child. And no way to the host but
//! the function that the stages are handed.

#![cfg(test)]

use signed_images_testing::imports::{Imports, Module, of_crate};
use std::path::{Path, PathBuf};

const CRATES: [&str; 4] = ["src", "convert/src", "cli/src", "xtask/src"];

fn told(circles: &[Vec<Module>]) -> Vec<String> {
    let name =
        |module: &Module| if module.is_empty() { "(root)".to_owned() } else { module.join("::") };
    circles.iter().map(|circle| circle.iter().map(name).collect::<Vec<_>>().join(" → ")).collect()
}

fn check(circles: fn(&Imports) -> Vec<Vec<Module>>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for src in CRATES {
        let circles = circles(&of_crate(&root.join(src)));
        found.extend(told(&circles).into_iter().map(|circle| format!("{src}: {circle}")));
    }
    assert!(found.is_empty(), "circles of imports:\n{}", found.join("\n"));
}

#[test]
fn no_circle_between_folders() {
    check(Imports::circles_of_folders);
}

#[test]
fn no_circle_between_files() {
    check(Imports::circles_of_files);
}

/// Of Kubewarden's SDK, all but the entry points take types alone: its functions call waPC's host, which natively is there
/// as well, and answers nothing.
#[test]
fn the_host_is_called_in_the_entry_points_alone() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut calls = Vec::new();
    for file in files(&src).into_iter().filter(|file| !file.ends_with("guest.rs")) {
        let text = std::fs::read_to_string(&file).unwrap();
        for path in text.split("kubewarden_policy_sdk::").skip(1) {
            let path = path.split([';', '(']).next().unwrap_or_default();
            let names = path.rsplit("::").next().unwrap_or_default();
            let mut names =
                names.split(['{', '}', ',']).map(str::trim).filter(|name| !name.is_empty());
            if !names.all(|name| name.starts_with(char::is_uppercase)) {
                calls.push(format!("{}: {path}", file.display()));
            }
        }
    }
    assert!(calls.is_empty(), "{}", calls.join("\n"));
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
