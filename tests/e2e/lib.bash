# The words e2e.bats is written in: a registry, images, signatures, requests, answers.
#
# Everything lives in bats' own temporary folders and listens on 127.0.0.1 alone. Servers take a free port, are
# stopped by their process id, and stop by themselves should bats be killed.

readonly NAMES=$BATS_FILE_TMPDIR/images KEYS=$BATS_FILE_TMPDIR/keys SERVERS=$BATS_FILE_TMPDIR/servers
readonly SERVER_LIFETIME=1800 START_TIMEOUT=60 COMMAND_TIMEOUT=120

# The developer's own registry logins take no part, and host errors come with the stack trace that a
# policy server may append to them.
export DOCKER_CONFIG=$BATS_FILE_TMPDIR/docker COSIGN_PASSWORD='' RUST_BACKTRACE=1

MODULE=${MODULE:-$BATS_TEST_DIRNAME/annotated-policy.wasm}
SIGNED_IMAGES=${SIGNED_IMAGES:-$BATS_TEST_DIRNAME/target/debug/signed-images}

# ---- servers ---------------------------------------------------------------------------------------

# spawn NAME COMMAND…: start COMMAND in the background
spawn() {
  mkdir -p "$SERVERS"
  : >"$SERVERS/$1.log"
  timeout "$SERVER_LIFETIME" "${@:2}" >"$SERVERS/$1.log" 2>&1 3>&- &
  echo $! >"$SERVERS/$1.pid"
}

# serve NAME PATTERN COMMAND…: start COMMAND in the background and wait until its log says on what port;
# the address goes to $address
serve() {
  local log=$SERVERS/$1.log pattern=$2
  spawn "$1" "${@:3}"
  for _ in {1..300}; do
    address=$(sed -n "s/.*$pattern\(127\.0\.0\.1:[0-9]*\).*/\1/p" "$log")
    [ -n "$address" ] && return
    kill -0 "$(<"$SERVERS/$1.pid")" || break
    sleep 0.1
  done
  echo "$1 did not start:" && cat "$log"
  return 1
}

# ready NAME COMMAND…: wait until COMMAND succeeds
ready() {
  local pid deadline=$((SECONDS + START_TIMEOUT))
  pid=$(<"$SERVERS/$1.pid")
  while [ $SECONDS -lt $deadline ] && kill -0 "$pid"; do
    ! "${@:2}" || return 0
    sleep 0.1
  done
  echo "$1 did not start:" && cat "$SERVERS/$1.log"
  return 1
}

# free_ports COUNT: on one line; below those that kernels give to connections, which could take one before its server
# listens, or while it is stopped
free_ports() {
  python3 - "$1" <<'PYTHON'
import random, socket, sys
held = []
while len(held) < int(sys.argv[1]):
    try:
        held.append(socket.create_server(("127.0.0.1", random.randrange(10240, 32768))))
    except OSError:
        pass
print(*(server.getsockname()[1] for server in held))
PYTHON
}

# stop NAME
stop() {
  local pid
  pid=$(<"$SERVERS/$1.pid")
  rm "$SERVERS/$1.pid"
  kill "$pid" || return 0
  for _ in {1..50}; do
    kill -0 "$pid" 2>/dev/null || return 0
    sleep 0.1
  done
  # of `timeout` and of the server, which are a group of their own
  kill -9 -- "-$pid"
}

stop_all() {
  local file
  for file in "$SERVERS"/*.pid; do
    [ ! -e "$file" ] || stop "$(basename "$file" .pid)"
  done
}

# start_registry NAME [MORE CONFIGURATION]: all of them serve the same images; on $PORT, if that is set
start_registry() {
  mkdir -p "$SERVERS"
  cat >"$SERVERS/$1.yml" <<YAML
version: 0.1
log: {level: info, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: $SERVERS/store}}
http:
  addr: 127.0.0.1:${PORT:-0}
  secret: shared
${2:-}
YAML
  serve "$1" 'listening on ' docker-registry serve "$SERVERS/$1.yml"
}

# start_broken_registry: answers about the repository `status-500/…` with 500, and so on
start_broken_registry() {
  serve broken 'listening on ' python3 "$BATS_TEST_DIRNAME/tests/e2e/broken-registry.py" "$REGISTRY"
}

# ---- images ----------------------------------------------------------------------------------------

# image NAME:TAG, digest_of NAME:TAG, pinned NAME:TAG
image() { echo "$REGISTRY/$1"; }
digest_of() { echo "sha256:$(sha256sum "$NAMES/${1//\//%}" | cut -d' ' -f1)"; }
pinned() { echo "$REGISTRY/$1@$(digest_of "$1")"; }

# push_image NAME:TAG [PLATFORM]: an image with one layer, whose content is its name
push_image() {
  local dir=$BATS_FILE_TMPDIR/push layer config platform=${2:-linux/amd64}
  mkdir -p "$dir" "$NAMES"
  echo "$1 $platform" >"$dir/name"
  tar -C "$dir" -cf "$dir/layer.tar" name
  layer=$(push_blob "${1%:*}" "$dir/layer.tar")
  jq -n --arg layer "$layer" --arg platform "$platform" '($platform / "/") as [$os, $architecture]
    | {$os, $architecture, rootfs: {type: "layers", diff_ids: [$layer]}}' >"$dir/config.json"
  config=$(push_blob "${1%:*}" "$dir/config.json")
  jq -n --arg config "$config" --argjson config_size "$(stat -c %s "$dir/config.json")" \
    --arg layer "$layer" --argjson layer_size "$(stat -c %s "$dir/layer.tar")" '{
      schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: {mediaType: "application/vnd.oci.image.config.v1+json", digest: $config, size: $config_size},
      layers: [{mediaType: "application/vnd.oci.image.layer.v1.tar", digest: $layer, size: $layer_size}]
    }' >"$NAMES/${1//\//%}"
  push_manifest "$1"
}

# push_index NAME:TAG PLATFORM…: a multi-arch image; its parts are NAME:TAG-OS-ARCHITECTURE
push_index() {
  local platform part parts=()
  for platform in "${@:2}"; do
    part=$1-${platform/\//-}
    push_image "$part" "$platform"
    parts+=("$(jq -n --arg digest "$(digest_of "$part")" --arg platform "$platform" \
      --argjson size "$(stat -c %s "$NAMES/${part//\//%}")" '($platform / "/") as [$os, $architecture]
      | {mediaType: "application/vnd.oci.image.manifest.v1+json", $digest, $size, platform: {$os, $architecture}}')")
  done
  jq -n --jsonargs '{schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: $ARGS.positional}' "${parts[@]}" >"$NAMES/${1//\//%}"
  push_manifest "$1"
}

push_manifest() {
  local file=$NAMES/${1//\//%}
  curl -fsS -o /dev/null -X PUT "http://$REGISTRY/v2/${1%:*}/manifests/${1##*:}" \
    -H "content-type: $(jq -r .mediaType "$file")" --data-binary "@$file"
}

# push_blob REPOSITORY FILE: prints the digest
push_blob() {
  local upload digest
  digest=sha256:$(sha256sum "$2" | cut -d' ' -f1)
  upload=$(curl -fsS -o /dev/null -X POST -w '%header{location}' "http://$REGISTRY/v2/$1/blobs/uploads/")
  curl -fsS -o /dev/null -X PUT "$upload&digest=$digest" \
    -H 'content-type: application/octet-stream' --data-binary "@$2"
  echo "$digest"
}

# signature_tag NAME:TAG: where cosign puts the signatures of an image
signature_tag() { local digest; digest=$(digest_of "$1"); echo "${1%:*}:${digest/:/-}.sig"; }

# ---- keys and signatures ---------------------------------------------------------------------------

# new_key NAME: as cosign makes them; new_openssl_key NAME OPTION…: as they come out of a KMS
new_key() {
  mkdir -p "$KEYS"
  timeout "$COMMAND_TIMEOUT" cosign generate-key-pair --output-key-prefix "$KEYS/$1"
}

new_openssl_key() {
  mkdir -p "$KEYS"
  openssl genpkey -quiet "${@:2}" -out "$KEYS/$1.key"
  openssl pkey -in "$KEYS/$1.key" -pubout -out "$KEYS/$1.pub"
}

# sign KEY NAME:TAG [OPTION…]
sign() {
  timeout "$COMMAND_TIMEOUT" cosign sign --key "$KEYS/$1.key" --tlog-upload=false \
    --allow-insecure-registry -y "${@:3}" "$REGISTRY/${2%:*}@$(digest_of "$2")"
}

# sign_as_a_kms KEY HASH NAME:TAG: cosign makes the payload, the key signs it elsewhere, cosign attaches it
sign_as_a_kms() {
  local dir=$BATS_FILE_TMPDIR/kms image
  image=$REGISTRY/${3%:*}@$(digest_of "$3")
  mkdir -p "$dir"
  timeout "$COMMAND_TIMEOUT" cosign generate --allow-insecure-registry "$image" >"$dir/payload"
  openssl dgst "-$2" -sign "$KEYS/$1.key" "$dir/payload" | base64 -w0 >"$dir/signature"
  timeout "$COMMAND_TIMEOUT" cosign attach signature --allow-insecure-registry \
    --payload "$dir/payload" --signature "$dir/signature" "$image"
}

# new_ca: a certificate authority, for the registry behind TLS and as a root of trust. Without a root of its
# own, the host would fetch Sigstore's from the network; no test needs what this one vouches for.
new_ca() {
  new_authority ca
  (
    cd "$BATS_FILE_TMPDIR" || return
    jq -n --arg certificate "$(openssl x509 -in ca.pem -outform der | base64 -w0)" \
      --arg key "$(openssl pkey -in ca.key -pubout -outform der | base64 -w0)" '{start: "2020-01-01T00:00:00Z"} as $validFor | {
        mediaType: "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json",
        trustedRoot: {
          mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
          tlogs: [{
            baseUrl: "https://rekor.invalid", hashAlgorithm: "SHA2_256",
            publicKey: {rawBytes: $key, keyDetails: "PKIX_ECDSA_P256_SHA_256", $validFor}
          }],
          certificateAuthorities: [{
            subject: {organization: "e2e", commonName: "e2e"}, uri: "https://fulcio.invalid",
            certChain: {certificates: [{rawBytes: $certificate}]}, $validFor
          }]
        }
      }' >trust-config.json
  )
}

# new_authority NAME: a certificate authority
new_authority() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=e2e \
    -keyout "$BATS_FILE_TMPDIR/$1.key" -out "$BATS_FILE_TMPDIR/$1.pem" 2>/dev/null
}

# new_certificate NAME EXTENSION…: signed by the authority ca
new_certificate() {
  (
    cd "$BATS_FILE_TMPDIR" || return
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" \
      -keyout "$1.key" -out "$1.csr" 2>/dev/null
    openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out "$1.pem" \
      -extfile <(printf '%s\n' "${@:2}") 2>/dev/null
  )
}

# ---- settings --------------------------------------------------------------------------------------

# settings JQ: the settings of this test; $registry is the registry, $NAME the public key NAME, $NAME_pem
# the certificate NAME, and ("NAME", …) | signer are signers of a rule
settings() {
  local file trusted=()
  for file in "$KEYS"/*.pub; do
    [ -e "$file" ] || continue
    trusted+=(--rawfile "$(basename "$file" .pub)" "$file")
  done
  for file in "$BATS_FILE_TMPDIR"/*.pem; do
    [ -e "$file" ] || continue
    trusted+=(--rawfile "$(basename "$file" .pem)_pem" "$file")
  done
  jq -n --arg registry "$REGISTRY" "${trusted[@]}" \
    'def signer: {kind: "pubKey", owner: ., key: $ARGS.named[.]}; '"$1" >"$BATS_TEST_TMPDIR/settings.json"
}

# trust KEY…: whatever comes from the registry has to be signed with every KEY
trust() {
  local keys
  keys=$(printf ', $%s' "$@")
  settings "{signatures: [{image: \"\(\$registry)/*\", pubKeys: [${keys:2}]}]}"
}

# ---- objects ---------------------------------------------------------------------------------------

# containers IMAGE…: a list of containers c0, c1, … with a field that no release of Kubernetes knows
containers() {
  jq -cn '[$ARGS.positional | to_entries[] | {name: "c\(.key)", image: .value, future: {"a/b": 1.50}}]' --args "$@"
}

# object API-VERSION KIND PATH-OF-POD-SPEC POD-SPEC: the path is written /like/this
object() {
  jq -cn --arg version "$1" --arg kind "$2" --arg path "$3" --argjson spec "$4" \
    '{apiVersion: $version, kind: $kind, metadata: {name: "web", namespace: "default"}}
    | setpath($path[1:] / "/"; $spec)'
}

# pod IMAGE…, deployment IMAGE…
pod() { object v1 Pod /spec "{\"containers\": $(containers "$@")}"; }
deployment() { object apps/v1 Deployment /spec/template/spec "{\"containers\": $(containers "$@")}"; }

# ---- requests --------------------------------------------------------------------------------------

# create OBJECT, update OLD NEW [SUBRESOURCE], delete OLD: ask the policy; the answer goes to $output
create() { request CREATE null "$1" && review; }
update() { request UPDATE "$1" "$2" "${3:-}" && review; }
delete() { request DELETE "$1" null && review; }

request() {
  jq -n --arg uid "$(uid)" --arg operation "$1" --argjson old "$2" --argjson new "$3" --arg sub "${4:-}" '
    ($new // $old) as $object
    | ($object.apiVersion / "/") as $version
    | {group: (if ($version | length) == 2 then $version[0] else "" end), version: $version[-1]} as $group
    | ($group + {kind: $object.kind}) as $kind
    | ($group + {resource: "\($object.kind | ascii_downcase)s"}) as $resource
    | {apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", request: {
        $uid, $operation, $kind, $resource, requestKind: $kind, requestResource: $resource,
        name: $object.metadata.name, namespace: $object.metadata.namespace,
        userInfo: {username: "alice", groups: ["system:authenticated"]},
        object: $new, oldObject: $old, dryRun: false
      }}
    | if $sub == "" then . else .request += {subResource: $sub, requestSubResource: $sub} end
  ' >"$BATS_TEST_TMPDIR/request.json"
}

uid() { echo "00000000-0000-4000-8000-$(printf %012d "$BATS_TEST_NUMBER")"; }

# review [OPTION…]: put request.json to the policy, under settings.json and sources.yml
review() {
  [ -e "$BATS_TEST_TMPDIR/sources.yml" ] ||
    echo "insecure_sources: ['$REGISTRY']" >"$BATS_TEST_TMPDIR/sources.yml"
  run --separate-stderr timeout "$COMMAND_TIMEOUT" "${RUNNER[@]}" run \
    --request-path "$BATS_TEST_TMPDIR/request.json" --settings-path "$BATS_TEST_TMPDIR/settings.json" \
    --sources-path "$BATS_TEST_TMPDIR/sources.yml" \
    --sigstore-trust-config "${TRUST_CONFIG:-$BATS_FILE_TMPDIR/trust-config.json}" "$@" "$MODULE"
}

# ---- answers ---------------------------------------------------------------------------------------

# accepted
accepted() {
  answered && holds '.allowed == true'
}

# refused TEXT…: with a message that has every TEXT, and neither keys nor stack traces
refused() {
  answered && holds '.allowed == false' && holds '.patch == null' || return
  local text message
  message=$(jq -r '.status.message // ""' <<<"$output")
  for text in "$@"; do
    [[ $message == *"$text"* ]] || complain "the message does not say: $text" || return
  done
  # How every key on an elliptic curve and every RSA key reads in base64.
  [[ ! $message =~ KoZIzj0|kqhkiG9w0 ]] || complain 'the message shows a key' || return
  [[ $message != *"Caused by"* && $message != *backtrace* ]] || complain 'the message has a stack trace' || return
  [ "${#message}" -gt 0 ] && [ "${#message}" -le 4096 ] || complain "the message has ${#message} characters"
}

# patched [PATH VALUE]…: these strings were replaced and nothing else was changed
patched() {
  local expected actual
  expected=$(jq -cn '[$ARGS.positional | _nwise(2) | {op: "replace", path: .[0], value: .[1]}] | sort_by(.path)' --args "$@")
  actual=$(jq -c '.patch // "W10=" | @base64d | fromjson | sort_by(.path)' <<<"$output")
  [ "$actual" = "$expected" ] || complain "patch:    $actual" "expected: $expected"
}

# untouched: accepted, and nothing was changed
untouched() {
  accepted && holds '.patch == null'
}

# warned TEXT
warned() {
  holds --arg text "$1" '.warnings // [] | any(contains($text))' && holds '.warnings | all(length <= 120)'
}

# settings_refused TEXT…: the run fails before the review, and says why
settings_refused() {
  local text
  [ "$status" -eq 1 ] || complain "exit code $status, not 1" || return
  [ -z "$output" ] || complain 'there is an answer' || return
  for text in 'settings are not valid' "$@"; do
    [[ $stderr == *"$text"* ]] || complain "stderr does not say: $text" || return
  done
}

# answered: one answer, to the request that was made
answered() {
  [ "$status" -eq 0 ] || complain "exit code $status" || return
  [ "$(jq -n '[inputs] | length' <<<"$output")" = 1 ] || complain 'not one answer' || return
  holds --arg uid "$(uid)" '.uid == $uid'
}

# holds [OPTION…] JQ: the condition is true of the answer
holds() {
  jq -e "$@" <<<"$output" >/dev/null || complain "does not hold: ${*: -1}"
}

complain() {
  printf '%s\n' "$@" "--- stdout" "$output" "--- stderr" "${stderr:0:4000}"
  return 1
}
