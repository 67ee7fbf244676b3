//! Help and completions.

use std::path::Path;
use std::process::Command;

use crate::command::{screen, signed_images, signed_images_with};

/// The subcommands, as the help lists them.
fn subcommands() -> Vec<String> {
    let help = screen(Path::new("."), &["--help"]);
    let (_, listed) = help.split_once("Commands:\n").unwrap();
    let (listed, _) = listed.split_once("Options:\n").unwrap();
    let names = listed.lines().filter(|line| line.starts_with("  "));
    names.map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
}

#[test]
fn help_of_every_command() {
    insta::assert_snapshot!("help", screen(Path::new("."), &["--help"]));
    for name in subcommands() {
        insta::assert_snapshot!(format!("help-{name}"), screen(Path::new("."), &[&name, "--help"]));
    }
}

#[test]
fn help_fits_a_terminal() {
    let mut screens = vec![screen(Path::new("."), &["--help"])];
    for name in subcommands() {
        screens.push(screen(Path::new("."), &[&name, "--help"]));
        screens.push(screen(Path::new("."), &[&name, "-h"]));
    }
    for line in screens.iter().flat_map(|screen| screen.lines()) {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn colours_are_for_those_who_want_them() {
    let folder = crate::command::folder("unmatchedImages: warn");
    for line in [&["--help"] as &[&str], &["explain", "a", "--offline", "-s", "settings.yaml"]] {
        let coloured = |variables: &[(&str, &str)]| {
            signed_images_with(folder.path(), line, variables).stdout.contains('\u{1b}')
        };
        assert!(!coloured(&[]), "{line:?}: nobody sees colours in a file");
        assert!(coloured(&[("CLICOLOR_FORCE", "1")]), "{line:?}");
        assert!(!coloured(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]), "{line:?}");
    }
}

#[test]
fn every_shell_has_completions() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = screen(Path::new("."), &["completions", shell]);
        for name in subcommands() {
            assert!(script.contains(&name), "{shell}: {name}");
        }
    }
    assert_eq!(signed_images(Path::new("."), &["completions", "tcsh"]).code, Some(2));
}

/// What bash offers for a line whose last word is being typed.
fn offered(folder: &Path, line: &str) -> Vec<String> {
    let complete = "source ./script; COMP_WORDS=($1); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); \
        registered=$(complete -p signed-images); registered=${registered#*-F }; \
        ${registered%% *} signed-images \"${COMP_WORDS[-1]}\" \"${COMP_WORDS[-2]}\"; \
        printf '%s\\n' \"${COMPREPLY[@]}\"";
    let output = Command::new("bash")
        .args(["--norc", "-c", complete, "bash", line])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(ToOwned::to_owned).collect()
}

#[test]
fn bash_completes() {
    let folder = tempfile::tempdir().unwrap();
    let script = screen(folder.path(), &["completions", "bash"]);
    std::fs::write(folder.path().join("script"), script).unwrap();
    let check = Command::new("bash").args(["-n", "script"]).current_dir(folder.path()).status();
    assert!(check.unwrap().success());
    let rows: [(&str, &[&str]); 4] = [
        ("signed-images expl", &["explain"]),
        ("signed-images explain nginx --settings-", &["--settings-path", "--settings-json"]),
        ("signed-images explain nginx --output j", &["json"]),
        ("signed-images policy --mode mo", &["monitor"]),
    ];
    for (line, expected) in rows {
        assert_eq!(offered(folder.path(), line), expected, "{line}");
    }
}
