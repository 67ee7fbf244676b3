//! Options that several commands share: the settings, how the world is reached, and what of the cluster may
//! be read.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use clap::Args;
use signed_images_policy::policy::plan::Rules;
use tokio::runtime::Handle;
use yaml_serde::Value;

use super::exit::{Mistake, Unchecked};
use crate::check::policy::decoded;
use crate::cluster::Access;
use crate::credentials::Credentials;
use crate::evaluation::now;
use crate::fetch::Location;
use crate::host::{AT_ONCE, Answers, ApiServer, Cluster, Host, Live, Manifests, Registries, Trust};
use crate::metadata::{ContextAwareResource, section};
use crate::roots;
use crate::settings::{File, Settings, read_all};
use crate::sources::Sources;

/// The settings that are written on the command line.
///
/// # Errors
/// When they are not a map in JSON.
pub(super) fn from_json(json: &str) -> Result<Settings, Mistake> {
    let settings = if Path::new(json).is_file() {
        Err(anyhow!("it takes JSON, and `{json}` is a file: use --settings-path"))
    } else {
        Settings::parse(json).map_err(Into::into)
    };
    settings.context("--settings-json").map_err(Mistake::new)
}

/// The settings of a command that cannot do without them.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct SettingsOptions {
    /// The policy's settings: a YAML or JSON file, or a policy's manifest
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
        let settings = self.settings()?;
        let rules = settings.rules(&nowhere(runtime.clone()), now()).map_err(Mistake::new)?;
        settings.warn_of_oddities();
        Ok((settings, rules))
    }

    /// The settings, and the manifest that holds them, if one does.
    ///
    /// # Errors
    /// When they cannot be read or are not valid.
    pub(crate) fn read_with_manifest(
        &self,
        runtime: &Handle,
    ) -> anyhow::Result<(Settings, Option<Value>)> {
        let (settings, _) = self.read(runtime)?;
        let file = self.settings_path.as_deref().map(read_all).transpose().map_err(Mistake::new)?;
        let manifest = file.into_iter().flatten().find_map(|file| match file {
            File::Policy(manifest) => Some(manifest),
            File::Settings(_) | File::Nothing => None,
        });
        let manifest = manifest.map(|manifest| decoded(&manifest)).transpose();
        Ok((settings, manifest.map_err(Mistake::new)?))
    }

    /// The settings as they are written.
    ///
    /// # Errors
    /// When they cannot be read.
    pub(crate) fn settings(&self) -> Result<Settings, Mistake> {
        match (&self.settings_path, &self.settings_json) {
            (Some(path), _) => Settings::read(path).map_err(Mistake::new),
            (None, json) => from_json(json.as_deref().unwrap_or("{}")),
        }
    }
}

/// What the policy makes of the settings in the file.
///
/// # Errors
/// When they cannot be read or are not valid.
pub(crate) fn rules_in(path: &Path, runtime: &Handle) -> anyhow::Result<Rules> {
    let settings = Settings::read(path).map_err(Mistake::new)?;
    Ok(settings.rules(&nowhere(runtime.clone()), now()).map_err(Mistake::new)?)
}

/// A host that reaches nothing: enough to check chains of certificates.
pub(super) fn nowhere(runtime: Handle) -> Host {
    let live = Live::new(runtime, Registries::default(), Trust::default(), Cluster::default());
    Host { answers: Answers::Live(live), readable: BTreeSet::new() }
}

const WORLD: &str = "Registries, trust roots, cluster";

/// How registries are reached.
#[derive(Debug, Args)]
pub(crate) struct RegistryOptions {
    /// How to reach registries: a YAML file with plain HTTP, private CAs, proxies
    #[arg(long, value_name = "PATH", help_heading = WORLD)]
    sources_path: Option<PathBuf>,
    /// The folder of Docker's `config.json`, which has the credentials for registries
    #[arg(long, value_name = "PATH", help_heading = WORLD)]
    docker_config_json_path: Option<PathBuf>,
}

impl RegistryOptions {
    /// The registries as these options show them, asked so many things at once.
    ///
    /// # Errors
    /// When a file that they name cannot be read, or there are no CA certificates.
    pub(crate) fn read(&self, at_once: usize) -> anyhow::Result<Registries> {
        roots::check().map_err(Unchecked::new)?;
        self.files(at_once)
    }

    /// The same, where perhaps nothing is asked.
    fn files(&self, at_once: usize) -> anyhow::Result<Registries> {
        let sources = match &self.sources_path {
            Some(path) => Sources::read(path)?,
            None => Sources::from_env(),
        };
        let credentials = match &self.docker_config_json_path {
            Some(path) => Credentials::read(path)?,
            None => Credentials::find()?,
        };
        Ok(Registries::new(sources, credentials, at_once))
    }
}

/// How registries, trust roots and the cluster are reached.
#[derive(Debug, Args)]
pub(crate) struct World {
    #[command(flatten)]
    registries: RegistryOptions,
    /// The Sigstore instance to trust: a client trust configuration (JSON) [default: the public instance]
    #[arg(long, value_name = "PATH", help_heading = WORLD)]
    sigstore_trust_config: Option<PathBuf>,
    /// Let the policy read `ConfigMap` and `Secret` objects (and what its metadata lists) in the cluster of the kubeconfig
    #[arg(long, help_heading = WORLD)]
    allow_context_aware: bool,
    /// Read these objects from a folder of manifests (YAML, JSON) instead
    #[arg(long, value_name = "DIR", help_heading = WORLD)]
    kubernetes_manifests: Option<PathBuf>,
}

impl World {
    /// The world as these options show it.
    ///
    /// # Errors
    /// When a file that they name cannot be read.
    pub(crate) fn live(&self, runtime: Handle, at_once: usize) -> anyhow::Result<Live> {
        self.live_with(runtime, at_once, Access::default())
    }

    /// The same, with this cluster.
    ///
    /// # Errors
    /// When a file that they name cannot be read.
    pub(crate) fn live_with(
        &self,
        runtime: Handle,
        at_once: usize,
        access: Access,
    ) -> anyhow::Result<Live> {
        let (registries, trust) = (self.registries.read(at_once)?, self.trust()?);
        let cluster = match &self.kubernetes_manifests {
            Some(path) => Cluster::Manifests(Manifests::read(path)?),
            None if self.allow_context_aware => {
                Cluster::ApiServer(Box::new(ApiServer::new(access)))
            }
            None => Cluster::Unknown,
        };
        Ok(Live::new(runtime, registries, trust, cluster))
    }

    /// The registries alone.
    ///
    /// # Errors
    /// When a file that the options name cannot be read.
    pub(crate) fn registries(&self) -> anyhow::Result<Registries> {
        self.registries.read(AT_ONCE)
    }

    /// The trust root alone.
    ///
    /// # Errors
    /// When its file cannot be read.
    pub(crate) fn trust(&self) -> anyhow::Result<Trust> {
        Ok(match &self.sigstore_trust_config {
            Some(path) => Trust::read(path)?,
            None => Trust::default(),
        })
    }

    /// The module that is there.
    ///
    /// # Errors
    /// When it cannot be had.
    pub(crate) fn fetch(&self, module: &Location, runtime: &Handle) -> anyhow::Result<Vec<u8>> {
        let registries = match module.file() {
            Some(_) => self.registries.files(AT_ONCE)?,
            None => self.registries.read(AT_ONCE)?,
        };
        runtime
            .block_on(module.fetch(&registries))
            .with_context(|| format!("cannot read module `{module}`"))
    }

    /// The kinds of objects that the policy may read. This policy's metadata lists none, as few settings take keys from
    /// the cluster: whoever passes the option allows what can hold keys.
    ///
    /// # Errors
    /// When its metadata cannot be read.
    pub(crate) fn readable(&self, module: &[u8]) -> anyhow::Result<BTreeSet<ContextAwareResource>> {
        if !self.allow_context_aware {
            return Ok(BTreeSet::new());
        }
        let metadata = section::read(module)?;
        let listed = metadata.map(|metadata| metadata.context_aware_resources);
        let keys = ["ConfigMap", "Secret"].map(|kind| ContextAwareResource {
            api_version: "v1".to_owned(),
            kind: kind.to_owned(),
        });
        Ok(listed.into_iter().flatten().chain(keys).collect())
    }

    /// Whether the policy asks to read kinds of objects that it may not.
    ///
    /// # Errors
    /// When its metadata cannot be read.
    pub(crate) fn withholds(&self, module: &[u8]) -> anyhow::Result<bool> {
        let metadata = section::read(module)?;
        let wants = metadata.is_some_and(|metadata| !metadata.context_aware_resources.is_empty());
        Ok(wants && !self.allow_context_aware)
    }
}
