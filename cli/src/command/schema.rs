//! `signed-images schema`: the JSON Schema of the policy's settings, on stdout.

use std::io::{Write, stdout};
use std::process::ExitCode;

use signed_images::schema;

pub(crate) fn run() -> anyhow::Result<ExitCode> {
    writeln!(stdout(), "{:#}", schema::settings())?;
    Ok(ExitCode::SUCCESS)
}
