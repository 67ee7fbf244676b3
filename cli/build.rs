//! Puts the policy's module into the command, when it is asked to:
//!
//! ```console
//! make annotated-policy.wasm
//! SIGNED_IMAGES_EMBED=annotated-policy.wasm cargo build --release --package signed-images
//! ```
//!
//! - What does `SIGNED_IMAGES_EMBED` name? A file, from the root of this repository. Released commands are built with
//!   the module of their release.
//! - And without it? Nothing is put in, and nothing is fetched: `cli/src/command/module.rs` says where such a command
//!   looks.
//! - Why must the module carry metadata? They say which kinds of objects the policy reviews.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

const VARIABLE: &str = "SIGNED_IMAGES_EMBED";
/// The custom section that `signed-images annotate` and `kwctl annotate` write.
const METADATA: &[u8] = b"io.kubewarden.metadata";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-env-changed={VARIABLE}");
    println!("cargo::rerun-if-changed=build.rs");
    let copy = PathBuf::from(env::var("OUT_DIR")?).join("embedded.wasm");
    let module = match env::var_os(VARIABLE).filter(|path| !path.is_empty()) {
        Some(path) => read(&Path::new("..").join(path))?,
        None => Vec::new(),
    };
    Ok(fs::write(copy, module)?)
}

fn read(path: &Path) -> Result<Vec<u8>, Box<dyn Error>> {
    println!("cargo::rerun-if-changed={}", path.display());
    let failed = |reason: &str| format!("{VARIABLE}: `{}`: {reason}", path.display());
    let module = fs::read(path).map_err(|error| failed(&error.to_string()))?;
    if !module.starts_with(b"\0asm") {
        return Err(failed("not a WebAssembly module").into());
    }
    if !module.windows(METADATA.len()).any(|part| part == METADATA) {
        return Err(failed(
            "it carries no metadata: `make annotated-policy.wasm` makes one that does",
        )
        .into());
    }
    Ok(module)
}
