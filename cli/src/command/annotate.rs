//! `signed-images annotate`: a policy's metadata, checked and written into its module.
//!
//! - What is written? The custom section that `kwctl annotate` writes. The same input gives the same file.
//! - What is warned about? Host capabilities that the module seems to use and the metadata does not list, and
//!   the other way round: a host denies what is not listed.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, anyhow};
use clap::Args;
use tracing::warn;

use crate::capabilities;
use crate::evaluation::protocol_version;
use crate::metadata::{Metadata, section};
use crate::module::Module;

const EXAMPLES: &str = "\
Examples:
  signed-images annotate policy.wasm -m metadata.yml -u README.md \\
    -o annotated-policy.wasm";

/// Write a policy's metadata into its module
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, override_usage = "signed-images annotate [OPTIONS] -m <PATH> -o <PATH> <MODULE>")]
pub(crate) struct Annotate {
    /// The policy's module
    module: PathBuf,
    /// The metadata: a YAML file
    #[arg(long, short, value_name = "PATH")]
    metadata_path: PathBuf,
    /// The usage text: a README (Markdown)
    #[arg(long, short, value_name = "PATH")]
    usage_path: Option<PathBuf>,
    /// The file for the annotated module
    #[arg(long, short, value_name = "PATH")]
    output_path: PathBuf,
}

impl Annotate {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let bytes = std::fs::read(&self.module)
            .with_context(|| format!("cannot read module `{}`", self.module.display()))?;
        let metadata = Metadata::parse(&read(&self.metadata_path, "metadata")?)
            .with_context(|| format!("metadata `{}`", self.metadata_path.display()))?;
        let usage = self.usage_path.as_deref().map(|path| read(path, "usage")).transpose()?;
        let of_module = || format!("module `{}`", self.module.display());
        let module = Module::from_bytes(&bytes).with_context(of_module)?;
        let protocol = protocol_version(&module)
            .map_err(|reason| anyhow!("no protocol version: {reason}"))
            .with_context(of_module)?;
        let metadata = metadata.complete(protocol, usage)?;
        warn_of_differences(&bytes, &metadata)?;
        let annotated = section::replace(&bytes, &metadata)?;
        std::fs::write(&self.output_path, annotated)
            .with_context(|| format!("cannot write `{}`", self.output_path.display()))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn read(path: &Path, what: &str) -> anyhow::Result<String> {
    crate::text::read(path).with_context(|| format!("cannot read {what} `{}`", path.display()))
}

fn warn_of_differences(module: &[u8], metadata: &Metadata) -> anyhow::Result<()> {
    let used = capabilities::detect(&section::data_segments(module)?);
    let listed = metadata.host_capabilities.clone().unwrap_or_default();
    let list = |names: Vec<&String>| {
        names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    };
    let missing: Vec<&String> =
        used.iter().filter(|name| !capabilities::is_listed(&listed, name)).collect();
    if !missing.is_empty() {
        warn!("hostCapabilities: not listed, but the module seems to use {}", list(missing));
    }
    let unused: Vec<&String> =
        listed.iter().filter(|name| !capabilities::is_used(&used, name)).collect();
    if !unused.is_empty() {
        warn!("hostCapabilities: listed, but the module does not seem to use {}", list(unused));
    }
    Ok(())
}
