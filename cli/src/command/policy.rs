//! `signed-images policy`: a policy's manifest, made from settings.
//!
//! - What is checked? The settings, by the policy's own library. A policy of one namespace cannot read keys
//!   from the cluster: the CRD of `AdmissionPolicy` has no `contextAwareResources`.
//! - What if the settings are given as a manifest? Then it is kept ([`manifest`]), and the options change it.
//! - What is left to its reader? Rules for the custom resources of `extraWorkloads`: their settings name a
//!   kind, and rules name resources.

use std::process::ExitCode;

use anyhow::{Context, anyhow};
use clap::{Args, ValueEnum};
use signed_images_convert::manifest::{Policy as NewPolicy, Scope};
use signed_images_convert::yaml::{self, Comments};
use signed_images_policy::settings::PartialSettings;
use tokio::runtime::Runtime;
use tracing::warn;
use yaml_serde::{Mapping, Value};

use self::manifest::Manifest;
use self::selector::Requirement;
use super::exit::Mistake;
use super::options::SettingsOptions;
use super::print::print;
use crate::settings::Settings;

pub(super) mod arguments;
mod manifest;
mod selector;

/// What a policy is called that nobody gives a name.
const NAME: &str = "signed-images";

const EXAMPLES: &str = "\
Examples:
  For the whole cluster; it logs first, and rejects later:
    signed-images policy -s settings.yaml --mode monitor > policy.yaml

  Without one namespace, on a policy server of its own:
    signed-images policy -s settings.yaml --exclude-namespace ci \\
      --policy-server images

  For one namespace, applied at once:
    signed-images policy -s settings.yaml --namespaced shop | kubectl apply -f -";

/// Print a policy's manifest with these settings, ready to apply
///
/// If the settings come from a policy's manifest, all else in that manifest stays, unless an option changes it.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, override_usage = "signed-images policy [OPTIONS] --settings-path <PATH>")]
pub(crate) struct Policy {
    #[command(flatten)]
    settings: SettingsOptions,
    /// The policy's name [default: signed-images]
    #[arg(long, value_name = "NAME", value_parser = arguments::name)]
    name: Option<String>,
    /// Make a policy for this namespace only: an `AdmissionPolicy` [default: the whole cluster]
    #[arg(long, value_name = "NAMESPACE", value_parser = arguments::namespace)]
    namespaced: Option<String>,
    /// Whether rejections are enforced [default: protect]
    #[arg(long, value_name = "MODE")]
    mode: Option<Mode>,
    /// The module that the policy server loads [default: the published one of this version]
    #[arg(long, value_name = "REFERENCE", value_parser = arguments::module)]
    module: Option<String>,
    /// The `PolicyServer` that runs the policy [default: `default`, as in Kubewarden]
    #[arg(long = "policy-server", value_name = "NAME", value_parser = arguments::name)]
    server: Option<String>,
    /// Check only namespaces with these labels: `env=prod,team in (a,b),!sandbox`
    #[arg(long, value_name = "SELECTOR", value_parser = selector::parse, conflicts_with = "namespaced")]
    namespace_selector: Option<Requirements>,
    /// Do not check this namespace; repeat the option for others, or separate them with commas
    #[arg(
        long,
        value_name = "NAMESPACE",
        value_delimiter = ',',
        value_parser = arguments::namespace,
        conflicts_with = "namespaced"
    )]
    exclude_namespace: Vec<String>,
    /// What becomes of a request when the policy server does not answer [default: `fail`, as in Kubewarden]
    #[arg(long = "failure-policy", value_name = "POLICY")]
    without_answer: Option<FailurePolicy>,
    /// Do not use the policy in the audit scanner
    #[arg(long)]
    no_background_audit: bool,
}

/// What a label selector asks for; all of it must hold.
type Requirements = Vec<Requirement>;

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Mode {
    /// The request is rejected
    Protect,
    /// The request is admitted, and the rejection is logged
    Monitor,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FailurePolicy {
    /// The request is rejected
    Fail,
    /// The request is admitted without a check
    Ignore,
}

impl Policy {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let runtime = Runtime::new()?;
        let (settings, given) = self.settings.read_with_manifest(runtime.handle())?;
        warn_of_workloads(&settings)?;
        let mut manifest = self.manifest(&settings, given)?;
        self.change(&mut manifest)?;
        manifest.check().map_err(Mistake::new)?;
        print(&yaml::write(&manifest.document(), &Comments::default()))?;
        Ok(ExitCode::SUCCESS)
    }

    /// The manifest as it was given, with what it lacks.
    fn manifest(&self, settings: &Settings, given: Option<Value>) -> anyhow::Result<Manifest> {
        let settings: Mapping = yaml_serde::from_str(settings.json()).context("the settings")?;
        let new = NewPolicy::new(NAME, Scope::Cluster(None), settings)?;
        let mut manifest = Manifest::new(new.document());
        if let Some(given) = given {
            manifest.keep(&given);
        }
        if let Some(other) = manifest.take_module(&new.module).filter(|_| self.module.is_none()) {
            warn!("spec.module: `{}` replaces `{other}`, which is another policy", new.module);
        }
        Ok(manifest)
    }

    /// Puts in what the options say.
    fn change(&self, manifest: &mut Manifest) -> Result<(), Mistake> {
        if let Some(name) = &self.name {
            manifest.set_metadata("name", name);
        }
        if let Some(namespace) = &self.namespaced {
            manifest.put_into(namespace);
        }
        if let Some(mode) = self.mode {
            manifest.set("mode", mode.name());
        }
        if let Some(module) = &self.module {
            manifest.set("module", module.as_str());
        }
        if let Some(server) = &self.server {
            manifest.set("policyServer", server.as_str());
        }
        if let Some(policy) = self.without_answer {
            manifest.set("failurePolicy", policy.name());
        }
        if self.no_background_audit {
            manifest.set("backgroundAudit", false);
        }
        self.select_namespaces(manifest)
    }

    fn select_namespaces(&self, manifest: &mut Manifest) -> Result<(), Mistake> {
        let mut asked = self.namespace_selector.clone().unwrap_or_default();
        asked.extend(Requirement::excluding(&self.exclude_namespace));
        if asked.is_empty() {
            return Ok(());
        }
        if manifest.is_namespaced() {
            return Err(Mistake::new(anyhow!(
                "the settings are from an AdmissionPolicy, which is only for its own namespace: remove \
                 --namespace-selector and --exclude-namespace"
            )));
        }
        manifest.select_namespaces(&asked);
        Ok(())
    }
}

impl Mode {
    fn name(self) -> &'static str {
        match self {
            Self::Protect => "protect",
            Self::Monitor => "monitor",
        }
    }
}

impl FailurePolicy {
    fn name(self) -> &'static str {
        match self {
            Self::Fail => "Fail",
            Self::Ignore => "Ignore",
        }
    }
}

fn warn_of_workloads(settings: &Settings) -> anyhow::Result<()> {
    for (kind, _) in PartialSettings::read(settings.raw())?.workloads {
        warn!("extraWorkloads: add an entry for the resource of {kind} to `spec.rules`");
    }
    Ok(())
}
