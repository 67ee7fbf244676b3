//! Where the policy's module is, for the commands that run this very policy.
//!
//! - In which order? What `--module` names; else what `SIGNED_IMAGES_MODULE` names; else `annotated-policy.wasm`,
//!   which carries its metadata, or `policy.wasm` beside the executable.
//! - What may be named? A file, or a URL that a policy server takes too ([`crate::fetch`]).
//! - What if one is named and is not there? An error: nothing else is tried.

use std::ffi::OsString;
use std::path::Path;

use anyhow::{Context, bail};
use clap::Args;

use super::exit::Mistake;
use crate::fetch::{Location, without_secrets};

const VARIABLE: &str = "SIGNED_IMAGES_MODULE";
const BESIDE: [&str; 2] = ["annotated-policy.wasm", "policy.wasm"];

/// The option that names the module.
#[derive(Debug, Args)]
pub(crate) struct ModuleOption {
    /// The policy's module: a file, or a URL (`registry://`, `https://`) [default: what the variable
    /// `SIGNED_IMAGES_MODULE` names, or `annotated-policy.wasm` or `policy.wasm` beside this command]
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
            std::env::current_exe().ok().as_deref(),
        );
        found.map_err(Mistake::new)
    }
}

fn find(
    named: Option<&str>,
    variable: Option<OsString>,
    executable: Option<&Path>,
) -> anyhow::Result<Location> {
    if let Some(module) = named {
        return located(module, "--module");
    }
    if let Some(module) = variable.filter(|value| !value.is_empty()) {
        return located(&module.to_string_lossy(), VARIABLE);
    }
    let folder = executable.and_then(Path::parent);
    let beside = folder
        .and_then(|folder| BESIDE.iter().map(|name| folder.join(name)).find(|path| path.is_file()));
    match (beside, folder) {
        (Some(path), _) => Ok(path.into()),
        (None, folder) => bail!(
            "no module of the policy: pass --module PATH, or set {VARIABLE}, or put `{}` beside this \
             command (`{}`)",
            BESIDE.join("` or `"),
            folder.unwrap_or(Path::new("?")).display()
        ),
    }
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
        let executable = at("signed-images");
        let find = |named: Option<&str>, variable: &str| {
            let named = named.map(|name| at(name).display().to_string());
            find(
                named.as_deref(),
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
        assert_eq!(find(None, ""), found(BESIDE[1]));
        std::fs::write(at(BESIDE[0]), "").unwrap();
        assert_eq!(find(None, ""), found(BESIDE[0]));
        assert_eq!(find(None, "variable"), found("variable"));
        assert_eq!(find(Some("named"), "variable"), found("named"));
        assert!(find(Some("nowhere"), "variable").unwrap_err().starts_with("--module: no module"));
        assert!(find(None, "nowhere").unwrap_err().starts_with(VARIABLE));
        let url = "registry://ghcr.io/acme/policy:1";
        assert_eq!(super::find(Some(url), None, None).unwrap().to_string(), url);
        let error = super::find(Some("oci://a/b"), None, None).unwrap_err();
        assert!(error.to_string().starts_with("--module: `oci://a/b`"), "{error}");
    }
}
