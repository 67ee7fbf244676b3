//! Registries and web servers that would have secrets, or send us where others listen. All of them are fakes.

use serde_json::json;
use signed_images::demo::Key;
use signed_images_testing::server::{Authority, Request, Response, Server};

use super::world::{Asker, login, run, settings};

const SECRET: &str = "am86c2VjcmV0"; // `jo:secret`

fn found() -> Response {
    Response::new(200).with("docker-content-digest", format!("sha256:{}", "a".repeat(64)))
}

/// Gives a token to everybody.
fn realm() -> Server {
    Server::http(|_: &Request| Response::new(200).body(r#"{"token": "t"}"#))
}

/// Sends everybody who has no token to `realm` for one.
fn sends_to(realm: &str) -> impl Fn(&Request) -> Response + Send + Sync + 'static {
    let challenge = format!(r#"Bearer realm="{realm}",service="fake""#);
    move |request| match request.header("authorization") {
        Some("Bearer t") => found(),
        _ => Response::new(401).with("www-authenticate", challenge.as_str()),
    }
}

fn has_secret(server: &Server) -> bool {
    server
        .asked()
        .iter()
        .any(|request| request.headers.iter().any(|(_, value)| value.contains(SECRET)))
}

#[test]
fn a_password_stays_off_a_realm_over_plain_http() {
    let realm = realm();
    let registry = Server::http(sends_to(&format!("http://{}/token", realm.host())));
    let (host, to) = (registry.host(), realm.host());
    let image = format!("{host}/a:1");
    // Even when both are spoken to over plain HTTP: that one may hear what we ask is not that it may log in.
    for insecure in [vec![host.as_str()], vec![host.as_str(), to.as_str()]] {
        let refused = Asker::insecure(&insecure, &login(&host)).digest(&image).unwrap_err();
        let expected = format!("wants the credentials at `{to}` over plain HTTP");
        assert!(refused.contains(&expected), "{refused}");
        assert!(realm.asked().is_empty() && !has_secret(&registry));
    }
    // Without a password there is nothing to lose, where plain HTTP is meant.
    assert!(Asker::insecure(&[&host, &to], "{}").digest(&image).is_ok());
    let refused = Asker::insecure(&[&host], "{}").digest(&image).unwrap_err();
    assert!(refused.contains(&format!("redirects to `{to}` over plain HTTP")), "{refused}");
}

#[test]
fn a_password_stays_off_another_realm_of_a_registry_with_tls() {
    let realm = realm();
    let authority = Authority::new();
    let registry = Server::https(
        authority.server(&["127.0.0.1"]),
        sends_to(&format!("http://{}/token", realm.host())),
    );
    let host = registry.host();
    let ca = json!([{"type": "Data", "data": authority.certificate()}]);
    let sources = json!({"source_authorities": {&host: ca}, "insecure_sources": [realm.host()]});
    let asker = Asker::new(&sources.to_string(), &login(&host));
    let refused = asker.digest(&format!("{host}/a:1")).unwrap_err();
    assert!(refused.contains("wants the credentials at"), "{refused}");
    assert!(realm.asked().is_empty() && !has_secret(&registry));
}

#[test]
fn redirects_lead_to_plain_http_only_where_that_is_meant() {
    let target = Server::http(|_: &Request| found());
    let to = target.host();
    let location = format!("http://{to}/x");
    let authority = Authority::new();
    let registry = Server::https(authority.server(&["127.0.0.1"]), move |_: &Request| {
        Response::new(307).with("location", location.as_str())
    });
    let host = registry.host();
    let ca = json!([{"type": "Data", "data": authority.certificate()}]);
    let mut sources = json!({"source_authorities": {&host: ca}});
    let image = format!("{host}/a:1");
    let refused = Asker::new(&sources.to_string(), "{}").digest(&image).unwrap_err();
    let expected = format!("redirects to `{to}` over plain HTTP");
    assert!(refused.contains(&expected), "{refused}");
    let module = Asker::new(&sources.to_string(), "{}").fetch(&format!("https://{host}/a.wasm"));
    assert!(module.contains(&expected), "{module}");
    assert!(target.asked().is_empty());
    sources["insecure_sources"] = json!([to]);
    assert!(Asker::new(&sources.to_string(), "{}").digest(&image).is_ok());
}

#[test]
fn a_password_stays_with_its_host() {
    let target = Server::http(|_: &Request| found());
    let to = target.host();
    let location = format!("http://{to}/x");
    let registry = Server::http(move |request: &Request| match request.header("authorization") {
        Some(_) => Response::new(307).with("location", location.as_str()),
        None => Response::new(401).with("www-authenticate", "Basic realm=\"fake\""),
    });
    let host = registry.host();
    let asker = Asker::insecure(&[&host, &to], &login(&host));
    assert!(asker.digest(&format!("{host}/a:1")).is_ok());
    assert!(has_secret(&registry) && !has_secret(&target));
}

#[test]
fn a_circle_of_redirects_ends() {
    let registry = Server::http(|_: &Request| Response::new(302).with("location", "/v2/"));
    let host = registry.host();
    let refused = Asker::insecure(&[&host], "{}").digest(&format!("{host}/a:1")).unwrap_err();
    assert!(refused.contains("redirects in circles"), "{refused}");
    assert!(registry.asked().len() < 15);
}

#[test]
fn the_password_of_a_modules_url_is_not_printed() {
    let folder = tempfile::tempdir().unwrap();
    let write = |file: &str, text: &str| std::fs::write(folder.path().join(file), text).unwrap();
    write("settings.yaml", &settings("r.local", Key::generate().unwrap().public()));
    write("sources.yml", "insecure_sources: ['127.0.0.1:9']");
    for url in [
        "http://jo:secret@127.0.0.1:9/a.wasm?X-Signature=secret",
        "https://jo:secret@127.0.0.1:9/a.wasm",
        "http://jo:secret@127.0.0.1:8/a.wasm",
        "ftp://jo:secret@127.0.0.1:9/a.wasm",
        "registry://jo:secret@127.0.0.1:9/a:1",
    ] {
        for command in ["check r.local/a:1", "explain r.local/a:1", "--verbose check r.local/a:1"] {
            let outcome = run(folder.path(), &format!("{command} --module {url}"));
            let printed = format!("{}{}", outcome.stdout, outcome.stderr);
            assert!(printed.contains("***@127.0.0.1"), "{url}: {printed}");
            assert!(!printed.contains("secret"), "{url}: {printed}");
        }
    }
}
