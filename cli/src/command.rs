//! The command line.
//!
//! - What goes where? Results on stdout, everything else on stderr.
//! - Which exit codes? 0 when the command did what it was asked, whatever the policy said; 1 when it could
//!   not; 2 for a command line that is not understood. `check` says more: see its help.
//! - How much is logged? What this command and the policy say, and the errors of everything below, but for
//!   what the answer says anyway; with `--verbose` all there is; `RUST_LOG` overrules both.

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

mod annotate;
mod check;
mod demo;
mod host_options;
mod run;
mod schema;

const FILTER: &str = "error,kube_client=off,signed_images=info,policy=info";
const VERBOSE_FILTER: &str =
    "debug,cranelift_codegen=off,wasmtime=off,wasmtime_internal_cache=off,hyper_util=info";

/// Run signed-images-policy on a laptop and in CI, against real registries and real signatures
#[derive(Debug, Parser)]
#[command(name = "signed-images", version, max_term_width = 100)]
pub(crate) struct CommandLine {
    /// Log everything there is to say
    #[arg(long, short, global = true)]
    verbose: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::Check),
    Run(run::Run),
    Annotate(annotate::Annotate),
    Demo(demo::Demo),
    /// Print the JSON Schema of the policy's settings
    Schema,
}

impl CommandLine {
    pub(crate) fn start_log(&self) {
        let filter = if self.verbose { VERBOSE_FILTER } else { FILTER };
        let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(filter));
        let is_plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(std::io::stderr)
            .with_ansi(std::io::stderr().is_terminal() && !is_plain)
            .without_time()
            .with_target(false)
            .init();
    }

    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::Check(check) => Ok(check.run()),
            Command::Run(run) => run.run(),
            Command::Annotate(annotate) => annotate.run(),
            Command::Demo(demo) => demo.run(),
            Command::Schema => schema::run(),
        }
    }
}
