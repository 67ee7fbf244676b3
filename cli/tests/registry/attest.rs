//! How reports are put into registries that are not all alike: what is asked of them, and what is said when they do
//! not take it. The registry is Debian's, behind a server that does as another would; where it is not installed,
//! nothing is tried.

use serde_json::{Value, json};
use signed_images::demo::Key;
use signed_images_testing::command::{Outcome, signed_images};
use signed_images_testing::server::{Request, Response, Server};
use tempfile::TempDir;

use super::real::Real;
use super::world::login;

const IN_TOTO: &str = "application/vnd.in-toto+json";

/// The real one.
type Registry = dyn Fn(&Request) -> Response;

/// An image, and a key that signs reports about it, behind a server.
struct World {
    real: Real,
    server: Server,
    folder: TempDir,
    image: String,
}

impl World {
    /// `answer` may answer in the place of the registry.
    fn new(
        answer: impl Fn(&Request, &Registry) -> Option<Response> + Send + Sync + 'static,
    ) -> Option<Self> {
        let real = Real::start()?;
        let digest = tokio::runtime::Runtime::new().unwrap().block_on(real.push_image());
        let registry = real.forward();
        let server = Server::http(move |request| {
            answer(request, &registry).unwrap_or_else(|| registry(request))
        });
        let folder = tempfile::tempdir().unwrap();
        let write =
            |file: &str, text: &str| std::fs::write(folder.path().join(file), text).unwrap();
        write("cosign.pub", Key::generate().unwrap().public());
        write("sources.yml", &json!({"insecure_sources": [server.host()]}).to_string());
        write("review.json", r#"{"approved": true}"#);
        let image = format!("{}/app@{digest}", server.host());
        Some(Self { real, server, folder, image })
    }

    /// Publishes a review of the image that nobody signs.
    fn attest(&self) -> Outcome {
        self.run(&format!(
            "{} --type https://acme.io/review/v1 --predicate review.json",
            self.image
        ))
    }

    fn run(&self, words: &str) -> Outcome {
        let line = format!("attest {words} --key cosign.pub --sources-path sources.yml");
        signed_images(self.folder.path(), line.split_whitespace(), &[], "")
    }

    fn write(&self, file: &str, text: impl AsRef<[u8]>) {
        std::fs::write(self.folder.path().join(file), text).unwrap();
    }

    /// The manifests that were put there.
    fn manifests(&self) -> Vec<Value> {
        let asked = self.server.asked();
        let put = asked.iter().filter(|request| is_manifest(request));
        put.map(|request| serde_json::from_slice(&request.body).unwrap()).collect()
    }
}

fn is_manifest(request: &Request) -> bool {
    request.method == "PUT" && request.path.contains("/manifests/")
}

fn refusal(status: u16, code: &str) -> Response {
    let errors = json!({"errors": [{"code": code, "message": "no"}]});
    Response::new(status).with("content-type", "application/json").body(errors.to_string())
}

#[test]
fn a_registry_that_takes_image_configs_alone_gets_one() {
    let refuses = |request: &Request, _: &Registry| {
        let is_foreign = String::from_utf8_lossy(&request.body).contains(IN_TOTO);
        (is_manifest(request) && is_foreign).then(|| refusal(400, "MANIFEST_INVALID"))
    };
    let Some(world) = World::new(refuses) else { return };
    let outcome = world.attest();
    assert_eq!(outcome.code, Some(3), "{}", outcome.stderr);
    let types: Vec<Value> =
        world.manifests().iter().map(|manifest| manifest["config"]["mediaType"].clone()).collect();
    assert_eq!(types, [IN_TOTO, "application/vnd.oci.image.config.v1+json"]);
}

/// Amazon's registry does not say where a manifest is.
#[test]
fn a_registry_that_names_no_location_is_enough() {
    let nameless = |request: &Request, registry: &Registry| {
        is_manifest(request).then(|| {
            let mut response = registry(request);
            response.headers.retain(|(name, _)| name != "location");
            response
        })
    };
    let Some(world) = World::new(nameless) else { return };
    let outcome = world.attest();
    assert_eq!(outcome.code, Some(3), "{}", outcome.stderr);
}

#[test]
fn what_a_registry_refuses_is_said_with_the_way_out() {
    let rows: [(u16, &str, &str); 4] = [
        (401, "UNAUTHORIZED", "requires other credentials: log in with `docker login"),
        (403, "DENIED", "requires other credentials"),
        (404, "NAME_UNKNOWN", "has no such repository"),
        (500, "UNKNOWN", "500"),
    ];
    for (status, code, expected) in rows {
        let refuses = move |request: &Request, _: &Registry| {
            (request.method == "POST").then(|| refusal(status, code))
        };
        let Some(world) = World::new(refuses) else { return };
        let outcome = world.attest();
        assert_eq!(outcome.code, Some(1), "{status}: {}", outcome.stderr);
        let start = format!("the report cannot be pushed to `{}/app`", world.server.host());
        assert!(outcome.stderr.contains(&start), "{}", outcome.stderr);
        assert!(outcome.stderr.contains(expected), "{}", outcome.stderr);
    }
}

#[test]
fn nothing_is_pushed_that_cannot_be_meant() {
    let Some(world) = World::new(|_, _| None) else { return };
    let image = world.image.clone();
    let tagged = image.split('@').next().unwrap().to_owned() + ":1";
    world.write("scan.json", r#"{"SchemaVersion": 2, "ArtifactName": "a"}"#);
    let other = format!("r.local/clean@sha256:{}", "b".repeat(64));
    let scan = json!({
        "SchemaVersion": 2, "ArtifactName": "app:1", "CreatedAt": "2026-01-02T03:04:05Z",
        "Metadata": {"RepoDigests": [other]}, "Results": [],
    });
    world.write("other.json", scan.to_string());
    world.write("list.json", "[]");
    world.write("text.json", "text");
    world.write("large.json", format!(r#"{{"a": "{}"}}"#, "x".repeat(4 << 20)));
    world.write("cosign.key", "-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n");
    let review = "--type https://acme.io/review/v1 --predicate";
    let rows = [
        (
            2,
            format!("{image} --type vuln --predicate other.json"),
            "says that it is about `r.local/clean@sha256:bbb",
        ),
        (2, format!("{tagged} {review} review.json"), "has no digest"),
        (2, format!("{image} --type review --predicate review.json"), "unknown type"),
        (2, format!("{image} {review} missing.json"), "cannot read predicate `missing.json`"),
        (2, format!("{image} {review} list.json"), "is not a JSON object"),
        (2, format!("{image} {review} text.json"), "is not JSON"),
        (2, format!("{image} --type vuln --predicate review.json"), "not a vulnerability scan"),
        (2, format!("{image} --type vuln --predicate scan.json"), "--scan-finished"),
        (2, format!("{image} {review} review.json --name sig"), "is reserved for other tags"),
        (2, format!("{image} {review} review.json --repository r.local/a:1"), "remove the tag"),
        (2, format!("{image} {review} large.json"), "the policy reads at most 4194304"),
    ];
    for (code, words, expected) in rows {
        let outcome = world.run(&words);
        assert_eq!(outcome.code, Some(code), "{words}: {}", outcome.stderr);
        assert!(outcome.stderr.contains(expected), "{words}: {}", outcome.stderr);
    }
    for (key, expected) in [
        ("cosign.key", "private key"),
        ("awskms:///alias/a", "cosign public-key --key awskms:///alias/a"),
        ("missing.pub", "cannot read key"),
    ] {
        let line = format!("attest {image} {review} review.json --key {key}");
        let outcome = signed_images(world.folder.path(), line.split_whitespace(), &[], "");
        assert_eq!(outcome.code, Some(2), "{key}: {}", outcome.stderr);
        assert!(outcome.stderr.contains(expected), "{key}: {}", outcome.stderr);
    }
    assert_eq!(world.manifests(), Vec::<Value>::new());
}

/// What is written is written with the credentials of what is read, and to hosts that may be.
#[test]
fn a_report_goes_where_reading_may_go() {
    let Some(world) = World::new(|request, _| {
        let is_known = request.header("authorization") == Some("Basic am86c2VjcmV0");
        let challenge = || Response::new(401).with("www-authenticate", r#"Basic realm="r""#);
        (!is_known).then(challenge)
    }) else {
        return;
    };
    let refused = world.attest();
    assert_eq!(refused.code, Some(1), "{}", refused.stderr);
    world.write("config.json", login(&world.server.host()));
    let outcome = world.attest();
    assert_eq!(outcome.code, Some(3), "{}", outcome.stderr);
    assert!(!outcome.stderr.contains("secret"), "{}", outcome.stderr);

    world.write("sources.yml", "{}");
    let outcome = world.attest();
    assert_eq!(outcome.code, Some(1), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("insecure_sources"), "{}", outcome.stderr);
}

/// The digest that a scan names may be that of the index, which is not attested; another is told to be the same image.
#[test]
fn a_scan_may_name_the_image_otherwise() {
    let Some(world) = World::new(|_, _| None) else { return };
    let digest = world.image.split_once('@').unwrap().1.to_owned();
    let scan = |names: &str| {
        let scan = json!({
            "SchemaVersion": 2, "ArtifactName": names, "CreatedAt": "2026-01-02T03:04:05Z",
            "Metadata": {"RepoDigests": []}, "Results": [],
        });
        world.write("scan.json", scan.to_string());
    };
    let attest = |more: &str| {
        let image = &world.image;
        world.run(&format!("{image} --type vuln --predicate scan.json{more}"))
    };
    let other = format!("r.local/app@sha256:{}", "b".repeat(64));
    let own = format!("elsewhere/app@{digest}");
    for (names, more, code) in [
        ("app:1", "", 3),
        (own.as_str(), "", 3),
        (other.as_str(), "", 2),
        (other.as_str(), " --of-another-digest", 3),
    ] {
        scan(names);
        let outcome = attest(more);
        assert_eq!(outcome.code, Some(code), "{names}{more}: {}", outcome.stderr);
    }
}

#[test]
fn what_cannot_be_copied_stops_no_other_report() {
    let Some(world) = World::new(|_, _| None) else { return };
    let (repository, digest) = world.image.split_once('@').unwrap();
    let mirror = repository.replace("/app", "/mirror");
    let tag =
        |repository: &str, name: &str| format!("{repository}:{}.{name}", digest.replace(':', "-"));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let push = |to: String, time: &str, is_signed: bool| {
        runtime.block_on(world.real.push_report(&to, time, is_signed))
    };
    push(tag("app", "aaa"), "2026-01-05T00:00:00Z", false);
    push(tag("app", "fresh"), "2026-01-02T00:00:00Z", true);
    push(tag("app", "grype"), "2026-01-03T00:00:00Z", true);
    push(tag("app", "trivy"), "2026-01-04T00:00:00Z", true);
    let newer = push(tag("mirror", "grype"), "2026-01-03T02:00:00+01:00", true);
    let older = push(tag("mirror", "trivy"), "2026-01-01T00:00:00Z", true);
    let line = format!("attest --copy {} {mirror} --sources-path sources.yml", world.image);
    let outcome = signed_images(world.folder.path(), line.split_whitespace(), &[], "");
    assert_eq!(outcome.code, Some(1), "{}", outcome.stderr);
    let copied: Vec<&str> = outcome.stdout.lines().collect();
    assert_eq!(copied.len(), 2, "{copied:?}");
    let has = |end: &str| copied.iter().any(|line| line.ends_with(end));
    assert!(has(".fresh"), "{copied:?}");
    assert!(has(&format!(".trivy, in the place of {older}")), "{copied:?}");
    assert!(outcome.stderr.contains(".aaa: "), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("is not signed"), "{}", outcome.stderr);
    assert!(
        outcome.stderr.contains("is another report, and not an older one"),
        "{}",
        outcome.stderr
    );
    assert!(!outcome.stdout.contains(&newer), "{}", outcome.stdout);
}
