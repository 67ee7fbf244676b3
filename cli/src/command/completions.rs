//! `signed-images completions`: what a shell needs to complete this command's lines.

use std::process::ExitCode;

use clap::Args;
use clap_complete::Shell;

use super::command_line;
use super::print::print;

/// The states of bash's script that have options are spelled otherwise than those that are reached when the
/// command's name has a hyphen (<https://github.com/clap-rs/clap/issues/6421>).
const MISSPELLED: &str = "signed__subcmd__images__";
const SPELLED: &str = "signed__images__";

const EXAMPLES: &str = "\
Examples:
  In this shell:
    source <(signed-images completions bash)

  In every new one:
    signed-images completions bash \\
      > ~/.local/share/bash-completion/completions/signed-images
    signed-images completions zsh > ~/.zfunc/_signed-images
    signed-images completions fish \\
      > ~/.config/fish/completions/signed-images.fish";

/// Print a completion script for a shell
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(&self) -> anyhow::Result<ExitCode> {
        let mut command = command_line();
        let name = command.get_name().to_owned();
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, name, &mut script);
        let script = String::from_utf8(script)?.replace(MISSPELLED, SPELLED);
        print(&script)?;
        Ok(ExitCode::SUCCESS)
    }
}
