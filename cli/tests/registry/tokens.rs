//! Tokens, and registries that are busy. The registries here are fakes.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use signed_images_testing::server::{Request, Response, Server};

use super::world::{Asker, login};

fn found() -> Response {
    Response::new(200).with("docker-content-digest", format!("sha256:{}", "a".repeat(64)))
}

/// A fake that gives tokens itself, and wants them.
fn with_tokens() -> Server {
    let server = |request: &Request| {
        let host = request.header("host").unwrap();
        if request.path.starts_with("/token") {
            let scope = request.path.split("scope=").nth(1).unwrap().split('&').next().unwrap();
            // Docker's own server gives it under both names.
            let token = format!(r#"{{"token": "{scope}", "access_token": "{scope}"}}"#);
            return Response::new(200).body(token);
        }
        let repository = request.path.split('/').nth(2).unwrap();
        let expected = format!("Bearer repository%3A{repository}%3Apull");
        if request.header("authorization") == Some(&expected) {
            return found();
        }
        let challenge = format!(r#"Bearer realm="http://{host}/token",service="fake""#);
        Response::new(401).with("www-authenticate", challenge)
    };
    Server::http(server)
}

#[test]
fn a_repository_takes_one_token() {
    let server = with_tokens();
    let host = server.host();
    let asker = Asker::insecure(&[&host], &login(&host));
    for image in ["a:1", "a:2", "b:1", "a:1", "b:2"] {
        asker.digest(&format!("{host}/{image}")).unwrap();
    }
    let tokens: Vec<Request> =
        server.asked().into_iter().filter(|request| request.path.starts_with("/token")).collect();
    assert_eq!(tokens.len(), 2, "{tokens:#?}");
    for token in tokens {
        assert!(token.path.contains("service=fake"), "{}", token.path);
        // The registry gives them itself, and is one of `insecure_sources`.
        assert_eq!(token.header("authorization"), Some("Basic am86c2VjcmV0"));
    }
    // One 401, two tokens, four tags.
    assert_eq!(server.asked().len(), 7, "{:#?}", server.lines());
}

#[test]
fn a_password_is_shown_when_it_is_asked_for() {
    let server = Server::http(|request: &Request| match request.header("authorization") {
        Some("Basic am86c2VjcmV0") => found(),
        _ => Response::new(401).with("www-authenticate", "Basic realm=\"fake\""),
    });
    let host = server.host();
    let image = format!("{host}/a:1");
    assert!(Asker::insecure(&[&host], &login(&host)).digest(&image).is_ok());
    assert_eq!(server.asked().len(), 2);
    // Of a repository's own, as podman has them.
    assert!(Asker::insecure(&[&host], &login(&format!("{host}/a"))).digest(&image).is_ok());
    let refused = Asker::insecure(&[&host], "{}").digest(&image).unwrap_err();
    assert!(
        refused.contains(&format!("Not authorized: url http://{host}/v2/a/manifests/1")),
        "{refused}"
    );
}

#[test]
fn a_busy_registry_is_asked_again_when_it_says() {
    for status in [429, 503] {
        let count = AtomicUsize::new(0);
        let server = Server::http(move |_: &Request| match count.fetch_add(1, Ordering::SeqCst) {
            0 | 1 => Response::new(status).with("retry-after", "1"),
            _ => found(),
        });
        let host = server.host();
        let start = Instant::now();
        assert!(Asker::insecure(&[&host], "{}").digest(&format!("{host}/a:1")).is_ok());
        assert!(start.elapsed() >= Duration::from_secs(2), "{:?}", start.elapsed());
        assert_eq!(server.asked().len(), 3, "{status}");
    }
}

#[test]
fn a_registry_that_stays_busy_is_left_alone() {
    let server = Server::http(|_: &Request| Response::new(429).with("retry-after", "3600"));
    let host = server.host();
    let refused = Asker::insecure(&[&host], "{}").digest(&format!("{host}/a:1")).unwrap_err();
    assert!(refused.contains("429"), "{refused}");
    // `HEAD`, and `GET` for the reason.
    assert_eq!(server.asked().len(), 2);
}
