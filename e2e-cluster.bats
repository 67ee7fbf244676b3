#!/usr/bin/env bats
# The module in a control plane: a real API server asks it, and real controllers live with what it answers.
#
#     make e2e-cluster

bats_require_minimum_version 1.5.0
load tests/e2e/lib
load tests/e2e/policy-server
load tests/cluster/control-plane
load tests/cluster/workloads

setup_file() {
  mkdir -p "$DOCKER_CONFIG" && echo '{}' >"$DOCKER_CONFIG/config.json"
  start_registry main
  export REGISTRY=$address FALLIBLE_PORT
  FALLIBLE_PORT=$(free_ports 1)

  new_ca
  new_key release
  push_image acme/app:unsigned
  push_signed acme/app:signed
  push_signed acme/app:next

  local rules='rules: [{name: "acme", images: ["**"], allOf: [("release") | signer]}]'
  policy pinned "{$rules}"
  policy pods "{$rules, pinWorkloadTemplates: false}"
  policy strict "{$rules, unchangedImages: \"verify\"}"
  policy warning '{rules: [{name: "soon", enforcement: "warn", images: ["**"], allOf: [("release") | signer]}]}'
  policy signed-images '{signatures: [{image: "\($registry)/acme/*", pubKeys: [$release]}], unchangedImages: "verify"}'
  start_cluster "$REGISTRY" "127.0.0.1:$FALLIBLE_PORT"
}

teardown_file() {
  stop_cluster
  stop_all
}

# push_signed NAME:TAG [PLATFORM]
push_signed() {
  push_image "$@"
  sign release "$1"
}

setup() {
  SIGNED=$(image acme/app:signed)
  NEXT=$(image acme/app:next)
  UNSIGNED=$(image acme/app:unsigned)
  PINNED=$(pinned acme/app:signed)
  PINNED_NEXT=$(pinned acme/app:next)
  new_namespace "test-$BATS_TEST_NUMBER"
}

# ---- deployments -----------------------------------------------------------------------------------

@test "a deployment is pinned, and gets one replica set" {
  under pinned
  apply Deployment web "$SIGNED"
  settled deployment web
  are deployments 1 "$PINNED"
  are replicasets 1 "$PINNED"
  are pods 1 "$PINNED"
}

@test "a manifest that is applied again rolls nothing out, on the client's side and on the server's" {
  under pinned
  apply Deployment client "$SIGNED"
  apply_on_the_server Deployment server "$SIGNED"
  apply Deployment client "$SIGNED"
  apply_on_the_server Deployment server "$SIGNED"
  settled deployment client
  settled deployment server
  are deployments 2 "$PINNED"
  are replicasets 2 "$PINNED"
  are pods 2 "$PINNED"
}

@test "who moves from the client's side to the server's takes the images over, and rolls nothing out" {
  under pinned
  apply Deployment web "$SIGNED"
  run apply_on_the_server Deployment web "$SIGNED"
  [[ $output == *'conflict with "kubectl-client-side-apply"'*'containers[name="c0"].image'* ]]
  apply_again Deployment web "$SIGNED"
  apply Deployment web "$SIGNED"
  settled deployment web
  are deployments 1 "$PINNED"
  are replicasets 1 "$PINNED"
}

@test "a manifest that is applied again keeps its pin though the tag was moved" {
  local moved first
  moved=$(image acme/app:moved)
  push_signed acme/app:moved linux/amd64
  first=$(pinned acme/app:moved)
  under pinned
  apply Deployment web "$moved"
  apply Job batch "$moved"
  settled deployment web

  push_signed acme/app:moved linux/arm64
  apply_again Deployment web "$moved"
  apply_again Job batch "$moved"
  k rollout restart deployment web
  settled deployment web
  are deployments 1 "$first"
  are replicasets 2 "$first"
  are jobs 1 "$first"
  are pods 2 "$first"

  apply Pod new "$moved"
  are pods/new 1 "$(pinned acme/app:moved)"
}

@test "another image is rolled out, and the first one again" {
  under pinned
  apply Deployment web "$SIGNED"
  settled deployment web
  apply Deployment web "$NEXT"
  settled deployment web
  are deployments 1 "$PINNED_NEXT"
  are pods 1 "$PINNED_NEXT"
  apply Deployment web "$SIGNED"
  settled deployment web
  are deployments 1 "$PINNED"
  are pods 1 "$PINNED"
  [ "$(k get replicasets -o name | wc -l)" = 2 ]
}

@test "a deployment is scaled, and keeps its replica set" {
  under pinned
  apply Deployment web "$SIGNED"
  k scale deployment web --replicas 3
  settled deployment web
  are replicasets 1 "$PINNED"
  are pods 3 "$PINNED"
}

@test "a restart is one replica set more, and an undo is none" {
  under pinned
  apply Deployment web "$SIGNED"
  settled deployment web
  k rollout restart deployment web
  settled deployment web
  are replicasets 2 "$PINNED"
  k rollout undo deployment web
  settled deployment web
  are deployments 1 "$PINNED"
  are replicasets 2 "$PINNED"
  are pods 1 "$PINNED"
}

@test "an undo goes back to the digest that was verified" {
  under pinned
  apply Deployment web "$SIGNED"
  settled deployment web
  k set image deployment web c0="$NEXT"
  settled deployment web
  are pods 1 "$PINNED_NEXT"
  k rollout undo deployment web
  settled deployment web
  are deployments 1 "$PINNED"
  are pods 1 "$PINNED"
  [ "$(k get replicasets -o name | wc -l)" = 2 ]
}

@test "a deployment that was there before the policy is not rolled out by a label, and its new pods are pinned" {
  apply Deployment web "$SIGNED"
  settled deployment web
  are pods 1 "$SIGNED"

  under pinned
  k label deployment web team=shop
  k annotate deployment web team=shop
  k annotate replicasets --all team=shop
  apply_again Deployment web "$SIGNED"
  k delete pods --all
  k scale deployment web --replicas 2
  settled deployment web
  are deployments 1 "$SIGNED"
  are replicasets 1 "$SIGNED"
  are pods 2 "$PINNED"
}

@test "a deployment that was there before the policy is restarted, and undone, with its own images" {
  apply Deployment web "$SIGNED"
  settled deployment web
  under pinned
  k rollout restart deployment web
  settled deployment web
  are deployments 1 "$SIGNED"
  are replicasets 2 "$SIGNED"
  are pods 1 "$PINNED"
  k rollout undo deployment web
  settled deployment web
  are replicasets 2 "$SIGNED"
  are pods 1 "$PINNED"
}

@test "templates that are not pinned are not rolled out, and their pods are pinned" {
  under pods
  apply Deployment web "$SIGNED"
  settled deployment web
  apply_again Deployment web "$SIGNED"
  k scale deployment web --replicas 2
  settled deployment web
  are deployments 1 "$SIGNED"
  are replicasets 1 "$SIGNED"
  are pods 2 "$PINNED"
  k rollout restart deployment web
  settled deployment web
  k rollout undo deployment web
  settled deployment web
  are replicasets 2 "$SIGNED"
  are pods 2 "$PINNED"
}

@test "a hundred deployments at once are pinned, with one replica set each" {
  local file tens=()
  under pinned
  for ten in {0..9}; do
    file=$BATS_TEST_TMPDIR/$ten.json
    for one in {0..9}; do workload Deployment "web-$ten-$one" "$SIGNED" "$NEXT"; done >"$file"
    tens+=("$file")
  done
  printf '%s\n' "${tens[@]}" | NAMESPACE=$NAMESPACE timeout "$COMMAND_TIMEOUT" \
    xargs -P 10 -I {} "$CLUSTER_BIN/kubectl" --namespace "$NAMESPACE" create -f {}
  eventually are pods 100 "$PINNED" "$PINNED_NEXT"
  are deployments 100 "$PINNED" "$PINNED_NEXT"
  are replicasets 100 "$PINNED" "$PINNED_NEXT"
  [ "$(k get events --field-selector type=Warning -o name)" = "" ]
}

# ---- other workloads -------------------------------------------------------------------------------

@test "a stateful set is applied again, scaled and restarted" {
  under pinned
  apply StatefulSet web "$SIGNED"
  settled statefulset web
  apply_again StatefulSet web "$SIGNED"
  k scale statefulset web --replicas 2
  settled statefulset web
  are statefulsets 1 "$PINNED"
  are controllerrevisions 1 "$PINNED"
  are pods 2 "$PINNED"

  k rollout restart statefulset web
  settled statefulset web
  are controllerrevisions 2 "$PINNED"
  are pods 2 "$PINNED"
}

@test "a daemon set is applied again and restarted" {
  kubectl create -f - <<<'{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "e2e"}}'
  kubectl taint node e2e node.kubernetes.io/not-ready:NoSchedule-
  under pinned
  apply DaemonSet web "$SIGNED"
  settled daemonset web
  are pods 1 "$PINNED"
  apply_again DaemonSet web "$SIGNED"
  settled daemonset web
  are daemonsets 1 "$PINNED"
  are controllerrevisions 1 "$PINNED"
  k rollout restart daemonset web
  settled daemonset web
  are controllerrevisions 2 "$PINNED"
  are pods 1 "$PINNED"
}

@test "a job is applied again, though its template is immutable" {
  under pinned
  apply Job batch "$SIGNED"
  eventually are pods 1 "$PINNED"
  apply_again Job batch "$SIGNED"
  are jobs 1 "$PINNED"
  are pods 1 "$PINNED"
}

@test "a cron job makes its jobs, and so does a person" {
  under pinned
  apply CronJob nightly "$SIGNED"
  apply CronJob nightly "$SIGNED"
  are cronjobs 1 "$PINNED"
  k create job --from cronjob/nightly by-hand
  eventually are pods 1 "$PINNED"

  k patch cronjob nightly --type merge --patch '{"spec": {"schedule": "* * * * *"}}'
  k patch cronjob nightly --subresource status --type merge \
    --patch "{\"status\": {\"lastScheduleTime\": \"$(date -u -d '-2 minutes' +%FT%TZ)\"}}"
  eventually are pods 2 "$PINNED"
  are jobs 2 "$PINNED"
}

@test "a cron job that was there before the policy makes jobs whose pods are pinned" {
  apply CronJob nightly "$SIGNED"
  under pinned
  k create job --from cronjob/nightly by-hand
  eventually are pods 1 "$PINNED"
}

@test "replica sets, replication controllers and pod templates of one's own" {
  under pinned
  apply ReplicaSet set "$SIGNED"
  apply ReplicationController controller "$SIGNED"
  apply PodTemplate template "$SIGNED"
  eventually are pods 2 "$PINNED"
  are replicasets 1 "$PINNED"
  are replicationcontrollers 1 "$PINNED"
  are podtemplates 1 "$PINNED"
}

# ---- pods ------------------------------------------------------------------------------------------

@test "ephemeral containers are pinned, one after the other" {
  under pinned
  apply Pod web "$SIGNED"
  make_pods_ready
  k debug web --image "$NEXT" --container first
  k debug web --image "$SIGNED" --container second
  are pods 1 "$PINNED" "$PINNED_NEXT" "$PINNED"
  refuses 'spec.ephemeralContainers[2]' third "$UNSIGNED" 'not signed' -- k debug web --image "$UNSIGNED" --container third
  are pods 1 "$PINNED" "$PINNED_NEXT" "$PINNED"
}

@test "an ephemeral container that was there before the policy stays as it is beside a new one" {
  apply Pod web "$SIGNED"
  make_pods_ready
  k debug web --image "$SIGNED" --container first
  under strict
  k debug web --image "$NEXT" --container second
  are pods 1 "$SIGNED" "$SIGNED" "$PINNED_NEXT"
}

@test "image volumes are pinned" {
  under pinned
  # with_volume NAME IMAGE
  with_volume() {
    workload Deployment "$1" "$SIGNED" |
      jq --arg image "$2" '.spec.template.spec.volumes = [{name: "model", image: {reference: $image}}]'
  }
  with_volume web "$NEXT" | k apply -f -
  settled deployment web
  with_volume web "$NEXT" | k apply -f -
  with_volume web "$NEXT" | k apply --server-side --force-conflicts -f -
  settled deployment web
  are replicasets 1 "$PINNED"
  for object in deployments replicasets pods; do
    [ "$(k get $object -o json | jq -r '.items[0] | .. | .volumes? // empty | .[].image.reference | strings')" = "$PINNED_NEXT" ]
  done
  with_volume other "$UNSIGNED" >"$BATS_TEST_TMPDIR/other.json"
  refuses 'spec.template.spec.volumes[0]' "$UNSIGNED" 'not signed' -- k create -f "$BATS_TEST_TMPDIR/other.json"
}

# ---- what people are told --------------------------------------------------------------------------

@test "kubectl shows the warning about an image that is let in" {
  kubectl label namespace "$NAMESPACE" "policy=$(unique_name warning)"
  eventually warned_of_a_pod
  apply Deployment web "$UNSIGNED"
  settled deployment web
  are pods 1 "$UNSIGNED"
}

warned_of_a_pod() {
  run k run probe --image "$UNSIGNED" --dry-run=server
  [[ $status -eq 0 && $output == *Warning:*soon* ]]
}

@test "the audit log says by what rule an image was verified, and at what digest" {
  under pinned
  apply Pod web "$SIGNED"
  eventually is_audited "$NAMESPACE" verified acme "$(digest_of acme/app:signed)"
}

# is_audited NAMESPACE KEY TEXT…: that annotation of the policy has every TEXT, for the Pod web there
is_audited() {
  jq -ne --arg namespace "$1" --arg key "$POLICY.kubewarden.admission/$2" '
    [inputs | select(.objectRef.namespace == $namespace and .objectRef.name == "web") | .annotations[$key] // empty]
    | any(. as $said | $ARGS.positional | all(. as $text | $said | contains($text)))' --args "${@:3}" <"$CLUSTER/audit.log"
}

# ---- while the registry is down --------------------------------------------------------------------

start_fallible_registry() { PORT=$FALLIBLE_PORT start_registry fallible; }

@test "while the registry is down, a deployment is scaled, and its pods come when the registry does" {
  [ -z "${POLICY_SERVER:-}" ] || skip 'a policy server remembers for a minute what it has verified'
  start_fallible_registry
  REGISTRY=$address
  under pinned
  apply Deployment web "$(image acme/app:signed)"
  settled deployment web
  stop fallible

  k scale deployment web --replicas 2
  eventually failed_to_create 'could not be checked'
  k scale deployment web --replicas 1
  settled deployment web
  k scale deployment web --replicas 0
  settled deployment web
  apply Deployment web "$(image acme/app:signed)"

  k scale deployment web --replicas 2
  start_fallible_registry
  settled deployment web
  are replicasets 1 "$(pinned acme/app:signed)"
  are pods 2 "$(pinned acme/app:signed)"
  stop fallible
}

# failed_to_create TEXT: so says the event about a Pod that a controller could not create
failed_to_create() {
  k get events --field-selector reason=FailedCreate -o json |
    jq -e --arg webhook "admission webhook \"$POLICY.kubewarden.admission\" denied the request: " --arg text "$1" \
      '.items | any(.message | contains($webhook) and contains($text))'
}

@test "while the registry is down, objects with finalizers go" {
  start_fallible_registry
  REGISTRY=$address
  apply Deployment before "$(image acme/app:signed)"
  apply Pod before "$(image acme/app:unsigned)"
  under pinned
  apply Deployment after "$(image acme/app:signed)"
  apply Pod after "$(image acme/app:signed)"
  for object in {deployment,pod}/{before,after}; do
    k patch "$object" --type merge --patch '{"metadata": {"finalizers": ["example.org/clean-up"]}}'
  done
  stop fallible

  for object in {deployment,pod}/after; do vanishes "$object"; done
  kubectl label --overwrite namespace "$NAMESPACE" "policy=$(unique_name strict)"
  for object in {deployment,pod}/before; do vanishes "$object"; done
}

# vanishes OBJECT: delete it, and do what its finalizer waits for
vanishes() {
  k delete "$1" --wait=false
  k patch "$1" --type merge --patch '{"metadata": {"finalizers": []}}'
  eventually gone "$1"
}

gone() { [ -z "$(k get "$1" --ignore-not-found -o name)" ]; }

# ---- what nobody signed ----------------------------------------------------------------------------

@test "an unsigned image is refused in an object of every kind" {
  local kind path
  under pinned
  while read -r kind path; do
    workload "$kind" bad "$UNSIGNED" >"$BATS_TEST_TMPDIR/bad.json"
    for command in create 'apply --server-side' 'create --dry-run=server'; do
      refuses "$UNSIGNED" "$path.containers[0]" c0 acme 'not signed' -- k $command -f "$BATS_TEST_TMPDIR/bad.json"
    done
  done <<'KINDS'
Pod spec
PodTemplate template.spec
ReplicationController spec.template.spec
ReplicaSet spec.template.spec
Deployment spec.template.spec
StatefulSet spec.template.spec
DaemonSet spec.template.spec
Job spec.template.spec
CronJob spec.jobTemplate.spec.template.spec
KINDS
}

@test "an unsigned image is refused at every door of kubectl" {
  apply CronJob before "$UNSIGNED"
  apply Deployment before "$UNSIGNED"
  under pinned
  refuses "$UNSIGNED" 'not signed' -- k run bad --image "$UNSIGNED"
  refuses "$UNSIGNED" 'not signed' -- k create deployment bad --image "$UNSIGNED"
  refuses "$UNSIGNED" 'not signed' -- k create job bad --image "$UNSIGNED"
  refuses "$UNSIGNED" 'not signed' -- k create job bad --from cronjob/before
  refuses "$UNSIGNED" 'not signed' -- k create cronjob bad --image "$UNSIGNED" --schedule '0 0 * * *'

  apply Deployment web "$SIGNED"
  settled deployment web
  refuses "$UNSIGNED" 'not signed' -- k set image deployment web c0="$UNSIGNED"
  refuses "$UNSIGNED" 'not signed' -- apply Deployment web "$UNSIGNED"
  refuses "$UNSIGNED" 'not signed' -- apply_on_the_server Deployment bad "$UNSIGNED"
  refuses "$UNSIGNED" 'not signed' -- k patch deployment web --type json \
    --patch "[{\"op\": \"replace\", \"path\": \"/spec/template/spec/containers/0/image\", \"value\": \"$UNSIGNED\"}]"
  workload Deployment web "$UNSIGNED" >"$BATS_TEST_TMPDIR/bad.json"
  refuses "$UNSIGNED" 'not signed' -- k replace -f "$BATS_TEST_TMPDIR/bad.json"
  refuses "$UNSIGNED" 'not signed' -- k debug "$(k get pods -l app=web -o name)" --image "$UNSIGNED" --copy-to bad --container bad
  are deployments/web 1 "$PINNED"
}

@test "a deployment that was there before the policy with an unsigned image gets no new pods, and no way back" {
  apply Deployment web "$UNSIGNED"
  settled deployment web
  under pinned
  k scale deployment web --replicas 2
  eventually failed_to_create 'not signed'
  are pods 1 "$UNSIGNED"

  k set image deployment web c0="$SIGNED"
  settled deployment web
  are pods 2 "$PINNED"
  refuses "$UNSIGNED" 'not signed' -- k rollout undo deployment web
}

# ---- manifests that are applied to Kubewarden ------------------------------------------------------

# takes_policies: the API server knows Kubewarden's resources
takes_policies() {
  kubectl apply -f "$CLUSTER_CRDS" || return
  kubectl wait --for condition=Established --timeout 60s crd clusteradmissionpolicies.policies.kubewarden.io admissionpolicies.policies.kubewarden.io
}

# is_taken: the API server takes what comes on stdin, and knows every field of it
is_taken() { kubectl apply --dry-run=server --validate=strict -f -; }

@test "what the command prints, the examples and the chart are policies that Kubewarden's API takes" {
  local example
  takes_policies
  for example in "$BATS_TEST_DIRNAME"/examples/*.yaml; do
    "$SIGNED_IMAGES" policy --settings-path "$example" --exclude-namespace kube-system --failure-policy ignore \
      --no-background-audit --policy-server images --namespace-selector 'env in (prod),!sandbox' | is_taken
  done
  "$SIGNED_IMAGES" policy --settings-path "$BATS_TEST_DIRNAME/examples/one-team.yaml" --namespaced "$NAMESPACE" | is_taken
  for example in harbor monitor-first argo-cd; do
    grep -v '^ *namespace: ' "$BATS_TEST_DIRNAME/examples/$example.yaml" | is_taken
  done
}

@test "what is converted are policies that Kubewarden's API takes" {
  local source
  takes_policies
  for source in "$BATS_TEST_DIRNAME"/convert/tests/sources/*.yaml; do
    # Some lose something, which ends with 1.
    { "$SIGNED_IMAGES" convert --policy-server images --failure-policy ignore "$source" || [ $? -eq 1 ]; } |
      grep -v '^  namespace: ' | is_taken
  done
}

# moving_over JQ: what it makes of the page on moving over
moving_over() {
  jq -Rrs --arg registry "$REGISTRY" --rawfile release "$KEYS/release.pub" "$1" \
    "$BATS_TEST_DIRNAME/docs/src/migrating/verify-image-signatures.md"
}

# follow NUMBER: the commands of the page's block with that number
follow() {
  signed-images() { timeout "$COMMAND_TIMEOUT" "$SIGNED_IMAGES" "$@"; }
  eval "$(moving_over "[match(\"(?s)\\n *\`\`\`console\\n(.*?)\\n *\`\`\`\"; \"g\").captures[0].string][$1 - 1]")"
}

# stored POLICY JQ: what it makes of the policy that the API server has
stored() { kubectl get clusteradmissionpolicy "$1" -o json | jq -r "$2"; }

@test "who moves over from verify-image-signatures, as its page says, is never without a policy" {
  local before monitoring
  takes_policies
  cd "$BATS_TEST_TMPDIR"
  # The page's own manifest, about images and a key that are here.
  moving_over 'sub("(?s).*# signed.yaml\n"; "") | sub("(?s)\n```.*"; "\n") | sub("ghcr.io/acme"; "\($registry)/acme")
    | sub("githubActions:\n *owner: acme"; "pubKeys: [\($release | tojson)]")' >signed.yaml
  kubectl apply -f signed.yaml
  before=$(stored signed '.metadata | .uid, .resourceVersion')
  [ "$(moving_over '[match("```console"; "g")] | length')" = 2 ]

  # Beside the old one, which nobody touches.
  follow 1
  [ "$(stored signed '.metadata | .uid, .resourceVersion')" = "$before" ]
  [ "$(stored signed .spec.mode)" = protect ]
  [ "$(stored signed-images '.spec | .mode, (.module | contains("/signed-images-policy:"))')" = $'monitor\ntrue' ]
  monitoring=$(stored signed-images .metadata.uid)

  # In its place.
  follow 2
  [ "$(stored signed-images '.metadata.uid, .spec.mode')" = "$monitoring"$'\nprotect' ]
  [ "$(kubectl get clusteradmissionpolicies -o name)" = clusteradmissionpolicy.policies.kubewarden.io/signed-images ]

  # What is stored protects.
  [ "$(stored signed-images .spec.settings | jq -S .)" = "$(jq -S . "$CLUSTER/policies/$(unique_name signed-images).json")" ]
  stored signed-images "$(stored_webhook signed-images)" | kubectl replace -f -
  under signed-images
  apply Deployment web "$SIGNED"
  settled deployment web
  are deployments 1 "$PINNED"
  refuses "$UNSIGNED" 'not signed' -- k create deployment bad --image "$UNSIGNED"
}

@test "the chart is installed, upgraded and taken away" {
  local release=("$BATS_TEST_DIRNAME/charts/signed-images" --namespace "$NAMESPACE" --values "$BATS_TEST_TMPDIR/values.json")
  takes_policies
  jq -n '{settings: {rules: [{images: ["ghcr.io/acme/**"], allOf: [{kind: "githubAction", owner: "acme"}]}]},
    excludeNamespaces: ["kube-system"], policyServer: "images", backgroundAudit: false}' >"$BATS_TEST_TMPDIR/values.json"
  "$HELM" install signed "${release[@]}"
  [ "$(kubectl get clusteradmissionpolicy signed -o jsonpath='{.spec.mode} {.spec.policyServer} {.spec.timeoutEvalSeconds}')" = 'monitor images 25' ]
  "$HELM" upgrade signed "${release[@]}" --set mode=protect
  [ "$(kubectl get clusteradmissionpolicy signed -o jsonpath='{.spec.mode}')" = protect ]
  "$HELM" uninstall signed --namespace "$NAMESPACE"
  run kubectl get clusteradmissionpolicy signed
  [[ $output == *NotFound* ]]

  "$HELM" install signed "${release[@]}" --set namespaced=true --set 'excludeNamespaces=null'
  [ "$(k get admissionpolicy signed -o jsonpath='{.spec.settings.rules[0].allOf[0].owner}')" = acme ]
}

# ---- what runs already -----------------------------------------------------------------------------

# check_cluster OPTION…: what runs, by the settings of `pinned`
check_cluster() {
  run --separate-stderr timeout "$COMMAND_TIMEOUT" "$SIGNED_IMAGES" check --cluster --module "$MODULE" \
    --settings-path "$CLUSTER/policies/$(unique_name pinned).json" --sources-path "$CLUSTER/sources.yml" "$@"
}

@test "check tells what runs, the images of a workload once" {
  apply Deployment web "$SIGNED"
  apply CronJob nightly "$SIGNED"
  apply Pod plain "$SIGNED"
  k scale deployment web --replicas 3
  settled deployment web
  k create job --from cronjob/nightly by-hand
  eventually are pods 5 "$SIGNED"
  check_cluster --namespace "$NAMESPACE" -v
  [ "$status" -eq 0 ]
  [ "$(grep -c '^verified' <<<"$output")" = 3 ]
  [[ $output == *"1 image in 3 objects: 1 verified"* ]]

  # Another revision, an ephemeral container, an init container, an image volume: none of them is their owner's.
  k set image deployment web c0="$NEXT"
  settled deployment web
  local pod
  pod=$(k get pods -l app=web -o name | head -1)
  k debug "$pod" --image "$UNSIGNED" --container tools
  workload Pod volume "$SIGNED" | jq --arg image "$UNSIGNED" '.spec.volumes = [{name: "model", image: {reference: $image}}]' | k create -f -
  workload Pod init "$SIGNED" | jq --arg image "$UNSIGNED" '.spec.initContainers = [{name: "init", image: $image}]' | k create -f -
  check_cluster --namespace "$NAMESPACE"
  [ "$status" -eq 1 ]
  [ "$(grep -c '^rejected' <<<"$output")" = 3 ]
  for name in "${pod#pod/}" volume init; do
    [[ $output == *"rejected  Pod $NAMESPACE/$name  $UNSIGNED  acme: not signed"* ]]
  done
  [[ $stderr == *"left out, because they have ended or have no replicas: ReplicaSet (1)"* ]]

  check_cluster --output json
  [ "$status" -eq 1 ]
  jq -e --arg namespace "$NAMESPACE" '[.objects[] | select(.namespace == $namespace and .kind == "ReplicaSet")] == []' <<<"$output"
}

@test "check tells what it may not list" {
  apply Pod plain "$SIGNED"
  k create role looker --verb list --resource pods,replicasets.apps,deployments.apps
  k create rolebinding looker --role looker --serviceaccount "$NAMESPACE:default"
  kubeconfig "$(jq -r '.clusters[0].cluster.server' "$KUBECONFIG")" "$(k create token default)" >"$BATS_TEST_TMPDIR/kubeconfig"
  KUBECONFIG=$BATS_TEST_TMPDIR/kubeconfig check_cluster --namespace "$NAMESPACE"
  [ "$status" -eq 3 ]
  [[ $output == *'not checked  cluster  cannot be read  DaemonSet.apps: daemonsets.apps is forbidden: User "system:serviceaccount:'* ]]
  [[ $output == *"1 image in 1 object: 1 verified"* ]]
  KUBECONFIG=$BATS_TEST_TMPDIR/kubeconfig check_cluster
  [ "$status" -eq 3 ]
  [[ $output == *'Pod: pods is forbidden: '*'at the cluster scope'* ]]
}

@test "suggest tells who signs what runs, and check accepts that" {
  apply Deployment web "$SIGNED"
  apply Pod plain "$UNSIGNED"
  settled deployment web
  cd "$BATS_TEST_TMPDIR"
  run --separate-stderr timeout "$COMMAND_TIMEOUT" "$SIGNED_IMAGES" suggest --cluster --namespace "$NAMESPACE" \
    --key "$KEYS/release.pub" --sources-path "$CLUSTER/sources.yml"
  [ "$status" -eq 0 ]
  [[ $output == *"# not signed (1):"*"#   $UNSIGNED"* ]]
  echo "$output" >settings.yaml

  check() {
    run timeout "$COMMAND_TIMEOUT" "$SIGNED_IMAGES" check --cluster --namespace "$NAMESPACE" --module "$MODULE" \
      --settings-path settings.yaml --sources-path "$CLUSTER/sources.yml"
  }
  check
  [ "$status" -eq 1 ]
  [ "$(grep -c '^rejected' <<<"$output")" = 1 ]
  [[ $output == *"rejected  Pod $NAMESPACE/plain  $UNSIGNED"* ]]
  k delete pod plain --now
  check
  [ "$status" -eq 0 ]
}
