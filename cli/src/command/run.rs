//! `signed-images run`: one request put to a policy, as `kwctl run` does it.
//!
//! - Which options? Those of `kwctl run` that matter for a waPC policy, under the same names, and
//!   `--kubernetes-manifests`.
//! - What is printed? The `AdmissionResponse`, as one line of JSON.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::Args;
use tokio::runtime::{Handle, Runtime};
use tracing::{info, warn};

use super::options::World;
use super::print::print;
use crate::evaluation::Evaluation;
use crate::fetch::{Location, without_secrets};
use crate::host::session::{Recorder, Replay};
use crate::host::{AT_ONCE, Answers, Host};
use crate::module::Module;
use crate::request::Request;
use crate::settings::Settings;

const EXAMPLES: &str = "\
Examples:
  Send a recorded admission request to the policy:
    signed-images run -r request.json -s settings.yaml annotated-policy.wasm

  Get the module from a registry, as a policy server does:
    signed-images run -r request.json -s settings.yaml \\
      registry://ghcr.io/acme/policies/policy:v1.0.0

  Use a registry that speaks plain HTTP:
    signed-images run -r request.json -s settings.yaml \\
      --sources-path sources.yml policy.wasm

  Record the answers of a run, and repeat the run without a network:
    signed-images run -r request.json -s settings.yaml \\
      --record-host-capabilities-interactions session.yml policy.wasm
    signed-images run -r request.json -s settings.yaml \\
      --replay-host-capabilities-interactions session.yml policy.wasm";

/// Send one admission request to a policy, and print the response
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Run {
    /// The policy's module: a file or a URL (`registry://`, `https://`)
    module: String,
    /// The request: a JSON file, an `AdmissionReview` or its `request`; `-` is stdin
    #[arg(long, short, value_name = "PATH")]
    request_path: PathBuf,
    /// The policy's settings: a YAML or JSON file, or a policy's manifest
    #[arg(long, short, value_name = "PATH")]
    settings_path: Option<PathBuf>,
    /// The policy's settings, as JSON
    #[arg(long, value_name = "JSON", conflicts_with = "settings_path")]
    settings_json: Option<String>,
    #[command(flatten)]
    world: World,
    /// Record the policy's calls to the policy server, with the answers, in a file
    #[arg(long, value_name = "FILE", conflicts_with = "replay_host_capabilities_interactions")]
    record_host_capabilities_interactions: Option<PathBuf>,
    /// Answer the policy's calls from such a file, and ask nobody
    #[arg(long, value_name = "FILE")]
    replay_host_capabilities_interactions: Option<PathBuf>,
}

impl Run {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let request = Request::read(&self.request_path)
            .with_context(|| format!("request `{}`", self.request_path.display()))?;
        let settings = self.settings()?;
        let runtime = Runtime::new()?;
        let of_module = || format!("module `{}`", without_secrets(&self.module));
        let location: Location = self.module.parse().with_context(of_module)?;
        let bytes = self.world.fetch(&location, runtime.handle())?;
        if self.world.withholds(&bytes).with_context(of_module)? {
            info!(
                "the policy may not read Kubernetes objects; to allow it, pass --allow-context-aware"
            );
        }
        let host = Arc::new(Host {
            answers: self.answers(runtime.handle().clone())?,
            readable: self.world.readable(&bytes).with_context(of_module)?,
        });
        let evaluation = Evaluation {
            module: Module::from_bytes(&bytes).with_context(of_module)?,
            settings,
            host: Arc::clone(&host),
            deadline: None,
        };
        let outcome = evaluation.validate_settings().map(|()| evaluation.validate(&request));
        finish(&host.answers)?;
        match outcome {
            Ok(answer) => print(&format!("{}\n", serde_json::to_string(&answer)?))?,
            Err(reason) => bail!("Provided settings are not valid: {reason}"),
        }
        Ok(ExitCode::SUCCESS)
    }

    fn settings(&self) -> anyhow::Result<Settings> {
        match (&self.settings_path, &self.settings_json) {
            (Some(path), _) => Ok(Settings::read(path)?),
            (None, Some(json)) => Settings::parse(json).context("--settings-json"),
            (None, None) => Ok(Settings::default()),
        }
    }

    fn answers(&self, runtime: Handle) -> anyhow::Result<Answers> {
        if let Some(path) = &self.replay_host_capabilities_interactions {
            return Ok(Answers::Replayed(Replay::read(path)?));
        }
        let live = self.world.live(runtime, AT_ONCE)?;
        Ok(match &self.record_host_capabilities_interactions {
            Some(path) => Answers::Recorded(live, Recorder::new(path.clone())),
            None => Answers::Live(live),
        })
    }
}

fn finish(answers: &Answers) -> anyhow::Result<()> {
    match answers {
        Answers::Recorded(_, recorder) => recorder.save()?,
        Answers::Replayed(replay) if replay.leftovers() > 0 => {
            warn!("{} recorded exchanges were not replayed", replay.leftovers());
        }
        Answers::Live(_) | Answers::Shared(..) | Answers::Replayed(_) | Answers::Told(_) => {}
    }
    Ok(())
}
