//! `signed-images explain`: how settings read an image, and what is found.
//!
//! - Which exit code? That of `check` for the same image; with `--offline` there is no verdict.
//! - Is there colour? On a terminal, unless `NO_COLOR` is set.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::{Args, ValueEnum};
use signed_images_policy::policy::plan::Rules;
use tokio::runtime::Runtime;

use super::exit::{self, Mistake, Unchecked};
use super::module::ModuleOption;
use super::options::{SettingsOptions, World};
use super::print::print;
use crate::check::source::expect_image;
use crate::evaluation::{Evaluation, now};
use crate::explain::{Explanation, explain};
use crate::host::{AT_ONCE, Answers, Host};
use crate::legible;
use crate::module::Module;
use crate::settings::Settings;

mod text;

const HELP: &str = "\
Exit codes:
  0  the image is accepted, perhaps with warnings; or --offline was given
  1  the image is rejected
  2  the command line or the settings are wrong
  3  the image could not be checked

Examples:
  Which rules match an image, and what do they find?
    signed-images explain ghcr.io/acme/app:1.2 --settings-path settings.yaml

  The same for a policy's manifest, without asking any registry:
    signed-images explain nginx --settings-path policy.yaml --offline

  For a script:
    signed-images explain nginx --settings-path settings.yaml --output json";

/// Show which rules match an image, and what they find
#[derive(Debug, Args)]
#[command(after_help = HELP, override_usage = "signed-images explain [OPTIONS] --settings-path <PATH> <IMAGE>")]
pub(crate) struct Explain {
    /// The image, as a Pod would name it
    image: String,
    #[command(flatten)]
    settings: SettingsOptions,
    #[command(flatten)]
    module: ModuleOption,
    /// Ask no registry: show what the settings say, and no verdict
    #[arg(long)]
    offline: bool,
    /// The format of the result
    #[arg(long, short, value_name = "FORMAT", default_value = "text")]
    output: Output,
    #[command(flatten)]
    world: World,
}

/// How the result is printed.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Output {
    /// For people
    Text,
    /// For programs
    Json,
}

impl Explain {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        expect_image(&self.image).map_err(Mistake::new)?;
        let runtime = Runtime::new().map_err(Unchecked::new)?;
        let (settings, rules) = self.settings.read(runtime.handle())?;
        let mut explanation = explain(&self.image, &rules);
        if !self.offline {
            self.verify(&mut explanation, settings, &rules, &runtime)?;
        }
        explanation.image = legible::line(&explanation.image);
        explanation.invalid = explanation.invalid.as_deref().map(legible::line);
        let text = match self.output {
            Output::Text => text::of(&explanation),
            Output::Json => format!("{}\n", serde_json::to_string_pretty(&explanation)?),
        };
        print(&text).map_err(Unchecked::new)?;
        let verdict = explanation.findings.map(|findings| findings.verdict);
        Ok(verdict.map_or(ExitCode::SUCCESS, exit::of_image))
    }

    fn verify(
        &self,
        explanation: &mut Explanation,
        settings: Settings,
        rules: &Rules,
        runtime: &Runtime,
    ) -> anyhow::Result<()> {
        let module = self.module.location().context("to ask no registry, pass --offline")?;
        let of_module = || format!("module `{module}`");
        let bytes = self.world.fetch(&module, runtime.handle()).map_err(exit::unfetched)?;
        let evaluation = || -> anyhow::Result<Evaluation> {
            let host = Host {
                answers: Answers::Live(self.world.live(runtime.handle().clone(), AT_ONCE)?),
                readable: self.world.readable(&bytes).with_context(of_module)?,
            };
            let module = Module::from_bytes(&bytes).with_context(of_module)?;
            Ok(Evaluation { module, settings, host: Arc::new(host), deadline: None })
        };
        let evaluation = evaluation().map_err(exit::mistaken)?;
        explanation.verify(rules, &evaluation, now()).map_err(Mistake::new)?;
        Ok(())
    }
}
