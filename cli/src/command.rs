//! The command line.
//!
//! - What goes where? Results on stdout, everything else on stderr.
//! - Which exit codes? Those of [`exit`].
//! - Who stops reading stops nothing ([`print`]).
//! - How much is logged? What this command and the policy say, and the errors of everything below, but for
//!   what the answer says anyway; with `--verbose` all there is; `RUST_LOG` overrules both.

use std::process::ExitCode;

use clap::{ArgAction, ColorChoice, CommandFactory, FromArgMatches, Parser, Subcommand};
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
mod manifest;
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

const GLOBAL: &str = "Global options";

/// The commands for those who build and publish policies, as their help calls them; the others are for users.
const FOR_MAKERS: [&str; 3] = ["run", "annotate", "push"];

const EXAMPLES: &str = "\
Examples:
  signed-images check --settings-path settings.yaml deploy/
  signed-images explain ghcr.io/acme/app:1.2 --settings-path settings.yaml
  signed-images policy --settings-path settings.yaml
  signed-images help explain

Exit codes:
  0  done; `check`, `explain`: accepted, perhaps with warnings
  1  failed; `check`, `explain`: rejected; `convert`: see its remarks
  2  wrong command line, settings or input (`run`, `annotate`, `push`: 1)
  3  `check`, `explain`: not checked; `attest`: pushed, not signed yet";

/// Check image signatures on a laptop and in CI, as signed-images-policy does
#[derive(Debug, Parser)]
#[command(name = "signed-images", version, max_term_width = 80, after_help = EXAMPLES)]
struct CommandLine {
    /// Enable debug logging. In `check`: -v lists every image, -vv logs too
    #[arg(long, short, global = true, action = ArgAction::Count, help_heading = GLOBAL)]
    verbose: u8,
    /// When to use colors (auto: on a terminal)
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        help_heading = GLOBAL,
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
    let matches = command_line().try_get_matches();
    let command = match matches.and_then(|matches| CommandLine::from_arg_matches(&matches)) {
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

/// What the command takes.
#[must_use]
pub fn command_line() -> clap::Command {
    let command = CommandLine::command();
    let header = command.get_styles().get_header();
    let listed = |makers: bool| -> String {
        let listed = command.get_subcommands();
        let listed = listed.filter(|one| FOR_MAKERS.contains(&one.get_name()) == makers);
        let line = |one: &clap::Command| {
            format!("  {:<13}{}\n", one.get_name(), one.get_about().unwrap_or_default())
        };
        listed.map(line).collect()
    };
    let template = format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{header}Commands:{header:#}\n{}\n\
         {header}Commands for makers of policies:{header:#}\n{}\n{header}Options:{header:#}\n{{options}}{{after-help}}",
        listed(false),
        listed(true),
    );
    command.help_template(template)
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
        text.replace("\\\n", "").lines().filter_map(call).collect()
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
