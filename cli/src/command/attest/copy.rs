//! `attest --copy`: the reports of an image go where a copy of it is.

use std::process::ExitCode;

use tokio::runtime::Runtime;

use super::Attest;
use crate::attest::copy::{Copied, Copy};
use crate::attest::place;
use crate::command::exit::Mistake;
use crate::command::print::{print, tell};
use crate::legible;

impl Attest {
    pub(super) fn copy(&self, from: &str, to: &str, runtime: &Runtime) -> anyhow::Result<ExitCode> {
        let image = place::image(from).map_err(Mistake::new)?;
        let to = place::repository(to).map_err(Mistake::new)?;
        let from = match &self.repository {
            Some(repository) => place::repository(repository).map_err(Mistake::new)?,
            None => image.clone(),
        };
        let registries = self.world.registries()?;
        let all = runtime.block_on(Copy::new(&registries, from, to).all(&image))?;
        for Copied { report, tag, replaced } in all.copied.iter().filter(|_| !self.quiet) {
            let replaced = replaced.as_ref().map(|digest| format!(", in the place of {digest}"));
            print(&format!("Report copied: {report}, as {tag}{}\n", replaced.unwrap_or_default()))?;
        }
        for (tag, error) in &all.failed {
            tell(&format!("not copied: {}: {error}\n", legible::line(tag)));
        }
        Ok(if all.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
