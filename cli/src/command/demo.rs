//! `signed-images demo`: the policy's main job, shown on one machine, without a network.
//!
//! - What happens? A registry starts in this process with two images, one of them signed with a key made just
//!   now. A signed Pod, an unsigned Deployment and a Pod with both are put to the policy.
//! - When does it fail? When the policy decides otherwise than it should: the show is also a test.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::Args;
use serde_json::json;
use tokio::runtime::{Handle, Runtime};

use super::module::ModuleOption;
use super::print::print;
use crate::credentials::Credentials;
use crate::demo::{DemoError, Key, Registry};
use crate::evaluation::Evaluation;
use crate::host::{AT_ONCE, Answers, Cluster, Host, Live, Registries, Trust};
use crate::module::Module;
use crate::roots;
use crate::settings::Settings;
use crate::sources::Sources;

mod outcome;
mod reviews;
mod table;

use outcome::Outcome;

const EXAMPLES: &str = "\
Examples:
  signed-images demo
  signed-images demo --module annotated-policy.wasm";

/// The rule of the show, and who must have signed.
const RULE: &str = "shop";
const OWNER: &str = "release team";

/// See the policy admit a signed image and reject unsigned ones
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Demo {
    #[command(flatten)]
    module: ModuleOption,
}

impl Demo {
    pub(crate) fn run(&self) -> anyhow::Result<ExitCode> {
        let location = self.module.location()?;
        roots::check()?;
        let runtime = Runtime::new()?;
        let module = runtime.block_on(location.fetch(&Registries::default()));
        let module = module.with_context(|| format!("cannot read module `{location}`"))?;
        let registry = Registry::start(runtime.handle())?;
        let key = Key::generate()?;
        let images = Images::add_to(&registry, &key)?;
        print(&format!("{}\n", table::introduction(&images)))?;
        let evaluation = Evaluation {
            module: Module::from_bytes(&module).with_context(|| format!("module `{location}`"))?,
            settings: settings(&registry.host(), key.public())?,
            host: Arc::new(host(runtime.handle().clone(), registry.host())),
            deadline: None,
        };
        if let Err(reason) = evaluation.validate_settings() {
            bail!("Provided settings are not valid: {reason}");
        }
        let outcomes = reviews::all(&images)?
            .into_iter()
            .map(|review| Outcome::of(review, &evaluation))
            .collect::<anyhow::Result<Vec<_>>>()?;
        print(&format!("{}\n", table::results(&images, &outcomes)?))?;
        outcomes.iter().try_for_each(Outcome::check)?;
        Ok(ExitCode::SUCCESS)
    }
}

fn settings(host: &str, key: &str) -> anyhow::Result<Settings> {
    let signer = json!({"kind": "pubKey", "owner": OWNER, "key": key});
    let rule = json!({"name": RULE, "images": [format!("{host}/**")], "allOf": [signer]});
    let settings = json!({"rules": [rule]});
    Ok(Settings::parse(&settings.to_string())?)
}

fn host(runtime: Handle, registry: String) -> Host {
    let sources = Sources::default().with_insecure(registry);
    let registries = Registries::new(sources, Credentials::default(), AT_ONCE);
    let live = Live::new(runtime, registries, Trust::default(), Cluster::default());
    Host { answers: Answers::Live(live), readable: [].into() }
}

/// The images of the show, one of them signed.
#[derive(Debug)]
pub(super) struct Images {
    /// The registry that holds them.
    pub(super) host: String,
    /// Signed.
    pub(super) signed: String,
    /// The digest that the signature is for.
    pub(super) signed_digest: String,
    /// Not signed.
    pub(super) unsigned: String,
    /// Its digest.
    pub(super) unsigned_digest: String,
}

impl Images {
    /// Puts the images into a registry.
    pub(super) fn add_to(registry: &Registry, key: &Key) -> Result<Self, DemoError> {
        let signed_digest = registry.add_image("shop/cart", "1.4", "cart")?;
        registry.sign("shop/cart", &signed_digest, key)?;
        Ok(Self {
            host: registry.host(),
            signed: format!("{}/shop/cart:1.4", registry.host()),
            signed_digest,
            unsigned: format!("{}/shop/till:2.0", registry.host()),
            unsigned_digest: registry.add_image("shop/till", "2.0", "till")?,
        })
    }

    /// An image's name without the registry, which is the same for all.
    pub(super) fn name<'a>(&self, image: &'a str) -> &'a str {
        image.strip_prefix(&self.host).map_or(image, |name| name.trim_start_matches('/'))
    }

    /// What an image is of: `cart` for `host:port/shop/cart:1.4`.
    pub(super) fn app(image: &str) -> &str {
        let name = image.rsplit('/').next().unwrap_or(image);
        name.split_once(':').map_or(name, |(app, _tag)| app)
    }
}
