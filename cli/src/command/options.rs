//! Options that several commands share: the settings, how the world is reached, and what of the cluster may
//! be read.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use anyhow::Context;
use clap::Args;
use signed_images::credentials::Credentials;
use signed_images::host::{Answers, ApiServer, Cluster, Host, Live, Manifests, Registries, Trust};
use signed_images::metadata::{ContextAwareResource, section};
use signed_images::settings::Settings;
use signed_images::sources::Sources;
use signed_images_policy::rules::Rules;
use tokio::runtime::Handle;
use tracing::{info, warn};

use super::BadSettings;

/// The settings of a command that cannot do without them.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct SettingsOptions {
    /// The policy's settings: a file of YAML or JSON, or the manifest of a policy that has them
    #[arg(long, short, value_name = "PATH")]
    settings_path: Option<PathBuf>,
    /// The policy's settings, as JSON
    #[arg(long, value_name = "JSON")]
    settings_json: Option<String>,
}

impl SettingsOptions {
    /// The settings, and what the policy makes of them.
    ///
    /// # Errors
    /// When they cannot be read or are not valid.
    pub(crate) fn read(&self, runtime: &Handle) -> anyhow::Result<(Settings, Rules)> {
        let settings = match (&self.settings_path, &self.settings_json) {
            (Some(path), _) => Settings::read(path).map_err(anyhow::Error::from),
            (None, json) => {
                Settings::parse(json.as_deref().unwrap_or("{}")).context("--settings-json")
            }
        };
        let settings = settings.map_err(BadSettings)?;
        let rules = settings.rules(&nowhere(runtime.clone()), now());
        let rules = rules.map_err(|error| BadSettings(error.into()))?;
        Ok((settings, rules))
    }
}

/// A host that reaches nothing: enough to check chains of certificates.
fn nowhere(runtime: Handle) -> Host {
    let registries =
        Registries { sources: Sources::default(), credentials: Credentials::default() };
    let live = Live::new(runtime, registries, Trust::default(), Cluster::default());
    Host { answers: Answers::Live(live), readable: BTreeSet::new() }
}

/// The time since the Unix epoch.
pub(crate) fn now() -> Duration {
    SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default()
}

/// How registries, trust roots and the cluster are reached.
#[derive(Debug, Args)]
pub(crate) struct World {
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

impl World {
    /// The world as these options show it.
    ///
    /// # Errors
    /// When a file that they name cannot be read.
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

    /// The Kubernetes objects that a module may read.
    ///
    /// # Errors
    /// When its metadata cannot be read.
    pub(crate) fn readable(&self, module: &[u8]) -> anyhow::Result<BTreeSet<ContextAwareResource>> {
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
