//! What runs in a cluster, by the answers of an API server (`e2e-cluster.bats` asks a real one).

use serde_json::{Value, json};
use signed_images_testing::server::{Request, Response, Server};

use crate::world::World;

fn resource(name: &str, kind: &str) -> Value {
    json!({"name": name, "kind": kind, "namespaced": true, "singularName": "", "verbs": ["get", "list"]})
}

fn resources(version: &str, resources: &[Value]) -> Value {
    json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": resources})
}

fn group(name: &str) -> Value {
    let version = json!({"groupVersion": format!("{name}/v1"), "version": "v1"});
    json!({"name": name, "versions": [version], "preferredVersion": version})
}

fn pod_spec(images: &[&str]) -> Value {
    let containers = images.iter().enumerate();
    let containers: Vec<Value> = containers
        .map(|(index, image)| json!({"name": format!("c{index}"), "image": image}))
        .collect();
    json!({"containers": containers})
}

fn metadata(name: &str, owner: Option<&str>) -> Value {
    let owners: Vec<Value> = owner
        .iter()
        .map(|uid| json!({"apiVersion": "v1", "kind": "X", "name": uid, "uid": uid, "controller": true}))
        .collect();
    json!({
        "name": name, "namespace": "shop", "uid": name, "ownerReferences": owners,
        "managedFields": [{"manager": "kubectl"}],
    })
}

fn pod(name: &str, owner: Option<&str>, images: &[&str]) -> Value {
    json!({"metadata": metadata(name, owner), "spec": pod_spec(images), "status": {"phase": "Running"}})
}

fn workload(name: &str, owner: Option<&str>, replicas: u32, images: &[&str]) -> Value {
    let template = json!({"spec": pod_spec(images)});
    json!({"metadata": metadata(name, owner), "spec": {"replicas": replicas, "template": template}})
}

/// A Deployment with two Pods of its own, one of them debugged, and an older revision; and Pods of their own.
fn list(path: &str, host: &str) -> Option<Vec<Value>> {
    let image = |name: &str| format!("{host}/{name}");
    let (cart, till) = (image("shop/cart:1.4"), image("shop/till:2.0"));
    let (cart, till) = (cart.as_str(), till.as_str());
    let mut ended = pod("ended", None, &[till]);
    ended["status"]["phase"] = "Succeeded".into();
    let mut debugged = pod("debugged", Some("set"), &[cart]);
    debugged["spec"]["ephemeralContainers"] = json!([{"name": "tools", "image": till}]);
    debugged["spec"]["volumes"] =
        json!([{"name": "model", "image": {"reference": image("other/app:1")}}]);
    let mut started = pod("started", None, &[cart]);
    started["spec"]["initContainers"] = json!([{"name": "init", "image": "127.0.0.1:9/app:1"}]);
    Some(match path {
        "/apis/apps/v1/deployments" => vec![workload("web", None, 2, &[cart])],
        "/apis/apps/v1/replicasets" => vec![
            workload("set", Some("web"), 2, &[cart]),
            workload("older", Some("web"), 0, &[till]),
        ],
        "/api/v1/pods" => vec![pod("plain", Some("set"), &[cart]), debugged, started, ended],
        "/api/v1/namespaces/shop/pods" => vec![pod("plain", Some("set"), &[cart])],
        _ => return None,
    })
}

fn answer(request: &Request, host: &str) -> Response {
    let path = request.path.split('?').next().unwrap_or_default();
    let core = [
        resource("pods", "Pod"),
        resource("podtemplates", "PodTemplate"),
        resource("replicationcontrollers", "ReplicationController"),
    ];
    let apps = [
        ("deployments", "Deployment"),
        ("replicasets", "ReplicaSet"),
        ("statefulsets", "StatefulSet"),
        ("daemonsets", "DaemonSet"),
    ];
    let apps = apps.map(|(name, kind)| resource(name, kind));
    let body = match path {
        "/api" => {
            json!({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []})
        }
        "/apis" => json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": [group("apps")]}),
        "/api/v1" => resources("v1", &core),
        "/apis/apps/v1" => resources("apps/v1", &apps),
        "/apis/apps/v1/daemonsets" => {
            let message =
                "daemonsets.apps is forbidden: User \"u\" cannot list resource \"daemonsets\"";
            let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message, "reason": "Forbidden", "code": 403});
            return respond(403, &status);
        }
        _ => {
            let items = list(path, host).unwrap_or_default();
            json!({"kind": "List", "apiVersion": "v1", "metadata": {"resourceVersion": "1"}, "items": items})
        }
    };
    respond(200, &body)
}

fn respond(status: u16, body: &Value) -> Response {
    Response::new(status).with("Content-Type", "application/json").body(body.to_string())
}

fn kubeconfig(host: &str) -> String {
    json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "none",
        "contexts": [
            {"name": "none", "context": {"cluster": "none", "user": "u"}},
            {"name": "shop", "context": {"cluster": "shop", "user": "u"}},
        ],
        "clusters": [
            {"name": "none", "cluster": {"server": "http://127.0.0.1:9"}},
            {"name": "shop", "cluster": {"server": format!("http://{host}")}},
        ],
        "users": [{"name": "u", "user": {"token": "t"}}],
    })
    .to_string()
}

fn world() -> (World, Server) {
    let world = World::new();
    let registry = world.filled("HOST");
    let server = Server::http(move |request| answer(request, &registry));
    world.write("kubeconfig", &kubeconfig(&server.host()));
    (world, server)
}

#[test]
fn what_runs_is_reported_once() {
    let (world, server) = world();
    let kubeconfig = world.path().join("kubeconfig").display().to_string();
    let variables = [("KUBECONFIG", kubeconfig.as_str())];
    let outcome = world.check_with("--cluster --context shop -v", &variables);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    let stderr = outcome.stderr.replace(&server.host(), "SERVER");
    insta::assert_snapshot!(format!("{}{}", outcome.stdout, stderr));
    let report = world.check_with("--cluster --context shop --output json", &variables);
    let schema = jsonschema::draft202012::new(&signed_images::check::report::schema()).unwrap();
    let report: Value = serde_json::from_str(&report.stdout).unwrap();
    assert!(schema.is_valid(&report));
    let places = report["objects"].as_array().unwrap().iter();
    assert!(places.into_iter().all(|of| of["file"] == "cluster" && of["line"].is_null()));
    for form in ["table", "sarif", "junit"] {
        let outcome =
            world.check_with(&format!("--cluster --context shop --output {form}"), &variables);
        assert_eq!(outcome.code, Some(1), "{form}: {outcome:?}");
    }
    server.forget();
    let one = world.check_with("--cluster --context shop -n shop", &variables);
    assert!(one.stdout.contains("1 image in 1 object: 1 verified"), "{one:?}");
    assert!(server.lines().iter().all(|line| !line.starts_with("GET /api/v1/pods")));
    // As a policy of that namespace would have it.
    let settings = world.read("settings.yaml").replace('\n', "\n    ");
    let policy = format!(
        "apiVersion: policies.kubewarden.io/v1\nkind: AdmissionPolicy\nmetadata: {{name: p, namespace: shop}}\nspec:\n  settings:\n    {settings}\n"
    );
    world.write("policy.yaml", &policy);
    let one = world.check_with("-s policy.yaml --cluster --context shop", &variables);
    assert!(one.stdout.contains("1 image in 1 object: 1 verified"), "{one:?}");
    assert!(one.stderr.contains("only the namespace shop was checked"), "{one:?}");
}

#[test]
fn a_cluster_that_is_not_there_is_told() {
    let (world, _server) = world();
    let kubeconfig = world.path().join("kubeconfig").display().to_string();
    let rows = [
        ("--cluster", kubeconfig.as_str(), 3, "kubernetes API server `http://127.0.0.1:9/`: "),
        (
            "--cluster --context other",
            kubeconfig.as_str(),
            2,
            "no cluster: the kubeconfig has no context `other`\n",
        ),
        ("--cluster", "/nowhere", 2, "no cluster: cannot read the kubeconfig `/nowhere` ("),
        ("--cluster deploy", kubeconfig.as_str(), 2, "cannot be used with"),
        ("--cluster --pin", kubeconfig.as_str(), 2, "cannot be used with"),
        ("--namespace shop nginx:1", kubeconfig.as_str(), 2, "cannot be used with"),
        ("--namespace shop", kubeconfig.as_str(), 2, "--cluster"),
    ];
    for (line, kubeconfig, code, expected) in rows {
        let outcome = world.check_with(line, &[("KUBECONFIG", kubeconfig)]);
        assert_eq!(outcome.code, Some(code), "{line}: {outcome:?}");
        assert!(outcome.stderr.contains(expected), "{line}: {}", outcome.stderr);
    }
}
