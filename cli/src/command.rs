//! The command line.
//!
//! - What goes where? Results on stdout, everything else on stderr.
//! - Which exit codes? Those of [`exit`].
//! - Who stops reading stops nothing ([`print`]).
//! - How much is logged? What this command and the policy say, and the errors of everything below, but for
//!   what the answer says anyway; with `--verbose` all there is; `RUST_LOG` overrules both.

use std::process::ExitCode;

use clap::{ArgAction, ColorChoice, CommandFactory, Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use crate::legible;

mod annotate;
mod asking;
mod attest;
mod check;
mod completions;
mod convert;
mod demo;
mod exit;
mod expectations;
mod explain;
mod module;
mod options;
mod pinning;
mod policies;
mod policy;
pub(crate) mod print;
mod push;
mod reporting;
mod run;
mod running;
mod suggest;

const FILTER: &str = "error,kube_client=off,signed_images=info,policy=info";
const QUIET_FILTER: &str = "error,kube_client=off,signed_images=info,policy=off";
const VERBOSE_FILTER: &str =
    "debug,cranelift_codegen=off,wasmtime=off,wasmtime_internal_cache=off,hyper_util=info";

const EXAMPLES: &str = "\
Examples:
  signed-images check --settings-path settings.yaml deploy/
  signed-images explain ghcr.io/acme/app:1.2 --settings-path settings.yaml
  signed-images policy --settings-path settings.yaml
  signed-images help explain

Exit codes:
  0  it did what it was asked; `check` and `explain`: accepted, perhaps with warnings
  1  it failed; `check` and `explain`: rejected; `convert`: something is lost or to be filled in
  2  a mistake in the command line, the settings or the input (in `run`, `annotate`, `push`: 1)
  3  `check` and `explain`: not checked; `attest`: pushed, and not signed yet";

/// Run signed-images-policy on a laptop and in CI, against real registries and real signatures
#[derive(Debug, Parser)]
#[command(name = "signed-images", version, max_term_width = 100, after_help = EXAMPLES)]
struct CommandLine {
    /// Log everything there is to say; `check` lists every image first, and logs with `-vv`
    #[arg(long, short, global = true, action = ArgAction::Count)]
    verbose: u8,
    /// Whether there are colours [default: on a terminal]
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_default_value = true
    )]
    color: ColorChoice,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::Check),
    Explain(explain::Explain),
    Run(run::Run),
    Convert(convert::Convert),
    Suggest(suggest::Suggest),
    Policy(policy::Policy),
    Demo(demo::Demo),
    Attest(attest::Attest),
    Annotate(annotate::Annotate),
    Push(push::Push),
    Completions(completions::Completions),
}

/// Runs the command line of this process.
#[must_use]
pub fn run() -> ExitCode {
    let command = match CommandLine::try_parse() {
        Ok(command) => command,
        Err(error) => return reporting::misunderstood(&error),
    };
    command.choose_colours();
    command.start_log();
    match command.run() {
        Ok(exit_code) => exit_code,
        Err(error) => {
            print::tell(&format!("error: {}\n", legible::lines(&report(&error))));
            exit::of_error(&error)
        }
    }
}

/// What the command takes, for manual pages.
#[must_use]
pub fn command_line() -> clap::Command {
    CommandLine::command()
}

/// The error with its causes. Many texts end with their cause already.
#[must_use]
pub fn report(error: &anyhow::Error) -> String {
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

impl CommandLine {
    fn choose_colours(&self) {
        match self.color {
            ColorChoice::Auto => anstream::ColorChoice::Auto,
            ColorChoice::Always => anstream::ColorChoice::Always,
            ColorChoice::Never => anstream::ColorChoice::Never,
        }
        .write_global();
    }

    fn start_log(&self) {
        let filter = match (&self.command, self.verbose) {
            (Command::Run(_), 0) => FILTER,
            // A report tells what the policy logs.
            (_, 0) | (Command::Check(_), 1) => QUIET_FILTER,
            (_, _) => VERBOSE_FILTER,
        };
        let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(filter));
        tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(std::io::stderr)
            .with_ansi(print::is_coloured(&std::io::stderr()))
            .without_time()
            .with_target(false)
            .init();
    }

    fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::Check(check) => check.run(self.verbose),
            Command::Explain(explain) => explain.run(),
            Command::Run(run) => run.run(),
            Command::Convert(convert) => convert.run(),
            Command::Suggest(suggest) => suggest.run(),
            Command::Policy(policy) => policy.run(),
            Command::Demo(demo) => demo.run(),
            Command::Attest(attest) => attest.run(),
            Command::Annotate(annotate) => annotate.run(),
            Command::Push(push) => push.run(),
            Command::Completions(completions) => completions.run(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commands() -> Vec<clap::Command> {
        let all = CommandLine::command();
        all.get_subcommands().cloned().chain([all.clone()]).collect()
    }

    /// The calls of this command in a text.
    fn calls(text: &str) -> Vec<String> {
        let call = |line: &str| {
            let line = line.trim().trim_start_matches("source <(").trim_end_matches(')');
            let line = line.split(" | ").find(|part| part.starts_with("signed-images "))?;
            Some(line.split(" >").next().unwrap_or(line).to_owned())
        };
        text.lines().filter_map(call).collect()
    }

    fn check(call: &str) {
        let parsed = CommandLine::try_parse_from(call.split_whitespace());
        // `signed-images help explain` prints what was asked for.
        let is_help = |error: &clap::Error| error.kind() == clap::error::ErrorKind::DisplayHelp;
        assert!(parsed.is_ok() || parsed.as_ref().is_err_and(is_help), "{call}: {parsed:?}");
    }

    #[test]
    fn the_command_line_is_well_formed() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn every_example_in_the_help_is_understood() {
        for command in commands() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let examples = calls(&help);
            assert!(!examples.is_empty(), "{}: no examples", command.get_name());
            for example in examples {
                check(&example);
                let name = command.get_name();
                assert!(name == "signed-images" || example.contains(name), "{name}: {example}");
            }
        }
    }
}
