# Kubewarden's own policy server, where it is installed, or named by POLICY_SERVER.

needs_a_policy_server() {
  POLICY_SERVER=${POLICY_SERVER:-policy-server}
  command -v "$POLICY_SERVER" >/dev/null || skip 'no policy-server is installed, and POLICY_SERVER names none'
}

# start_policy_server FOLDER [OPTION…]: with policies.json and sources.yml of the folder; the address goes to $address
start_policy_server() {
  local port probe
  read -r port probe < <(free_ports 2)
  address=127.0.0.1:$port
  spawn policy-server "$POLICY_SERVER" --addr 127.0.0.1 --port "$port" --readiness-probe-port "$probe" \
    --policies "$1/policies.json" --sources-path "$1/sources.yml" --policies-download-dir "$1" --sigstore-cache-dir "$1" \
    --sigstore-trust-config "$BATS_FILE_TMPDIR/trust-config.json" --ignore-kubernetes-connection-failure "${@:2}"
  ready policy-server curl -fs -o /dev/null "http://127.0.0.1:$probe/readiness"
}

# with_policies ENTRY…: start a policy server with these entries of policies.json
with_policies() {
  jq -n --jsonargs '$ARGS.positional | add' "$@" >"$BATS_TEST_TMPDIR/policies.json"
  echo "insecure_sources: ['$REGISTRY']" >"$BATS_TEST_TMPDIR/sources.yml"
  start_policy_server "$BATS_TEST_TMPDIR"
}

# member JQ: a policy of this module, with these settings
member() {
  settings "$1"
  jq --arg file "file://$(realpath "$MODULE")" '{"module": $file, settings: ., hostCapabilities: ["*"]}' "$BATS_TEST_TMPDIR/settings.json"
}

# a_group NAME EXPRESSION [MEMBER POLICY]…: an entry of policies.json
a_group() {
  jq -n --arg name "$1" --arg expression "$2" \
    '{($name): {$expression, message: "the group \($name) refused it", policies: [
      $ARGS.positional | _nwise(2) | {(.[0]): (.[1] | fromjson)}] | add}}' --args "${@:3}"
}

# ask_server POLICY OBJECT: create it; the answer goes to $output
ask_server() {
  request CREATE null "$2"
  run --separate-stderr curl -fsS --max-time "$COMMAND_TIMEOUT" -H 'content-type: application/json' \
    --data-binary "@$BATS_TEST_TMPDIR/request.json" "http://$address/validate/$1"
  output=$(jq .response <<<"$output")
}

# caused_by MEMBER TEXT: the refusal of a group names this member, with a reason that has TEXT
caused_by() {
  holds --arg field "spec.policies.$1" --arg text "$2" \
    '.status.details.causes | any(.field == $field and (.message | contains($text)))'
}
