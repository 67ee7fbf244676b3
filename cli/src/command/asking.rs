//! Policies that can be asked: their settings, put to the module.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use super::policies::Policy;
use super::print::tell;
use crate::check::Check;
use crate::check::conclusion::Demands;
use crate::check::kinds::Kinds;
use crate::check::policy::Manifest;
use crate::evaluation::Evaluation;
use crate::fetch::Location;
use crate::host::Host;
use crate::legible;
use crate::metadata::section;
use crate::module::Module;

/// What all policies have in common.
pub(super) struct Asking<'m> {
    location: &'m Location,
    bytes: &'m [u8],
    module: Module,
    demands: Demands,
    pub(super) deadline: Option<Instant>,
}

impl<'m> Asking<'m> {
    /// # Errors
    /// When the bytes are no policy.
    pub(super) fn new(
        location: &'m Location,
        bytes: &'m [u8],
        demands: Demands,
        timeout: Option<u64>,
    ) -> anyhow::Result<Self> {
        let module = Module::from_bytes(bytes).with_context(|| format!("module `{location}`"))?;
        let deadline =
            timeout.and_then(|seconds| Instant::now().checked_add(Duration::from_secs(seconds)));
        Ok(Self { location, bytes, module, demands, deadline })
    }

    /// The policies, by their names, with this host.
    ///
    /// # Errors
    /// When one of them does not take its settings.
    pub(super) fn checks(
        &self,
        policies: Vec<Policy>,
        host: &Arc<Host>,
    ) -> anyhow::Result<Vec<(String, Check)>> {
        let several = policies.len() > 1;
        let named = |(index, policy): (usize, Policy)| {
            let name = policy.manifest.name.clone();
            let name = name.unwrap_or_else(|| format!("policy {}", index + 1));
            let settings = policy.settings.clone();
            match self.check(policy, host)? {
                Ok(check) => Ok((name, check)),
                Err(reason) => {
                    let of = if several { format!("{name}: ") } else { String::new() };
                    bail!("{of}Provided settings are not valid: {reason}{}", settings.advice())
                }
            }
        };
        policies.into_iter().enumerate().map(named).collect()
    }

    fn check(&self, policy: Policy, host: &Arc<Host>) -> anyhow::Result<Result<Check, String>> {
        let Policy { settings, mut manifest } = policy;
        if manifest.kinds.is_none() {
            let kinds = kinds_of_module(self.bytes);
            manifest.kinds = Some(kinds.with_context(|| format!("module `{}`", self.location))?);
        }
        let (module, host) = (self.module.clone(), Arc::clone(host));
        let evaluation = Evaluation { module, settings, host, deadline: self.deadline };
        Ok(Check::new(evaluation, manifest, self.demands))
    }
}

/// What of the policies' manifests this cannot do, or does otherwise than one would think.
pub(super) fn tell_of(policies: &[Policy]) {
    for (index, Policy { manifest, .. }) in policies.iter().enumerate() {
        let Manifest { name, not_applied, withheld, effect, .. } = manifest;
        let name = name.clone().unwrap_or_else(|| format!("policy {}", index + 1));
        let name = legible::line(&name);
        if !not_applied.is_empty() {
            let fields = not_applied.join(" and ");
            let (are, exclude) = if not_applied.len() == 1 {
                ("is", "it excludes")
            } else {
                ("are", "they exclude")
            };
            tell(&format!(
                "{name}: {fields} {are} not applied: objects that {exclude} are checked, too\n"
            ));
        }
        for kind in withheld {
            tell(&format!(
                "{name}: `contextAwareResources` does not list {kind}, so the cluster does not read the keys in it\n"
            ));
        }
        if effect.is_monitored {
            tell(&format!("{name}: monitor mode: rejections are only warnings\n"));
        }
    }
}

fn kinds_of_module(module: &[u8]) -> anyhow::Result<Kinds> {
    match section::read(module)? {
        Some(metadata) => Ok(Kinds::of_metadata(&metadata.rules)),
        None => bail!(
            "it has no metadata, which lists the kinds that the policy reviews: annotate it with `signed-images \
             annotate`, or pass the policy's manifest with --settings-path"
        ),
    }
}
