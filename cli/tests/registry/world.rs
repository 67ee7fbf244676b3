//! A folder to run the command in, and a slow way over TLS to a registry with signed images.

use std::path::Path;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use signed_images::credentials::Credentials;
use signed_images::demo::{Key, Registry};
use signed_images::fetch::Location;
use signed_images::host::{AT_ONCE, Answers, Cluster, Host, Live, Registries, Trust};
use signed_images::sources::Sources;
use signed_images_testing::command::{Outcome, signed_images};
use signed_images_testing::server::{Authority, Server, slowly};
use tempfile::TempDir;
use tokio::runtime::Runtime;

pub(crate) struct World {
    _runtime: Runtime,
    pub(crate) registry: Registry,
    pub(crate) key: Key,
    pub(crate) server: Server,
    pub(crate) folder: TempDir,
}

impl World {
    /// `count` signed images, `app-0/image:1` and so on, `delay` away.
    pub(crate) fn new(count: usize, delay: Duration) -> Self {
        let runtime = Runtime::new().unwrap();
        let registry = Registry::start(runtime.handle()).unwrap();
        let key = Key::generate().unwrap();
        for index in 0..count {
            let repository = format!("app-{index}/image");
            let digest = registry.add_image(&repository, "1", &repository).unwrap();
            registry.sign(&repository, &digest, &key).unwrap();
        }
        let authority = Authority::new();
        let server =
            Server::https(authority.server(&["127.0.0.1"]), slowly(registry.host(), delay));
        let folder = tempfile::tempdir().unwrap();
        let world = Self { _runtime: runtime, registry, key, server, folder };
        world.write("ca.pem", authority.certificate());
        world.write("settings.yaml", &settings(&world.host(), world.key.public()));
        let sources = "source_authorities: {'HOST': [{type: Path, path: ca.pem}]}";
        world.write("sources.yml", &sources.replace("HOST", &world.host()));
        world
    }

    pub(crate) fn host(&self) -> String {
        self.server.host()
    }

    pub(crate) fn image(&self, index: usize) -> String {
        format!("{}/app-{index}/image:1", self.host())
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        std::fs::write(self.folder.path().join(file), text).unwrap();
    }

    pub(crate) fn run(&self, line: &str) -> Outcome {
        run(self.folder.path(), line)
    }

    /// How long a run takes that finds everything in order, when nothing was compiled before.
    pub(crate) fn time(&self, line: &str) -> Duration {
        let cache = tempfile::tempdir().unwrap();
        let start = Instant::now();
        let variables = [("XDG_CACHE_HOME", cache.path().to_str().unwrap())];
        let outcome = run_with(self.folder.path(), line, &variables);
        assert_eq!(outcome.code, Some(0), "{}{}", outcome.stdout, outcome.stderr);
        start.elapsed()
    }
}

/// `signed-images` with these words, the settings and the sources of a folder.
pub(crate) fn run(folder: &Path, line: &str) -> Outcome {
    run_with(folder, line, &[])
}

/// The same with these variables.
pub(crate) fn run_with(folder: &Path, line: &str, variables: &[(&str, &str)]) -> Outcome {
    let module = Path::new(env!("CARGO_MANIFEST_DIR")).join("../annotated-policy.wasm");
    assert!(module.exists(), "there is no module: run `make annotated-policy.wasm`");
    let line = if line.contains("--module") {
        line.to_owned()
    } else {
        format!("{line} --module {}", module.display())
    };
    let line = format!("{line} --settings-path settings.yaml --sources-path sources.yml");
    signed_images(folder, line.split_whitespace(), variables, "")
}

pub(crate) fn settings(host: &str, key: &str) -> String {
    let key = key.trim().replace('\n', "\n          ");
    format!(
        "rules:\n  - name: all\n    images: [\"{host}/**\"]\n    allOf:\n      - kind: pubKey\n        key: |\n          {key}\n"
    )
}

/// A host that reaches registries as these two files say.
pub(crate) struct Asker {
    runtime: Runtime,
    folder: TempDir,
    sources: Sources,
    host: Host,
}

impl Asker {
    pub(crate) fn new(sources: &str, docker: &str) -> Self {
        let runtime = Runtime::new().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let sources = Sources::read(&write("sources.yml", sources)).unwrap();
        let credentials = Credentials::read(&write("config.json", docker)).unwrap();
        let registries = Registries::new(sources.clone(), credentials, AT_ONCE);
        let live =
            Live::new(runtime.handle().clone(), registries, Trust::default(), Cluster::default());
        let host = Host { answers: Answers::Live(live), readable: [].into() };
        Self { runtime, folder, sources, host }
    }

    /// For a registry that may be spoken to over plain HTTP.
    pub(crate) fn insecure(hosts: &[&str], docker: &str) -> Self {
        Self::new(&json!({"insecure_sources": hosts}).to_string(), docker)
    }

    pub(crate) fn ask(&self, operation: &str, question: &Value) -> Result<Value, String> {
        let answer = self.host.call("oci", operation, question.to_string().as_bytes())?;
        Ok(serde_json::from_slice(&answer).unwrap())
    }

    pub(crate) fn digest(&self, image: &str) -> Result<Value, String> {
        self.ask("v1/manifest_digest", &json!(image))
    }

    /// Whether a key signed the image.
    pub(crate) fn verify(&self, image: &str, key: &str) -> Result<Value, String> {
        let question = json!({
            "type": "SigstorePubKeyVerify",
            "image": image,
            "pub_keys": [key],
            "annotations": null,
        });
        self.ask("v2/verify", &question)
    }

    /// Why a module cannot be had.
    pub(crate) fn fetch(&self, location: &str) -> String {
        let credentials = Credentials::read(self.folder.path()).unwrap();
        let registries = Registries::new(self.sources.clone(), credentials, AT_ONCE);
        let location: Location = location.parse().unwrap();
        self.runtime.block_on(location.fetch(&registries)).unwrap_err().to_string()
    }
}

/// Docker's configuration with a password for a registry: `jo`, `secret`.
pub(crate) fn login(registry: &str) -> String {
    let auth = STANDARD.encode("jo:secret");
    json!({"auths": {registry: {"auth": auth}}}).to_string()
}
