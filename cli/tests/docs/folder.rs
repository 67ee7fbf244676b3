//! A page's folder: the files that it shows, and the commands that are run in it.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use crate::pages::Block;

pub(crate) struct Folder {
    folder: TempDir,
    /// What the last command printed.
    printed: Option<String>,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), printed: None }
    }

    pub(crate) fn printed(&self) -> Option<&str> {
        self.printed.as_deref()
    }

    pub(crate) fn has(&self, file: &str) -> bool {
        self.folder.path().join(file).exists()
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Keeps the block as a file when it starts with its name.
    pub(crate) fn keep(&self, block: &Block) {
        let first = block.text.lines().next().unwrap_or_default();
        if let Some(name) = first.strip_prefix("# ").filter(|name| is_file(name)) {
            self.write(name, &block.text);
        }
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Runs the command here; what it prints goes to a file, or is kept to be compared.
    pub(crate) fn run(&mut self, arguments: &[&str], file: Option<&str>) -> (i32, String) {
        let output = run(self.folder.path(), arguments);
        let printed = String::from_utf8(output.stdout).unwrap();
        if let Some(file) = file {
            self.write(file, &printed);
        }
        self.printed = Some(printed);
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    }
}

/// Whether a word is the name of a file that commands read.
pub(crate) fn is_file(word: &str) -> bool {
    !word.contains(' ')
        && !word.contains("://")
        && [".yaml", ".yml", ".json", ".txt"].iter().any(|end| word.ends_with(end))
}

/// Whether `signed-images` understands these arguments. It finds none of the files that they name.
pub(crate) fn is_understood(arguments: &[&str]) -> Result<(), String> {
    let empty = tempfile::tempdir().unwrap();
    let said = String::from_utf8(run(empty.path(), arguments).stderr).unwrap();
    if said.contains("For more information, try '--help'") { Err(said) } else { Ok(()) }
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_signed-images"))
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .env_remove("RUST_LOG")
        .env_remove("SIGNED_IMAGES_MODULE")
        .env("DOCKER_CONFIG", folder)
        .env("NO_COLOR", "1")
        .output()
        .unwrap()
}
