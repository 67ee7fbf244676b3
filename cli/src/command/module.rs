//! Where the policy's module is, for the commands that run this very policy.
//!
//! - In which order? What `--module` names; else what `SIGNED_IMAGES_MODULE` names; else `annotated-policy.wasm`,
//!   which carries its metadata, or `policy.wasm` beside the executable.
//! - What if one is named and is not there? An error: nothing else is tried.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::bail;
use clap::Args;

use super::exit::Mistake;

const VARIABLE: &str = "SIGNED_IMAGES_MODULE";
const BESIDE: [&str; 2] = ["annotated-policy.wasm", "policy.wasm"];

/// The option that names the module.
#[derive(Debug, Args)]
pub(crate) struct ModuleOption {
    /// The policy's module [default: what the variable `SIGNED_IMAGES_MODULE` names, or
    /// `annotated-policy.wasm` or `policy.wasm` beside this command]
    #[arg(long, value_name = "PATH")]
    module: Option<PathBuf>,
}

impl ModuleOption {
    /// The path of the module.
    ///
    /// # Errors
    /// When there is none in any of these places.
    pub(crate) fn path(&self) -> Result<PathBuf, Mistake> {
        let found = find(
            self.module.clone(),
            std::env::var_os(VARIABLE),
            std::env::current_exe().ok().as_deref(),
        );
        found.map_err(Mistake::new)
    }
}

fn find(
    named: Option<PathBuf>,
    variable: Option<OsString>,
    executable: Option<&Path>,
) -> anyhow::Result<PathBuf> {
    if let Some(path) = named {
        return exists(path, "--module");
    }
    if let Some(path) = variable.filter(|value| !value.is_empty()) {
        return exists(path.into(), VARIABLE);
    }
    let folder = executable.and_then(Path::parent);
    let beside = folder
        .and_then(|folder| BESIDE.iter().map(|name| folder.join(name)).find(|path| path.is_file()));
    match (beside, folder) {
        (Some(path), _) => Ok(path),
        (None, folder) => bail!(
            "no module of the policy: pass --module PATH, or set {VARIABLE}, or put `{}` beside this \
             command (`{}`)",
            BESIDE.join("` or `"),
            folder.unwrap_or(Path::new("?")).display()
        ),
    }
}

fn exists(path: PathBuf, what: &str) -> anyhow::Result<PathBuf> {
    if !path.is_file() {
        bail!("{what}: no module `{}`", path.display());
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_module_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let executable = at("signed-images");
        let find = |named: Option<&str>, variable: &str| {
            find(
                named.map(at),
                Some(at(variable).into()).filter(|_| !variable.is_empty()),
                Some(&executable),
            )
            .map_err(|error| error.to_string())
        };
        let error = find(None, "").unwrap_err();
        for way in ["--module", VARIABLE, BESIDE[0], BESIDE[1], folder.path().to_str().unwrap()] {
            assert!(error.contains(way), "{way}: {error}");
        }
        for name in ["named", "variable", BESIDE[1]] {
            std::fs::write(at(name), "").unwrap();
        }
        assert_eq!(find(None, ""), Ok(at(BESIDE[1])));
        std::fs::write(at(BESIDE[0]), "").unwrap();
        assert_eq!(find(None, ""), Ok(at(BESIDE[0])));
        assert_eq!(find(None, "variable"), Ok(at("variable")));
        assert_eq!(find(Some("named"), "variable"), Ok(at("named")));
        assert!(find(Some("nowhere"), "variable").unwrap_err().starts_with("--module: no module"));
        assert!(find(None, "nowhere").unwrap_err().starts_with(VARIABLE));
    }
}
