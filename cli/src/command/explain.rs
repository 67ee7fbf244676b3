//! `signed-images explain`: how settings read an image, and what is found.
//!
//! - Which exit code? 0 when the image was explained, whatever the verdict: [`super::Command::Run`] is for
//!   verdicts.
//! - Is there colour? On a terminal, unless `NO_COLOR` is set.

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::{Args, ValueEnum};
use signed_images_policy::policy::plan::Rules;
use tokio::runtime::Runtime;

use super::module::ModuleOption;
use super::options::{SettingsOptions, World};
use crate::evaluation::{Evaluation, now};
use crate::explain::{Explanation, explain};
use crate::host::{AT_ONCE, Answers, Host};
use crate::module::Module;
use crate::settings::Settings;

mod text;

const EXAMPLES: &str = "\
Examples:
  Which rules select an image, and what do they find?
    signed-images explain ghcr.io/acme/app:1.2 --settings-path settings.yaml

  The same, of the policy in a manifest, without asking any registry:
    signed-images explain nginx --settings-path policy.yaml --offline

  For a script:
    signed-images explain nginx --settings-path settings.yaml --output json";

/// Show how settings read an image: which rules select it, why the others do not, and what is found
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Explain {
    /// The image, as a Pod would name it
    image: String,
    #[command(flatten)]
    settings: SettingsOptions,
    #[command(flatten)]
    module: ModuleOption,
    /// Ask nobody: show what the settings say, and no verdict
    #[arg(long)]
    offline: bool,
    /// How the result is printed
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
        let runtime = Runtime::new()?;
        let (settings, rules) = self.settings.read(runtime.handle())?;
        let mut explanation = explain(&self.image, &rules);
        if !self.offline {
            self.verify(&mut explanation, settings, &rules, &runtime)?;
        }
        let mut stdout = anstream::stdout();
        match self.output {
            Output::Text => write!(stdout, "{}", text::of(&explanation))?,
            Output::Json => writeln!(stdout, "{}", serde_json::to_string_pretty(&explanation)?)?,
        }
        Ok(ExitCode::SUCCESS)
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
        let bytes = self.world.fetch(&module, runtime.handle())?;
        let host = Host {
            answers: Answers::Live(self.world.live(runtime.handle().clone(), AT_ONCE)?),
            readable: self.world.readable(&bytes).with_context(of_module)?,
        };
        let compiled = Module::from_bytes(&bytes).with_context(of_module)?;
        let evaluation = Evaluation { module: compiled, settings, host: Arc::new(host) };
        explanation.verify(rules, &evaluation, now())?;
        Ok(())
    }
}
