//! The options of every command that puts requests to a policy: its settings, and how its host reaches the
//! world.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use signed_images::credentials::Credentials;
use signed_images::host::{ApiServer, Cluster, Live, Manifests, Registries, Trust};
use signed_images::metadata::{ContextAwareResource, section};
use signed_images::policy::Policy;
use signed_images::settings::Settings;
use signed_images::sources::Sources;
use tokio::runtime::Handle;
use tracing::warn;

#[derive(Debug, Args)]
pub(crate) struct HostOptions {
    /// The policy's settings: a file of YAML or JSON, or the manifest of the policy
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
    /// Let the policy read the kinds of Kubernetes objects that its metadata lists, from the cluster that
    /// `kubectl` would ask
    #[arg(long)]
    allow_context_aware: bool,
    /// A folder of manifests (YAML, JSON) to read them from instead
    #[arg(long, value_name = "DIR")]
    kubernetes_manifests: Option<PathBuf>,
}

impl HostOptions {
    /// The policy that the options name; none when they name none.
    pub(crate) fn policy(&self) -> anyhow::Result<Option<Policy>> {
        Ok(match (&self.settings_path, &self.settings_json) {
            (Some(path), _) => Some(Policy::read(path)?),
            (None, Some(json)) => {
                let settings = Settings::parse(json).context("--settings-json")?;
                Some(Policy { settings, rules: None })
            }
            (None, None) => None,
        })
    }

    pub(crate) fn live(&self, runtime: Handle) -> anyhow::Result<Live> {
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

    /// The kinds of objects that the policy may read.
    pub(crate) fn readable(&self, module: &[u8]) -> anyhow::Result<BTreeSet<ContextAwareResource>> {
        if !self.allow_context_aware {
            return Ok(BTreeSet::new());
        }
        let metadata = section::read(module)?;
        if metadata.is_none() {
            warn!(
                "the module carries no metadata, so the policy may not read any kubernetes object"
            );
        }
        Ok(metadata.map(|metadata| metadata.context_aware_resources).unwrap_or_default())
    }

    /// Whether the policy asks to read kinds of objects that it may not.
    pub(crate) fn withholds(&self, module: &[u8]) -> anyhow::Result<bool> {
        let metadata = section::read(module)?;
        let wants = metadata.is_some_and(|metadata| !metadata.context_aware_resources.is_empty());
        Ok(wants && !self.allow_context_aware)
    }
}
