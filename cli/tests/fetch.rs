//! Modules from registries and web servers that do as they like.

#![expect(clippy::unwrap_used, reason = "a test may stop where it fails")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use signed_images::credentials::Credentials;
use signed_images::fetch::{FetchError, Location, MAX_MODULE};
use signed_images::host::{AT_ONCE, Registries};
use signed_images::registry::{RegistryError, WASM_LAYER_MEDIA_TYPE};
use signed_images::sources::Sources;

const MODULE: &[u8] = b"\0asm and so on";

/// What a server holds, by path: a status and a body.
type Content = BTreeMap<String, (u16, Vec<u8>)>;

/// A server that gives what it holds, and 404 for the rest, until the test ends.
fn serve(content: Content) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let host = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            // A client that hangs up has what it wanted.
            let _ = answer(&stream.unwrap(), &content);
        }
    });
    host
}

fn answer(mut stream: &TcpStream, content: &Content) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let request = lines.next().unwrap()?;
    while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
    let path = request.split(' ').nth(1).unwrap_or_default();
    let (status, body) = content.get(path).cloned().unwrap_or((404, Vec::new()));
    let length = body.len();
    write!(stream, "HTTP/1.1 {status} S\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n")?;
    stream.write_all(&body)
}

fn digest(bytes: &[u8]) -> String {
    format!("sha256:{:x}", Sha256::digest(bytes))
}

/// The manifest of an artifact with these layers: media type, digest, size.
fn manifest(layers: &[(&str, &str, usize)]) -> Vec<u8> {
    let descriptor = |(media_type, digest, size): &(&str, &str, usize)| json!({"mediaType": media_type, "digest": digest, "size": size});
    let layers: Vec<Value> = layers.iter().map(descriptor).collect();
    let config = descriptor(&("application/vnd.wasm.config.v1+json", &digest(b"{}"), 2));
    json!({"schemaVersion": 2, "config": config, "layers": layers}).to_string().into_bytes()
}

/// A registry with this manifest as `a/b:1` and as `a/b@sha256:aaa…`, and the module in it.
fn registry(manifest: Vec<u8>) -> String {
    let of = |name: &str| format!("/v2/a/b/{name}");
    serve(BTreeMap::from([
        (of("manifests/1"), (200, manifest.clone())),
        (of(&format!("manifests/sha256:{}", "a".repeat(64))), (200, manifest)),
        (of(&format!("blobs/{}", digest(MODULE))), (200, MODULE.to_vec())),
        (of(&format!("blobs/{}", digest(b"other"))), (200, MODULE.to_vec())),
        (of("manifests/401"), (401, Vec::new())),
        (of("manifests/500"), (500, b"no".to_vec())),
    ]))
}

fn fetch(location: &str, host: &str) -> Result<Vec<u8>, FetchError> {
    let sources = Sources::default().with_insecure(host.to_owned());
    let registries = Registries::new(sources, Credentials::default(), AT_ONCE);
    let location: Location = location.parse().unwrap();
    tokio::runtime::Runtime::new().unwrap().block_on(location.fetch(&registries))
}

/// What becomes of `a/b:1` with this one layer.
fn fetch_layer(media_type: &str, digest: &str, size: usize) -> Result<Vec<u8>, FetchError> {
    let host = registry(manifest(&[(media_type, digest, size)]));
    fetch(&format!("registry://{host}/a/b:1"), &host)
}

#[test]
fn a_module_is_as_long_as_its_manifest_says() {
    let of_length = |size| fetch_layer(WASM_LAYER_MEDIA_TYPE, &digest(MODULE), size);
    assert_eq!(of_length(MODULE.len()).unwrap(), MODULE);
    for wrong in [0, MODULE.len() - 1, MODULE.len() + 1, MAX_MODULE] {
        assert!(matches!(of_length(wrong), Err(FetchError::Length)), "{wrong}");
    }
    assert!(matches!(of_length(MAX_MODULE + 1), Err(FetchError::TooLarge)));
}

#[test]
fn a_module_has_its_digest() {
    let error = fetch_layer(WASM_LAYER_MEDIA_TYPE, &digest(b"other"), MODULE.len()).unwrap_err();
    assert!(error.to_string().contains("igest"), "{error}");
    let host = registry(manifest(&[(WASM_LAYER_MEDIA_TYPE, &digest(MODULE), MODULE.len())]));
    let by_digest = format!("registry://{host}/a/b@sha256:{}", "a".repeat(64));
    let error = fetch(&by_digest, &host).unwrap_err();
    assert!(error.to_string().contains("igest"), "{error}");
}

#[test]
fn other_artifacts_are_no_modules() {
    let size = MODULE.len();
    let other = "application/vnd.oci.image.layer.v1.tar";
    let error = fetch_layer(other, &digest(MODULE), size).unwrap_err();
    assert!(error.to_string().contains(other), "{error}");
    let wasm = (WASM_LAYER_MEDIA_TYPE, digest(MODULE));
    let layers = [(wasm.0, wasm.1.as_str(), size), (other, wasm.1.as_str(), size)];
    for (layers, expected) in [(layers.as_slice(), other), (&[], "without layers")] {
        let host = registry(manifest(layers));
        let error = fetch(&format!("registry://{host}/a/b:1"), &host).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn what_a_registry_refuses_is_told_apart() {
    let host = registry(Vec::new());
    let of = |tag: &str| fetch(&format!("registry://{host}/a/b:{tag}"), &host).unwrap_err();
    assert!(matches!(of("404"), FetchError::Registry(RegistryError::Absent { .. })));
    let denied = of("401");
    assert!(matches!(denied, FetchError::Registry(RegistryError::Denied { .. })));
    assert!(denied.to_string().contains(&format!("`docker login {host}`")), "{denied}");
    assert!(matches!(of("500"), FetchError::Registry(RegistryError::Other { .. })));
    // Of its own accord, nobody speaks plain HTTP.
    let error = fetch(&format!("registry://{host}/a/b:1"), "elsewhere").unwrap_err();
    assert!(matches!(error, FetchError::Registry(RegistryError::Down { .. })));
    assert!(error.to_string().contains("`insecure_sources`"), "{error}");
}

#[test]
fn a_web_server_may_have_modules_too() {
    let host = serve(BTreeMap::from([
        ("/policy.wasm".to_owned(), (200, MODULE.to_vec())),
        ("/large.wasm".to_owned(), (200, vec![0; MAX_MODULE + 1])),
    ]));
    let url = format!("http://{host}/policy.wasm");
    assert_eq!(fetch(&url, &host).unwrap(), MODULE);
    let error = fetch(&url, "elsewhere").unwrap_err();
    assert!(matches!(&error, FetchError::Insecure { host: of } if *of == host), "{error}");
    let error = fetch(&format!("http://{host}/other"), &host).unwrap_err();
    assert!(error.to_string().contains("404"), "{error}");
    let error = fetch(&format!("http://{host}/large.wasm"), &host).unwrap_err();
    assert!(matches!(error, FetchError::TooLarge), "{error}");
    assert!(fetch(&format!("https://{host}/policy.wasm"), &host).is_err());
}

#[test]
fn other_addresses_are_refused() {
    let rows = [
        ("oci://a/b", "`oci://` is not supported"),
        ("registry://A/", "after `registry://`, write `host/repository:tag`"),
        ("https://", "not a URL"),
    ];
    for (text, expected) in rows {
        let error = text.parse::<Location>().unwrap_err().to_string();
        assert!(error.starts_with(expected), "{text}: {error}");
    }
}
