//! The command after `--` signs the report; without one, what is left to do is told.

use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use super::Attest;
use crate::attest::publish::Target;
use crate::attest::signer::Annotations;

impl Attest {
    pub(super) fn sign(&self, report: &str, annotations: &Annotations) -> anyhow::Result<()> {
        let Some((program, arguments)) = self.command.split_first() else { return Ok(()) };
        let name = program.to_string_lossy();
        let status = Command::new(program)
            .args(arguments)
            .args(annotations.options())
            .arg(report)
            // Results are this command's own.
            .stdout(Stdio::from(std::io::stderr()))
            .status()
            .with_context(|| format!("`{name}` cannot be run, so `{report}` is not signed"))?;
        if !status.success() {
            bail!("`{name}` did not sign `{report}` ({status}): the tag was not moved");
        }
        Ok(())
    }
}

/// What is left to do when nobody was asked to sign.
pub(super) fn to_do(report: &str, target: &Target) -> String {
    format!(
        "The report is not signed yet. Sign it (cosign 3 needs --new-bundle-format=false \
         --use-signing-config=false):\n  cosign sign {} {report}\nThen run this command again: it moves the tag {} \
         when it finds the signature.\n",
        target.annotations, target.tag
    )
}
