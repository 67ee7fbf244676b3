# The words e2e-cluster.bats is written in: namespaces under a policy, workloads, and what became of them.

readonly SETTLE_TIMEOUT=120

# k ARGUMENT…: kubectl, in the namespace of this test
k() { kubectl --namespace "$NAMESPACE" "$@"; }

# new_namespace NAME: it becomes $NAMESPACE
new_namespace() {
  NAMESPACE=$1
  kubectl create namespace "$NAMESPACE"
  eventually k get serviceaccount default -o name
}

# under POLICY: from now on it is asked about this namespace
under() {
  POLICY=$(unique_name "$1")
  kubectl label --overwrite namespace "$NAMESPACE" "policy=$POLICY"
  eventually is_asked
}

is_asked() { run k run probe --image="$(image acme/app:unsigned)" --dry-run=server && denied; }

# eventually COMMAND…: wait until it succeeds
eventually() {
  local deadline=$((SECONDS + SETTLE_TIMEOUT)) said
  until said=$("$@" 2>&1); do
    [ $SECONDS -lt $deadline ] || { echo "not in $SETTLE_TIMEOUT s: $*" "$said" && return 1; }
    sleep 0.2
  done
}

# ---- workloads -------------------------------------------------------------------------------------

# workload KIND NAME IMAGE…: its manifest
workload() {
  jq -n --arg kind "$1" --arg name "$2" '
    {containers: [$ARGS.positional | to_entries[] | {name: "c\(.key)", image: .value}]} as $pod
    | {app: $name} as $labels
    | {metadata: {$labels}, spec: $pod} as $template
    | {template: ($template | .spec.restartPolicy = "Never")} as $job
    | {selector: {matchLabels: $labels}, $template} as $set
    | {
        Pod: {apiVersion: "v1", spec: $pod},
        PodTemplate: {apiVersion: "v1", $template},
        ReplicationController: {apiVersion: "v1", spec: {selector: $labels, $template}},
        ReplicaSet: {apiVersion: "apps/v1", spec: $set},
        Deployment: {apiVersion: "apps/v1", spec: $set},
        StatefulSet: {apiVersion: "apps/v1", spec: ($set + {serviceName: $name})},
        DaemonSet: {apiVersion: "apps/v1", spec: $set},
        Job: {apiVersion: "batch/v1", spec: $job},
        CronJob: {apiVersion: "batch/v1", spec: {schedule: "0 0 29 2 *", jobTemplate: {spec: $job}}}
      }[$kind] + {$kind, metadata: {$name, $labels}}' --args "${@:3}"
}

# apply KIND NAME IMAGE…, apply_on_the_server KIND NAME IMAGE…
apply() { workload "$@" | k apply -f -; }
apply_on_the_server() { workload "$@" | k apply --server-side -f -; }

# apply_again KIND NAME IMAGE…: on the client's side, where it came from, and on the server's. Who moves over takes
# the images over from the client's side once, because they differ from the manifest.
apply_again() {
  apply "$@" && workload "$@" | k apply --server-side --force-conflicts -f - && apply_on_the_server "$@"
}

# ---- what became of them ---------------------------------------------------------------------------

# images KIND [OPTION…]: how many objects of this kind have which images
images() {
  k get "$@" -o json | jq -r '.items // [.] | map([.. | objects | .containers, .ephemeralContainers | arrays[] | .image] | join(" "))
    | group_by(.)[] | "\(length) \(first)"'
}

# are KIND COUNT IMAGE…: so many objects of this kind there are, and these are the images of each
are() {
  local found
  found=$(images "$1")
  [ "$found" = "$2 ${*:3}" ] || { printf '%s\n' "$1 are: $found" "not:  $2 ${*:3}" && return 1; }
}

# settled KIND NAME: its controller has done what there was to do; the Pods are made ready, as a kubelet would
settled() { eventually is_settled "$@"; }

is_settled() {
  make_pods_ready
  k get "$1" "$2" -o json | jq -e '.status.observedGeneration == .metadata.generation and (
    if .kind == "DaemonSet" then .status | .numberReady == .desiredNumberScheduled and .updatedNumberScheduled == .desiredNumberScheduled
    else .spec.replicas as $wanted | .status | [.replicas, .updatedReplicas, .readyReplicas] | map((. // 0) == $wanted) | all end)'
}

make_pods_ready() {
  local pod
  for pod in $(k get pods -o json | jq -r '.items[] | select(.status.phase == "Pending") | .metadata.name'); do
    k patch pod "$pod" --subresource status --patch '{"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}'
  done
}

# field KIND/NAME JSONPATH
field() { k get "$1" -o jsonpath="{$2}"; }

# ---- refusals --------------------------------------------------------------------------------------

# refuses TEXT… -- COMMAND…: the command fails with a refusal of the policy that has every TEXT
refuses() {
  local texts=()
  while [ "$1" != -- ]; do texts+=("$1") && shift; done
  run "${@:2}"
  denied "${texts[@]}"
}

# denied TEXT…: that is what the last `run` says
denied() {
  local text
  for text in "admission webhook \"$POLICY.kubewarden.admission\" denied the request: " "$@"; do
    [[ $output == *"$text"* ]] || { printf '%s\n' "it does not say: $text" "--- exit code $status" "$output" && return 1; }
  done
  [ "$status" -ne 0 ]
}
