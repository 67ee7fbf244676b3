//! The manual pages of `signed-images`, made from what `--help` says.

use std::path::Path;

use anyhow::Context;

/// Writes one for every command into the folder, which is made when it is missing.
///
/// # Errors
/// When the system refuses.
pub fn write(folder: &Path) -> anyhow::Result<()> {
    let failed = || format!("cannot write manual pages to `{}`", folder.display());
    // There is no page of a command that shows help.
    let command = signed_images::command::command_line().disable_help_subcommand(true);
    std::fs::create_dir_all(folder).with_context(failed)?;
    clap_mangen::generate_to(command, folder).with_context(failed)
}
