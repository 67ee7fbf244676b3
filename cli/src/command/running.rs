//! `--cluster`: what runs already.

use std::time::Instant;

use clap::Args;
use signed_images_policy::request::GroupKind;
use tokio::runtime::Handle;
use tokio::time::timeout_at;

use super::exit::{Mistake, Unchecked};
use super::print::tell;
use crate::check::source::Source;
use crate::check::{Check, running};
use crate::cluster::objects::{self, Objects};
use crate::cluster::{Access, ClusterError};
use crate::legible;

#[derive(Debug, Args)]
pub(super) struct ClusterOptions {
    /// Read what runs in the cluster of the kubeconfig, as if it were created now
    #[arg(long, conflicts_with = "what")]
    pub(super) cluster: bool,
    /// Read this namespace only [default: all]
    #[arg(long, short, value_name = "NAME", requires = "cluster", conflicts_with = "what")]
    namespace: Option<String>,
    /// The context in the kubeconfig [default: the current one]
    #[arg(long, value_name = "NAME", requires = "cluster", conflicts_with = "what")]
    context: Option<String>,
}

impl ClusterOptions {
    /// How the cluster is found.
    pub(super) fn access(&self) -> Access {
        Access { kubeconfig: None, context: self.context.clone() }
    }

    /// What the cluster runs of these kinds; where no namespace is named, in that of the policies, if they have one.
    ///
    /// # Errors
    /// When there is no cluster, or it does not answer until then.
    pub(super) fn sources(
        &self,
        kinds: &[GroupKind],
        of_policies: Option<&str>,
        deadline: Option<Instant>,
        runtime: &Handle,
    ) -> anyhow::Result<Vec<Source>> {
        let namespace = self.namespace.as_deref().or(of_policies);
        let listing = self.list(kinds, namespace, deadline);
        let objects = runtime.block_on(listing).map_err(|error| match error {
            ClusterError::None { .. } => anyhow::Error::from(Mistake::new(error)),
            ClusterError::Server { .. } => Unchecked::new(error).into(),
        })?;
        tell_of(&objects, namespace.filter(|_| self.namespace.is_none()));
        Ok(running::sources(objects))
    }

    async fn list(
        &self,
        kinds: &[GroupKind],
        namespace: Option<&str>,
        deadline: Option<Instant>,
    ) -> Result<Objects, ClusterError> {
        let connection = self.access().connect().await?;
        // Before the answers, which may come from a cluster that was not meant.
        tell(&format!("asking the API server `{}`\n", legible::line(&connection.server)));
        let listing = objects::list(&connection, kinds, namespace);
        let Some(deadline) = deadline else { return listing.await };
        timeout_at(deadline.into(), listing).await.unwrap_or_else(|_elapsed| {
            let reason = "the time of --timeout is over".to_owned();
            Err(ClusterError::Server { server: connection.server.clone(), reason })
        })
    }
}

/// The kinds that some of the policies are about, each once.
pub(super) fn kinds(checks: &[&Check]) -> Vec<GroupKind> {
    let mut kinds: Vec<GroupKind> = Vec::new();
    for kind in checks.iter().flat_map(|check| check.kinds()) {
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    kinds
}

/// The namespace that all policies are about.
pub(super) fn common_namespace<'c>(checks: &[&'c Check]) -> Option<&'c str> {
    let first = checks.first()?.namespace()?;
    checks.iter().all(|check| check.namespace() == Some(first)).then_some(first)
}

/// What was not looked at, and why.
fn tell_of(objects: &Objects, only: Option<&str>) {
    if let Some(namespace) = only {
        let namespace = legible::line(namespace);
        tell(&format!(
            "only the namespace {namespace} was checked, because the policy is only for it\n"
        ));
    }
    if !objects.absent.is_empty() {
        let kinds: Vec<String> = objects.absent.iter().map(running::name).collect();
        tell(&format!("the cluster does not have these kinds: {}\n", kinds.join(", ")));
    }
    if !objects.over.is_empty() {
        let over = objects.over.iter().map(|(kind, count)| format!("{kind} ({count})"));
        let over = legible::line(&over.collect::<Vec<_>>().join(", "));
        tell(&format!("left out, because they have ended or have no replicas: {over}\n"));
    }
}
