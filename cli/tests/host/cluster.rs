//! Kubernetes objects from a cluster: the host's answers, and the policy that gets its key from there.

use std::net::TcpListener;
use std::path::Path;

use serde_json::{Value, json};
use signed_images::host::{Answers, Cluster, Host, Live, Registries, Trust};
use signed_images::metadata::{ContextAwareResource, Metadata, section};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::api_server::{ApiServer, TOKEN, kubeconfig};
use super::world::World;
use signed_images_testing::command::signed_images;

const KINDS: [&str; 4] = ["ConfigMap", "Secret", "Node", "Gadget"];

fn host(runtime: &Runtime, kubeconfig: &str) -> (TempDir, Host) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config");
    std::fs::write(&path, kubeconfig).unwrap();
    let registries = Registries::default();
    let server = signed_images::host::ApiServer::of_kubeconfig(path);
    let cluster = Cluster::ApiServer(Box::new(server));
    let live = Live::new(runtime.handle().clone(), registries, Trust::default(), cluster);
    let readable = KINDS
        .map(|kind| ContextAwareResource { api_version: "v1".to_owned(), kind: kind.to_owned() });
    (folder, Host { answers: Answers::Live(live), readable: readable.into() })
}

fn get(host: &Host, kind: &str, namespace: Option<&str>, name: &str) -> Result<Value, String> {
    let question = json!({
        "api_version": "v1",
        "kind": kind,
        "name": name,
        "namespace": namespace,
        "disable_cache": true,
    });
    let answer = host.call("kubernetes", "get_resource", question.to_string().as_bytes())?;
    Ok(serde_json::from_slice(&answer).unwrap())
}

#[test]
fn objects_are_read() {
    let runtime = Runtime::new().unwrap();
    let server = ApiServer::start(runtime.handle(), "PEM");
    let (_folder, host) = host(&runtime, &server.kubeconfig(TOKEN));
    let map = get(&host, "ConfigMap", Some("trust"), "keys").unwrap();
    assert_eq!(map["data"], json!({"cosign.pub": "PEM"}));
    assert_eq!((&map["apiVersion"], &map["kind"]), (&json!("v1"), &json!("ConfigMap")));
    // A kind that is in no namespace is found whichever is named.
    for namespace in [None, Some("trust")] {
        assert_eq!(get(&host, "Node", namespace, "one").unwrap()["metadata"]["name"], "one");
    }
}

#[test]
fn what_the_server_refuses_is_said_in_the_hosts_words() {
    let runtime = Runtime::new().unwrap();
    let server = ApiServer::start(runtime.handle(), "PEM");
    let rows = [
        (
            TOKEN,
            ("ConfigMap", Some("trust"), "absent"),
            "Cannot find v1/ConfigMap named 'absent' inside of namespace 'Some(\"trust\")'",
        ),
        (
            TOKEN,
            ("Secret", Some("trust"), "keys"),
            "ApiError: secrets \"keys\" is forbidden: User \"test\" cannot get resource",
        ),
        (TOKEN, ("Gadget", None, "one"), "Cannot find resource v1/Gadget"),
        (
            TOKEN,
            ("ConfigMap", None, "keys"),
            "Resource v1/ConfigMap is namespaced, but no namespace was provided",
        ),
        ("of-a-stranger", ("ConfigMap", Some("trust"), "keys"), "ApiError: Unauthorized: "),
    ];
    for (token, (kind, namespace, name), expected) in rows {
        let (_folder, host) = host(&runtime, &server.kubeconfig(token));
        let report = get(&host, kind, namespace, name).unwrap_err();
        let expected = format!("Callback evaluation failure: {expected}");
        assert!(report.starts_with(&expected), "{report}");
    }
}

#[test]
fn a_server_that_cannot_be_asked_is_named() {
    let runtime = Runtime::new().unwrap();
    let server = ApiServer::start(runtime.handle(), "PEM");
    let stranger = ApiServer::start(runtime.handle(), "PEM");
    // Nobody listens on a port that was just given back.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let closed = format!("https://{closed}/");
    let rows = [
        (
            kubeconfig(&closed, &server.certificate, TOKEN),
            format!("kubernetes API server `{closed}`: ServiceError: "),
            "Connection refused",
        ),
        (
            kubeconfig(&server.url(), &stranger.certificate, TOKEN),
            format!("kubernetes API server `{}`: ServiceError: ", server.url()),
            "invalid peer certificate",
        ),
        (
            "{}".to_owned(),
            "kube::Client was not initialized properly: ".to_owned(),
            "; set KUBECONFIG to a kubeconfig, or pass a folder of manifests with --kubernetes-manifests",
        ),
    ];
    for (kubeconfig, expected, reason) in rows {
        let (_folder, host) = host(&runtime, &kubeconfig);
        let report = get(&host, "ConfigMap", Some("trust"), "keys").unwrap_err();
        assert!(report.contains(&expected) && report.contains(reason), "{report}");
        assert_eq!(report.lines().count(), 1, "{report}");
    }
}

/// A folder from which the policy reviews a Pod with a signed image, by a key in a ConfigMap.
fn folder(world: &World, config_map: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let module = root.join("policy.wasm");
    assert!(module.exists(), "there is no module: run `make policy.wasm`");
    let metadata = std::fs::read_to_string(root.join("metadata.yml")).unwrap();
    let metadata = Metadata::parse(&metadata).unwrap();
    write("policy.wasm", &section::replace(&std::fs::read(module).unwrap(), &metadata).unwrap());
    let key = json!({"configMap": {"namespace": "trust", "name": config_map}});
    let rule = json!({"images": ["**"], "allOf": [{"kind": "pubKey", "keyFrom": key}]});
    write("settings.json", json!({"rules": [rule]}).to_string().as_bytes());
    let sources = json!({"insecure_sources": [world.registry.host()]});
    write("sources.json", sources.to_string().as_bytes());
    let pod = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "shop"},
        "spec": {"containers": [{"name": "shop", "image": world.image(":signed")}]},
    });
    let request = json!({
        "uid": "u",
        "kind": {"group": "", "version": "v1", "kind": "Pod"},
        "resource": {"group": "", "version": "v1", "resource": "pods"},
        "operation": "CREATE",
        "userInfo": {},
        "object": pod,
    });
    write("request.json", request.to_string().as_bytes());
    folder
}

fn run(folder: &Path, kubeconfig: &str, options: &[&str]) -> Value {
    let file = folder.join("config");
    std::fs::write(&file, kubeconfig).unwrap();
    let line = "run -r request.json -s settings.json --sources-path sources.json policy.wasm";
    let arguments = line.split(' ').chain(options.iter().copied());
    let outcome = signed_images(folder, arguments, &[("KUBECONFIG", file.to_str().unwrap())], "");
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    serde_json::from_str(&outcome.stdout).unwrap()
}

#[test]
fn a_policy_takes_its_key_from_the_cluster() {
    let world = World::new(Trust::default());
    let runtime = Runtime::new().unwrap();
    let server = ApiServer::start(runtime.handle(), world.key.public());
    let kubeconfig = server.kubeconfig(TOKEN);
    let allow: &[&str] = &["--allow-context-aware"];

    let keys = folder(&world, "keys");
    let answer = run(keys.path(), &kubeconfig, allow);
    assert_eq!((&answer["allowed"], &answer["patchType"]), (&json!(true), &json!("JSONPatch")));

    let absent = folder(&world, "absent");
    let rows: [(&Path, &str, &[&str], &str); 3] = [
        (absent.path(), &kubeconfig, allow, "there is no ConfigMap `trust/absent`"),
        (keys.path(), &kubeconfig, &[], "to its `spec.contextAwareResources`"),
        (keys.path(), "{}", allow, "kube::Client was not initialized properly: "),
    ];
    for (folder, kubeconfig, options, expected) in rows {
        let answer = run(folder, kubeconfig, options);
        assert_eq!(answer["allowed"], false, "{answer}");
        let message = answer["status"]["message"].as_str().unwrap();
        assert!(message.contains(expected), "{message}");
    }
}
