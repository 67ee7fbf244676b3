//! Runs the command.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use signed_images_testing::command::{self, Outcome};

/// Runs `signed-images` with these arguments in this folder.
pub(crate) fn signed_images(folder: &Path, arguments: &[&str]) -> Outcome {
    signed_images_with(folder, arguments, &[])
}

/// Runs it with these variables besides.
pub(crate) fn signed_images_with(
    folder: &Path,
    arguments: &[&str],
    variables: &[(&str, &str)],
) -> Outcome {
    command::signed_images(folder, arguments, variables, "")
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A folder with these settings in `settings.yaml`, every `${path}` in them being the indented text of
/// `tests/fixtures/path.pem`.
pub(crate) fn folder(settings: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut text = String::new();
    for line in settings.lines() {
        match line.trim_start().strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) {
            Some(path) => {
                let indent = &line[..line.len() - line.trim_start().len()];
                let pem =
                    std::fs::read_to_string(root().join(format!("tests/fixtures/{path}.pem")));
                text.extend(pem.unwrap().lines().map(|line| format!("{indent}{line}\n")));
            }
            None => text.extend([line, "\n"]),
        }
    }
    std::fs::write(folder.path().join("settings.yaml"), text).unwrap();
    folder
}

/// All that a successful command printed; it says nothing on stderr.
pub(crate) fn screen(folder: &Path, arguments: &[&str]) -> String {
    ended(folder, arguments, 0)
}

/// All that a command printed that ended with this code; it says nothing on stderr.
pub(crate) fn ended(folder: &Path, arguments: &[&str], code: i32) -> String {
    let outcome = signed_images(folder, arguments);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(code), ""), "{arguments:?}");
    outcome.stdout
}
