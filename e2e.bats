#!/usr/bin/env bats
# The annotated module on real signatures: a registry on a loopback port, images signed with cosign,
# and the module run by kwctl when it is installed, else by `signed-images run`.
#
#     make e2e-tests

bats_require_minimum_version 1.5.0
load tests/e2e/lib
load tests/e2e/policy-server
load tests/e2e/reports

setup_file() {
  mkdir -p "$DOCKER_CONFIG" && echo '{}' >"$DOCKER_CONFIG/config.json"
  start_registry main
  export REGISTRY=$address

  new_ca
  new_key release
  new_key security
  new_key stranger
  new_openssl_key rsa3072 -algorithm RSA -pkeyopt rsa_keygen_bits:3072
  new_openssl_key p384 -algorithm EC -pkeyopt ec_paramgen_curve:P-384

  push_image acme/app:unsigned
  push_image acme/app:signed
  sign release acme/app:signed
  push_image acme/app:next
  sign release acme/app:next
  push_image acme/app:both
  sign release acme/app:both
  sign security acme/app:both
  push_image acme/app:prod
  sign release acme/app:prod -a env=prod
}

teardown_file() {
  stop_all
}

setup() {
  RUNNER=(kwctl)
  command -v kwctl >/dev/null || RUNNER=("$SIGNED_IMAGES")
}

# ---- who signed ------------------------------------------------------------------------------------

@test "a signed image is accepted and pinned to the digest that was verified" {
  trust release
  create "$(pod "$(image acme/app:signed)")"
  accepted
  patched /spec/containers/0/image "$(pinned acme/app:signed)"
}

@test "a signed image that is pinned already is accepted as it is" {
  trust release
  create "$(pod "$(pinned acme/app:signed)" "$REGISTRY/acme/app@$(digest_of acme/app:signed)")"
  untouched

  create "$(pod "$REGISTRY/acme/app@$(digest_of acme/app:unsigned)")"
  refused "$(digest_of acme/app:unsigned)" "not signed"
}

@test "a signed image is accepted as it is when pinning is switched off" {
  settings '{modifyImagesWithDigest: false, signatures: [{image: "\($registry)/*", pubKeys: [$release]}]}'
  create "$(pod "$(image acme/app:signed)")"
  untouched
  create "$(pod "$(image acme/app:unsigned)")"
  refused "not signed"
}

@test "an unsigned image is refused" {
  trust release
  create "$(pod "$(image acme/app:unsigned)")"
  refused "spec.containers[0]" "c0" "$(image acme/app:unsigned)" "not signed"
}

@test "an image signed by somebody else is refused" {
  trust stranger
  create "$(pod "$(image acme/app:signed)")"
  refused "$(image acme/app:signed)" "signed, but not by enough"
}

@test "an image that does not exist is refused" {
  trust release
  create "$(pod "$(image acme/app:missing)")"
  refused "$(image acme/app:missing)" "could not be checked"
}

@test "every refused image is named, and one is enough to refuse a pod" {
  trust release
  create "$(pod "$(image acme/app:unsigned)" "$(image acme/app:signed)" "$(image acme/app:missing)")"
  refused "spec.containers[0]" "$(image acme/app:unsigned)" \
    "spec.containers[2]" "$(image acme/app:missing)"
}

@test "an image that no entry selects is accepted as it is" {
  settings '{signatures: [{image: "\($registry)/elsewhere/*", pubKeys: [$release]}]}'
  create "$(pod "$(image acme/app:unsigned)")"
  untouched
}

@test "the digest of another image behind a signed tag is refused" {
  trust release
  create "$(pod "$(image acme/app:signed)@$(digest_of acme/app:unsigned)")"
  refused "$(digest_of acme/app:unsigned)" "not signed"
}

@test "annotations have to be what the signature says" {
  settings '{signatures: [{image: "\($registry)/*", pubKeys: [$release], annotations: {env: "prod"}}]}'
  create "$(pod "$(image acme/app:prod)")"
  accepted
  patched /spec/containers/0/image "$(pinned acme/app:prod)"

  create "$(pod "$(image acme/app:signed)")"
  refused "$(image acme/app:signed)" "signed, but not by enough" "annotations"

  settings '{signatures: [{image: "\($registry)/*", pubKeys: [$release], annotations: {env: "test"}}]}'
  create "$(pod "$(image acme/app:prod)")"
  refused "$(image acme/app:prod)" "signed, but not by enough" "annotations"
}

@test "two keys of one entry are both required" {
  trust release security
  create "$(pod "$(image acme/app:both)")"
  accepted
  patched /spec/containers/0/image "$(pinned acme/app:both)"

  create "$(pod "$(image acme/app:signed)")"
  refused "$(image acme/app:signed)" "signed, but not by enough"
}

@test "two entries that select an image are both required" {
  settings '{signatures: [
    {image: "\($registry)/*", pubKeys: [$release]},
    {image: "\($registry)/acme/*", pubKeys: [$security]}
  ]}'
  create "$(pod "$(image acme/app:both)")"
  accepted
  patched /spec/containers/0/image "$(pinned acme/app:both)"

  create "$(pod "$(image acme/app:signed)")"
  refused "$(image acme/app:signed)" "signed, but not by enough"
}

@test "an rsa-3072 signature made by a kms is accepted" {
  push_image acme/kms:rsa3072
  trust rsa3072
  create "$(pod "$(image acme/kms:rsa3072)")"
  refused "not signed"

  sign_as_a_kms rsa3072 sha256 acme/kms:rsa3072
  create "$(pod "$(image acme/kms:rsa3072)")"
  accepted
  patched /spec/containers/0/image "$(pinned acme/kms:rsa3072)"
}

@test "a p-384 signature made by a kms is accepted" {
  push_image acme/kms:p384
  trust p384
  create "$(pod "$(image acme/kms:p384)")"
  refused "not signed"

  sign_as_a_kms p384 sha384 acme/kms:p384
  create "$(pod "$(image acme/kms:p384)")"
  accepted
  patched /spec/containers/0/image "$(pinned acme/kms:p384)"
}

@test "a signature is accepted by its certificate, and no other" {
  local name
  for name in signer other; do
    new_certificate $name keyUsage=digitalSignature extendedKeyUsage=codeSigning subjectAltName=email:ci@example.org
    cp "$BATS_FILE_TMPDIR/$name.key" "$KEYS"
  done
  push_image acme/app:certified
  sign_as_a_kms signer sha256 acme/app:certified

  # certificate NAME
  certificate() {
    settings "{signatures: [{
      image: \"\(\$registry)/*\", requireRekorBundle: false,
      certificates: [\$$1_pem], certificateChain: [\$ca_pem]
    }]}"
    create "$(pod "$(image acme/app:certified)")"
  }
  certificate signer
  accepted
  patched /spec/containers/0/image "$(pinned acme/app:certified)"

  certificate other
  refused "$(image acme/app:certified)"
}

@test "a multi-arch image is pinned to the digest of its index" {
  push_index acme/multi:v1 linux/amd64 linux/arm64
  trust release
  create "$(pod "$(image acme/multi:v1)")"
  refused "not signed"

  sign release acme/multi:v1
  create "$(pod "$(image acme/multi:v1)")"
  accepted
  patched /spec/containers/0/image "$(pinned acme/multi:v1)"
}

# ---- where images are ------------------------------------------------------------------------------

# everywhere KIND API-VERSION PATH: pinned there when signed, refused when not
everywhere() {
  trust release
  create "$(object "$2" "$1" "$3" "{\"containers\": $(containers "$(image acme/app:signed)")}")"
  accepted
  patched "$3/containers/0/image" "$(pinned acme/app:signed)"

  create "$(object "$2" "$1" "$3" "{\"containers\": $(containers "$(image acme/app:unsigned)")}")"
  refused "$(tr / . <<<"${3#/}").containers[0]" "$(image acme/app:unsigned)"
}

@test "pods are verified and pinned" {
  everywhere Pod v1 /spec
}

@test "pod templates are verified and pinned" {
  everywhere PodTemplate v1 /template/spec
}

@test "replication controllers are verified and pinned" {
  everywhere ReplicationController v1 /spec/template/spec
}

@test "deployments are verified and pinned" {
  everywhere Deployment apps/v1 /spec/template/spec
}

@test "replica sets are verified and pinned" {
  everywhere ReplicaSet apps/v1 /spec/template/spec
}

@test "stateful sets are verified and pinned" {
  everywhere StatefulSet apps/v1 /spec/template/spec
}

@test "daemon sets are verified and pinned" {
  everywhere DaemonSet apps/v1 /spec/template/spec
}

@test "jobs are verified and pinned" {
  everywhere Job batch/v1 /spec/template/spec
}

@test "cron jobs are verified and pinned" {
  everywhere CronJob batch/v1 /spec/jobTemplate/spec/template/spec
}

# pod_with LIST IMAGE: a pod with a signed container, and IMAGE in another list of containers
pod_with() {
  object v1 Pod /spec "{\"containers\": $(containers "$(image acme/app:signed)"), \"$1\": $(containers "$2")}"
}

@test "init containers are verified and pinned" {
  trust release
  create "$(pod_with initContainers "$(image acme/app:next)")"
  accepted
  patched /spec/containers/0/image "$(pinned acme/app:signed)" /spec/initContainers/0/image "$(pinned acme/app:next)"

  create "$(pod_with initContainers "$(image acme/app:unsigned)")"
  refused "spec.initContainers[0]" "$(image acme/app:unsigned)"
}

@test "a new ephemeral container is verified and pinned" {
  local running
  trust release
  running=$(pod "$(pinned acme/app:signed)")
  debugged() { jq -c --argjson new "$(containers "$1")" '.spec.ephemeralContainers = $new' <<<"$running"; }

  update "$running" "$(debugged "$(image acme/app:next)")" ephemeralcontainers
  accepted
  patched /spec/ephemeralContainers/0/image "$(pinned acme/app:next)"

  update "$running" "$(debugged "$(image acme/app:unsigned)")" ephemeralcontainers
  refused "spec.ephemeralContainers[0]" "$(image acme/app:unsigned)"
}

@test "image volumes are verified and pinned" {
  trust release
  pod_with_volume() {
    jq -c --arg image "$1" '.spec.volumes = [{name: "tmp", emptyDir: {}}, {name: "data", image: {reference: $image}}]' \
      <<<"$(pod "$(image acme/app:signed)")"
  }
  create "$(pod_with_volume "$(image acme/app:next)")"
  accepted
  patched /spec/containers/0/image "$(pinned acme/app:signed)" /spec/volumes/1/image/reference "$(pinned acme/app:next)"

  create "$(pod_with_volume "$(image acme/app:unsigned)")"
  refused "spec.volumes[1].image.reference" "$(image acme/app:unsigned)"
}

@test "a kind that is not known is refused" {
  trust release
  create "$(object example.org/v1 Rocket /spec "{\"containers\": $(containers "$(image acme/app:signed)")}")"
  refused "example.org/Rocket" "extraWorkloads"
}

@test "an image that is missing, empty or no string is refused" {
  local image
  trust release
  for image in '{}' '{"image": ""}' '{"image": null}' '{"image": 7}' '{"image": "Not An Image"}'; do
    create "$(object v1 Pod /spec "$(jq -c '{containers: [{name: "c0"} + .]}' <<<"$image")")"
    refused "spec.containers[0]"
  done
}

# ---- updates and deletions -------------------------------------------------------------------------

@test "an update that changes nothing is accepted as it is, even unsigned" {
  trust release
  update "$(pod "$(image acme/app:unsigned)")" "$(pod "$(image acme/app:unsigned)")"
  untouched
}

@test "an update to another image is verified" {
  trust release
  update "$(deployment "$(pinned acme/app:signed)")" "$(deployment "$(image acme/app:next)")"
  accepted
  patched /spec/template/spec/containers/0/image "$(pinned acme/app:next)"

  update "$(deployment "$(pinned acme/app:signed)")" "$(deployment "$(image acme/app:unsigned)")"
  refused "$(image acme/app:unsigned)" "not signed"
}

@test "a manifest that is applied again keeps its pin, without asking the registry" {
  start_registry stopped
  REGISTRY=$address
  trust release
  stop stopped
  update "$(deployment "$(pinned acme/app:signed)")" "$(deployment "$(image acme/app:signed)")"
  accepted
  patched /spec/template/spec/containers/0/image "$(pinned acme/app:signed)"
}

@test "an object of another controller is verified and never changed" {
  local owners='.metadata.ownerReferences = [{apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: "1", controller: true}]'
  replica_set() { object apps/v1 ReplicaSet /spec/template/spec "{\"containers\": $(containers "$1")}" | jq -c "$owners"; }
  trust release
  create "$(replica_set "$(image acme/app:signed)")"
  untouched
  create "$(replica_set "$(image acme/app:unsigned)")"
  refused "$(image acme/app:unsigned)"
}

@test "a deletion is accepted" {
  trust release
  delete "$(pod "$(image acme/app:unsigned)")"
  untouched
}

# ---- registries ------------------------------------------------------------------------------------

@test "an image in a registry that was stopped is refused as unchecked" {
  start_registry stopped
  REGISTRY=$address
  trust release
  create "$(pod "$(image acme/app:signed)")"
  accepted
  stop stopped
  create "$(pod "$(image acme/app:signed)")"
  refused "$(image acme/app:signed)" "could not be checked"
}

@test "a registry that answers wrongly makes the image unchecked" {
  local behaviour
  start_broken_registry
  REGISTRY=$address
  trust release
  for behaviour in status-401 status-404 status-500 nothing; do
    create "$(pod "$(image $behaviour/app:signed)")"
    refused "$(image $behaviour/app:signed)" "could not be checked"
  done
  create "$(pod "$(image garbage/app:signed)")"
  refused "$(image garbage/app:signed)"
}

@test "a registry that fails on the signature alone makes the image unchecked, for every kind of signer" {
  local behaviour name signers
  start_broken_registry
  REGISTRY=$address
  for signers in 'pubKeys: [$release]' 'githubActions: {owner: "acme"}' 'keyless: [{issuer: "https://a.example", subject: "b"}]'; do
    settings "{signatures: [{image: \"\(\$registry)/*\", $signers}]}"
    for behaviour in 401 403 429 500 503 page-403 page-502 nothing; do
      for name in signed unsigned; do
        create "$(pod "$(image "sig-$behaviour/acme/app:$name")")"
        refused "$(image "sig-$behaviour/acme/app:$name")" "could not be checked: its signatures at"
      done
    done
    for behaviour in 404 page-404; do
      create "$(pod "$(image "sig-$behaviour/acme/app:signed")")"
      refused "not signed" "cosign sign --key"
    done
  done
}

# push_as_signatures NAME:TAG FILE: what stands there is pushed where the signatures of that image belong
push_as_signatures() {
  local tag
  tag=$(signature_tag "$1")
  cp "$2" "$NAMES/${tag//\//%}"
  push_manifest "$tag"
}

@test "signatures of which none holds have a reason of their own" {
  local name signatures=$BATS_TEST_TMPDIR/signatures.json tag
  trust release
  tag=$(signature_tag acme/app:signed)
  curl -fsS "http://$REGISTRY/v2/acme/app/manifests/${tag##*:}" \
    -H 'accept: application/vnd.oci.image.manifest.v1+json' >"$signatures"
  push_image acme/app:copied
  push_as_signatures acme/app:copied "$signatures"
  push_image acme/app:ordinary
  push_as_signatures acme/app:ordinary "$NAMES/acme%app:signed"
  for name in copied ordinary; do
    create "$(pod "$(image acme/app:$name)")"
    refused "$(image acme/app:$name)" "there are signatures, but none is valid"
  done
}

@test "an index is not signed by the signature of an image that it lists" {
  trust release
  push_index acme/platform:v1 linux/amd64 linux/arm64
  sign release acme/platform:v1-linux-amd64
  create "$(pod "$(image acme/platform:v1)")"
  refused "not signed" "cosign sign"
}

# The user e2e, whose password is `correct-horse`, as `htpasswd -nbB` writes it.
HTPASSWD='e2e:$2y$05$e2eTestOnLoopback0000uFjFXOghSW2cF1XR9JIcAhPS2gQqNRYu'

start_private_registry() {
  new_certificate tls subjectAltName=IP:127.0.0.1
  echo "$HTPASSWD" >"$BATS_FILE_TMPDIR/htpasswd"
  start_registry private "  tls: {certificate: $BATS_FILE_TMPDIR/tls.pem, key: $BATS_FILE_TMPDIR/tls.key}
auth: {htpasswd: {realm: e2e, path: $BATS_FILE_TMPDIR/htpasswd}}"
  REGISTRY=$address
}

log_in() {
  mkdir -p "$BATS_TEST_TMPDIR/docker"
  export DOCKER_CONFIG=$BATS_TEST_TMPDIR/docker
  jq -n --arg registry "$REGISTRY" '{auths: {($registry): {auth: ("e2e:correct-horse" | @base64)}}}' >"$DOCKER_CONFIG/config.json"
}

trust_ca() {
  jq -n --arg registry "$REGISTRY" --arg ca "$BATS_FILE_TMPDIR/ca.pem" \
    '{source_authorities: {($registry): [{type: "Path", path: $ca}]}}' >"$BATS_TEST_TMPDIR/sources.yml"
}

@test "a registry behind tls with a private ca and a password" {
  start_private_registry
  trust release
  trust_ca
  create "$(pod "$(image acme/app:signed)")"
  refused "$(image acme/app:signed)" "could not be checked"

  log_in
  create "$(pod "$(image acme/app:signed)")"
  accepted
  patched /spec/containers/0/image "$(pinned acme/app:signed)"

  create "$(pod "$(image acme/app:unsigned)")"
  refused "$(image acme/app:unsigned)" "not signed"

  echo '{}' >"$BATS_TEST_TMPDIR/sources.yml"
  create "$(pod "$(image acme/app:signed)")"
  refused "$(image acme/app:signed)" "could not be checked"
  stop private
}

@test "a recorded session gives the same answer without a registry" {
  start_registry recorded
  REGISTRY=$address
  trust release
  request CREATE null "$(pod "$(image acme/app:signed)" "$(image acme/app:unsigned)")"
  review --record-host-capabilities-interactions "$BATS_TEST_TMPDIR/session.yml"
  refused "$(image acme/app:unsigned)" "not signed"
  stop recorded
  local recorded
  recorded=$(jq -S . <<<"$output")
  review --replay-host-capabilities-interactions "$BATS_TEST_TMPDIR/session.yml"
  [ "$(jq -S . <<<"$output")" = "$recorded" ] || complain "the recorded answer was: $recorded"
}

@test "thirty containers of one image are one question to the host" {
  local images
  mapfile -t images < <(yes "$(image acme/app:signed)" | head -n 30)
  trust release
  request CREATE null "$(pod "${images[@]}")"
  review --record-host-capabilities-interactions "$BATS_TEST_TMPDIR/session.yml"
  accepted
  patched $(for i in {0..29}; do echo "/spec/containers/$i/image" "$(pinned acme/app:signed)"; done)
  [ "$(grep -c 'type: Exchange' "$BATS_TEST_TMPDIR/session.yml")" = 1 ] ||
    complain "$(<"$BATS_TEST_TMPDIR/session.yml")"
}

# ---- settings --------------------------------------------------------------------------------------

# invalid JQ TEXT…: settings that are refused, with a message that says every TEXT
invalid() {
  settings "$1"
  create "$(pod "$(image acme/app:signed)")"
  settings_refused "${@:2}"
}

@test "settings that verify nothing are refused" {
  invalid '{}' "signatures" "rules"
  invalid '{signatures: []}' "signatures" "rules"
}

@test "an unknown key is refused, with its place and the key that was meant" {
  invalid '{signatures: [{image: "*", pubKeys: [$release], anotations: {env: "prod"}}]}' \
    "signatures[0].anotations" "annotations"
  invalid '{signature: [{image: "*", pubKeys: [$release]}]}' "signature" "signatures"
}

@test "a key that is no public key is refused, with its place" {
  invalid '{signatures: [{image: "*", pubKeys: [$release, "release"]}]}' "signatures[0].pubKeys[1]"
}

@test "a private key is refused, and not shown" {
  local private
  private=$(jq -Rs . "$KEYS/p384.key")
  invalid "{signatures: [{image: \"*\", pubKeys: [$private]}]}" "signatures[0].pubKeys[0]" "private"
  [[ $stderr != *"$(sed -n 2p "$KEYS/p384.key")"* ]] || complain 'the key is shown'
}

@test "an entry without an image, without trust or with two kinds of it is refused" {
  invalid '{signatures: [{pubKeys: [$release]}]}' "signatures[0]" "image"
  invalid '{signatures: [{image: "*"}]}' "signatures[0]"
  invalid '{signatures: [{image: "*", pubKeys: []}]}' "signatures[0]"
  invalid '{signatures: [{image: "*", pubKeys: [$release], githubActions: {owner: "acme"}}]}' "signatures[0]"
}

# ---- rules -----------------------------------------------------------------------------------------

@test "two of three signers are enough, and one is not" {
  settings '{rules: [{
    name: "four eyes", images: ["\($registry)/acme/**"],
    anyOf: {minimumMatches: 2, signatures: [("stranger", "release", "security") | signer]}
  }]}'
  create "$(pod "$(image acme/app:both)")"
  accepted
  patched /spec/containers/0/image "$(pinned acme/app:both)"

  create "$(pod "$(image acme/app:signed)")"
  refused "four eyes" "$(image acme/app:signed)" "stranger" "security"

  create "$(pod "$(image acme/app:unsigned)")"
  refused "four eyes" "$(image acme/app:unsigned)" "not signed"
}

@test "every signer of an allOf is required, beside its anyOf" {
  settings '{rules: [{
    images: ["\($registry)/acme/**"],
    allOf: [("release") | signer], anyOf: {signatures: [("stranger", "security") | signer]}
  }]}'
  create "$(pod "$(image acme/app:both)")"
  accepted
  patched /spec/containers/0/image "$(pinned acme/app:both)"

  create "$(pod "$(image acme/app:signed)")"
  refused "$(image acme/app:signed)" "security"
}

@test "every rule that selects an image is required" {
  settings '{rules: [
    {images: ["\($registry)/**"], allOf: [("release") | signer]},
    {name: "security", images: ["\($registry)/acme/app"], allOf: [("security") | signer]}
  ]}'
  create "$(pod "$(image acme/app:both)")"
  accepted
  create "$(pod "$(image acme/app:signed)")"
  refused "security" "$(image acme/app:signed)"
}

@test "a key is rotated without a moment in which the image is refused" {
  local old='$release' both='$release + $security' new='$security'
  # deploys_with KEYS: under a rule with one signer who has these KEYS
  deploys_with() {
    settings "{rules: [{images: [\"\(\$registry)/**\"], allOf: [{kind: \"pubKey\", key: ($1)}]}]}"
    create "$(pod "$(image acme/rotated:v1)")"
  }
  push_image acme/rotated:v1
  sign release acme/rotated:v1
  deploys_with "$old"
  accepted
  deploys_with "$both"
  accepted
  deploys_with "$new"
  refused "$(image acme/rotated:v1)"

  sign security acme/rotated:v1
  deploys_with "$both"
  accepted
  deploys_with "$new"
  accepted
  patched /spec/containers/0/image "$(pinned acme/rotated:v1)"
}

@test "a rule that only warns lets the image in as it is" {
  settings '{rules: [{name: "soon", enforcement: "warn", images: ["\($registry)/**"], allOf: [("release") | signer]}]}'
  create "$(pod "$(image acme/app:unsigned)")"
  untouched
  warned "soon"

  create "$(pod "$(image acme/app:signed)")"
  accepted
  patched /spec/containers/0/image "$(pinned acme/app:signed)"
}

@test "an excluded image is not selected" {
  settings '{unmatchedImages: "reject", rules: [
    {images: ["\($registry)/**"], exclude: ["\($registry)/acme/app:unsigned"], allOf: [("release") | signer]}
  ]}'
  create "$(pod "$(image acme/app:unsigned)")"
  refused "$(image acme/app:unsigned)" "no rule"
  create "$(pod "$(image acme/app:signed)")"
  accepted
}

@test "an image that no rule selects is accepted, warned about or refused, as the settings say" {
  # unmatched_images ANSWER
  unmatched_images() {
    settings "{unmatchedImages: \"$1\", rules: [{images: [\"example.org/**\"], allOf: [(\"release\") | signer]}]}"
    create "$(pod "$(image acme/app:signed)")"
  }
  unmatched_images accept
  untouched
  holds '.warnings // [] == []'

  unmatched_images warn
  untouched
  warned "c0"

  unmatched_images reject
  refused "$(image acme/app:signed)"
}

@test "an exempt image is neither verified nor pinned" {
  settings '{
    exempt: ["\($registry)/acme/app:unsigned", "\($registry)/acme/app:next"],
    rules: [{images: ["**"], allOf: [("release") | signer]}]
  }'
  create "$(pod "$(image acme/app:unsigned)" "$(image acme/app:next)" "$(image acme/app:signed)")"
  accepted
  patched /spec/containers/2/image "$(pinned acme/app:signed)"
}

@test "templates are verified and left as they are when only pods are pinned" {
  settings '{pinWorkloadTemplates: false, rules: [{images: ["**"], allOf: [("release") | signer]}]}'
  create "$(deployment "$(image acme/app:signed)")"
  untouched
  create "$(deployment "$(image acme/app:unsigned)")"
  refused "$(image acme/app:unsigned)"
  create "$(pod "$(image acme/app:signed)")"
  accepted
  patched /spec/containers/0/image "$(pinned acme/app:signed)"
}

@test "unchanged images are verified when the settings ask for it" {
  settings '{unchangedImages: "verify", rules: [{images: ["**"], allOf: [("release") | signer]}]}'
  update "$(pod "$(image acme/app:unsigned)")" "$(pod "$(image acme/app:unsigned)")"
  refused "$(image acme/app:unsigned)" "not signed"
}

@test "a custom resource is verified and pinned where the settings say its images are" {
  settings '{
    extraWorkloads: [{apiGroup: "example.org", kind: "Rocket", podSpecs: ["/spec/stages/*/template/spec"], images: ["/spec/payload"]}],
    rules: [{images: ["**"], allOf: [("release") | signer]}]
  }'
  rocket() {
    jq -cn --argjson containers "$(containers "$1")" --arg payload "$2" '{
      apiVersion: "example.org/v1", kind: "Rocket", metadata: {name: "web"},
      spec: {stages: [{template: {spec: {}}}, {template: {spec: {$containers}}}], $payload}
    }'
  }
  create "$(rocket "$(image acme/app:signed)" "$(image acme/app:next)")"
  accepted
  patched /spec/stages/1/template/spec/containers/0/image "$(pinned acme/app:signed)" /spec/payload "$(pinned acme/app:next)"

  create "$(rocket "$(image acme/app:signed)" "$(image acme/app:unsigned)")"
  refused "spec.payload" "$(image acme/app:unsigned)"
}

@test "a signer that could be counted twice is refused" {
  invalid '{rules: [{images: ["**"], anyOf: {minimumMatches: 2, signatures: [("release", "release") | signer]}}]}' \
    "rules[0].anyOf.signatures[1]"
}

@test "a minimum that cannot be met is refused" {
  invalid '{rules: [{images: ["**"], anyOf: {minimumMatches: 3, signatures: [("release", "security") | signer]}}]}' \
    "rules[0].anyOf.minimumMatches"
}

# ---- keys in the cluster ---------------------------------------------------------------------------

# in_the_cluster KIND NAME KEY: the object trust/NAME with the public key KEY as cosign.pub
in_the_cluster() {
  mkdir -p "$BATS_TEST_TMPDIR/cluster"
  jq -n --arg kind "$1" --arg name "$2" --rawfile key "$KEYS/$3.pub" '{
    apiVersion: "v1", $kind, metadata: {namespace: "trust", $name},
    data: {"cosign.pub": (if $kind == "Secret" then ($key | @base64) else $key end)}
  }' >"$BATS_TEST_TMPDIR/cluster/$2.yaml"
}

# key_from JQ, the source of the key of the only signer
key_from() {
  settings '{rules: [{images: ["\($registry)/**"], allOf: [{kind: "pubKey"} + '"$1"']}]}'
}

# with_cluster OBJECT: create it under a policy that may read what is in the cluster
with_cluster() {
  request CREATE null "$1" && review --allow-context-aware --kubernetes-manifests "$BATS_TEST_TMPDIR/cluster"
}

needs_no_cluster() {
  [ "${RUNNER[0]}" != kwctl ] || skip "kwctl reads keys from a running cluster alone"
}

@test "a key in a config map" {
  needs_no_cluster
  in_the_cluster ConfigMap image-keys release
  key_from '{keyFrom: {configMap: {namespace: "trust", name: "image-keys", key: "cosign.pub"}}}'
  with_cluster "$(pod "$(image acme/app:signed)")"
  accepted
  patched /spec/containers/0/image "$(pinned acme/app:signed)"

  with_cluster "$(pod "$(image acme/app:unsigned)")"
  refused "$(image acme/app:unsigned)" "not signed"

  in_the_cluster ConfigMap image-keys stranger
  with_cluster "$(pod "$(image acme/app:signed)")"
  refused "$(image acme/app:signed)"
}

@test "a config map or an entry of it that is missing, and one that holds no key" {
  needs_no_cluster
  in_the_cluster ConfigMap image-keys release
  key_from '{keyFrom: {configMap: {namespace: "trust", name: "other"}}}'
  with_cluster "$(pod "$(image acme/app:signed)")"
  refused "trust/other"

  key_from '{keyFrom: {configMap: {namespace: "trust", name: "image-keys", key: "other.pub"}}}'
  with_cluster "$(pod "$(image acme/app:signed)")"
  refused "trust/image-keys" "other.pub"

  jq '.data = {"cosign.pub": "hello"}' "$BATS_TEST_TMPDIR/cluster/image-keys.yaml" >"$BATS_TEST_TMPDIR/changed"
  mv "$BATS_TEST_TMPDIR/changed" "$BATS_TEST_TMPDIR/cluster/image-keys.yaml"
  key_from '{keyFrom: {configMap: {namespace: "trust", name: "image-keys"}}}'
  with_cluster "$(pod "$(image acme/app:signed)")"
  refused "trust/image-keys" "cosign.pub"
}

@test "a key in a secret, as cosign writes it" {
  needs_no_cluster
  in_the_cluster Secret cosign release
  for source in '{key: "k8s://trust/cosign"}' '{keyFrom: {secret: {namespace: "trust", name: "cosign"}}}'; do
    key_from "$source"
    with_cluster "$(pod "$(image acme/app:signed)")"
    accepted
    patched /spec/containers/0/image "$(pinned acme/app:signed)"

    with_cluster "$(pod "$(image acme/app:unsigned)")"
    refused "$(image acme/app:unsigned)" "not signed"
  done
}

@test "a key in the cluster is out of reach without permission" {
  for source in '{keyFrom: {configMap: {namespace: "trust", name: "keys"}}}' '{key: "k8s://trust/keys"}'; do
    key_from "$source"
    create "$(pod "$(image acme/app:signed)")"
    refused "trust/keys" "contextAwareResources"
  done
}

# ---- policy groups ---------------------------------------------------------------------------------

readonly ACME='rules: [{name: "acme", images: ["\($registry)/**"], allOf: [("release") | signer]}]'

@test "a member of a policy group verifies, and may not pin" {
  needs_a_policy_server
  with_policies "$(a_group verifying 'signed()' signed "$(member "{modifyImagesWithDigest: false, $ACME}")")" \
    "$(a_group pinning 'signed()' signed "$(member "{$ACME}")")"

  ask_server verifying "$(pod "$(image acme/app:signed)")"
  untouched
  ask_server verifying "$(pod "$(image acme/app:unsigned)")"
  refused 'the group verifying refused it'
  caused_by signed 'not signed'

  ask_server pinning "$(pod "$(image acme/app:signed)")"
  refused 'the group pinning refused it'
  caused_by signed 'mutation is not allowed inside of policy group'
  ask_server pinning "$(pod "$(pinned acme/app:signed)")"
  untouched
  stop policy-server
}

@test "members of a policy group stand for each other" {
  needs_a_policy_server
  local by='modifyImagesWithDigest: false, rules: [{images: ["\($registry)/**"], allOf: [("KEY") | signer]}]'
  with_policies "$(a_group either 'release() || security()' release "$(member "{${by/KEY/release}}")" \
    security "$(member "{${by/KEY/security}}")")"

  ask_server either "$(pod "$(image acme/app:signed)")"
  untouched
  ask_server either "$(pod "$(image acme/app:unsigned)")"
  refused 'the group either refused it'
  caused_by release 'not signed'
  caused_by security 'not signed'
  stop policy-server
}

@test "a policy group drops warnings and audit annotations" {
  needs_a_policy_server
  local warning
  warning=$(member "{modifyImagesWithDigest: false, ${ACME/images/enforcement: \"warn\", images}}")
  with_policies "{\"alone\": $warning}" "$(a_group group 'warns()' warns "$warning")"

  ask_server alone "$(pod "$(image acme/app:unsigned)")"
  untouched
  warned acme
  holds '.auditAnnotations.warned'

  ask_server group "$(pod "$(image acme/app:unsigned)")"
  untouched
  holds '.warnings == null and .auditAnnotations == null'
  stop policy-server
}

# ---- policies of other tools -----------------------------------------------------------------------

# converted EXIT-CODE: the policy on stdin, converted, is what this test is set to
converted() {
  run --separate-stderr "$SIGNED_IMAGES" convert -
  [ "$status" -eq "$1" ] || complain "exit code $status, not $1" || return
  sed '1,/^  settings:/d' <<<"$output" >"$BATS_TEST_TMPDIR/settings.json"
}

# indented SPACES KEY: the public key
indented() { sed "s/^/$(printf '%*s' "$1" '')/" "$KEYS/$2.pub"; }

# lets_in NAME:TAG: it is accepted and pinned, and what nobody signed is refused
lets_in() {
  create "$(pod "$(image "$1")")"
  accepted && patched /spec/containers/0/image "$(pinned "$1")" || return
  create "$(pod "$(image acme/app:unsigned)")"
  refused "$(image acme/app:unsigned)" "not signed"
}

@test "a converted policy of kyverno decides on real signatures" {
  converted 0 <<YAML
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: acme}
spec:
  rules:
    - name: acme
      match: {any: [{resources: {kinds: [Pod]}}]}
      verifyImages:
        - failureAction: Enforce
          imageReferences: ["$REGISTRY/acme/*"]
          skipImageReferences: ["$REGISTRY/acme/app:next"]
          attestors:
            - count: 2
              entries:
                - keys:
                    rekor: {ignoreTlog: true}
                    publicKeys: |
$(indented 22 release)
$(indented 22 security)
$(indented 22 stranger)
YAML
  lets_in acme/app:both
  create "$(pod "$(image acme/app:signed)")"
  refused "$(image acme/app:signed)" "signed, but not by enough"

  create "$(pod "$(image acme/app:next)")"
  untouched
}

@test "a converted policy of policy-controller decides on real signatures" {
  converted 0 <<YAML
apiVersion: policy.sigstore.dev/v1beta1
kind: ClusterImagePolicy
metadata: {name: acme}
spec:
  images: [{glob: "$REGISTRY/acme/*:**"}]
  authorities:
    - key:
        data: |
$(indented 10 release)
    - key:
        data: |
$(indented 10 stranger)
YAML
  lets_in acme/app:signed

  create "$(pod "$REGISTRY/elsewhere/app:1")"
  refused "$REGISTRY/elsewhere/app:1"
}

@test "what a converted policy does not verify is said, and it is set up only when it is complete" {
  converted 1 <<YAML
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: acme}
spec:
  validationFailureAction: Enforce
  rules:
    - name: acme
      verifyImages:
        - imageReferences: ["$REGISTRY/acme/*"]
          attestors: [{entries: [{keys: {kms: "gcpkms://projects/acme/keys/release"}}]}]
          attestations: [{type: "https://slsa.dev/provenance/v1"}]
YAML
  [[ $output == *"VERIFIES LESS"*"attestations"*"cosign public-key --key gcpkms://projects/acme/keys/release"* ]]
  create "$(pod "$(image acme/app:signed)")"
  settings_refused "allOf[0]" "PEM"

  sed "s|key: \"REPLACE WITH.*|key: $(jq -Rs . "$KEYS/release.pub" | sed 's/\\/\\\\/g')|" -i "$BATS_TEST_TMPDIR/settings.json"
  create "$(pod "$(image acme/app:signed)")"
  refused 'no slsaprovenance1 report'
}

# ---- check -----------------------------------------------------------------------------------------

# check [OPTION…] WHAT…: under settings.json, in this test's folder
check() {
  echo "insecure_sources: ['$REGISTRY']" >"$BATS_TEST_TMPDIR/sources.yml"
  cd "$BATS_TEST_TMPDIR" || return
  run --separate-stderr timeout "$COMMAND_TIMEOUT" "$SIGNED_IMAGES" check --module "$MODULE" \
    --settings-path settings.json --sources-path sources.yml \
    --sigstore-trust-config "$BATS_FILE_TMPDIR/trust-config.json" "$@"
}

@test "check tells signed images from unsigned ones" {
  trust release
  check "$(image acme/app:signed)" "$(image acme/app:both)"
  exits 0
  check --output json "$(image acme/app:signed)" "$(image acme/app:unsigned)"
  exits 1
  holds --arg digest "$(digest_of acme/app:signed)" '.objects[0].images[0] | .verdict == "verified" and .digest == $digest'
  holds '.objects[1].images[0] | .verdict == "rejected" and .reason == "not signed"'
}

@test "check pins manifests and leaves the rest of them as it is" {
  trust release
  cat >"$BATS_TEST_TMPDIR/web.yaml" <<YAML
# kept
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      initContainers:
      - image: &app "$(image acme/app:signed)" # twice
        name: init
      containers:
      - {name: app, image: *app}
      - {name: other, image: $(image acme/app:both)}
YAML
  sed -e "s|$(image acme/app:signed)|$(pinned acme/app:signed)|" \
    -e "s|$(image acme/app:both)|$(pinned acme/app:both)|" "$BATS_TEST_TMPDIR/web.yaml" >"$BATS_TEST_TMPDIR/expected"
  check --pin web.yaml
  exits 0
  diff "$BATS_TEST_TMPDIR/web.yaml" "$BATS_TEST_TMPDIR/expected"
}

# suggest WHAT…: with the keys of release and security
suggest() {
  echo "insecure_sources: ['$REGISTRY']" >"$BATS_TEST_TMPDIR/sources.yml"
  cd "$BATS_TEST_TMPDIR" || return
  run --separate-stderr timeout "$COMMAND_TIMEOUT" "$SIGNED_IMAGES" suggest \
    --key "$KEYS/release.pub" --key "$KEYS/security.pub" --sources-path sources.yml \
    --sigstore-trust-config "$BATS_FILE_TMPDIR/trust-config.json" "$@"
}

@test "what is suggested is accepted by check, but for what is listed" {
  push_image other/app:1 && sign security other/app:1
  push_image acme/strange:1 && sign stranger acme/strange:1
  suggest "$(image acme/app:signed)" "$(image acme/app:both)" "$(image other/app:1)" \
    "$(image acme/app:unsigned)" "$(image acme/strange:1)"
  exits 0
  [[ $output == *"# not signed (1):"$'\n'"#   $(image acme/app:unsigned)"* ]] || complain 'unsigned'
  [[ $output == *'# signed with an unknown key'*"$(image acme/strange:1)"* ]] || complain 'strange'
  [[ $output != *exempt* && $output != *warn* ]] || complain 'nobody is spared'
  echo "$output" >"$BATS_TEST_TMPDIR/settings.json"
  check "$(image acme/app:signed)" "$(image acme/app:both)" "$(image other/app:1)"
  exits 0
  check --output json "$(image acme/app:unsigned)"
  exits 1
}

@test "nothing is suggested where nobody is known, and what could not be read is told" {
  suggest "$(image acme/app:unsigned)"
  exits 1
  [ -z "$output" ] || complain 'settings'
  suggest "$(image acme/app:signed)" "$(image acme/app:none)"
  exits 3
  [[ $output == *'# could not be read (1):'*"$(image acme/app:none): "* ]] || complain 'unread'
  printf '%s\n' "$(image acme/app:signed)" Foo/bar >"$BATS_TEST_TMPDIR/images.txt"
  suggest images.txt
  exits 3
  [[ $stderr == *'not read: `Foo/bar`'* ]] || complain 'no reference'
}

@test "check cannot say what a registry that was stopped holds" {
  start_registry stopped-for-check
  REGISTRY=$address
  trust release
  stop stopped-for-check
  check "$(image acme/app:signed)"
  exits 3
}

@test "check asks once about an image that many manifests share" {
  local index
  trust release
  mkdir "$BATS_TEST_TMPDIR/deploy"
  for index in {1..5}; do push_image "acme/shared$index:1" && sign release "acme/shared$index:1"; done
  for index in {1..25}; do
    pod "$(image "acme/shared$((index % 5 + 1)):1")" >"$BATS_TEST_TMPDIR/deploy/$index.json"
  done
  RUST_LOG=signed_images=debug check deploy
  exits 0
  [[ $output == *"5 images in 25 objects: 5 verified"* ]] || complain "not 5 images"
  [[ $stderr == *"5 host calls"* ]] || complain "not 5 questions"
}

# ---- reports ---------------------------------------------------------------------------------------

@test "a report is published when it is signed, and is what was scanned" {
  push_image acme/reported:1
  scan
  signed_with release
  attest acme/reported:1 --type vuln --predicate scan.json --key "$KEYS/release.pub" -- "${SIGNED_WITH[@]}"
  exits 0
  [[ $output == "Report published: $REGISTRY/acme/reported@$(report_of acme/reported:1)"* ]] || complain 'another digest'
  statement_of acme/reported:1 | jq -e --arg hex "$(digest_of acme/reported:1 | cut -d: -f2)" --arg type "$VULN" '
    ._type == "https://in-toto.io/Statement/v1" and .predicateType == $type and .subject[0].digest.sha256 == $hex
    and .predicate.scanner.uri == "pkg:github/aquasecurity/trivy@0.70.0" and (.predicate.metadata.scanFinishedOn | length) == 20'
  # as any tool sees it
  cosign verify --allow-insecure-registry --insecure-ignore-tlog --key "$KEYS/release.pub" \
    -a "predicateType=$VULN" "$REGISTRY/acme/reported@$(report_of acme/reported:1)"
  curl -fsS "http://$REGISTRY/v2/acme/reported/manifests/$(report_of acme/reported:1)" \
    -H 'accept: application/vnd.oci.image.manifest.v1+json' | jq -e --arg digest "$(digest_of acme/reported:1)" '
    .artifactType == "application/vnd.signed-images.attestation.v1+json" and .layers == []
    and .config.mediaType == "application/vnd.in-toto+json" and .subject.digest == $digest'

  # what conditions read, or all of it
  statement_of acme/reported:1 | jq -e '.predicate.scanner.result | has("ArtifactName") | not'
  attest acme/reported:1 --full --name full --type vuln --predicate scan.json --key "$KEYS/release.pub" -- "${SIGNED_WITH[@]}"
  exits 0
  statement_of acme/reported:1 full | jq -e '.predicate.scanner.result.ArtifactName == "app"'

  attest acme/reported:1 --quiet --type vuln --predicate scan.json --key "$KEYS/release.pub" -- "${SIGNED_WITH[@]}" 2>/dev/null
  exits 0
  [ -z "$output" ] || complain 'it is not quiet'
}

@test "a report that is not signed, or by a stranger, or without the annotation, moves no tag" {
  push_image acme/unreported:1
  scan
  attest acme/unreported:1 --type vuln --predicate scan.json --key "$KEYS/release.pub"
  exits 3
  [[ $output == *"cosign sign -a predicateType=$VULN $REGISTRY/acme/unreported@sha256:"* ]] || complain 'what to run is not said'

  attest acme/unreported:1 --type vuln --predicate scan.json --key "$KEYS/release.pub" -- true
  exits 1
  says 'has no signature that policy servers can read'

  attest acme/unreported:1 --type vuln --predicate scan.json --key "$KEYS/release.pub" -- false
  exits 1
  says '`false` did not sign' 'the tag was not moved'

  signed_with stranger
  attest acme/unreported:1 --type vuln --predicate scan.json --key "$KEYS/release.pub" -- "${SIGNED_WITH[@]}"
  exits 1
  says 'is signed, but not by the key'

  signed_with release
  attest acme/unreported:1 --type vuln --predicate scan.json --key "$KEYS/release.pub" -- \
    bash -c "${SIGNED_WITH[*]} \"\$3\"" sh
  exits 1
  says "with \`-a predicateType=$VULN\`"
  [ -z "$(report_of acme/unreported:1)" ] || complain "there is a tag"
}

@test "a report that is signed elsewhere is found when attest runs again" {
  local report
  push_image acme/later:1
  scan
  attest acme/later:1 --type vuln --predicate scan.json --key "$KEYS/release.pub"
  exits 3
  report=$(sed -n 's/.* \(127.*@sha256:[0-9a-f]*\)$/\1/p' <<<"$output")
  signed_with release
  "${SIGNED_WITH[@]}" -a "predicateType=$VULN" "$report"
  attest acme/later:1 --type vuln --predicate scan.json --key "$KEYS/release.pub"
  exits 0
  [ "${report#*@}" = "$(report_of acme/later:1)" ] || complain 'another report'
}

@test "reports have names, types and repositories of their own" {
  push_image acme/named:1
  scan
  signed_with release
  attest acme/named:1 --type vuln --name trivy --predicate scan.json --key "$KEYS/release.pub" -- "${SIGNED_WITH[@]}"
  exits 0
  cosign verify --allow-insecure-registry --insecure-ignore-tlog --key "$KEYS/release.pub" -a "predicateType=$VULN" \
    -a reportName=trivy "$REGISTRY/acme/named@$(report_of acme/named:1 trivy)"

  # the same report under another name is another report
  attest acme/named:1 --type vuln --name grype --predicate scan.json --key "$KEYS/release.pub"
  exits 3
  [[ $output == *'-a reportName=grype'* ]]

  echo '{"approved": true}' >"$BATS_TEST_TMPDIR/review.json"
  attest acme/named:1 --type https://acme.io/review/v1 --predicate review.json --key "$KEYS/release.pub" \
    --repository "$REGISTRY/attestations" -- "${SIGNED_WITH[@]}"
  exits 0
  statement_of acme/named:1 "t-$(printf https://acme.io/review/v1 | sha256sum | head -c 32)" attestations |
    jq -e '.predicate.approved and (.subject[0].name | endswith("acme/named"))'
}

@test "what cosign attested is published again, when the signer that is named attested it" {
  local predicate
  push_image acme/attested:1
  signed_with release
  attest acme/attested:1 --type vuln --from-cosign --key "$KEYS/release.pub" -- "${SIGNED_WITH[@]}"
  exits 1
  says 'there is no attestation by'

  for predicate in 2026-01-02T00:00:00Z 2026-01-03T00:00:00Z 2026-01-01T00:00:00Z; do
    jq -n --arg time "$predicate" '{scanner: {uri: "trivy", result: {SchemaVersion: 2}}, metadata: {scanFinishedOn: $time}}' \
      >"$BATS_TEST_TMPDIR/vuln.json"
    timeout "$COMMAND_TIMEOUT" cosign attest --key "$KEYS/security.key" --tlog-upload=false --allow-insecure-registry -y \
      --type vuln --predicate "$BATS_TEST_TMPDIR/vuln.json" "$REGISTRY/acme/attested@$(digest_of acme/attested:1)"
  done
  attest acme/attested:1 --type vuln --from-cosign --key "$KEYS/release.pub" -- "${SIGNED_WITH[@]}"
  exits 1
  says 'is not signed by the key'
  attest acme/attested:1 --type spdx --from-cosign --key "$KEYS/security.pub" -- "${SIGNED_WITH[@]}"
  exits 1
  says 'has the type spdx'

  signed_with security
  attest acme/attested:1 --type vuln --from-cosign --key "$KEYS/security.pub" -- "${SIGNED_WITH[@]}"
  exits 0
  statement_of acme/attested:1 | jq -e '.predicate.metadata.scanFinishedOn == "2026-01-03T00:00:00Z"'
}

@test "reports are copied with their signatures" {
  push_index acme/copied:1 linux/amd64 linux/arm64
  scan
  signed_with release
  attest acme/copied:1 --type vuln --predicate scan.json --key "$KEYS/release.pub" -- "${SIGNED_WITH[@]}"
  exits 0
  attest acme/copied:1-linux-arm64 --type vuln --predicate scan.json --key "$KEYS/release.pub" -- "${SIGNED_WITH[@]}"
  exits 0

  attest_copy() {
    run --separate-stderr timeout "$COMMAND_TIMEOUT" "$SIGNED_IMAGES" attest --sources-path sources.yml \
      --copy "$REGISTRY/${1%:*}@$(digest_of "$1")" "$REGISTRY/$2"
  }
  attest_copy acme/copied:1 mirror/copied
  exits 0
  [ "$(wc -l <<<"$output")" = 2 ] || complain 'not two reports'
  [ "$(report_of acme/copied:1 vuln mirror/copied)" = "$(report_of acme/copied:1)" ]
  cosign verify --allow-insecure-registry --insecure-ignore-tlog --key "$KEYS/release.pub" -a "predicateType=$VULN" \
    "$REGISTRY/mirror/copied@$(report_of acme/copied:1-linux-arm64 vuln mirror/copied)"
  attest_copy acme/copied:1 mirror/copied
  exits 0

  attest_copy acme/app:signed mirror/app
  exits 1
  says 'has no reports of this image'
}

# What a trusted scanner found is what counts.

readonly SCANNED='{type: "vuln", maxAge: "7d", vulnerabilities: {refuse: ["CRITICAL"], fixedOnly: true}}'
readonly FIXED='[{"VulnerabilityID": "CVE-2026-0001", "PkgName": "libssl3", "InstalledVersion": "3.0.1", "FixedVersion": "3.0.2", "Severity": "CRITICAL"}]'

@test "an image with a fresh and clean scan is accepted, and one without is refused" {
  a_signed_image acme/scanned:1
  asks_for "$SCANNED"
  create "$(pod "$(image acme/scanned:1)")"
  refused "no vuln report at \`$REGISTRY/acme/scanned:$(report_tag acme/scanned:1)\`"

  scan
  publishes release acme/scanned:1 --type vuln --predicate scan.json
  create "$(pod "$(image acme/scanned:1)")"
  accepted
  patched /spec/containers/0/image "$(pinned acme/scanned:1)"

  explained() {
    run --separate-stderr "$SIGNED_IMAGES" explain "$(image acme/scanned:1)" --module "$MODULE" \
      --settings-path settings.json --sources-path sources.yml
  }
  explained
  exits 0
  [[ $output == *"vuln report $(report_of acme/scanned:1), 0 hours old, no findings"* ]] || complain 'the report is not shown'

  check -v "$(image acme/scanned:1)"
  exits 0
  [[ $output == *"vuln@$(report_of acme/scanned:1), 0 hours old, no findings"* ]] || complain 'check does not show the report'

  scan "$(date --utc +%Y-%m-%dT%H:%M:%SZ)" "$FIXED"
  publishes release acme/scanned:1 --type vuln --predicate scan.json
  explained
  exits 1
  [[ $output == *'1 CRITICAL finding with a fix'* ]] || complain 'the reason is not shown'
  check --output json "$(image acme/scanned:1)"
  exits 1
  holds '.objects[0].images[0] | .verdict == "rejected" and (.reason | contains("1 CRITICAL finding with a fix"))'
  create "$(pod "$(image acme/scanned:1)")"
  refused 'has 1 CRITICAL finding with a fix: CVE-2026-0001 (libssl3 3.0.1)'

  asks_for '{type: "vuln", maxAge: "7d", vulnerabilities: {refuse: ["CRITICAL"], fixedOnly: true}, enforcement: "warn"}'
  create "$(pod "$(image acme/scanned:1)")"
  accepted
  warned CVE-2026-0001
}

@test "a scan that is old is refused, and one that was put back is accepted until it is" {
  local first
  a_signed_image acme/aged:1
  asks_for "$SCANNED"
  scan "$(date --utc --date '9 days ago' +%Y-%m-%dT%H:%M:%SZ)"
  publishes release acme/aged:1 --type vuln --predicate scan.json
  create "$(pod "$(image acme/aged:1)")"
  refused 'is 9 days old'

  scan "$(date --utc --date '3 days ago' +%Y-%m-%dT%H:%M:%SZ)"
  publishes release acme/aged:1 --type vuln --predicate scan.json
  first=$(report_of acme/aged:1)
  scan "$(date --utc +%Y-%m-%dT%H:%M:%SZ)" "$FIXED"
  publishes release acme/aged:1 --type vuln --predicate scan.json
  create "$(pod "$(image acme/aged:1)")"
  refused CVE-2026-0001
  retag acme/aged "$first" "$(report_tag acme/aged:1)"
  create "$(pod "$(image acme/aged:1)")"
  accepted

  scan "$(date --utc --date tomorrow +%Y-%m-%dT%H:%M:%SZ)"
  publishes release acme/aged:1 --type vuln --predicate scan.json
  create "$(pod "$(image acme/aged:1)")"
  refused 'has a time in the future'
}

@test "a report that is not signed, by a stranger, of another image or type, is refused" {
  local report image
  a_signed_image acme/forged:1
  asks_for "$SCANNED"
  scan
  publishes stranger acme/forged:1 --type vuln --predicate scan.json
  create "$(pod "$(image acme/forged:1)")"
  refused 'its vuln report is signed, but not by'

  # pushed and not signed: another content, or it would have the stranger's signature
  scan 2026-01-01T00:00:00Z
  attest acme/forged:1 --type vuln --predicate scan.json --key "$KEYS/release.pub"
  exits 3
  report=$(sed -n 's/.* 127.*@\(sha256:[0-9a-f]*\)$/\1/p' <<<"$output")
  retag acme/forged "$report" "$(report_tag acme/forged:1)"
  create "$(pod "$(image acme/forged:1)")"
  refused 'its vuln report is not signed'

  # the clean scan of another image in the same repository
  a_signed_image acme/forged:2
  scan
  publishes release acme/forged:2 --type vuln --predicate scan.json
  retag acme/forged "$(report_of acme/forged:2)" "$(report_tag acme/forged:1)"
  create "$(pod "$(image acme/forged:1)" "$(image acme/forged:2)")"
  refused 'spec.containers[0]' 'its vuln report is about another image'

  publishes release acme/forged:1 --type https://acme.io/review/v1 --predicate scan.json
  retag acme/forged "$(report_of acme/forged:1 "t-$(printf https://acme.io/review/v1 | sha256sum | head -c 32)")" \
    "$(report_tag acme/forged:1)"
  create "$(pod "$(image acme/forged:1)")"
  refused 'its vuln report is signed, but not by'
}

@test "an image by the same signer is no report, whatever its config says" {
  local config image=acme/disguised:report
  a_signed_image acme/disguised:1
  asks_for "$SCANNED"
  scan
  publishes release acme/disguised:1 --type vuln --predicate scan.json
  create "$(pod "$(image acme/disguised:1)")"
  accepted
  statement_of acme/disguised:1 >"$BATS_TEST_TMPDIR/statement.json"
  config=$(push_blob acme/disguised "$BATS_TEST_TMPDIR/statement.json")
  jq -n --arg config "$config" --argjson size "$(stat -c %s "$BATS_TEST_TMPDIR/statement.json")" '{
    schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json", layers: [],
    artifactType: "application/vnd.signed-images.attestation.v1+json",
    config: {mediaType: "application/vnd.oci.image.config.v1+json", digest: $config, $size}}' >"$NAMES/${image//\//%}"
  push_manifest "$image"
  sign release "$image"
  retag acme/disguised "$(digest_of "$image")" "$(report_tag acme/disguised:1)"
  create "$(pod "$(image acme/disguised:1)")"
  refused 'its vuln report is signed, but not by'
}

@test "an index has one report, or one for each platform" {
  push_index acme/platforms:1 linux/amd64 linux/arm64
  sign release acme/platforms:1
  asks_for "$SCANNED"
  scan
  publishes release acme/platforms:1-linux-amd64 --type vuln --predicate scan.json
  create "$(pod "$(image acme/platforms:1)")"
  refused 'no vuln report about the image for linux/arm64'

  publishes release acme/platforms:1-linux-arm64 --type vuln --predicate scan.json
  create "$(pod "$(image acme/platforms:1)")"
  accepted
  patched /spec/containers/0/image "$(pinned acme/platforms:1)"

  push_index acme/whole:1 linux/amd64 linux/arm64
  sign release acme/whole:1
  publishes release acme/whole:1 --type vuln --predicate scan.json
  create "$(pod "$(image acme/whole:1)")"
  accepted
}

@test "reports have signers, names and a repository of their own" {
  a_signed_image acme/several:1
  asks_for '{type: "vuln", name: "trivy", maxAge: "7d", allOf: [("security" | signer)], vulnerabilities: {refuse: ["CRITICAL"]}}' \
    '{type: "vuln", name: "grype", maxAge: "7d", allOf: [("security" | signer)], vulnerabilities: {refuse: ["CRITICAL"]}}' \
    '{type: "https://acme.io/review/v1", repository: "\($registry)/reviews", fields: [{at: "/approved", equals: true}]}'
  scan
  publishes security acme/several:1 --type vuln --name trivy --predicate scan.json
  echo '{"approved": true}' >"$BATS_TEST_TMPDIR/review.json"
  publishes release acme/several:1 --type https://acme.io/review/v1 --repository "$REGISTRY/reviews" --predicate review.json
  create "$(pod "$(image acme/several:1)")"
  refused "$(report_tag acme/several:1 grype)"

  # the one is not the other
  retag acme/several "$(report_of acme/several:1 trivy)" "$(report_tag acme/several:1 grype)"
  create "$(pod "$(image acme/several:1)")"
  refused 'is signed, but not by'

  publishes security acme/several:1 --type vuln --name grype --predicate scan.json
  create "$(pod "$(image acme/several:1)")"
  accepted

  echo '{"approved": false}' >"$BATS_TEST_TMPDIR/review.json"
  publishes release acme/several:1 --type https://acme.io/review/v1 --repository "$REGISTRY/reviews" --predicate review.json
  create "$(pod "$(image acme/several:1)")"
  refused '/approved'
}

@test "settings say who must have signed a report" {
  a_signed_image acme/by-settings:1
  asks_for '{type: "vuln", name: "trivy", maxAge: "7d", anyOf: {minimumMatches: 1, signatures: [("security", "stranger") | signer]}}'
  scan
  with_settings() {
    signed_with "$1"
    attest acme/by-settings:1 --type vuln --predicate scan.json --settings-path settings.json "${@:2}" -- "${SIGNED_WITH[@]}"
  }
  with_settings security
  exits 2
  says 'needs the report' '`trivy (vuln)`'
  with_settings release --name trivy
  exits 1
  says 'is not signed as the settings require'
  with_settings stranger --name trivy
  exits 0
  create "$(pod "$(image acme/by-settings:1)")"
  accepted
}

@test "what scanners write is read, whole and reduced" {
  local report option scans=$BATS_TEST_DIRNAME/testing/fixtures/scans
  a_signed_image acme/real:1
  for option in '' --full; do
    for report in trivy.json trivy.cosign-vuln.json grype.json; do
      publishes release acme/real:1 $option --type vuln --predicate "$scans/$report"
      asks_for '{type: "vuln", maxAge: "unlimited", vulnerabilities: {refuse: ["CRITICAL"], fixedOnly: true}}'
      create "$(pod "$(image acme/real:1)")"
      refused '2 CRITICAL findings with a fix' 'CVE-2026-0001 (libssl3 3.0.1-1)'
      asks_for '{type: "vuln", maxAge: "unlimited", vulnerabilities: {refuse: ["HIGH", "CRITICAL"], fixedOnly: true,
        except: ["CVE-2026-0001", {id: "CVE-2026-0003"}]}}'
      create "$(pod "$(image acme/real:1)")"
      accepted
    done
    for report in trivy-clean.json grype-clean.json; do
      publishes release acme/real:1 $option --type vuln --predicate "$scans/$report"
      asks_for '{type: "vuln", maxAge: "unlimited", vulnerabilities: {refuse: ["CRITICAL", "HIGH", "MEDIUM", "LOW"]}}'
      create "$(pod "$(image acme/real:1)")"
      accepted
    done
    for report in spdx:syft.spdx.json cyclonedx:syft.cyclonedx-1.4.json cyclonedx:syft.cyclonedx-1.6.json cyclonedx:syft.cyclonedx-1.7.json; do
      # the bill of another image
      publishes release acme/real:1 $option --of-another-digest --type "${report%:*}" --predicate "$scans/${report#*:}"
      asks_for "{type: \"${report%:*}\", packages: {refuse: [\"log4j-core\", \"event-stream@<3.3.6\"]}}"
      create "$(pod "$(image acme/real:1)")"
      accepted
      asks_for "{type: \"${report%:*}\", packages: {refuse: [\"event-stream@<=3.3.6\"]}}"
      create "$(pod "$(image acme/real:1)")"
      refused 'event-stream'
    done
  done
}

# ---- the documentation -----------------------------------------------------------------------------

# shown PATTERN: the commands in the documentation that match, one a line
shown() {
  awk -v pattern="$1" '
    /^ *```(console|sh)/ { inside = 1; next }
    /^ *```/             { inside = 0 }
    inside && sub(/ *\\$/, "") { before = before $0 " "; next }
    inside { $0 = before $0; before = "" }
    inside && $0 ~ pattern { sub(/^ +/, ""); gsub(/ +/, " "); print }
  ' "$BATS_TEST_DIRNAME"/{README.md,CONTRIBUTING.md,examples/*.md,docs/src/*.md,docs/src/*/*.md}
}

# Options of cosign 3, which earlier ones do not have and do not need.
COSIGN_3='--new-bundle-format=false --use-signing-config=false '

@test "the documentation names options that cosign has" {
  local line help word lines=0
  while read -r line; do
    line=${line/"$COSIGN_3"/}
    help=$(cosign "$(cut -d' ' -f2 <<<"$line")" --help 2>&1)
    for word in $line; do
      [[ $word != -* ]] || grep -qE -- "(^|[ ,])${word%%=*}[= ,:]" <<<"$help" || complain "no ${word%%=*} in: $line"
    done
    lines=$((lines + 1))
  done < <(shown '^ *cosign ')
  [ "$lines" -ge 10 ] || complain "$lines commands"
}

@test "an image that is signed as the documentation says is accepted, and so is its copy" {
  local line lines=0
  cd "$BATS_TEST_TMPDIR"
  cp "$KEYS/release.key" cosign.key && cp "$KEYS/release.pub" cosign.pub
  push_image acme/documented:1.4
  while read -r line; do
    line=${line/"$COSIGN_3"/}
    line=$(sed -E "s|ghcr.io/acme/app@\\\$DIGEST|$REGISTRY/acme/documented@$(digest_of acme/documented:1.4)|
      s|ghcr.io/acme/app:1.4|$REGISTRY/acme/documented:1.4|; s|registry.example.com/|$REGISTRY/|
      s|^cosign (sign\|copy\|tree\|verify) |&--allow-insecure-registry |
      s|^cosign sign |&--yes --tlog-upload=false |; s|^cosign verify |&--insecure-ignore-tlog |" <<<"$line")
    timeout "$COMMAND_TIMEOUT" bash -c "$line" || complain "failed: $line"
    lines=$((lines + 1))
  # keys in a KMS, identities, modules and releases are elsewhere
  done < <(shown '^ *cosign ' | grep -v -e :// -e certificate-identity -e policies/ -e ghcr.io/signed-images)
  [ "$lines" -ge 6 ] || complain "$lines commands"

  trust release
  create "$(pod "$(image acme/documented:1.4)" "$REGISTRY/mirror/app:1.4")"
  accepted
  cp release-2.pub "$KEYS/documented.pub"
  trust documented
  create "$(pod "$(image acme/documented:1.4)")"
  accepted
}

@test "a report is made by hand as the documentation says" {
  command -v oras && command -v crane || skip 'oras or crane is not installed'
  push_image acme/hand:1.4
  scan
  cd "$BATS_TEST_TMPDIR"
  jq '{scanner: {uri: "trivy", result: .}, metadata: {scanFinishedOn: .CreatedAt}}' scan.json >vuln.json
  cp "$KEYS/release.key" cosign.key && cp "$KEYS/release.pub" cosign.pub
  sed -n '/^```sh/,/^```/p' "$BATS_TEST_DIRNAME/docs/src/how-to/attest.md" | grep -v '^```' |
    sed -E "s|ghcr.io/acme/app|$REGISTRY/acme/hand|g; s|$COSIGN_3||; s|crane (digest\|tag) |&--insecure |
      s|oras (blob\|manifest) push |&--plain-http |; s|^cosign sign |&--yes --tlog-upload=false --allow-insecure-registry |
      s|^cosign verify |&--insecure-ignore-tlog --allow-insecure-registry |" >by-hand.sh
  timeout "$COMMAND_TIMEOUT" bash -eux by-hand.sh
  statement_of acme/hand:1.4 | jq -e '.predicate.scanner.result.ArtifactName == "app"'
}

@test "what the documentation checks and explains is checked and explained" {
  local line lines=0
  cd "$BATS_TEST_TMPDIR"
  trust release
  mkdir deploy policies trust
  deployment "$(image acme/app:signed)" >deploy/app.yaml
  in_the_cluster ConfigMap trusted release && cp cluster/* trust/
  request CREATE null "$(pod "$(image acme/app:signed)")"
  ln -s "$MODULE" annotated-policy.wasm
  ln -s "$BATS_TEST_DIRNAME/examples" examples
  cp settings.json settings.yaml
  "$SIGNED_IMAGES" policy --settings-path settings.yaml >policy.yaml
  cp policy.yaml policies/
  echo "insecure_sources: ['$REGISTRY']" >sources.yml
  # what other programs print
  helm() { cat deploy/app.yaml; }
  kustomize() { cat deploy/app.yaml; }
  kubectl() { image acme/app:signed; }
  signed-images() {
    [[ " $* " == *" --sources-path "* ]] || set -- "$@" --sources-path sources.yml
    SIGNED_IMAGES_MODULE=$MODULE timeout "$COMMAND_TIMEOUT" "$SIGNED_IMAGES" "$@" \
      --sigstore-trust-config "$BATS_FILE_TMPDIR/trust-config.json"
  }
  while read -r line; do
    line=$(sed -E "s#(ghcr.io/acme/app|harbor.example.com/shop/cart):1.4#$(image acme/app:signed)#" <<<"$line")
    eval "$line" >printed </dev/null || complain "failed: $line" "$(<printed)"
    lines=$((lines + 1))
  # without manifests, keys are read from a cluster; what runs in one is looked at in e2e-cluster.bats
  done < <(shown 'signed-images (check|explain|run) ' | grep -v -e '--allow-context-aware [^-]' -e ' --cluster')
  [ "$lines" -ge 20 ] || complain "$lines commands"
  grep -q "$(digest_of acme/app:signed)" deploy/app.yaml
  grep -q "$(digest_of acme/app:signed)" pinned.yaml
  jq -e '.runs[0].tool.driver.name' signed-images.sarif
}

# ---- publishing ------------------------------------------------------------------------------------

# push MODULE NAME:TAG [OPTION…]: as JSON; the reference by digest goes to $pushed
push() {
  echo "insecure_sources: ['$REGISTRY']" >"$BATS_TEST_TMPDIR/sources.yml"
  run --separate-stderr timeout "$COMMAND_TIMEOUT" "$SIGNED_IMAGES" push "$1" "registry://$REGISTRY/$2" \
    --sources-path "$BATS_TEST_TMPDIR/sources.yml" --output json "${@:3}"
  pushed=$(jq -r .immutable_ref <<<"$output")
}

# manifest_of REFERENCE
manifest_of() {
  curl -fsS "http://$REGISTRY/v2/${1#"$REGISTRY/"}" -H 'accept: application/vnd.oci.image.manifest.v1+json'
}

# decides MODULE: it lets in what is signed, and nothing else
decides() {
  MODULE=$1
  trust release
  lets_in acme/app:signed
}

# no_module MODULE TEXT…: it cannot be had, and every TEXT is said
no_module() {
  trust release
  MODULE=$1
  create "$(pod "$(image acme/app:signed)")"
  [ "$status" -eq 1 ] && [ -z "$output" ] || complain "exit code $status" || return
  [ "${RUNNER[0]}" != kwctl ] || return 0
  local text
  for text in "$1" "${@:2}"; do
    [[ $stderr == *"$text"* ]] || complain "stderr does not say: $text" || return
  done
}

@test "a module is pushed, and run from the registry by tag and by digest" {
  push "$MODULE" policies/signed-images:v1
  exits 0
  [[ $pushed == "$REGISTRY/policies/signed-images@sha256:"* ]] || complain "reference: $pushed"
  [ "${pushed#*@}" = "sha256:$(manifest_of "policies/signed-images/manifests/v1" | sha256sum | cut -d' ' -f1)" ]
  manifest_of "policies/signed-images/manifests/${pushed#*@}" >"$BATS_TEST_TMPDIR/manifest"
  jq -e --arg digest "sha256:$(sha256sum "$MODULE" | cut -d' ' -f1)" --argjson size "$(stat -c %s "$MODULE")" '
    .config.mediaType == "application/vnd.wasm.config.v1+json"
    and .layers == [{mediaType: "application/vnd.wasm.content.layer.v1+wasm", $digest, $size}]
    and .annotations["io.kubewarden.policy.title"] == "signed-images-policy"
    and .annotations["org.opencontainers.image.source"] == .annotations["io.kubewarden.policy.source"]
    and (.annotations | has("io.kubewarden.policy.usage") | not)' "$BATS_TEST_TMPDIR/manifest"

  decides "registry://$REGISTRY/policies/signed-images:v1"
  decides "registry://$pushed"
}

@test "pushing the same module again changes nothing" {
  local first
  push "$MODULE" policies/signed-images:again
  first=$pushed
  push "$MODULE" policies/signed-images:again
  exits 0
  [ "$pushed" = "$first" ] || complain "$pushed, not $first"
}

@test "a module without metadata is pushed only by force" {
  push "$BATS_TEST_DIRNAME/policy.wasm" policies/signed-images:plain
  exits 1
  [[ $stderr == *"not annotated"*"--force"* ]]
  no_module "registry://$REGISTRY/policies/signed-images:plain" "has no such repository, tag or digest"

  push "$BATS_TEST_DIRNAME/policy.wasm" policies/signed-images:plain --force
  exits 0
  decides "registry://$pushed"
}

@test "a module behind tls with a private ca and a password" {
  start_private_registry
  trust_ca
  log_in
  run --separate-stderr timeout "$COMMAND_TIMEOUT" "$SIGNED_IMAGES" push "$MODULE" "$REGISTRY/policies/private:v1" \
    --sources-path "$BATS_TEST_TMPDIR/sources.yml"
  exits 0
  decides "registry://$REGISTRY/policies/private:v1"

  echo '{}' >"$DOCKER_CONFIG/config.json"
  run --separate-stderr timeout "$COMMAND_TIMEOUT" "$SIGNED_IMAGES" push "$MODULE" "$REGISTRY/policies/private:v2" \
    --sources-path "$BATS_TEST_TMPDIR/sources.yml"
  exits 1
  [[ $stderr == *"requires other credentials"*"docker login $REGISTRY"* ]] || complain "no way out"
  no_module "registry://$REGISTRY/policies/private:v2" "requires other credentials"
}

@test "a module from a web server" {
  new_certificate web subjectAltName=IP:127.0.0.1
  mkdir "$BATS_TEST_TMPDIR/web"
  cp "$MODULE" "$BATS_TEST_TMPDIR/web/policy.wasm"
  serve web 'serving on ' python3 "$BATS_TEST_DIRNAME/tests/e2e/web-server.py" "$BATS_TEST_TMPDIR/web" \
    "$BATS_FILE_TMPDIR/web.pem" "$BATS_FILE_TMPDIR/web.key"
  no_module "https://$address/policy.wasm" "certificate"

  jq -n --arg web "$address" --arg ca "$BATS_FILE_TMPDIR/ca.pem" --arg registry "$REGISTRY" \
    '{insecure_sources: [$registry], source_authorities: {($web): [{type: "Path", path: $ca}]}}' >"$BATS_TEST_TMPDIR/sources.yml"
  decides "https://$address/policy.wasm"
  no_module "https://$address/other.wasm" "404"
}

@test "what is no module is not run" {
  no_module "registry://$REGISTRY/policies/signed-images:missing" "has no such repository, tag or digest"
  no_module "registry://$REGISTRY/policies/signed-images@sha256:$(printf '%064d' 0)" "has no such repository, tag or digest"
  no_module "registry://$REGISTRY/acme/app:signed" "not a policy" "application/vnd.oci.image.layer.v1.tar"
}

@test "a module that was changed in the registry is not run" {
  local digest blob
  push "$MODULE" policies/changed:v1
  for digest in "sha256:$(sha256sum "$MODULE" | cut -d' ' -f1)" "${pushed#*@}"; do
    blob=$SERVERS/store/docker/registry/v2/blobs/sha256/${digest:7:2}/${digest:7}/data
    cp "$blob" "$BATS_TEST_TMPDIR/blob"
    # One letter of the title is another.
    sed -i 's/signed-images-policy/signed-images-pulicy/' "$blob"
    no_module "registry://$pushed" "igest"
    cp "$BATS_TEST_TMPDIR/blob" "$blob"
  done
  decides "registry://$pushed"
}

@test "make publish pushes the module and signs its digest" {
  local reference
  echo "insecure_sources: ['$REGISTRY']" >"$BATS_TEST_TMPDIR/sources.yml"
  run --separate-stderr env COSIGN_KEY="$KEYS/release.key" COSIGN_FLAGS='--tlog-upload=false --allow-insecure-registry' \
    timeout "$COMMAND_TIMEOUT" make -C "$BATS_TEST_DIRNAME" --no-print-directory -o annotated-policy.wasm publish REGISTRY="$REGISTRY/policies" \
    TAG=v9 PUSH_FLAGS="--sources-path $BATS_TEST_TMPDIR/sources.yml"
  exits 0
  reference=${lines[-1]}
  [[ $reference == "$REGISTRY/policies/signed-images-policy@sha256:"* ]] || complain "reference: $reference"
  timeout "$COMMAND_TIMEOUT" cosign verify --key "$KEYS/release.pub" --insecure-ignore-tlog --allow-insecure-registry "$reference"
  ! timeout "$COMMAND_TIMEOUT" cosign verify --key "$KEYS/stranger.pub" --insecure-ignore-tlog --allow-insecure-registry "$reference"
  decides "registry://$reference"

  run --separate-stderr env -u REGISTRY make -C "$BATS_TEST_DIRNAME" -o annotated-policy.wasm publish
  [ "$status" -ne 0 ] && [[ $stderr == *"make publish REGISTRY="* ]]
}
