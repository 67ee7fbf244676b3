//! `signed-images demo`: the policy's main job, shown on one machine, without a network.
//!
//! - What happens? A registry starts in this process with two images, one of them signed with a key made just
//!   now. A signed Pod, an unsigned Deployment and a Pod with both are put to the policy.
//! - When does it fail? When the policy decides otherwise than it should: the show is also a test.

use std::io::{Write, stdout};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use crate::credentials::Credentials;
use crate::demo::{Key, Registry};
use crate::evaluation::Evaluation;
use crate::host::{Answers, Cluster, Host, Live, Registries, Trust};
use crate::module::Module;
use crate::settings::Settings;
use crate::sources::Sources;
use anyhow::bail;
use clap::Args;
use serde_json::json;
use tokio::runtime::{Handle, Runtime};

mod images;
mod outcome;
mod reviews;
mod table;

use images::Images;
use outcome::Outcome;

const EXAMPLES: &str = "\
Examples:
  signed-images demo --module annotated-policy.wasm";

/// See a signed image let in and pinned, and unsigned ones kept out
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Demo {
    /// The policy's module
    #[arg(long, value_name = "PATH", default_value = "annotated-policy.wasm")]
    module: PathBuf,
}

impl Demo {
    pub(crate) fn run(&self) -> anyhow::Result<ExitCode> {
        if !self.module.exists() {
            bail!("no module `{}`: run `make annotated-policy.wasm`", self.module.display());
        }
        let runtime = Runtime::new()?;
        let registry = Registry::start(runtime.handle())?;
        let key = Key::generate()?;
        let images = Images::add_to(&registry, &key)?;
        writeln!(stdout(), "{}", table::introduction(&images))?;
        let evaluation = Evaluation {
            module: Module::load(&self.module)?,
            settings: settings(&registry.host(), key.public())?,
            host: Arc::new(host(runtime.handle().clone(), registry.host())),
        };
        if let Err(reason) = evaluation.validate_settings() {
            bail!("Provided settings are not valid: {reason}");
        }
        let outcomes = reviews::all(&images)?
            .into_iter()
            .map(|review| Outcome::of(review, &evaluation))
            .collect::<anyhow::Result<Vec<_>>>()?;
        writeln!(stdout(), "{}", table::results(&images, &outcomes)?)?;
        outcomes.iter().try_for_each(Outcome::check)?;
        Ok(ExitCode::SUCCESS)
    }
}

fn settings(host: &str, key: &str) -> anyhow::Result<Settings> {
    let settings = json!({"signatures": [{"image": format!("{host}/*"), "pubKeys": [key]}]});
    Ok(Settings::parse(&settings.to_string())?)
}

fn host(runtime: Handle, registry: String) -> Host {
    let registries = Registries {
        sources: Sources::default().with_insecure(registry),
        credentials: Credentials::default(),
    };
    let live = Live::new(runtime, registries, Trust::default(), Cluster::default());
    Host { answers: Answers::Live(live), readable: [].into() }
}
