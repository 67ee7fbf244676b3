//! `signed-images schema`: the JSON Schema of the policy's settings, on stdout.

use std::io::{Write, stdout};
use std::process::ExitCode;

use signed_images::schema;

pub(crate) const EXAMPLES: &str = "\
Examples:
  Keep it where editors find it (`# yaml-language-server: $schema=settings.schema.json`):
    signed-images schema > settings.schema.json";

pub(crate) fn run() -> anyhow::Result<ExitCode> {
    writeln!(stdout(), "{:#}", schema::settings())?;
    Ok(ExitCode::SUCCESS)
}
