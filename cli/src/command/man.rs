//! `signed-images man`: the manual pages, made from what `--help` says.

use std::io::{Write, stdout};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, CommandFactory};
use clap_mangen::Man as Page;

use super::CommandLine;

const EXAMPLES: &str = "\
Examples:
  Read the page:
    signed-images man | man -l -

  Install all pages:
    signed-images man ~/.local/share/man/man1";

/// Print the manual page, or write one for every command
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Man {
    /// The folder to write all pages to; it is made when it is missing
    folder: Option<PathBuf>,
}

impl Man {
    pub(crate) fn run(&self) -> anyhow::Result<ExitCode> {
        // There is no page of a command that shows help.
        let command = CommandLine::command().disable_help_subcommand(true);
        match &self.folder {
            None => {
                let mut page = Vec::new();
                Page::new(command).render(&mut page)?;
                stdout().write_all(&page)?;
            }
            Some(folder) => {
                let failed = || format!("cannot write manual pages to `{}`", folder.display());
                std::fs::create_dir_all(folder).with_context(failed)?;
                clap_mangen::generate_to(command, folder).with_context(failed)?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
