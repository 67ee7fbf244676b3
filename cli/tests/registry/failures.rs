//! What is said when there is no answer: the innermost cause and the way out, whatever was asked. The servers here
//! are fakes.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;
use signed_images::demo::{Key, Registry};
use signed_images_testing::command::signed_images;
use signed_images_testing::server::{Authority, Request, Response, Server, slowly};
use tokio::runtime::Runtime;

use super::world::{Asker, World, run_with};

/// What the policy takes for "it is absent" and for "it is not signed" (`src/host/error.rs`).
const ABSENT: [&str; 3] = ["not found", "manifest unknown", "name unknown"];
const UNSIGNED: [&str; 3] = ["no signatures found", "missing signatures", "verification failed"];

/// A registry that cannot be asked, how it is reached, and what is to be said.
struct Down {
    host: String,
    sources: String,
    cause: &'static str,
    way_out: &'static str,
}

fn answer(_: &Request) -> Response {
    Response::new(200)
}

fn trusting(host: &str, authority: &Authority) -> String {
    let ca = json!([{"type": "Data", "data": authority.certificate()}]);
    json!({"source_authorities": {host: ca}}).to_string()
}

/// Takes connections and closes each of them with what it is given to say.
fn closes(says: &'static [u8]) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let host = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let _ = connection.read(&mut [0; 1024]);
            let _ = connection.write_all(says);
        }
    });
    host
}

fn nobody() -> String {
    // Nobody listens on a port that was just given back.
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().to_string()
}

fn check(down: &Down) {
    let Down { host, sources, cause, way_out } = down;
    let image = format!("{host}/a:1");
    let signature = format!("{host}/a:sha256-{}.sig", "a".repeat(64));
    let asker = Asker::new(sources, "{}");
    let key = Key::generate().unwrap();
    let said = [
        asker.digest(&image).unwrap_err(),
        asker.digest(&signature).unwrap_err(),
        asker.ask("v1/oci_manifest", &json!(image)).unwrap_err(),
        asker.ask("v1/oci_manifest_config", &json!(image)).unwrap_err(),
        asker.verify(&image, key.public()).unwrap_err(),
        asker.fetch(&format!("registry://{image}")),
        asker.fetch(&format!("https://{host}/a.wasm")),
    ];
    // A module is asked for over HTTPS even where plain HTTP is allowed.
    let last = if sources.contains("insecure_sources") { 6 } else { 7 };
    for text in said.iter().take(last) {
        assert!(text.contains(&format!("`{host}` cannot be reached")), "{text}");
        assert!(text.contains(cause) && text.contains(way_out), "{text}");
        let first = text.lines().next().unwrap();
        assert!(first.contains(way_out), "the policy shows the first line: {text}");
        for word in ABSENT.iter().chain(&UNSIGNED) {
            assert!(!text.to_lowercase().contains(word), "{text}");
        }
    }
}

#[test]
fn the_innermost_cause_is_told() {
    let (authority, other) = (Authority::new(), Authority::new());
    let good = Server::https(authority.server(&["127.0.0.1"]), answer);
    let expired = Server::https(authority.expired(&["127.0.0.1"]), answer);
    let misnamed = Server::https(authority.server(&["r.local"]), answer);
    let plain = Server::http(answer);
    let insecure = |host: &str| json!({"insecure_sources": [host]}).to_string();
    let none = || "{}".to_owned();
    let row =
        |host: String, sources: String, cause, way_out| Down { host, sources, cause, way_out };
    let rows = [
        row(good.host(), none(), "from an unknown authority", "`source_authorities`"),
        row(good.host(), trusting(&good.host(), &other), "from an unknown authority", "`source_authorities`"),
        row(expired.host(), trusting(&expired.host(), &authority), "has expired", "renew it"),
        row(misnamed.host(), trusting(&misnamed.host(), &authority), "for another name", "use the name"),
        row(closes(b"HTTP/1.1 400 Bad Request\r\n\r\n"), none(), "speaks plain HTTP", "`insecure_sources`"),
        row(plain.host(), none(), "closed the connection", "`insecure_sources`"),
        row(good.host(), insecure(&good.host()), "speaks TLS", "remove it from"),
        row(closes(b"\x15\x03\x01\x00\x02\x02\x46"), insecure("HOST"), "speaks TLS", "remove it from"),
        row(
            closes(b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"),
            insecure("HOST"),
            "speaks TLS",
            "remove it from",
        ),
        row(nobody(), none(), "connection refused", "nothing listens"),
        row(nobody(), insecure("HOST"), "connection refused", "nothing listens"),
        row("r.invalid".to_owned(), none(), "no such host", "check the spelling"),
    ];
    for mut down in rows {
        down.sources = down.sources.replace("HOST", &down.host);
        check(&down);
    }
}

#[test]
fn a_proxy_is_named() {
    let proxy = nobody();
    let text = format!("proxies: {{https_proxy: 'http://jo:secret@{proxy}'}}");
    let said = Asker::new(&text, "{}").digest("r.invalid/a:1").unwrap_err();
    let expected = format!(
        "`r.invalid` cannot be reached through the proxy `http://{proxy}`: connection refused"
    );
    assert!(said.contains(&expected), "{said}");
    assert!(!said.contains("secret"), "{said}");
}

#[test]
fn a_realm_that_is_down_is_named() {
    let down = nobody();
    let challenge = format!(r#"Bearer realm="https://{down}/token""#);
    let server = Server::http(move |_: &Request| {
        Response::new(401).with("www-authenticate", challenge.as_str())
    });
    let host = server.host();
    let said = Asker::insecure(&[&host], "{}").digest(&format!("{host}/a:1")).unwrap_err();
    let expected = format!(
        "`{host}` cannot be reached: no token: `{down}` cannot be reached: connection refused"
    );
    assert!(said.contains(&expected), "{said}");
}

#[test]
fn a_trust_root_that_cannot_be_had_is_named() {
    let runtime = Runtime::new().unwrap();
    let registry = Registry::start(runtime.handle()).unwrap();
    registry.add_image("app", "1", "app").unwrap();
    let host = registry.host();
    let folder = tempfile::tempdir().unwrap();
    let write = |file: &str, text: &str| std::fs::write(folder.path().join(file), text).unwrap();
    write("sources.yml", &json!({"insecure_sources": [host], "proxies": {}}).to_string());
    let identity = json!({"kind": "genericIssuer", "issuer": "https://i.local", "subject": {"equal": "jo@acme.local"}});
    let rule = json!({"name": "a", "images": [format!("{host}/**")], "allOf": [identity]});
    write("settings.yaml", &json!({"rules": [rule]}).to_string());
    let proxy = nobody();
    let outcome = run_with(
        folder.path(),
        &format!("--verbose explain {host}/app:1 --output json"),
        &[("HTTPS_PROXY", &format!("http://jo:secret@{proxy}"))],
    );
    let said = outcome.stdout;
    assert!(!outcome.stderr.contains("secret"), "{}", outcome.stderr);
    let expected = format!(
        "no trust root of Sigstore's public instance: `tuf-repo-cdn.sigstore.dev` cannot be reached through the proxy `http://{proxy}`: connection refused"
    );
    assert!(said.contains(&expected) && said.contains("--sigstore-trust-config"), "{said}");
    assert!(!said.contains("secret"), "{said}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_machine_without_ca_certificates_is_told_so() {
    let world = World::new(1, std::time::Duration::ZERO);
    let image = world.image(0);
    let none = [("SSL_CERT_FILE", "/dev/null"), ("SSL_CERT_DIR", "/dev/null")];
    for line in [format!("check {image}"), format!("explain {image}")] {
        let outcome = run_with(world.folder.path(), &line, &none);
        assert_eq!(outcome.code, Some(3), "{}{}", outcome.stdout, outcome.stderr);
        assert!(outcome.stderr.contains("`ca-certificates`"), "{}", outcome.stderr);
    }
    world.write("session.yml", "[]");
    world.write("request.json", r#"{"uid": "1", "operation": "DELETE", "kind": {"group": "", "version": "v1", "kind": "Pod"}, "resource": {"group": "", "version": "v1", "resource": "pods"}, "userInfo": {}}"#);
    let module = Path::new(env!("CARGO_MANIFEST_DIR")).join("../annotated-policy.wasm");
    let line = format!(
        "run --request-path request.json --settings-path settings.yaml --replay-host-capabilities-interactions session.yml {}",
        module.display()
    );
    let replayed = signed_images(world.folder.path(), line.split_whitespace(), &none, "");
    assert_eq!(replayed.code, Some(0), "nobody is asked: {}", replayed.stderr);
    let offline = run_with(world.folder.path(), &format!("explain --offline {image}"), &none);
    assert_eq!(offline.code, Some(0), "{}", offline.stderr);
}

/// As Kubewarden's host has it: whatever keeps the signatures' manifest away, there are "no signatures found"; and
/// who asks about that manifest is told what did.
#[test]
fn signatures_that_cannot_be_asked_for() {
    let runtime = Runtime::new().unwrap();
    let registry = Registry::start(runtime.handle()).unwrap();
    let key = Key::generate().unwrap();
    let digest = registry.add_image("app", "1", "app").unwrap();
    registry.sign("app", &digest, &key).unwrap();
    let (backend, is_blob) = (registry.host(), Arc::new(AtomicBool::new(false)));
    let blobs = Arc::clone(&is_blob);
    let forward = slowly(backend, std::time::Duration::ZERO);
    let server = Server::http(move |request: &Request| {
        let part = if blobs.load(Ordering::SeqCst) { "/blobs/" } else { ".sig" };
        if request.path.contains(part) { Response::new(500) } else { forward(request) }
    });
    let host = server.host();
    let image = format!("{host}/app:1");
    let signature = format!("{host}/app:{}.sig", digest.replace(':', "-"));

    let asker = Asker::insecure(&[&host], "{}");
    let said = asker.verify(&image, key.public()).unwrap_err();
    assert_eq!(
        said,
        format!("Callback evaluation failure: no signatures found for image: {image} ")
    );
    let before = server.asked().len();
    let said = asker.digest(&signature).unwrap_err();
    assert!(said.contains("code: 500"), "{said}");
    assert_eq!(server.asked().len(), before, "the answer was there already");

    is_blob.store(true, Ordering::SeqCst);
    let said = Asker::insecure(&[&host], "{}").verify(&image, key.public()).unwrap_err();
    let expected = "Callback evaluation failure: failed to get image trusted layers: Cannot pull";
    assert!(said.starts_with(expected) && said.contains("code: 500"), "{said}");
}
