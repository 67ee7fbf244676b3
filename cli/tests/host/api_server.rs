//! What stands in for a cluster, which cannot run inside of a test: a server on a loopback port that answers
//! the few requests that an object is read with, over TLS and only to the bearer of a token, in the words of a
//! [Kubernetes API server](https://kubernetes.io/docs/reference/using-api/api-concepts/).

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls_pki_types::PrivateKeyDer;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

/// Who may ask.
pub(crate) const TOKEN: &str = "token-of-the-user";

/// A server with the ConfigMap `trust/keys`; Secrets are forbidden.
pub(crate) struct ApiServer {
    address: SocketAddr,
    /// As PEM.
    pub(crate) certificate: String,
}

impl ApiServer {
    pub(crate) fn start(runtime: &Handle, key: &str) -> Self {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let private = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], private)
            .unwrap();
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(listen(listener, Arc::new(config).into(), Arc::from(key)));
        Self { address, certificate: cert.pem() }
    }

    pub(crate) fn url(&self) -> String {
        format!("https://{}/", self.address)
    }

    pub(crate) fn kubeconfig(&self, token: &str) -> String {
        kubeconfig(&self.url(), &self.certificate, token)
    }
}

/// What `kubectl config view --raw` shows.
pub(crate) fn kubeconfig(server: &str, authority: &str, token: &str) -> String {
    json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        "clusters": [{"name": "test", "cluster": {
            "server": server,
            "certificate-authority-data": STANDARD.encode(authority),
        }}],
        "users": [{"name": "test", "user": {"token": token}}],
    })
    .to_string()
}

async fn listen(listener: TcpListener, tls: TlsAcceptor, key: Arc<str>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (tls, key) = (tls.clone(), Arc::clone(&key));
        tokio::spawn(async move {
            let Ok(stream) = tls.accept(stream).await else { return };
            let service = service_fn(move |request| {
                let answer = response(&request, &key);
                async { Ok::<_, Infallible>(answer) }
            });
            let connection = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service);
            // A client that hangs up has what it wanted.
            let _ = connection.await;
        });
    }
}

fn response(request: &Request<Incoming>, key: &str) -> Response<Full<Bytes>> {
    let token = request.headers().get(AUTHORIZATION).map(hyper::header::HeaderValue::as_bytes);
    let (status, body) = match request.uri().path() {
        _ if token != Some(format!("Bearer {TOKEN}").as_bytes()) => {
            failure(StatusCode::UNAUTHORIZED, "Unauthorized", "Unauthorized")
        }
        "/api/v1" => (StatusCode::OK, resources()),
        "/api/v1/namespaces/trust/configmaps/keys" => (StatusCode::OK, config_map(key)),
        "/api/v1/nodes/one" => (StatusCode::OK, node()),
        path if path.contains("/secrets/") => failure(
            StatusCode::FORBIDDEN,
            "Forbidden",
            r#"secrets "keys" is forbidden: User "test" cannot get resource "secrets" in API group "" in the namespace "trust""#,
        ),
        path if path.contains("/configmaps/") => {
            failure(StatusCode::NOT_FOUND, "NotFound", r#"configmaps "absent" not found"#)
        }
        _ => failure(
            StatusCode::NOT_FOUND,
            "NotFound",
            "the server could not find the requested resource",
        ),
    };
    let mut response = Response::new(Full::from(body.to_string()));
    *response.status_mut() = status;
    let json = hyper::header::HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}

fn resources() -> Value {
    let resource = |name: &str, kind: &str, namespaced: bool| json!({"name": name, "singularName": "", "namespaced": namespaced, "kind": kind, "verbs": ["get", "list"]});
    json!({
        "kind": "APIResourceList",
        "groupVersion": "v1",
        "resources": [
            resource("configmaps", "ConfigMap", true),
            resource("nodes", "Node", false),
            resource("nodes/status", "Node", false),
            resource("secrets", "Secret", true),
        ],
    })
}

fn config_map(key: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "keys", "namespace": "trust", "uid": "u", "resourceVersion": "1"},
        "data": {"cosign.pub": key},
    })
}

fn node() -> Value {
    json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "one"}})
}

fn failure(code: StatusCode, reason: &str, message: &str) -> (StatusCode, Value) {
    let status = json!({
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": reason,
        "code": code.as_u16(),
    });
    (code, status)
}
