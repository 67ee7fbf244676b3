//! Commands: those of `signed-images` are run where they need no network, and understood where they do
//! (`e2e.bats` runs these); `make` has the targets; the others are known.

use crate::folder::{Folder, is_file, is_understood};
use crate::pages::root;

/// Programs that pages call and this test does not run, with the reason.
const NOT_RUN: [(&str, &str); 36] = [
    ("cosign", "needs a registry: e2e.bats runs what it can and compares the options of the rest"),
    ("openssl", "makes keys, which are others every time"),
    ("kubectl", "needs a cluster"),
    ("helm", "needs charts from the network"),
    ("kustomize", "is not installed everywhere"),
    ("kubeadm", "is not installed everywhere"),
    ("kwctl", "is not installed everywhere; e2e.bats uses it where it is"),
    ("git", "needs the network"),
    ("cargo", "is what runs this test"),
    ("bats", "is what `make e2e-tests` runs"),
    ("sha256sum", "needs what a release holds"),
    ("mdbook", "is what `make book` runs"),
    ("cat", "writes what the page shows"),
    ("apk", "is not installed everywhere"),
    ("curl", "needs the network"),
    ("grep", "reads what the network has answered"),
    ("sh", "runs what the network has answered"),
    ("docker", "is not installed everywhere"),
    ("gh", "needs the network"),
    ("install", "writes to the system"),
    ("jq", "is not installed everywhere"),
    ("sudo", "writes to the system"),
    ("tar", "needs what a release holds"),
    ("hauler", "is not installed everywhere"),
    ("touch", "as openssl, whose file it makes"),
    ("for", "as openssl, which it calls"),
    ("years=\"-startdate", "as openssl, whose options these are"),
    ("rm", "as openssl, whose keys it removes"),
    ("trivy", "needs an image, and its database from the network"),
    ("grype", "as trivy"),
    ("syft", "needs an image"),
    ("oras", "as jq, where it is installed"),
    ("crane", "as jq, where it is installed"),
    ("cut", "as jq, which it helps"),
    ("base64", "as jq, which it helps"),
    ("echo", "says what the page shows"),
];

/// What can be run without a network and without a module.
const OFFLINE: [&str; 4] = ["convert", "policy", "completions", "explain"];

/// Checks the lines of a block; commands that are run end with this code.
pub(crate) fn check(text: &str, folder: &mut Folder, code: i32) -> Result<(), String> {
    for line in lines(text) {
        check_line(&line, folder, code).map_err(|fault| format!("`{line}`: {fault}"))?;
    }
    Ok(())
}

/// The lines, each as long as it is continued, without comments and without here-documents.
fn lines(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut all = text.lines();
    while let Some(line) = all.next() {
        let mut whole = line.to_owned();
        while let Some(start) = whole.strip_suffix('\\') {
            whole = format!("{} {}", start.trim_end(), all.next().unwrap_or_default().trim());
        }
        let here = whole.split_once("<<'").and_then(|(_, end)| end.split_once('\''));
        if let Some((end, _)) = here {
            all.by_ref().take_while(|line| *line != end).for_each(drop);
        }
        let whole = whole.split(" # ").next().unwrap_or_default().trim();
        if !whole.is_empty() && !whole.starts_with('#') {
            lines.push(whole.to_owned());
        }
    }
    lines
}

fn check_line(line: &str, folder: &mut Folder, code: i32) -> Result<(), String> {
    let Some(line) = command_of(line) else { return Ok(()) };
    let stages: Vec<&str> = line.split(" | ").collect();
    for stage in &stages {
        let words: Vec<&str> = stage.split_whitespace().collect();
        let arguments = words.get(1..).unwrap_or_default();
        match words.first().copied().unwrap_or_default() {
            "signed-images" => signed_images(arguments, stages.len() == 1, folder, code)?,
            "make" => targets(arguments)?,
            "source" if line.contains("<(signed-images completions ") => {}
            program if NOT_RUN.iter().any(|(known, _)| *known == program) => {}
            program => return Err(format!("`{program}` is not known")),
        }
    }
    Ok(())
}

/// The command that a line runs; of an assignment, the one whose output is assigned.
fn command_of(line: &str) -> Option<&str> {
    let line = line.strip_prefix("export ").unwrap_or(line);
    let is_name = |name: &str| name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    match line.split_once('=') {
        Some((name, value)) if is_name(name) => value.split_once("$(").map(|(_, command)| command),
        _ => Some(line),
    }
}

fn signed_images(
    words: &[&str],
    is_alone: bool,
    folder: &mut Folder,
    code: i32,
) -> Result<(), String> {
    let redirected = words.iter().position(|word| word.starts_with('>'));
    let (arguments, target) = words.split_at(redirected.unwrap_or(words.len()));
    let target = target.concat();
    let target = Some(target.trim_start_matches('>')).filter(|target| !target.is_empty());
    let files: Vec<&str> = arguments.iter().copied().filter(|word| is_file(word)).collect();
    let is_offline = arguments.first().is_some_and(|name| {
        OFFLINE.contains(name) && (*name != "explain" || arguments.contains(&"--offline"))
    });
    if !is_alone || !is_offline || !files.iter().all(|file| folder.has(file)) {
        return is_understood(arguments);
    }
    let (ended, said) = folder.run(arguments, target.filter(|target| is_file(target)));
    if ended == code { Ok(()) } else { Err(format!("ended with {ended}: {said}")) }
}

fn targets(words: &[&str]) -> Result<(), String> {
    let makefile = std::fs::read_to_string(root().join("Makefile")).unwrap();
    let is_rule = |name: &str| {
        makefile.lines().any(|line| {
            let mut heads = line.split(':').next().unwrap_or_default().split_whitespace();
            line.contains(':') && !line.starts_with(['\t', '#']) && heads.any(|head| head == name)
        })
    };
    let is_variable = |word: &str| {
        word.split_once('=').is_some_and(|(name, _)| makefile.contains(&format!("\n{name} :=")))
    };
    match words.iter().find(|word| !is_rule(word) && !is_variable(word)) {
        Some(word) => Err(format!("there is no target `{word}`")),
        None => Ok(()),
    }
}

#[test]
fn what_is_wrong_is_seen() {
    let folder = &mut Folder::new();
    for line in [
        "signed-images chek .",
        "signed-images check --settings policy.yaml .",
        "helm template . | signed-images check --pin -",
        "make everything",
        "frobnicate",
        "A=b@$(frobnicate c)",
    ] {
        assert!(check(line, folder, 0).is_err(), "{line}");
    }
    for line in [
        "make test",
        "make fuzz FUZZ_SECONDS=60",
        "cosign \\\n  sign x # y",
        "# no more",
        "A=$(jq .)",
        "A=b",
    ] {
        assert_eq!(check(line, folder, 0), Ok(()), "{line}");
    }
}

/// The command line shows up in the README with what users start with.
#[test]
fn the_readme_shows_the_commands() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    for name in ["check", "explain", "convert", "policy", "run"] {
        assert!(readme.contains(&format!("signed-images {name} ")), "{name}");
    }
}
