//! `signed-images policy`: a policy's manifest, made from settings.
//!
//! - What is checked? The settings, by the policy's own library. A policy of one namespace cannot read keys
//!   from the cluster: the CRD of `AdmissionPolicy` has no `contextAwareResources`.
//! - What is left to its reader? Rules for the custom resources of `extraWorkloads`: their settings name a
//!   kind, and rules name resources.

use std::process::ExitCode;

use anyhow::{Context, anyhow};
use clap::{Args, ValueEnum};
use signed_images_convert::manifest::{self, Scope};
use signed_images_policy::settings::PartialSettings;
use tokio::runtime::Runtime;
use tracing::warn;

use super::exit::Mistake;
use super::options::SettingsOptions;
use super::print::print;
use crate::settings::Settings;

/// RFC 1123: what Kubernetes takes for the names of most objects.
const MAX_NAME: usize = 253;
/// What it takes for the name of a namespace.
const MAX_NAMESPACE: usize = 63;

const EXAMPLES: &str = "\
Examples:
  A policy for the whole cluster, which reports before it rejects:
    signed-images policy --settings-path settings.yaml --mode monitor > policy.yaml

  One for a namespace, applied at once:
    signed-images policy --settings-path settings.yaml --namespaced shop | kubectl apply -f -";

/// Print the manifest of a policy with these settings, ready to be applied
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Policy {
    #[command(flatten)]
    settings: SettingsOptions,
    /// The policy's name
    #[arg(long, value_name = "NAME", default_value = "signed-images", value_parser = name)]
    name: String,
    /// Make a policy of this namespace alone (`AdmissionPolicy`), not of the whole cluster
    #[arg(long, value_name = "NAMESPACE", value_parser = namespace)]
    namespaced: Option<String>,
    /// What becomes of what the policy rejects
    #[arg(long, value_name = "MODE", default_value = "protect")]
    mode: Mode,
    /// Where the policy server finds the module [default: this version's, where it is published]
    #[arg(long, value_name = "URL", value_parser = module)]
    module: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Mode {
    /// It is kept out
    Protect,
    /// It is let in, and reported
    Monitor,
}

impl Mode {
    pub(super) fn of_manifest(self) -> manifest::Mode {
        match self {
            Self::Protect => manifest::Mode::Protect,
            Self::Monitor => manifest::Mode::Monitor,
        }
    }
}

impl Policy {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let runtime = Runtime::new()?;
        let (settings, _) = self.settings.read(runtime.handle())?;
        warn_of_workloads(&settings)?;
        let settings = yaml_serde::from_str(settings.json()).context("the settings")?;
        let scope = self.namespaced.map_or(Scope::Cluster(None), Scope::Namespace);
        let mut policy = manifest::Policy::new(&self.name, scope, settings)?;
        policy.mode = self.mode.of_manifest();
        if let Some(module) = self.module {
            policy.module = module;
        }
        check_keys(&policy)?;
        print(&policy.to_string())?;
        Ok(ExitCode::SUCCESS)
    }
}

fn check_keys(policy: &manifest::Policy) -> Result<(), Mistake> {
    match (&policy.scope, policy.key_objects().as_slice()) {
        (Scope::Namespace(_), [kind, ..]) => Err(Mistake::new(anyhow!(
            "the settings take keys from a {kind}, which only a policy of the whole cluster may read: \
             write the keys into the settings, or leave --namespaced away"
        ))),
        _ => Ok(()),
    }
}

fn warn_of_workloads(settings: &Settings) -> anyhow::Result<()> {
    for (kind, _) in PartialSettings::read(settings.raw())?.workloads {
        warn!("extraWorkloads: add a rule for the resource of {kind} to `spec.rules`");
    }
    Ok(())
}

pub(super) fn name(text: &str) -> Result<String, String> {
    check_name(text, MAX_NAME, text.split('.').all(is_label))
}

fn namespace(text: &str) -> Result<String, String> {
    check_name(text, MAX_NAMESPACE, is_label(text))
}

fn check_name(text: &str, max: usize, is_well_formed: bool) -> Result<String, String> {
    if text.len() > max {
        return Err(format!("Kubernetes takes {max} letters at the most"));
    }
    if !is_well_formed {
        return Err("Kubernetes takes lower-case letters, digits and `-` between them".to_owned());
    }
    Ok(text.to_owned())
}

fn is_label(label: &str) -> bool {
    let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    label.starts_with(alphanumeric)
        && label.ends_with(alphanumeric)
        && label.chars().all(|c| alphanumeric(c) || c == '-')
}

/// The schemes that Kubewarden's policy server fetches modules by.
pub(super) fn module(url: &str) -> Result<String, String> {
    const SCHEMES: [&str; 4] = ["registry", "https", "http", "file"];
    match url.split_once("://") {
        Some((scheme, rest)) if SCHEMES.contains(&scheme) && !rest.is_empty() => Ok(url.to_owned()),
        _ => Err(format!("a module's URL starts with `{}://`", SCHEMES.join("://`, `"))),
    }
}
