//! `signed-images policy`: a policy's manifest, made from settings.
//!
//! - What is checked? The settings, by the policy's own library. A policy of one namespace cannot read keys
//!   from the cluster: the CRD of `AdmissionPolicy` has no `contextAwareResources`.
//! - What if the settings are given as a manifest? Then it is kept ([`Manifest`]), and the options change it.
//! - What is left to its reader? Rules for the custom resources of `extraWorkloads`: their settings name a
//!   kind, and rules name resources.

use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use signed_images_convert::manifest::{Manifest, Policy as NewPolicy, Scope};
use signed_images_convert::yaml::{self, Comments};
use signed_images_policy::settings::PartialSettings;
use tokio::runtime::Runtime;
use tracing::warn;
use yaml_serde::{Mapping, Value};

use super::exit::Mistake;
use super::manifest::{ManifestOptions, default};
use super::options::SettingsOptions;
use super::print::print;
use crate::settings::Settings;

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
#[command(
    after_help = EXAMPLES,
    override_usage = "signed-images policy [OPTIONS] --settings-path <PATH>",
    mut_arg("name", |name| default(name, NAME)),
    mut_arg("namespaced", |namespaced| default(namespaced, "the whole cluster")),
    mut_arg("mode", |mode| default(mode, "protect")),
    mut_arg("server", |server| default(server, "`default`, as in Kubewarden")),
    mut_arg("without_answer", |policy| default(policy, "`fail`, as in Kubewarden"))
)]
pub(crate) struct Policy {
    #[command(flatten)]
    settings: SettingsOptions,
    #[command(flatten)]
    manifest: ManifestOptions,
}

impl Policy {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let runtime = Runtime::new()?;
        let (settings, given) = self.settings.read_with_manifest(runtime.handle())?;
        warn_of_workloads(&settings)?;
        let mut manifest = self.manifest(&settings, given)?;
        manifest.change(&self.manifest.options()).map_err(Mistake::new)?;
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
        if let Some(other) =
            manifest.take_module(&new.module).filter(|_| self.manifest.module.is_none())
        {
            warn!("spec.module: `{}` replaces `{other}`, which is another policy", new.module);
        }
        Ok(manifest)
    }
}

fn warn_of_workloads(settings: &Settings) -> anyhow::Result<()> {
    for (kind, _) in PartialSettings::read(settings.raw())?.workloads {
        warn!("extraWorkloads: add an entry for the resource of {kind} to `spec.rules`");
    }
    Ok(())
}
