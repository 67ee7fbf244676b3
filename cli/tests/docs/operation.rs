//! What pages say to Kubewarden's chart, to ours, and to Prometheus: the values and the metrics are there.

use std::collections::BTreeSet;

use yaml_serde::Value;

use crate::pages::root;

/// Values of Kubewarden's chart `admission-controller` that pages set, from its `values.yaml`
/// (<https://github.com/kubewarden/helm-charts/blob/main/charts/admission-controller/values.yaml>).
const KUBEWARDEN_VALUES: [&str; 18] = [
    "auditScanner.cronJob.schedule",
    "auditScanner.parallelNamespaces",
    "auditScanner.parallelPolicies",
    "auditScanner.parallelResources",
    "global.cattle.systemDefaultRegistry",
    "policyServer.affinity",
    "policyServer.env",
    "policyServer.imagePullSecret",
    "policyServer.insecureSources",
    "policyServer.limits",
    "policyServer.minAvailable",
    "policyServer.replicaCount",
    "policyServer.requests",
    "policyServer.sigstoreTrustConfig",
    "policyServer.sourceAuthorities",
    "telemetry.metrics",
    "telemetry.mode",
    "telemetry.sidecar.metrics.port",
];

/// What a policy server counts, as Prometheus names it, and the labels: `crates/policy-server/src/metrics/` of
/// <https://github.com/kubewarden/adm-controller>.
const METRICS: [&str; 3] = [
    "kubewarden_policy_evaluations_total",
    "kubewarden_policy_evaluation_latency_milliseconds_bucket",
    "kubewarden_policy_evaluation_latency_milliseconds_sum",
];
const LABELS: [&str; 10] = [
    "accepted",
    "error_code",
    "le",
    "mutated",
    "policy_mode",
    "policy_name",
    "request_origin",
    "resource_kind",
    "resource_namespace",
    "resource_request_operation",
];

/// The upper bound of the last bucket of latencies, in milliseconds: those of OpenTelemetry, as the policy server names
/// none (`crates/policy-server/src/metrics/policy_evaluations_latency.rs`;
/// <https://opentelemetry.io/docs/specs/otel/metrics/sdk/#explicit-bucket-histogram-aggregation>). Prometheus gives no
/// quantile beyond it: <https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile>.
const LONGEST: f64 = 10_000.0;

const DASHBOARD: &str = "docs/grafana/signed-images.json";

/// Values of Kubewarden's chart.
pub(crate) fn kubewarden_values(text: &str) -> Result<(), String> {
    let values: Value = yaml_serde::from_str(text).map_err(|error| error.to_string())?;
    known(&values, "")
}

fn known(value: &Value, path: &str) -> Result<(), String> {
    if KUBEWARDEN_VALUES.contains(&path) {
        return Ok(());
    }
    let map = value.as_mapping().ok_or_else(|| format!("Kubewarden's chart has no `{path}`"))?;
    map.iter().try_for_each(|(key, value)| {
        let key = key.as_str().unwrap_or_default();
        known(value, format!("{path}.{key}").trim_start_matches('.'))
    })
}

/// Values of this chart.
pub(crate) fn chart_values(text: &str) -> Result<(), String> {
    let path = root().join("charts/signed-images/values.schema.json");
    let schema = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let values: serde_json::Value =
        yaml_serde::from_str(text).map_err(|error| error.to_string())?;
    let validator = jsonschema::validator_for(&schema).unwrap();
    match validator.iter_errors(&values).next() {
        Some(error) => Err(format!("{}: {error}", error.instance_path())),
        None => Ok(()),
    }
}

/// A bundle of Rancher's Fleet that installs this chart
/// (<https://fleet.rancher.io/ref-fleet-yaml>).
pub(crate) fn fleet(text: &str) -> Result<(), String> {
    let bundle: Value = yaml_serde::from_str(text).map_err(|error| error.to_string())?;
    let helm = bundle.get("helm").ok_or("there is no `helm`")?;
    for key in ["releaseName", "chart", "version"] {
        if helm.get(key).and_then(Value::as_str).is_none() {
            return Err(format!("there is no `helm.{key}`"));
        }
    }
    chart_values(&yaml_serde::to_string(&helm["values"]).map_err(|error| error.to_string())?)
}

/// The queries of a `PrometheusRule`.
pub(crate) fn alerts(document: &Value) -> Result<(), String> {
    let groups = document["spec"]["groups"].as_sequence().ok_or("there are no groups")?;
    for rule in groups.iter().filter_map(|group| group["rules"].as_sequence()).flatten() {
        let text = rule["expr"].as_str().ok_or("an alert without `expr`")?;
        query(text).map_err(|error| format!("{:?}: {error}", rule["alert"]))?;
    }
    Ok(())
}

/// A query of Prometheus names only what is there.
pub(crate) fn query(text: &str) -> Result<(), String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let mut metrics = words.filter(|word| word.starts_with("kubewarden_")).peekable();
    if metrics.peek().is_none() {
        return Err("it asks for no metric".to_owned());
    }
    if let Some(metric) = metrics.find(|metric| !METRICS.contains(metric)) {
        return Err(format!("there is no metric `{metric}`"));
    }
    if let Some(label) = labels(text).into_iter().find(|label| !LABELS.contains(&label.as_str())) {
        return Err(format!("there is no label `{label}`"));
    }
    quantile(text)
}

/// A quantile is compared with what it can be.
fn quantile(query: &str) -> Result<(), String> {
    let Some((_, threshold)) = query.rsplit_once('>') else { return Ok(()) };
    let threshold: f64 = threshold.trim().parse().map_err(|_| "the last `>` has no number")?;
    if query.contains("histogram_quantile") && threshold >= LONGEST {
        return Err(format!("no quantile is above {LONGEST}, so none is above {threshold}"));
    }
    Ok(())
}

/// The labels within `{…}`, and those after `by (`.
fn labels(query: &str) -> BTreeSet<String> {
    let mut labels = BTreeSet::new();
    for part in query.split('{').skip(1) {
        let selectors = part.split('}').next().unwrap_or_default();
        let names = selectors.split(',').map(|selector| selector.split(['=', '!']).next());
        labels.extend(names.flatten().map(|name| name.trim().to_owned()));
    }
    for part in query.split("by (").skip(1) {
        let names = part.split(')').next().unwrap_or_default().split(',');
        labels.extend(names.map(|name| name.trim().to_owned()));
    }
    labels
}

#[test]
fn the_dashboard_asks_for_what_is_counted() {
    let dashboard = std::fs::read_to_string(root().join(DASHBOARD)).unwrap();
    let dashboard: serde_json::Value = serde_json::from_str(&dashboard).unwrap();
    let mut queries = 0;
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().unwrap() {
            let text = target["expr"].as_str().unwrap().replace("$__rate_interval", "5m");
            query(&text).unwrap_or_else(|error| panic!("{}: {error}", panel["title"]));
            queries += 1;
        }
    }
    assert!(queries > 4, "{queries}");
}

#[test]
fn what_is_wrong_is_seen() {
    for text in ["policyServer: {replicas: 2}", "mode: protect", "policyServer: 1"] {
        assert!(kubewarden_values(text).is_err(), "{text}");
    }
    assert_eq!(kubewarden_values("policyServer: {replicaCount: 2, limits: {cpu: 1}}"), Ok(()));
    for text in ["mod: protect", "settings: {rules: [{image: a}]}"] {
        assert!(chart_values(text).is_err(), "{text}");
    }
    for text in [
        "up",
        "kubewarden_policies",
        "sum by (name) (kubewarden_policy_evaluations_total{a=\"b\"})",
        "histogram_quantile(0.9, kubewarden_policy_evaluation_latency_milliseconds_bucket) > 10000",
    ] {
        assert!(query(text).is_err(), "{text}");
    }
    assert_eq!(query("sum(kubewarden_policy_evaluations_total) > 20000"), Ok(()));
}
