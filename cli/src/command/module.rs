//! Where the policy's module is, for the commands that run this very policy.
//!
//! - In which order? What `--module` names; else what `SIGNED_IMAGES_MODULE` names; else the one within this command;
//!   else `annotated-policy.wasm`, which carries its metadata, or `policy.wasm` beside the executable; and a command
//!   that is built to be worked on takes the one that `make` made in its tree.
//! - Why not one in the current folder? It would decide about the manifests that it comes with.
//! - What may be named? A file, or a URL that a policy server takes too ([`crate::fetch`]).
//! - What if one is named and is not there? An error: nothing else is tried.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;

use super::exit::Mistake;
use crate::fetch::{Location, without_secrets};

const VARIABLE: &str = "SIGNED_IMAGES_MODULE";
const BESIDE: [&str; 2] = ["annotated-policy.wasm", "policy.wasm"];

/// The option that names the module.
#[derive(Debug, Args)]
pub(crate) struct ModuleOption {
    /// The policy's module: a file or a URL (`registry://`, `https://`) [default: `$SIGNED_IMAGES_MODULE`, else
    /// the module in this command, else `annotated-policy.wasm` or `policy.wasm` in this command's folder]
    #[arg(long, value_name = "MODULE")]
    module: Option<String>,
}

impl ModuleOption {
    /// Where the module is.
    ///
    /// # Errors
    /// When there is none in any of these places.
    pub(crate) fn location(&self) -> Result<Location, Mistake> {
        let found = find(
            self.module.as_deref(),
            std::env::var_os(VARIABLE),
            Location::embedded(),
            &folders(),
        );
        found.map_err(Mistake::new)
    }
}

/// Where a module may lie: beside the executable, and in the tree of a command that is built to be worked on.
fn folders() -> Vec<PathBuf> {
    let executable = std::env::current_exe().ok();
    let beside = executable.and_then(|path| Some(path.parent()?.to_owned()));
    let tree = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    let tree = tree.filter(|_| cfg!(debug_assertions)).map(Path::to_owned);
    beside.into_iter().chain(tree).collect()
}

fn find(
    named: Option<&str>,
    variable: Option<OsString>,
    embedded: Option<Location>,
    folders: &[PathBuf],
) -> anyhow::Result<Location> {
    if let Some(module) = named {
        return located(module, "--module");
    }
    if let Some(module) = variable.filter(|value| !value.is_empty()) {
        return located(&module.to_string_lossy(), VARIABLE);
    }
    let paths = folders.iter().flat_map(|folder| BESIDE.iter().map(|name| folder.join(name)));
    let lying = || paths.into_iter().find(|path| path.is_file()).map(Location::from);
    embedded.or_else(lying).with_context(|| {
        let folder = folders.first().map_or(Path::new("?"), PathBuf::as_path);
        format!(
            "this command does not contain the module, as released ones do: pass --module PATH, or set {VARIABLE}, \
             or put `{}` beside this command (`{}`); `make {}` builds it",
            BESIDE.join("` or `"),
            folder.display(),
            BESIDE[0],
        )
    })
}

fn located(module: &str, what: &str) -> anyhow::Result<Location> {
    let shown = without_secrets(module);
    let location: Location = module.parse().with_context(|| format!("{what}: `{shown}`"))?;
    if location.file().is_some_and(|path| !path.is_file()) {
        bail!("{what}: no module `{shown}`");
    }
    Ok(location)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_module_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let found = |name: &str| Ok(Location::from(at(name)));
        let folders = [folder.path().to_owned(), at("tree")];
        let within: Location = "within".parse().unwrap();
        let find_or = |named: Option<&str>, variable: &str, embedded: Option<Location>| {
            let named = named.map(|name| at(name).display().to_string());
            let variable = Some(at(variable).into()).filter(|_| !variable.is_empty());
            find(named.as_deref(), variable, embedded, &folders).map_err(|error| error.to_string())
        };
        let find = |named, variable| find_or(named, variable, None);
        let error = find(None, "").unwrap_err();
        for way in ["--module", VARIABLE, BESIDE[0], BESIDE[1], folder.path().to_str().unwrap()] {
            assert!(error.contains(way), "{way}: {error}");
        }
        std::fs::create_dir(at("tree")).unwrap();
        std::fs::write(at("tree").join(BESIDE[1]), "").unwrap();
        assert_eq!(find(None, ""), Ok(Location::from(at("tree").join(BESIDE[1]))));
        for name in ["named", "variable", BESIDE[1]] {
            std::fs::write(at(name), "").unwrap();
        }
        assert_eq!(find(None, ""), found(BESIDE[1]));
        std::fs::write(at(BESIDE[0]), "").unwrap();
        assert_eq!(find(None, ""), found(BESIDE[0]));
        assert_eq!(find_or(None, "", Some(within.clone())), Ok(within.clone()));
        assert_eq!(find_or(None, "variable", Some(within.clone())), found("variable"));
        assert_eq!(find_or(Some("named"), "", Some(within)), found("named"));
        assert_eq!(find(None, "variable"), found("variable"));
        assert_eq!(find(Some("named"), "variable"), found("named"));
        assert!(find(Some("nowhere"), "variable").unwrap_err().starts_with("--module: no module"));
        assert!(find(None, "nowhere").unwrap_err().starts_with(VARIABLE));
        let url = "registry://ghcr.io/acme/policy:1";
        assert_eq!(super::find(Some(url), None, None, &[]).unwrap().to_string(), url);
        let error = super::find(Some("oci://a/b"), None, None, &[]).unwrap_err();
        assert!(error.to_string().starts_with("--module: `oci://a/b`"), "{error}");
    }
}
