//! Every command of `signed-images` has a manual page.

#![cfg(test)]

use std::path::Path;

use signed_images_testing::command::{Outcome, run};

fn man(folder: &Path, pages: &str) -> Outcome {
    run("xtask", folder, ["man", pages], &[], "")
}

#[test]
fn every_command_has_a_manual_page() {
    let folder = tempfile::tempdir().unwrap();
    let outcome = man(folder.path(), "share/man1");
    assert_eq!((outcome.code, outcome.stdout.as_str(), outcome.stderr.as_str()), (Some(0), "", ""));
    let mut names = vec!["signed-images".to_owned()];
    let command = signed_images::command::command_line();
    names.extend(
        command.get_subcommands().map(|command| format!("signed-images-{}", command.get_name())),
    );
    assert!(names.len() > 5, "{names:?}");
    for name in names {
        let page = folder.path().join(format!("share/man1/{name}.1"));
        let page = std::fs::read_to_string(page).unwrap();
        for part in [".TH", ".SH NAME", ".SH SYNOPSIS", "Examples:"] {
            assert!(page.contains(part), "{name}: {part}");
        }
    }
}

#[test]
fn a_file_is_no_folder() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    let outcome = man(folder.path(), "file");
    let expected = "error: cannot write manual pages to `file`: File exists (os error 17)\n";
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(1), expected));
}
