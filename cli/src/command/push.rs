//! `signed-images push`: a module, put into a registry as `kwctl push` does it.
//!
//! - Which options? Those of `kwctl push`, under the same names.
//! - What is refused? A module without metadata, unless it is forced: a policy server could run it, and nobody
//!   could tell what it needs.

use std::process::ExitCode;

use anyhow::{Context, anyhow, bail};
use clap::{Args, ValueEnum};
use oci_client::Reference;
use serde_json::json;
use tokio::runtime::Runtime;
use tracing::warn;

use super::options::RegistryOptions;
use super::print::print;
use crate::fetch::Location;
use crate::host::AT_ONCE;
use crate::metadata::section;
use crate::push::Artifact;

const EXAMPLES: &str = "\
Examples:
  Push a module, and sign it:
    signed-images push annotated-policy.wasm ghcr.io/acme/policies/policy:v1.0.0
    cosign sign --key cosign.key ghcr.io/acme/policies/policy@sha256:…

  For a script:
    signed-images push annotated-policy.wasm ghcr.io/acme/policies/policy:v1.0.0 \\
      --output json";

/// Push a policy's module, and print its reference by digest
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Push {
    /// The policy's module: a file or a URL (`registry://`, `https://`)
    module: String,
    /// The destination: `host/repository:tag`, with or without `registry://`
    #[arg(value_name = "URI", value_parser = destination)]
    to: Reference,
    /// Push a module even if it has no metadata
    #[arg(long, short)]
    force: bool,
    /// The format of the result
    #[arg(long, short, value_name = "FORMAT", default_value = "text")]
    output: Output,
    #[command(flatten)]
    registries: RegistryOptions,
}

/// How the result is printed.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Output {
    /// For people
    Text,
    /// For programs
    Json,
}

impl Push {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let runtime = Runtime::new()?;
        let registries = self.registries.read(AT_ONCE)?;
        let of_module = || format!("module `{}`", self.module);
        let location: Location = self.module.parse().with_context(of_module)?;
        let module = runtime.block_on(location.fetch(&registries)).with_context(of_module)?;
        let metadata = section::read(&module).with_context(of_module)?;
        if metadata.is_none() && !self.force {
            bail!(
                "module `{location}` is not annotated: run `signed-images annotate` first, or pass --force"
            );
        } else if metadata.is_none() {
            warn!("module `{location}` is not annotated; pushing it anyway");
        }
        let artifact = Artifact::new(module, metadata.as_ref())?;
        let reference = runtime.block_on(artifact.push(&self.to, &registries))?;
        match self.output {
            Output::Text => print(&format!("Policy successfully pushed: {reference}\n"))?,
            Output::Json => print(&format!("{}\n", json!({"immutable_ref": reference})))?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// A tag to push to; a digest is not chosen, but found out.
fn destination(text: &str) -> anyhow::Result<Reference> {
    let reference = text.strip_prefix("registry://").unwrap_or(text);
    let reference: Reference =
        reference.parse().map_err(|error| anyhow!("write it as `host/repository:tag`: {error}"))?;
    if reference.digest().is_some() {
        bail!("push to a tag, not to a digest: remove `@…`");
    }
    Ok(reference)
}
