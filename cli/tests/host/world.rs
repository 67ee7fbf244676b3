//! A registry with images, and the host that asks it, in one process.

use serde_json::{Value, json};
use signed_images::credentials::Credentials;
use signed_images::demo::{Key, Registry};
use signed_images::host::{AT_ONCE, Answers, Cluster, Host, Live, Registries, Trust};
use signed_images::sources::Sources;
use tokio::runtime::Runtime;

/// A registry with a signed and an unsigned image, and the host that asks it.
pub(crate) struct World {
    _runtime: Runtime,
    pub(crate) registry: Registry,
    pub(crate) key: Key,
    pub(crate) digest: String,
    pub(crate) host: Host,
}

impl World {
    pub(crate) fn new(trust: Trust) -> Self {
        let runtime = Runtime::new().unwrap();
        let registry = Registry::start(runtime.handle()).unwrap();
        let key = Key::generate().unwrap();
        let digest = registry.add_image("app", "signed", "1").unwrap();
        registry.sign("app", &digest, &key).unwrap();
        registry.add_image("app", "unsigned", "2").unwrap();
        let host = host(&runtime, &registry.host(), trust);
        Self { _runtime: runtime, registry, key, digest, host }
    }

    pub(crate) fn image(&self, tag: &str) -> String {
        format!("{}/app{tag}", self.registry.host())
    }

    pub(crate) fn ask(&self, operation: &str, question: &Value) -> Result<Value, String> {
        ask(&self.host, operation, question)
    }

    pub(crate) fn verify(
        &self,
        tag: &str,
        keys: &[&str],
        annotations: &Value,
    ) -> Result<Value, String> {
        let question = json!({
            "type": "SigstorePubKeyVerify",
            "image": self.image(tag),
            "pub_keys": keys,
            "annotations": annotations,
        });
        self.ask("v2/verify", &question)
    }
}

pub(crate) fn host(runtime: &Runtime, insecure: &str, trust: Trust) -> Host {
    let sources = Sources::default().with_insecure(insecure.to_owned());
    let registries = Registries::new(sources, Credentials::default(), AT_ONCE);
    let live = Live::new(runtime.handle().clone(), registries, trust, Cluster::default());
    Host { answers: Answers::Live(live), readable: [].into() }
}

pub(crate) fn ask(host: &Host, operation: &str, question: &Value) -> Result<Value, String> {
    let answer = host.call("oci", operation, question.to_string().as_bytes())?;
    Ok(serde_json::from_slice(&answer).unwrap())
}
