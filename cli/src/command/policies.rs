//! The policies that `check` puts objects to: one, or several as a cluster has.
//!
//! - What may be named? A file with settings; manifests of policies, in a file or in a folder. Of what else a folder
//!   holds, settings and groups of policies are refused, for nobody would notice that they are not checked.

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use clap::Args;

use super::exit::Mistake;
use super::options::from_json;
use crate::check::policy::Manifest;
use crate::check::source;
use crate::settings::{self, File, Settings};

/// The settings of the policies.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct PolicyOptions {
    /// The policy's settings: a YAML or JSON file, or a policy's manifest. For several policies, repeat it, or
    /// name a folder of manifests
    #[arg(long, short, value_name = "PATH")]
    settings_path: Vec<PathBuf>,
    /// The policy's settings, as JSON
    #[arg(long, value_name = "JSON")]
    settings_json: Option<String>,
    /// A file of tests: settings, images, and the expected results
    #[arg(long, value_name = "FILE", conflicts_with_all = ["what", "cluster", "pin"])]
    tests: Option<PathBuf>,
}

/// A policy's settings, and what its manifest says besides.
#[derive(Debug, Clone)]
pub(super) struct Policy {
    pub(super) settings: Settings,
    pub(super) manifest: Manifest,
}

impl PolicyOptions {
    /// The file of tests, if that is what is wanted.
    pub(super) fn tests(&self) -> Option<&Path> {
        self.tests.as_deref()
    }

    /// The policies.
    ///
    /// # Errors
    /// When they cannot be read.
    pub(super) fn read(&self) -> Result<Vec<Policy>, Mistake> {
        if let Some(json) = &self.settings_json {
            let settings = from_json(json)?;
            return Ok(vec![Policy { settings, manifest: Manifest::default() }]);
        }
        let policies = self.settings_path.iter().map(|path| read(path));
        let policies: anyhow::Result<Vec<_>> = policies.collect();
        Ok(policies.map_err(Mistake::new)?.into_iter().flatten().collect())
    }
}

/// The policies of a file or a folder.
///
/// # Errors
/// When they cannot be read.
pub(super) fn read(path: &Path) -> anyhow::Result<Vec<Policy>> {
    if !path.is_dir() {
        return settings::read_all(path)?.iter().map(|file| policy(file, path)).collect();
    }
    let mut policies = Vec::new();
    for file in source::files(path)? {
        for document in settings::policies(&file)? {
            policies.push(policy(&File::Policy(document), &file)?);
        }
    }
    if policies.is_empty() {
        return Err(anyhow!("no file in `{}` contains the manifest of a policy", path.display()));
    }
    Ok(policies)
}

fn policy(file: &File, path: &Path) -> anyhow::Result<Policy> {
    let manifest = match file {
        File::Policy(policy) => Manifest::read(policy, path)?,
        File::Settings(_) | File::Nothing => Manifest::default(),
    };
    Ok(Policy { settings: Settings::of(file, path)?, manifest })
}
