//! What a release is packed and installed by: `release/archive`, `release/image`, `release/install`.

#![cfg(test)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use xtask::made::{read, root};

const VERSION: &str = "1.2.3";

fn release(script: &str, arguments: &[&Path]) -> Command {
    let mut release = Command::new(root().join("release").join(script));
    release.args(arguments).env("SOURCE_DATE_EPOCH", "1700000000");
    release
}

fn done(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap()
}

/// A folder with a command that says who it is.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("command"), "#!/bin/sh\necho it is installed\n").unwrap();
    for file in ["man/signed-images.1", "completions/signed-images.bash", "licences/crates.txt"] {
        let path = folder.path().join("share").join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "# of the command\n").unwrap();
    }
    folder
}

fn archiving(folder: &Path, target: &str, to: &str) -> Command {
    let (version, target) = (Path::new(VERSION), Path::new(target));
    let (command, share) = (folder.join("command"), folder.join("share"));
    release("archive", &[version, target, &command, &share, &folder.join(to)])
}

fn archive(folder: &Path, target: &str, to: &str) -> PathBuf {
    PathBuf::from(done(&mut archiving(folder, target, to)).trim_end())
}

/// The name that `cargo binstall` looks for, by the metadata of the command's package.
fn name_by_binstall(target: &str) -> String {
    let cargo = read("cli/Cargo.toml").unwrap();
    let url = cargo.lines().find_map(|line| line.strip_prefix("pkg-url = \"")).unwrap();
    let name = url.trim_end_matches('"').rsplit('/').next().unwrap();
    let parts = [("name", "signed-images"), ("version", VERSION), ("target", target)];
    parts
        .iter()
        .fold(name.to_owned(), |name, (part, text)| name.replace(&format!("{{ {part} }}"), text))
}

#[test]
fn archives_are_the_same_each_time_and_named_as_they_are_looked_for() {
    let folder = folder();
    let target = "aarch64-apple-darwin";
    let first = archive(folder.path(), target, "first");
    let second = archive(folder.path(), target, "second");
    assert_eq!(fs::read(&first).unwrap(), fs::read(second).unwrap());
    assert_eq!(first.file_name().unwrap().to_str().unwrap(), name_by_binstall(target));
    let listed = done(Command::new("tar").arg("-tzf").arg(first));
    for file in [
        "signed-images",
        "man/signed-images.1",
        "completions/signed-images.bash",
        "LICENSE",
        "licences/crates.txt",
        "README.md",
    ] {
        let path = format!("signed-images-{VERSION}-{target}/{file}\n");
        assert!(listed.contains(&path), "{file}: {listed}");
    }
}

/// The licences of what is linked in ask for that.
#[test]
fn nothing_is_packed_without_its_licences() {
    let folder = folder();
    let licences = folder.path().join("share/licences");
    fs::remove_dir_all(&licences).unwrap();
    let archived = archiving(folder.path(), "aarch64-apple-darwin", "none").output().unwrap();
    assert!(!archived.status.success());
    let command = folder.path().join("command");
    let amd64 = PathBuf::from(format!("amd64={}", command.display()));
    let to = folder.path().join("image");
    let mut image = release("image", &[Path::new(VERSION), &licences, &to, &amd64]);
    image.env("CERTIFICATES", &command).env("CERTIFICATES_LICENCE", &command);
    assert!(!image.output().unwrap().status.success());
    fs::create_dir(&licences).unwrap();
    done(&mut image);
}

#[test]
fn licences_that_are_written_down_are_those_that_are_allowed() {
    let list = |path: &str, key: &str| -> Vec<String> {
        let text = read(path).unwrap();
        let (_, rest) = text.split_once(&format!("\n{key} = [\n")).unwrap();
        let (licences, _) = rest.split_once("\n]").unwrap();
        licences.split('"').skip(1).step_by(2).map(str::to_owned).collect()
    };
    assert_eq!(list("release/about.toml", "accepted"), list("deny.toml", "allow"));
}

/// What is told of the command, its licences and bills of materials, is of the platforms that it is built for.
#[test]
fn what_is_built_is_what_is_told_of() {
    let makefile = read("Makefile").unwrap().replace("\\\n", "");
    let targets = makefile.lines().find_map(|line| line.strip_prefix("TARGETS := ")).unwrap();
    let workflow = read(".github/workflows/release.yml").unwrap();
    let built: Vec<&str> = workflow
        .split("{target: ")
        .skip(1)
        .filter_map(|rest| rest.split_once(',').map(|(target, _)| target))
        .collect();
    assert_eq!(targets.split_whitespace().collect::<Vec<_>>(), built);
}

/// Beside the command there are no other files of the repository.
#[test]
fn links_in_an_archive_lead_to_the_repository() {
    let folder = folder();
    let target = "aarch64-apple-darwin";
    let archive = archive(folder.path(), target, "links");
    let readme = format!("signed-images-{VERSION}-{target}/README.md");
    let text = done(Command::new("tar").arg("-xzOf").arg(archive).arg(readme));
    let links: Vec<&str> =
        text.split("](").skip(1).filter_map(|rest| rest.split(')').next()).collect();
    assert!(links.len() > 20, "{links:?}");
    for link in &links {
        assert!(link.starts_with("https://") || link.starts_with('#'), "{link}");
    }
    let install = format!(
        "https://github.com/signed-images/signed-images-policy/blob/v{VERSION}/docs/src/install.md"
    );
    assert!(links.contains(&install.as_str()), "{links:?}");
    assert!(text.contains("/docs/src/install.md#tested-versions)"), "{text}");
}

/// A folder of releases, for this machine, and `release/install` from there into a folder beside.
#[cfg(target_os = "linux")]
struct Releases {
    folder: tempfile::TempDir,
    archive: PathBuf,
}

#[cfg(target_os = "linux")]
impl Releases {
    fn new() -> Self {
        let folder = folder();
        let target = format!("{}-unknown-linux-musl", std::env::consts::ARCH);
        let archive = archive(folder.path(), &target, &format!("download/v{VERSION}"));
        let releases = Self { folder, archive };
        releases.list(&releases.sums());
        releases
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn sums(&self) -> String {
        let mut sums = Command::new("sha256sum");
        sums.arg(self.archive.file_name().unwrap());
        done(sums.current_dir(self.archive.parent().unwrap()))
    }

    fn list(&self, sums: &str) {
        fs::write(self.archive.with_file_name("SHA256SUMS"), sums).unwrap();
    }

    fn install(&self, to: &str) -> Command {
        let mut install = Command::new("sh");
        install.arg(root().join("release/install")).args(["--version", VERSION, "--to"]);
        install
            .arg(self.path().join(to))
            .env("RELEASES", format!("file://{}", self.path().display()));
        install
    }
}

#[cfg(target_os = "linux")]
fn words(command: &mut Command) -> String {
    String::from_utf8(command.output().unwrap().stderr).unwrap()
}

#[test]
#[cfg(target_os = "linux")]
fn what_is_installed_is_what_the_release_says() {
    let releases = Releases::new();
    done(&mut releases.install("bin"));
    let said = done(&mut Command::new(releases.path().join("bin/signed-images")));
    assert_eq!(said, "it is installed\n");

    // Of another file; and of none.
    let zeroes = releases.sums().replacen(|c: char| c.is_ascii_hexdigit(), "0", 8);
    for (sums, why) in [(zeroes, "is damaged, or is not"), (String::new(), "does not list")] {
        releases.list(&sums);
        let said = words(&mut releases.install("other"));
        assert!(said.contains(why), "{said}");
        assert!(!releases.install("other").output().unwrap().status.success());
        assert!(!releases.path().join("other/signed-images").exists());
    }
}

/// So that it can be pasted.
#[test]
#[cfg(target_os = "linux")]
fn what_a_shell_does_not_find_yet_is_said() {
    let releases = Releases::new();
    let bin = releases.path().join("bin");
    let to_path = format!("export PATH=\"{}:$PATH\"", bin.display());
    let mut install = releases.install("unused");
    let relative = words(install.args(["--to", "bin"]).current_dir(releases.path()));
    assert!(relative.contains(&to_path), "{relative}");

    // An older one, which a shell would find before this one.
    let older = releases.path().join("older");
    fs::create_dir(&older).unwrap();
    fs::copy(bin.join("signed-images"), older.join("signed-images")).unwrap();
    let all = std::env::var("PATH").unwrap();
    let path =
        |first: &Path, second: &Path| format!("{}:{}:{all}", first.display(), second.display());
    let shadowed = words(releases.install("bin").env("PATH", path(&older, &bin)));
    let first = format!("{}/signed-images comes first", older.display());
    assert!(shadowed.contains(&first), "{shadowed}");
    assert_eq!(words(releases.install("bin").env("PATH", path(&bin, &older))), "");
}

/// `release/install` with these arguments, on a machine with these commands and this home, from releases in `folder`.
#[cfg(target_os = "linux")]
fn installing(folder: &Path, tools: &[&str], home: &str, arguments: &[&str]) -> Output {
    let bin = tempfile::tempdir().unwrap();
    for tool in tools {
        let found = done(Command::new("sh").args(["-c", &format!("command -v {tool}")]));
        std::os::unix::fs::symlink(found.trim_end(), bin.path().join(tool)).unwrap();
    }
    let mut install = Command::new(bin.path().join("sh"));
    install.arg(root().join("release/install")).args(arguments).env_clear();
    install.env("PATH", bin.path()).env("HOME", home);
    install.env("RELEASES", format!("file://{}", folder.display())).output().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn what_keeps_the_command_from_being_installed_is_said() {
    const BASIC: [&str; 7] = ["sh", "uname", "mktemp", "mkdir", "rm", "grep", "mv"];
    const ALL: [&str; 11] =
        ["sh", "uname", "mktemp", "mkdir", "rm", "grep", "mv", "curl", "tar", "gzip", "sha256sum"];
    let folder = folder();
    let folder = folder.path();
    let to = folder.join("bin");
    let to = to.to_str().unwrap();
    fs::write(folder.join("a-file"), "").unwrap();
    // Where GitHub leads to a page of all releases, because there is none.
    fs::write(folder.join("latest"), "").unwrap();
    let a_file = folder.join("a-file");
    let version = ["--version", VERSION, "--to", to];
    let without = |tool: &str| ALL.into_iter().filter(|name| *name != tool).collect::<Vec<_>>();
    let rows: [(&[&str], &str, &[&str], &str); 10] = [
        (&BASIC, to, &version, "install curl first"),
        (&without("tar"), to, &version, "install tar first"),
        (&without("gzip"), to, &version, "install gzip first"),
        (&without("sha256sum"), to, &version, "install sha256sum or shasum first"),
        (&ALL, to, &["--to"], "--to needs a value"),
        (&ALL, to, &["--to=x"], "--to=x is not an option: --version VERSION, --to FOLDER"),
        (&ALL, "", &["--version", VERSION], "HOME is not set: name a folder with --to FOLDER"),
        (
            &ALL,
            to,
            &["--version", VERSION, "--to", a_file.to_str().unwrap()],
            "choose another folder with --to FOLDER",
        ),
        (&ALL, to, &["--to", to], "no release was found at file://"),
        (&ALL, to, &version, "cannot fetch file://"),
    ];
    for (tools, home, arguments, said) in rows {
        let Output { status, stderr, .. } = installing(folder, tools, home, arguments);
        let stderr = String::from_utf8_lossy(&stderr);
        assert_eq!(status.code(), Some(1), "{arguments:?}: {stderr}");
        assert!(stderr.contains(&format!("error: {said}")) || stderr.contains(said), "{stderr}");
    }
    let help = installing(folder, &ALL, to, &["--help"]);
    assert!(String::from_utf8_lossy(&help.stdout).contains("--to FOLDER"));
    assert!(help.status.success());
}

#[test]
fn the_container_image_is_one_for_all_architectures() {
    let folder = folder();
    let command = folder.path().join("command");
    let licences = folder.path().join("share/licences");
    let image = |to: &str| {
        let to = folder.path().join(to);
        let platforms = ["amd64", "arm64"].map(|name| format!("{name}={}", command.display()));
        let [amd64, arm64] = platforms.map(PathBuf::from);
        let mut image = release("image", &[Path::new(VERSION), &licences, &to, &amd64, &arm64]);
        done(image.env("CERTIFICATES", &command).env("CERTIFICATES_LICENCE", &command));
        to
    };
    let (first, second) = (image("first"), image("second"));
    let text = |folder: &Path, path: &str| fs::read_to_string(folder.join(path)).unwrap();
    assert_eq!(text(&first, "index.json"), text(&second, "index.json"));

    let blob = |descriptor: &Value| -> Value {
        let digest = descriptor["digest"].as_str().unwrap().replace(':', "/");
        let content = text(&first, &format!("blobs/{digest}"));
        assert_eq!(descriptor["size"], content.len(), "{digest}");
        serde_json::from_str(&content).unwrap()
    };
    let layout: Value = serde_json::from_str(&text(&first, "index.json")).unwrap();
    let index = blob(&layout["manifests"][0]);
    let mut architectures = Vec::new();
    for descriptor in index["manifests"].as_array().unwrap() {
        let manifest = blob(descriptor);
        let layer = manifest["layers"][0]["digest"].as_str().unwrap().replace(':', "/");
        let layer = first.join("blobs").join(layer);
        let listed = done(Command::new("tar").arg("-tzf").arg(layer));
        for file in
            ["signed-images", "LICENSE", "licences/crates.txt", "licences/ca-certificates.txt"]
        {
            assert!(listed.contains(&format!("./{file}\n")), "{file}: {listed}");
        }
        let config = blob(&manifest["config"]);
        assert_eq!(config["architecture"], descriptor["platform"]["architecture"]);
        assert_eq!(config["config"]["User"], "65532:65532");
        assert_eq!(config["config"]["Entrypoint"][0], "/signed-images");
        architectures.push(config["architecture"].as_str().unwrap().to_owned());
    }
    assert_eq!(architectures, ["amd64", "arm64"]);
}

/// What is signed is the list of checksums: a file of a release that is not in it could not be verified.
#[test]
fn every_file_of_a_release_is_in_the_list_that_is_signed() {
    let words = |path: &str, before: &str, after: &str| -> Vec<String> {
        let text = read(path).unwrap();
        let (_, rest) = text.split_once(before).unwrap();
        let (words, _) = rest.split_once(after).unwrap();
        words.split_whitespace().map(|word| word.trim_matches('*').to_owned()).collect()
    };
    let listed = words("Makefile", "cd dist && sha256sum ", " >SHA256SUMS");
    let published = words(".github/workflows/release.yml", "--notes-file notes.md -- ", "\n");
    assert!(published.len() > 4, "{published:?}");
    let guide = read("docs/src/install.md").unwrap();
    for file in published {
        assert!(guide.contains(&format!("{file}`")), "not in docs/src/install.md: {file}");
        if file != "SHA256SUMS" {
            assert!(listed.iter().any(|end| file.ends_with(end)), "not in SHA256SUMS: {file}");
        }
    }
}
