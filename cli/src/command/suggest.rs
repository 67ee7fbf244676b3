//! `signed-images suggest`: settings from what is signed today.
//!
//! - Which exit codes? 0: the settings hold for everything that is signed. 1: nothing is signed by anybody who could be
//!   verified, and there are no settings. 3: something could not be read, and may lack a rule.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, anyhow};
use clap::Args;
use signed_images_policy::image::reference::Reference;
use signed_images_policy::keys::public_key::PublicKey;
use signed_images_policy::workload::kinds::built_in_kinds;
use tokio::runtime::Runtime;

use super::exit::{self, Mistake, Unchecked};
use super::options::{World, nowhere};
use super::print::{print, progress, tell};
use super::running::ClusterOptions;
use crate::check::conclusion::Conclusion;
use crate::check::named;
use crate::check::source;
use crate::evaluation::now;
use crate::host::{AT_ONCE, Live};
use crate::legible;
use crate::settings::Settings;
use crate::suggest::observed::observe;
use crate::suggest::rules::{Found, Seen, suggest};
use crate::suggest::text::{self, Key};

const HELP: &str = "\
The rules trust only signers that were verified: identities by Sigstore's certificate authority and its log, \
and keys that --key names. Images without a signature of such a signer are listed apart.

Exit codes:
  0  the settings have a rule for every signed image
  1  no image has a signature that could be verified
  2  the command line or a key is wrong
  3  something could not be read

Examples:
  signed-images suggest deploy/ >settings.yaml
  signed-images suggest --key cosign.pub ghcr.io/acme/app:1.4
  signed-images suggest --cluster --namespace shop
  kubeadm config images list | signed-images suggest -";

/// Find out who signed images, and suggest settings for it
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct Suggest {
    /// Manifests, folders with manifests, lists of images, images; `-` is stdin
    #[arg(required_unless_present = "cluster", value_name = "PATH|IMAGE|-")]
    what: Vec<String>,
    #[command(flatten)]
    cluster: ClusterOptions,
    /// A public key (PEM) that may have signed images; repeat it for others
    #[arg(long = "key", value_name = "FILE")]
    keys: Vec<PathBuf>,
    /// How many requests to registries run at the same time
    #[arg(long, short, value_name = "COUNT", default_value_t = AT_ONCE)]
    jobs: usize,
    #[command(flatten)]
    world: World,
}

impl Suggest {
    pub(crate) fn run(&self) -> anyhow::Result<ExitCode> {
        let runtime: &Runtime = Box::leak(Box::new(Runtime::new().map_err(Unchecked::new)?));
        let keys = self.keys.iter().map(|path| keys_of(path)).collect::<anyhow::Result<Vec<_>>>();
        let keys = keys.map_err(Mistake::new)?.concat();
        let host = self.world.live(runtime.handle().clone(), self.jobs).map_err(exit::mistaken)?;
        let sources = if self.cluster.cluster {
            let kinds: Vec<_> = built_in_kinds().collect();
            self.cluster.sources(&kinds, None, None, runtime.handle())?
        } else {
            source::read(&self.what).map_err(exit::unread)?
        };
        let named = named::images_of(&sources);
        for place in &named.unread {
            tell(&format!("not read: {}\n", legible::line(place)));
        }
        if named.images.is_empty() {
            return Err(Unchecked::new(anyhow!("the input contains no images")).into());
        }
        let seen = self.look(&named.images, &keys, &host);
        let is_read = named.unread.is_empty()
            && seen.len() == named.images.len()
            && !seen.iter().any(|image| matches!(image.found, Found::Unread(_)));
        finish(&seen, &keys, is_read, runtime)
    }

    fn look(&self, images: &[String], keys: &[Key], host: &Live) -> Vec<Seen> {
        let pems: Vec<String> = keys.iter().map(|key| key.pem.clone()).collect();
        let bar = progress(images.len());
        let seen = crate::check::parallel::map(images, self.jobs, |image| {
            let seen = match Reference::parse(image) {
                Ok(reference) => Some(observe(image, &reference, &pems, host)),
                Err(error) => {
                    tell(&format!("not read: `{}`: {error}\n", legible::line(image)));
                    None
                }
            };
            bar.inc(1);
            seen
        });
        bar.finish_and_clear();
        seen.into_iter().flatten().collect()
    }
}

fn finish(
    seen: &[Seen],
    keys: &[Key],
    is_read: bool,
    runtime: &Runtime,
) -> anyhow::Result<ExitCode> {
    let rules = suggest(seen);
    let conclusion = if !is_read {
        Conclusion::Unchecked
    } else if rules.is_empty() {
        Conclusion::Rejected
    } else {
        Conclusion::Accepted
    };
    if rules.is_empty() {
        tell("nothing to suggest: no image has a signature that could be verified\n");
        tell(&text::left_out(seen));
        return Ok(exit::of_check(conclusion));
    }
    let text = text::settings(&rules, seen, keys);
    check(&text, runtime).context("the suggested settings are not valid")?;
    print(&text).map_err(Unchecked::new)?;
    let left = seen.iter().filter(|image| !matches!(image.found, Found::Signed(_))).count();
    if left > 0 {
        tell(&format!(
            "{left} of {} images have no rule: they are listed at the end\n",
            seen.len()
        ));
    }
    Ok(exit::of_check(conclusion))
}

/// What is written is valid: the policy's own reader says so.
fn check(text: &str, runtime: &Runtime) -> anyhow::Result<()> {
    let settings: serde_json::Value = yaml_serde::from_str(text)?;
    let settings = Settings::parse(&settings.to_string())?;
    settings.rules(&nowhere(runtime.handle().clone()), now())?;
    Ok(())
}

/// The keys of a file: each of its PEM blocks.
fn keys_of(path: &Path) -> anyhow::Result<Vec<Key>> {
    let shown = legible::line(&path.display().to_string());
    let text = crate::text::read(path).with_context(|| format!("cannot read key `{shown}`"))?;
    let keys = PublicKey::parse_all(&text).map_err(|error| anyhow!("`{shown}`: {error}"))?;
    let name =
        path.file_stem().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let key = |key: &PublicKey| Key { owner: name.clone(), pem: key.to_pem() };
    Ok(keys.iter().map(key).collect())
}
