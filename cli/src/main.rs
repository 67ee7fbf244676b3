//! The `signed-images` command: each subcommand is a file in `command/`.

use std::process::ExitCode;

use clap::Parser;

mod command;

fn main() -> ExitCode {
    let command = command::CommandLine::parse();
    command.start_log();
    match command.run() {
        Ok(exit_code) => exit_code,
        Err(error) => {
            eprintln!("error: {}", report(&error));
            command::exit::of_error(&error)
        }
    }
}

/// The error with its causes. Many texts end with their cause already.
pub(crate) fn report(error: &anyhow::Error) -> String {
    let mut report = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if report.is_empty() {
            report = cause;
        } else if !report.contains(&cause) {
            report = format!("{report}: {cause}");
        }
    }
    report
}
