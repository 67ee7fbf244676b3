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
    fs::create_dir_all(folder.path().join("share/man")).unwrap();
    fs::write(folder.path().join("share/man/signed-images.1"), ".TH a 1\n").unwrap();
    folder
}

fn archive(folder: &Path, target: &str, to: &str) -> PathBuf {
    let (version, target) = (Path::new(VERSION), Path::new(target));
    let (command, share) = (folder.join("command"), folder.join("share"));
    let made =
        done(&mut release("archive", &[version, target, &command, &share, &folder.join(to)]));
    PathBuf::from(made.trim_end())
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
    for file in ["signed-images", "man/signed-images.1", "LICENSE", "README.md"] {
        let path = format!("signed-images-{VERSION}-{target}/{file}\n");
        assert!(listed.contains(&path), "{file}: {listed}");
    }
}

#[test]
fn what_is_installed_is_what_the_release_says() {
    if !cfg!(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))) {
        return;
    }
    let folder = folder();
    let folder = folder.path();
    let target = format!("{}-unknown-linux-musl", std::env::consts::ARCH);
    let place = format!("download/v{VERSION}");
    let archive = archive(folder, &target, &place);
    let sums = |archive: &Path| {
        done(
            Command::new("sha256sum")
                .arg(archive.file_name().unwrap())
                .current_dir(folder.join(&place)),
        )
    };
    let install = |to: &str| {
        let mut install = Command::new("sh");
        install.arg(root().join("release/install")).args(["--version", VERSION, "--to"]);
        install.arg(folder.join(to)).env("RELEASES", format!("file://{}", folder.display()));
        install
    };
    fs::write(folder.join(&place).join("SHA256SUMS"), sums(&archive)).unwrap();
    done(&mut install("bin"));
    let said = done(&mut Command::new(folder.join("bin/signed-images")));
    assert_eq!(said, "it is installed\n");

    // Of another file; and of none.
    let zeroes = sums(&archive).replacen(|c: char| c.is_ascii_hexdigit(), "0", 8);
    for sums in [zeroes, String::new()] {
        fs::write(folder.join(&place).join("SHA256SUMS"), sums).unwrap();
        assert!(!install("other").output().unwrap().status.success());
        assert!(!folder.join("other/signed-images").exists());
    }
}

#[test]
fn the_container_image_is_one_for_all_architectures() {
    let folder = folder();
    let command = folder.path().join("command");
    let image = |to: &str| {
        let to = folder.path().join(to);
        let platforms = ["amd64", "arm64"].map(|name| format!("{name}={}", command.display()));
        let [amd64, arm64] = platforms.map(PathBuf::from);
        let mut image = release("image", &[Path::new(VERSION), &to, &amd64, &arm64]);
        done(image.env("CERTIFICATES", &command));
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
        let config = blob(&blob(descriptor)["config"]);
        assert_eq!(config["architecture"], descriptor["platform"]["architecture"]);
        assert_eq!(config["config"]["User"], "65532:65532");
        assert_eq!(config["config"]["Entrypoint"][0], "/signed-images");
        architectures.push(config["architecture"].as_str().unwrap().to_owned());
    }
    assert_eq!(architectures, ["amd64", "arm64"]);
}
