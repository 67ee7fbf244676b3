# Kubewarden's own policy server, where it is installed, or named by POLICY_SERVER.

POLICY_SERVER=${POLICY_SERVER:-policy-server}

needs_a_policy_server() {
  command -v "$POLICY_SERVER" >/dev/null || skip 'no policy-server is installed, and POLICY_SERVER names none'
}

# start_policy_server: with policies.json, until the test has ended
start_policy_server() {
  local port probe
  read -r port probe < <(free_ports 2)
  SERVER=http://127.0.0.1:$port
  echo "insecure_sources: ['$REGISTRY']" >"$BATS_TEST_TMPDIR/sources.yml"
  spawn policy-server "$POLICY_SERVER" --addr 127.0.0.1 --port "$port" --readiness-probe-port "$probe" --workers 1 \
    --policies "$BATS_TEST_TMPDIR/policies.json" --policies-download-dir "$BATS_TEST_TMPDIR" \
    --sources-path "$BATS_TEST_TMPDIR/sources.yml" --sigstore-cache-dir "$BATS_TEST_TMPDIR" \
    --sigstore-trust-config "$BATS_FILE_TMPDIR/trust-config.json" --ignore-kubernetes-connection-failure
  ready policy-server curl -fs -o /dev/null "http://127.0.0.1:$probe/readiness"
}

# member JQ: a policy of this module, with these settings
member() {
  settings "$1"
  jq --arg module "file://$(realpath "$MODULE")" '{$module, settings: ., hostCapabilities: ["*"]}' "$BATS_TEST_TMPDIR/settings.json"
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
    --data-binary "@$BATS_TEST_TMPDIR/request.json" "$SERVER/validate/$1"
  output=$(jq .response <<<"$output")
}

# caused_by MEMBER TEXT: the refusal of a group names this member, with a reason that has TEXT
caused_by() {
  holds --arg field "spec.policies.$1" --arg text "$2" \
    '.status.details.causes | any(.field == $field and (.message | contains($text)))'
}
