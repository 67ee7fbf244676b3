//! `signed-images run`: one request put to a policy, as `kwctl run` does it.
//!
//! - Which options? Those of `kwctl run` that matter for a waPC policy, under the same names, and
//!   `--kubernetes-manifests`.
//! - What is printed? The `AdmissionResponse`, as one line of JSON.

use std::collections::BTreeSet;
use std::io::{Write, stdout};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::Args;
use signed_images::credentials::Credentials;
use signed_images::evaluation::Evaluation;
use signed_images::host::{Answers, ApiServer, Cluster, Host, Live, Manifests, Registries, Trust};
use signed_images::metadata::{ContextAwareResource, section};
use signed_images::module::Module;
use signed_images::request::Request;
use signed_images::session::{Recorder, Replay};
use signed_images::settings::Settings;
use signed_images::sources::Sources;
use tokio::runtime::{Handle, Runtime};
use tracing::{info, warn};

/// Put one admission request to a policy and print the answer
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// The policy's module: a path, with or without `file://`
    module: String,
    /// The admission request: a file of JSON, with or without its review around it; `-` is stdin
    #[arg(long, short, value_name = "PATH")]
    request_path: PathBuf,
    /// The policy's settings: a file of YAML or JSON
    #[arg(long, short, value_name = "PATH")]
    settings_path: Option<PathBuf>,
    /// The policy's settings, as JSON
    #[arg(long, value_name = "JSON", conflicts_with = "settings_path")]
    settings_json: Option<String>,
    /// A YAML file that says how registries are reached: plain HTTP, private authorities, proxies
    #[arg(long, value_name = "PATH")]
    sources_path: Option<PathBuf>,
    /// The folder that holds Docker's `config.json`, with the credentials for registries
    #[arg(long, value_name = "PATH")]
    docker_config_json_path: Option<PathBuf>,
    /// A Sigstore client trust configuration (JSON) to use instead of the public instance's
    #[arg(long, value_name = "PATH")]
    sigstore_trust_config: Option<PathBuf>,
    /// Write down every call that the policy makes to its host, and the answers
    #[arg(long, value_name = "FILE", conflicts_with = "replay_host_capabilities_interactions")]
    record_host_capabilities_interactions: Option<PathBuf>,
    /// Answer the policy's calls from a recorded file; nothing else is asked
    #[arg(long, value_name = "FILE")]
    replay_host_capabilities_interactions: Option<PathBuf>,
    /// Let the policy read the kinds of Kubernetes objects that its metadata lists, from the cluster that
    /// `kubectl` would ask
    #[arg(long)]
    allow_context_aware: bool,
    /// A folder of manifests (YAML, JSON) to read them from instead
    #[arg(long, value_name = "DIR")]
    kubernetes_manifests: Option<PathBuf>,
}

impl Run {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let request = Request::read(&self.request_path)
            .with_context(|| format!("request `{}`", self.request_path.display()))?;
        let settings = self.settings()?;
        let runtime = Runtime::new()?;
        let path = module_path(&self.module)?;
        let bytes = std::fs::read(path).with_context(|| format!("cannot read module `{path}`"))?;
        let host = Arc::new(Host {
            answers: self.answers(runtime.handle().clone())?,
            readable: self.readable(&bytes).with_context(|| format!("module `{path}`"))?,
        });
        let evaluation = Evaluation {
            module: Module::from_bytes(&bytes).with_context(|| format!("module `{path}`"))?,
            settings,
            host: Arc::clone(&host),
        };
        let outcome = evaluation.validate_settings().map(|()| evaluation.validate(&request));
        finish(&host.answers)?;
        match outcome {
            Ok(answer) => writeln!(stdout(), "{}", serde_json::to_string(&answer)?)?,
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
        let live = self.live(runtime)?;
        Ok(match &self.record_host_capabilities_interactions {
            Some(path) => Answers::Recorded(live, Recorder::new(path.clone())),
            None => Answers::Live(live),
        })
    }

    fn live(&self, runtime: Handle) -> anyhow::Result<Live> {
        let registries = Registries {
            sources: match &self.sources_path {
                Some(path) => Sources::read(path)?,
                None => Sources::from_env(),
            },
            credentials: match &self.docker_config_json_path {
                Some(path) => Credentials::read(path)?,
                None => Credentials::find()?,
            },
        };
        let trust = match &self.sigstore_trust_config {
            Some(path) => Trust::read(path)?,
            None => Trust::default(),
        };
        let cluster = match &self.kubernetes_manifests {
            Some(path) => Cluster::Manifests(Manifests::read(path)?),
            None if self.allow_context_aware => Cluster::ApiServer(ApiServer::of_environment()),
            None => Cluster::Unknown,
        };
        Ok(Live::new(runtime, registries, trust, cluster))
    }

    fn readable(&self, module: &[u8]) -> anyhow::Result<BTreeSet<ContextAwareResource>> {
        let listed = section::read(module)?.map(|metadata| metadata.context_aware_resources);
        match listed {
            Some(listed) if self.allow_context_aware => Ok(listed),
            None if self.allow_context_aware => {
                warn!(
                    "the module carries no metadata, so the policy may not read any kubernetes object"
                );
                Ok(BTreeSet::new())
            }
            Some(listed) if !listed.is_empty() => {
                info!(
                    "the policy may not read kubernetes objects; pass --allow-context-aware to let it"
                );
                Ok(BTreeSet::new())
            }
            _ => Ok(BTreeSet::new()),
        }
    }
}

fn finish(answers: &Answers) -> anyhow::Result<()> {
    match answers {
        Answers::Recorded(_, recorder) => recorder.save()?,
        Answers::Replayed(replay) if replay.leftovers() > 0 => {
            warn!("{} recorded exchanges were not replayed", replay.leftovers());
        }
        Answers::Live(_) | Answers::Replayed(_) => {}
    }
    Ok(())
}

fn module_path(module: &str) -> anyhow::Result<&str> {
    match module.split_once("://") {
        None => Ok(module),
        Some(("file", path)) => Ok(path),
        Some((scheme, _)) => bail!(
            "module `{module}`: `{scheme}://` cannot be read yet; pull the module to a file and name that"
        ),
    }
}
