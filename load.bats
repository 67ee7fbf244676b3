#!/usr/bin/env bats
# What a policy server bears: Kubewarden's own, this module, and a registry that takes its time. It measures, and holds
# only that every request is answered rightly: docs/src/operate/capacity.md has the figures.
#
#     make load POLICY_SERVER=/path/to/policy-server

bats_require_minimum_version 1.5.0
load tests/e2e/lib
load tests/e2e/policy-server

readonly IMAGES=${IMAGES:-20}

setup_file() {
  local number
  mkdir -p "$DOCKER_CONFIG" && echo '{}' >"$DOCKER_CONFIG/config.json"
  start_registry main
  export REGISTRY=$address
  new_ca
  new_key release
  for ((number = 0; number < IMAGES; number++)); do
    push_image "acme/app-$number:1"
    sign release "acme/app-$number:1" >/dev/null 2>&1
  done
}

teardown_file() { stop_all; }

setup() { needs_a_policy_server; }

# slow_registry DELAY: the same images behind a registry that answers so many milliseconds late: $SLOW
slow_registry() {
  serve slow 'listening on ' python3 "$BATS_TEST_DIRNAME/tests/load/slow-registry.py" "$REGISTRY" "$1"
  SLOW=$address
}

# servers COUNT: policy servers with the policy `acme`: $ADDRESSES
servers() {
  local number settings

  settings '{rules: [{name: "acme", images: ["**"], allOf: [("release") | signer]}]}'
  ADDRESSES=
  for ((number = 0; number < $1; number++)); do
    mkdir -p "$BATS_TEST_TMPDIR/$number"
    jq --arg file "file://$(realpath "$MODULE")" '{acme: {"module": $file, settings: ., allowedToMutate: true,
      timeoutEvalSeconds: 25, hostCapabilities: ["*"]}}' "$BATS_TEST_TMPDIR/settings.json" >"$BATS_TEST_TMPDIR/$number/policies.json"
    echo "insecure_sources: ['$SLOW']" >"$BATS_TEST_TMPDIR/$number/sources.yml"
    start_policy_server "$BATS_TEST_TMPDIR/$number" --log-level warn
    mv "$SERVERS/policy-server.pid" "$SERVERS/policy-server-$number.pid"
    ADDRESSES+=${ADDRESSES:+,}$address
  done
}

# stop_servers: and the registry, so that nothing is remembered
stop_servers() {
  local file
  for file in "$SERVERS"/policy-server-*.pid "$SERVERS/slow.pid"; do stop "$(basename "$file" .pid)"; done
}

# requests IMAGES-A-REQUEST: each image once, in Pods with so many of them
requests() {
  local number images=()
  : >"$BATS_TEST_TMPDIR/requests.jsonl"
  for ((number = 0; number < IMAGES; number++)); do
    images+=("$SLOW/acme/app-$number:1")
    [ ${#images[@]} = "$1" ] || continue
    request CREATE null "$(pod "${images[@]}")"
    jq -c . "$BATS_TEST_TMPDIR/request.json" >>"$BATS_TEST_TMPDIR/requests.jsonl"
    images=()
  done
}

# asked CLIENTS: the figures, all of them allowed
asked() {
  output=$(python3 "$BATS_TEST_DIRNAME/tests/load/ask.py" "$ADDRESSES" acme "$1" "$BATS_TEST_TMPDIR/requests.jsonl")
  jq -e '.allowed == .asked' <<<"$output" >/dev/null || { echo "$output" && return 1; }
}

tell() { echo "# $1: $(jq -c 'del(.allowed, .asked)' <<<"$output")" >&3; }

@test "one image, one client: what a verification takes" {
  local delay
  for delay in 0 20 50 100; do
    slow_registry "$delay"
    servers 1
    requests 1
    asked 1
    tell "$delay ms, cold, $(($(grep -c ' /v2/' "$SERVERS/slow.log") / IMAGES)) requests an image"
    asked 1
    tell "$delay ms, cached"
    stop_servers
  done
}

@test "many clients: a policy server verifies one image after the other" {
  local clients
  for clients in 1 4 8; do
    slow_registry 50
    servers 1
    requests 1
    asked "$clients"
    tell "50 ms, $clients clients, 1 server"
    stop_servers
  done
}

@test "replicas: each verifies on its own" {
  local count
  for count in 1 2 4; do
    slow_registry 50
    servers "$count"
    requests 1
    asked 8
    tell "50 ms, 8 clients, $count servers"
    stop_servers
  done
}

@test "objects of several images" {
  slow_registry 50
  servers 1
  requests 5
  asked 1
  tell "50 ms, 5 images in an object"
  stop_servers
}
