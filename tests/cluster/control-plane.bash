# A control plane without nodes: etcd, kube-apiserver, kube-controller-manager and the webhook that puts requests to
# the module.
#
# All of it listens on 127.0.0.1 alone, on free ports that the kernel picks, and lives in bats' temporary folder.

readonly CLUSTER=$BATS_FILE_TMPDIR/cluster
CLUSTER_BIN=${CLUSTER_BIN:-$BATS_TEST_DIRNAME/target/cluster/bin}
CLUSTER_CRDS=${CLUSTER_CRDS:-$BATS_TEST_DIRNAME/target/cluster/crds}
WEBHOOK=${WEBHOOK:-$BATS_TEST_DIRNAME/target/debug/examples/webhook}
HELM=${HELM:-$BATS_TEST_DIRNAME/target/helm/helm}

# The developer's own clusters take no part.
export KUBECONFIG=$CLUSTER/kubeconfig KUBECACHEDIR=$CLUSTER/cache

kubectl() { timeout "$COMMAND_TIMEOUT" "$CLUSTER_BIN/kubectl" "$@"; }

# policy NAME JQ: what `settings` makes of it are the settings of a policy; before the cluster starts
policy() {
  mkdir -p "$CLUSTER/policies"
  BATS_TEST_TMPDIR=$CLUSTER settings "$2"
  mv "$CLUSTER/settings.json" "$CLUSTER/policies/$(unique_name "$1").json"
}

# unique_name POLICY: as Kubewarden's controller calls a policy of the whole cluster, and its webhook
unique_name() { echo "clusterwide-$1"; }

# start_cluster REGISTRY…: the policies, and a cluster that asks them; the registries speak plain HTTP
start_cluster() {
  mkdir -p "$CLUSTER"
  new_certificate loopback subjectAltName=IP:127.0.0.1
  start_webhook "$@"
  start_etcd
  start_api_server
  register_policies
  start_controllers
}

# stop_cluster: those that ask before those that are asked
stop_cluster() {
  local name
  for name in controllers api-server etcd webhook policy-server; do
    [ ! -e "$SERVERS/$name.pid" ] || stop "$name"
  done
}

# ---- one service each ------------------------------------------------------------------------------

# start_webhook REGISTRY…: the one of this tree, or the policy server that POLICY_SERVER names
start_webhook() {
  local certificate=$BATS_FILE_TMPDIR/loopback.pem key=$BATS_FILE_TMPDIR/loopback.key
  jq -n '{insecure_sources: $ARGS.positional}' --args "$@" >"$CLUSTER/sources.yml"
  if [ -z "${POLICY_SERVER:-}" ]; then
    serve webhook 'https:..' "$WEBHOOK" --module "$MODULE" --policies "$CLUSTER/policies" \
      --sources-path "$CLUSTER/sources.yml" --sigstore-trust-config "$BATS_FILE_TMPDIR/trust-config.json" \
      --certificate "$certificate" --key "$key"
  else
    jq -n --arg file "file://$(realpath "$MODULE")" \
      '[inputs | {(input_filename | split("/")[-1] | rtrimstr(".json")): {"module": $file, settings: ., allowedToMutate: true, hostCapabilities: ["*"]}}] | add' \
      "$CLUSTER"/policies/*.json >"$CLUSTER/policies.json"
    start_policy_server "$CLUSTER" --cert-file "$certificate" --key-file "$key"
  fi
  export WEBHOOK_URL=https://$address
}

start_etcd() {
  local port
  port=$(free_ports 1)
  ETCD=http://127.0.0.1:$port
  spawn etcd "$CLUSTER_BIN/etcd" --data-dir "$CLUSTER/etcd" --unsafe-no-fsync --log-level warn \
    --listen-client-urls "$ETCD" --advertise-client-urls "$ETCD" --listen-peer-urls http://127.0.0.1:0
  ready etcd curl -fs -o /dev/null "$ETCD/health"
}

# Whoever has the token is in the group of administrators.
start_api_server() {
  local port token
  port=$(free_ports 1)
  token=$(openssl rand -hex 16)
  echo "$token,admin,admin,system:masters" >"$CLUSTER/tokens.csv"
  kubeconfig "https://127.0.0.1:$port" "$token" >"$KUBECONFIG"
  openssl genrsa -out "$CLUSTER/accounts.key" 2048 2>/dev/null
  jq -n '{apiVersion: "audit.k8s.io/v1", kind: "Policy", rules: [{level: "Metadata", verbs: ["create"]}, {level: "None"}]}' \
    >"$CLUSTER/audit-policy.json"
  spawn api-server "$CLUSTER_BIN/kube-apiserver" --etcd-servers "$ETCD" \
    --bind-address 127.0.0.1 --advertise-address 127.0.0.1 --endpoint-reconciler-type none --secure-port "$port" \
    --tls-cert-file "$BATS_FILE_TMPDIR/loopback.pem" --tls-private-key-file "$BATS_FILE_TMPDIR/loopback.key" \
    --cert-dir "$CLUSTER" --token-auth-file "$CLUSTER/tokens.csv" --authorization-mode RBAC \
    --service-account-issuer https://kubernetes.default.svc --service-account-key-file "$CLUSTER/accounts.key" \
    --service-account-signing-key-file "$CLUSTER/accounts.key" --service-cluster-ip-range 10.0.0.0/24 \
    --audit-policy-file "$CLUSTER/audit-policy.json" --audit-log-path "$CLUSTER/audit.log" \
    --feature-gates ImageVolume=true
  ready api-server api_server_is_ready
}

api_server_is_ready() { kubectl get --raw /readyz >/dev/null 2>&1; }

kubeconfig() {
  jq -n --arg server "$1" --arg token "$2" --arg authority "$BATS_FILE_TMPDIR/ca.pem" '{
    apiVersion: "v1", kind: "Config", "current-context": "e2e",
    contexts: [{name: "e2e", context: {cluster: "e2e", user: "e2e"}}],
    clusters: [{name: "e2e", cluster: {$server, "certificate-authority": $authority}}],
    users: [{name: "e2e", user: {$token}}]
  }'
}

# The controllers of workloads, and what namespaces and owners need. They may ask more often than by default: a
# hundred Deployments would else take minutes.
start_controllers() {
  spawn controllers "$CLUSTER_BIN/kube-controller-manager" --kubeconfig "$KUBECONFIG" --leader-elect=false \
    --secure-port 0 --kube-api-qps 300 --kube-api-burst 600 \
    --service-account-private-key-file "$CLUSTER/accounts.key" --controllers "$(IFS=, && echo "${CONTROLLERS[*]}")"
}

readonly CONTROLLERS=(
  replicationcontroller-controller deployment-controller replicaset-controller statefulset-controller
  daemonset-controller job-controller cronjob-controller garbage-collector-controller serviceaccount-controller
)

# ---- what Kubewarden's controller does -------------------------------------------------------------

# register_policies: each for the namespaces with its label
register_policies() {
  local file
  for file in "$CLUSTER"/policies/*.json; do
    webhook_configuration "$(basename "$file" .json)" | kubectl create -f - || return
  done
}

# webhook_configuration UNIQUE-NAME: with the rules of the policy's metadata
webhook_configuration() {
  cat <<YAML
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: $1}
webhooks:
  - name: $1.kubewarden.admission
    clientConfig: {url: "$WEBHOOK_URL/validate/$1", caBundle: $(base64 -w0 "$BATS_FILE_TMPDIR/ca.pem")}
    namespaceSelector: {matchLabels: {policy: $1}}
    admissionReviewVersions: [v1]
    sideEffects: None
$(sed -n '/^rules:/,/^mutating:/{/^mutating:/d; s/^/    /p}' "$BATS_TEST_DIRNAME/metadata.yml")
YAML
}

# stored_webhook POLICY: the jq that makes the same of a policy that the API server has, with its own rules and time-out
stored_webhook() {
  cat <<JQ
.spec as \$spec | $(webhook_configuration "$(unique_name "$1")" | kubectl create --dry-run=client -o json -f -)
| .webhooks[0] += {rules: \$spec.rules, timeoutSeconds: \$spec.timeoutSeconds, failurePolicy: (\$spec.failurePolicy // "Fail")}
JQ
}
