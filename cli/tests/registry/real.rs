//! The same image, asked about by this command and by `cosign verify`, through one counting server. Where cosign is
//! not installed, nothing is compared; where `docker-registry` is, it holds the image.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use oci_client::client::{ClientConfig, ClientProtocol, Config, ImageLayer};
use oci_client::manifest::OciImageManifest;
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference};
use serde_json::json;
use signed_images::demo::Key;
use signed_images_policy::policy::predicate_type::ARTIFACT_TYPE;
use signed_images_testing::command::signed_images;
use signed_images_testing::server::{Authority, Request, Response, Server, slowly};
use tempfile::TempDir;

use super::world::{run, settings};

const LATENCY: Duration = Duration::from_millis(150);

/// `docker-registry`, until the test ends.
pub(crate) struct Real {
    process: Child,
    host: String,
    _folder: TempDir,
}

impl Real {
    pub(crate) fn start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
        let config = format!(
            "version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {}}}}}\nhttp: {{addr: '{port}', relativeurls: true}}\n",
            folder.path().join("data").display()
        );
        let file = folder.path().join("config.yml");
        std::fs::write(&file, config).unwrap();
        let process = Command::new("docker-registry")
            .arg("serve")
            .arg(file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let real = Self { process, host: port.to_string(), _folder: folder };
        let start = Instant::now();
        while TcpStream::connect(port).is_err() {
            assert!(start.elapsed() < Duration::from_secs(20), "the registry does not start");
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(real)
    }

    async fn push(&self, tag: &str, layer: ImageLayer, config: Config) -> String {
        self.push_as(None, &format!("app:{tag}"), layer, config).await
    }

    /// Pushes what is called an artifact of that type.
    async fn push_as(
        &self,
        artifact_type: Option<&str>,
        to: &str,
        layer: ImageLayer,
        config: Config,
    ) -> String {
        let client =
            Client::new(ClientConfig { protocol: ClientProtocol::Http, ..ClientConfig::default() });
        let to: Reference = format!("{}/{to}", self.host).parse().unwrap();
        let mut manifest = OciImageManifest::build(std::slice::from_ref(&layer), &config, None);
        manifest.artifact_type = artifact_type.map(ToOwned::to_owned);
        client.push(&to, &[layer], config, &RegistryAuth::Anonymous, Some(manifest)).await.unwrap();
        client.fetch_manifest_digest(&to, &RegistryAuth::Anonymous).await.unwrap()
    }

    /// Pushes an image, `app:1`.
    pub(crate) async fn push_image(&self) -> String {
        let config =
            r#"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}"#;
        self.push("1", ImageLayer::oci_v1("app", None), Config::oci_v1(config, None)).await
    }

    /// Pushes a report of that time, with something in the place of its signature or without.
    pub(crate) async fn push_report(&self, to: &str, time: &str, is_signed: bool) -> String {
        let statement = json!({
            "_type": "https://in-toto.io/Statement/v1", "predicateType": "https://acme.io/scan",
            "subject": [], "predicate": {"metadata": {"scanFinishedOn": time}},
        });
        let layer = || ImageLayer::oci_v1("", None);
        let config = Config::oci_v1(statement.to_string(), None);
        let digest = self.push_as(Some(ARTIFACT_TYPE), to, layer(), config).await;
        if is_signed {
            let tag = format!("{}.sig", digest.replace(':', "-"));
            self.push(&tag, layer(), Config::oci_v1("{}", None)).await;
        }
        digest
    }

    /// The way to it, for a server that stands in front of it.
    pub(crate) fn forward(&self) -> impl Fn(&Request) -> Response + Send + Sync + use<> {
        slowly(self.host.clone(), Duration::ZERO)
    }

    async fn push_signed(&self, key: &Key) {
        let digest = self.push_image().await;
        let signature = key.sign(&format!("{}/app", self.host), &digest).unwrap();
        let layer = ImageLayer::new(
            signature.payload,
            "application/vnd.dev.cosign.simplesigning.v1+json".to_owned(),
            Some(signature.annotations),
        );
        let tag = format!("{}.sig", digest.replace(':', "-"));
        self.push(&tag, layer, Config::oci_v1("{}", None)).await;
    }
}

impl Drop for Real {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_registry_is_asked_as_little_as_by_cosign() {
    let Some(real) = Real::start() else {
        eprintln!("docker-registry is not installed: nothing was compared");
        return;
    };
    let key = Key::generate().unwrap();
    tokio::runtime::Runtime::new().unwrap().block_on(real.push_signed(&key));
    let authority = Authority::new();
    let server =
        Server::https(authority.server(&["127.0.0.1"]), slowly(real.host.clone(), LATENCY));
    let folder = tempfile::tempdir().unwrap();
    let write = |file: &str, text: &str| std::fs::write(folder.path().join(file), text).unwrap();
    write("ca.pem", authority.certificate());
    write("cosign.pub", key.public());
    write("settings.yaml", &settings(&server.host(), key.public()));
    let sources = "source_authorities: {'HOST': [{type: Path, path: ca.pem}]}";
    write("sources.yml", &sources.replace("HOST", &server.host()));
    let image = format!("{}/app:1", server.host());
    for command in ["check", "explain"] {
        server.forget();
        let start = Instant::now();
        let outcome = run(folder.path(), &format!("{command} {image}"));
        let took = start.elapsed();
        assert_eq!(outcome.code, Some(0), "{}{}", outcome.stdout, outcome.stderr);
        let asked = server.lines();
        eprintln!("{command}: {} requests, {took:?}\n  {}", asked.len(), asked.join("\n  "));
        assert!(asked.len() <= 4, "{asked:#?}");
    }
    server.forget();
    let start = Instant::now();
    let cosign = Command::new("cosign")
        .args(["verify", "--key", "cosign.pub", "--insecure-ignore-tlog=true", &image])
        .current_dir(folder.path())
        .env("SSL_CERT_FILE", folder.path().join("ca.pem"))
        .env("HOME", folder.path())
        .output();
    let Ok(cosign) = cosign else { return eprintln!("cosign is not installed") };
    let took = start.elapsed();
    assert!(cosign.status.success(), "{}", String::from_utf8_lossy(&cosign.stderr));
    let asked = server.lines();
    eprintln!("cosign verify: {} requests, {took:?}\n  {}", asked.len(), asked.join("\n  "));
}

#[test]
fn a_module_is_pushed_and_comes_back() {
    let Some(real) = Real::start() else {
        eprintln!("docker-registry is not installed: nothing was pushed");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let write = |file: &str, text: &str| std::fs::write(folder.path().join(file), text).unwrap();
    write("settings.yaml", &settings("r.local", Key::generate().unwrap().public()));
    write("sources.yml", &format!("insecure_sources: ['{}']", real.host));
    let module = Path::new(env!("CARGO_MANIFEST_DIR")).join("../annotated-policy.wasm");
    let url = format!("registry://{}/policy:1", real.host);
    let line = format!("push {} {url} --sources-path sources.yml", module.display());
    let pushed = signed_images(folder.path(), line.split_whitespace(), &[], "");
    assert_eq!(pushed.code, Some(0), "{}", pushed.stderr);
    // No rule is for this image: what is said of it needs the module, and no other registry.
    let checked = run(folder.path(), &format!("check -v other.local/a:1 --module {url}"));
    assert!(checked.stdout.contains("other.local/a:1"), "{}{}", checked.stdout, checked.stderr);
}
