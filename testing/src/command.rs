//! Runs the command, as every test of it does: with the variables that these tests set, and no others that it
//! knows.

use std::ffi::OsStr;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// What became of a command line.
#[derive(Debug)]
pub struct Outcome {
    /// What it exited with; none when a signal ended it.
    pub code: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What it said besides.
    pub stderr: String,
}

/// Runs `signed-images` in this folder, which also holds Docker's configuration, if there is one.
pub fn signed_images<A: AsRef<OsStr>>(
    folder: &Path,
    arguments: impl IntoIterator<Item = A>,
    variables: &[(&str, &str)],
    stdin: &str,
) -> Outcome {
    run("signed-images", folder, arguments, variables, stdin)
}

/// Runs a program of the package under test. Cargo tells each of its tests where the program is.
pub fn run<A: AsRef<OsStr>>(
    program: &str,
    folder: &Path,
    arguments: impl IntoIterator<Item = A>,
    variables: &[(&str, &str)],
    stdin: &str,
) -> Outcome {
    let file = std::env::var_os(format!("CARGO_BIN_EXE_{program}")).unwrap();
    let mut child = Command::new(file)
        .args(arguments)
        .current_dir(folder)
        .env_remove("RUST_LOG")
        .env_remove("SIGNED_IMAGES_MODULE")
        .env_remove("NO_COLOR")
        .env_remove("COLUMNS")
        .env_remove("CLICOLOR_FORCE")
        .env("DOCKER_CONFIG", folder)
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that stops early does not read its input.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    let output = child.wait_with_output().unwrap();
    Outcome {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}
