#!/usr/bin/env bats
# The annotated module on identities: a private Sigstore on loopback ports, images signed by cosign 2 and 3, and
# the module run by `signed-images run`, or by the kwctl that KWCTL names.
#
#     make e2e-sigstore

bats_require_minimum_version 1.5.0
load tests/e2e/lib
load tests/e2e/reports
load tests/sigstore/services
load tests/sigstore/trust
load tests/sigstore/sign
load tests/sigstore/held
load tests/sigstore/outcomes

# what is said of an image that somebody has signed, when somebody else must have
readonly SOME='signed, but not by enough'
# what is said of an image with a bundle that the host does not read
readonly UNREAD='not signed in a format that can be verified here'

setup_file() {
  mkdir -p "$DOCKER_CONFIG" "$KEYS" && echo '{}' >"$DOCKER_CONFIG/config.json"
  start_registry main
  export REGISTRY=$address
  start_sigstore
  new_trust_config
  new_authority ca
  new_authority other
}

teardown_file() {
  stop_sigstore
  stop_all
}

setup() {
  RUNNER=("${KWCTL:-$SIGNED_IMAGES}")
}

# ---- identities ------------------------------------------------------------------------------------

@test "an e-mail address, exactly" {
  local way image
  for way in "${WAYS[@]}"; do
    image=acme/email:$way
    push_image "$image"
    scenario 'not signed'
    asked 'keyless: [{issuer: "https://accounts.google.com", subject: "ci@example.com"}]' "$image"
    fails "$way" 'not signed'

    keyless "$way" "$(email ci@example.com)" "$image"
    scenario 'an e-mail address'
    asked 'keyless: [{issuer: "https://accounts.google.com", subject: "ci@example.com"}]' "$image"
    passes "$way"

    scenario 'an e-mail address, of another issuer'
    asked 'keyless: [{issuer: "https://accounts.example.com", subject: "ci@example.com"}]' "$image"
    fails "$way" "$SOME" 'missing `ci@example.com` of `https://accounts.example.com`'

    scenario 'another e-mail address'
    asked 'keyless: [{issuer: "https://accounts.google.com", subject: "i@example.com"}]' "$image"
    fails "$way" "$SOME" 'missing `i@example.com` of `https://accounts.google.com`'
  done
}

@test "a uri, by its prefix" {
  local way image
  for way in "${WAYS[@]}"; do
    image=acme/uri:$way
    push_image "$image"
    keyless "$way" "$(uri https://example.com/acme/app)" "$image"

    scenario 'a URI, by its prefix'
    asked 'keylessPrefix: [{issuer: "https://ci.example.com", urlPrefix: "https://example.com/acme"}]' "$image"
    passes "$way"

    scenario 'a URI, exactly'
    asked 'keyless: [{issuer: "https://ci.example.com", subject: "https://example.com/acme/app"}]' "$image"
    passes "$way"

    scenario 'a URI, of another issuer'
    asked 'keylessPrefix: [{issuer: "https://ci.example.org", urlPrefix: "https://example.com/acme"}]' "$image"
    fails "$way" "$SOME" 'missing `https://example.com/acme/…` of `https://ci.example.org`'

    image=acme/squat:$way
    push_image "$image"
    keyless "$way" "$(uri https://example.com/acme-evil/app)" "$image"

    scenario 'a URI that goes on after the prefix without a `/`'
    asked 'keylessPrefix: [{issuer: "https://ci.example.com", urlPrefix: "https://example.com/acme"}]' "$image"
    fails "$way" "$SOME" 'missing `https://example.com/acme/…` of `https://ci.example.com`'
  done
}

@test "a github workflow" {
  local way image
  for way in "${WAYS[@]}"; do
    image=acme/workflow:$way
    push_image "$image"
    keyless "$way" "$(workflow acme/app)" "$image"

    scenario 'a GitHub workflow, by owner and repository'
    asked 'githubActions: {owner: "acme", repo: "app"}' "$image"
    passes "$way"

    scenario 'a GitHub workflow, by owner'
    asked 'githubActions: {owner: "acme"}' "$image"
    passes "$way"

    scenario 'a GitHub workflow, by the prefix of its URI'
    asked "keylessPrefix: [{issuer: \"$GITHUB\", urlPrefix: \"https://github.com/acme/app\"}]" "$image"
    passes "$way"

    scenario 'a GitHub workflow of another repository'
    asked 'githubActions: {owner: "acme", repo: "ap"}' "$image"
    fails "$way" "$SOME" 'missing GitHub Actions of `acme/ap`'

    image=acme-evil/workflow:$way
    push_image "$image"
    keyless "$way" "$(workflow acme-evil/app)" "$image"

    scenario 'a GitHub workflow of another owner'
    asked 'githubActions: {owner: "acme"}' "$image"
    fails "$way" "$SOME" 'missing GitHub Actions of `acme`'

    image=acme/enterprise:$way
    push_image "$image"
    keyless "$way" "$(workflow acme/app "$GITHUB/octocat")" "$image"

    scenario "a GitHub workflow, of an enterprise's own issuer"
    asked 'githubActions: {owner: "acme", repo: "app"}' "$image"
    fails "$way" "$SOME" 'missing GitHub Actions of `acme/app`'
  done
}

# A pattern is compared with the certificates of classic signatures.
@test "a pattern of subjects" {
  local way image tags='"https://github.com/acme/*/.github/workflows/*.yml@refs/tags/*"'
  local heads='"https://github.com/acme/*/.github/workflows/*.yml@refs/heads/*"'
  for way in "${WAYS[@]}"; do
    image=acme/pattern:$way
    push_image "$image"
    keyless "$way" "$(workflow acme/app)" "$image"

    scenario 'a GitHub workflow, by a pattern'
    asked_of "kind: \"genericIssuer\", issuer: \"$GITHUB\", subject: {pattern: $heads}" "$image"
    case $way in
      bundle3) fails "$way" "$UNREAD" ;;
      *) passes "$way" ;;
    esac

    scenario 'a GitHub workflow, by a pattern of tags'
    asked_of "kind: \"genericIssuer\", issuer: \"$GITHUB\", subject: {pattern: $tags}" "$image"
    case $way in
      bundle3) fails "$way" "$UNREAD" ;;
      *) fails "$way" "$SOME" ;;
    esac

    scenario 'a GitHub workflow, by a pattern, of another issuer'
    asked_of "kind: \"genericIssuer\", issuer: \"$GITHUB/octocat\", subject: {pattern: $heads}" "$image"
    case $way in
      bundle3) fails "$way" "$UNREAD" ;;
      *) fails "$way" "$SOME" ;;
    esac
  done
}

@test "two identities, one after the other" {
  local way image
  local both='keyless: [
    {issuer: "https://accounts.google.com", subject: "ci@example.com"},
    {issuer: "https://ci.example.com", subject: "https://example.com/acme/app"}
  ]'
  for way in "${WAYS[@]}"; do
    image=acme/two:$way
    push_image "$image"
    keyless "$way" "$(email ci@example.com)" "$image"

    scenario 'two identities, when one has signed'
    asked "$both" "$image"
    fails "$way" "$SOME" 'missing `https://example.com/acme/app` of `https://ci.example.com`'

    keyless "$way" "$(uri https://example.com/acme/app)" "$image"
    scenario 'two identities'
    asked "$both" "$image"
    passes "$way"
  done
}

@test "annotations" {
  local way image entry='keyless: [{issuer: "https://accounts.google.com", subject: "ci@example.com"}]'
  for way in cosign2 classic3; do
    image=acme/annotated:$way
    push_image "$image"
    keyless "$way" "$(email ci@example.com)" "$image" --annotations env=prod

    scenario 'an identity and an annotation'
    asked "$entry, annotations: {env: \"prod\"}" "$image"
    passes "$way"

    scenario 'an identity and another annotation'
    asked "$entry, annotations: {env: \"test\"}" "$image"
    fails "$way" "$SOME" 'annotations'
  done
}

@test "no annotation is found in a bundle" {
  push_image acme/annotated:bundle3
  keyless bundle3 "$(email ci@example.com)" acme/annotated:bundle3 --annotations env=prod

  scenario 'an identity and an annotation'
  asked 'keyless: [{issuer: "https://accounts.google.com", subject: "ci@example.com"}], annotations: {env: "prod"}' \
    acme/annotated:bundle3
  fails bundle3 "$SOME" 'annotations'
}

@test "a multi-arch image" {
  local way image entry='keyless: [{issuer: "https://accounts.google.com", subject: "ci@example.com"}]'
  for way in "${WAYS[@]}"; do
    image=acme/multi:$way
    push_index "$image" linux/amd64 linux/arm64
    keyless "$way" "$(email ci@example.com)" "$image"

    scenario 'the index of a multi-arch image'
    asked "$entry" "$image"
    passes "$way"

    scenario 'an image of a signed index'
    asked "$entry" "$image-linux-arm64"
    fails "$way" 'not signed'

    image=acme/recursive:$way
    push_index "$image" linux/amd64 linux/arm64
    keyless "$way" "$(email ci@example.com)" "$image" --recursive

    scenario 'an image of an index signed with --recursive'
    asked "$entry" "$image-linux-arm64"
    passes "$way"
  done
}

# ---- logs and roots --------------------------------------------------------------------------------

@test "a timestamp, beside the log and in its place" {
  local way image entry='keyless: [{issuer: "https://accounts.google.com", subject: "ci@example.com"}]'
  for way in "${WAYS[@]}"; do
    scenario 'an identity, timestamped and in the log'
    image=acme/timestamp:$way
    push_image "$image"
    timestamped "$way" "$image"
    asked "$entry" "$image"
    passes "$way"

    scenario 'an identity, timestamped and not in the log'
    image=acme/timestamp-alone:$way
    push_image "$image"
    LOG=without timestamped "$way" "$image"
    asked "$entry" "$image"
    case $way in
      bundle3) fails "$way" "$UNREAD" ;;
      *) fails "$way" "$SOME" ;;
    esac
  done
}

# timestamped WAY NAME:TAG: as the configuration of `bundle3` wants it anyhow
timestamped() {
  local option=(--timestamp-server-url "$TSA_URL")
  [ "$1" != bundle3 ] || option=()
  keyless "$1" "$(email ci@example.com)" "$2" "${option[@]}"
}

@test "another sigstore is not believed" {
  local way image entry='keyless: [{issuer: "https://accounts.google.com", subject: "ci@example.com"}]'
  local other=$BATS_TEST_TMPDIR
  jq --argjson certificates "$(raw_certificates "$BATS_FILE_TMPDIR/other.pem")" \
    '.trustedRoot.certificateAuthorities[0].certChain = {$certificates}' \
    "$BATS_FILE_TMPDIR/trust-config.json" >"$other/authority.json"
  jq --arg key "$(openssl pkey -in "$BATS_FILE_TMPDIR/other.key" -pubout -outform der | base64 -w0)" \
    '.trustedRoot.tlogs[0].publicKey.rawBytes = $key' "$BATS_FILE_TMPDIR/trust-config.json" >"$other/log.json"
  for way in "${WAYS[@]}"; do
    image=acme/other:$way
    push_image "$image"
    keyless "$way" "$(email ci@example.com)" "$image"

    scenario 'an identity, with another authority in the trust root'
    TRUST_CONFIG=$other/authority.json asked "$entry" "$image"
    fails "$way" "$SOME" 'missing `ci@example.com` of `https://accounts.google.com`'

    scenario 'an identity, with the key of another log in the trust root'
    TRUST_CONFIG=$other/log.json asked "$entry" "$image"
    case $way in
      bundle3) fails "$way" "$UNREAD" ;;
      *) fails "$way" 'there are signatures, but none is valid' ;;
    esac

    scenario 'an identity, with this Sigstore in the trust root'
    asked "$entry" "$image"
    passes "$way"
  done
}

# ---- reports ---------------------------------------------------------------------------------------

# reported WAY IMAGE ISSUER SUBJECT IDENTITY: attest, signed by that identity
reported() {
  signing "$1" --identity-token "$(token "$5")"
  attest "$2" --type vuln --predicate scan.json --certificate-oidc-issuer "$3" --certificate-identity "$4" -- "${SIGNING[@]}"
}

@test "a report is published when an identity has signed it" {
  local way image workflow=https://github.com/acme/app/.github/workflows/release.yml@refs/heads/main
  scan
  for way in cosign2 classic3; do
    image=acme/report:$way
    push_image "$image"
    reported "$way" "$image" https://accounts.google.com ci@example.com "$(email c@example.com)"
    exits 1
    says 'is signed, but not by `ci@example.com` of `https://accounts.google.com`'
    [ -z "$(report_of "$image")" ] || complain 'there is a tag'

    reported "$way" "$image" https://accounts.google.com ci@example.com "$(email ci@example.com)"
    exits 0
    report_of "$image"

    reported "$way" "$image" "$GITHUB" "$workflow" "$(workflow acme/app)"
    exits 0
  done

  # annotations are not read in bundles
  push_image acme/report:bundle3
  reported bundle3 acme/report:bundle3 https://accounts.google.com ci@example.com "$(email ci@example.com)"
  exits 1
  says '--new-bundle-format=false --use-signing-config=false'
}

@test "the log names who signed a report, and neither the image nor what was found" {
  local entry
  push_image acme/secret:1
  scan 2026-01-01T00:00:00Z '[{"VulnerabilityID": "CVE-2026-1234", "PkgName": "openssl", "Severity": "HIGH"}]'
  reported classic3 acme/secret:1 https://accounts.google.com ci@example.com "$(email ci@example.com)"
  exits 0
  entry=$(curl -fsS "$REKOR_URL/api/v1/log/entries?logIndex=$(($(curl -fsS "$REKOR_URL/api/v1/log" | jq .treeSize) - 1))" |
    jq -r '.[].body | @base64d')
  [[ $(jq -r .kind <<<"$entry") == hashedrekord ]] || complain "another entry: $entry"
  [[ $entry != *secret* && $entry != *CVE* && $entry != *attestation* ]] || complain "it says too much: $entry"
  jq -r '.spec.signature.publicKey.content | @base64d' <<<"$entry" | openssl x509 -noout -text | grep ci@example.com
}

@test "a report is published when a key in a kms has signed it" {
  local way key
  start_kms
  new_kms_key ECC_NIST_P256
  export_key cosign2 "$key" held-report
  scan
  for way in cosign2 classic3; do
    push_image "acme/held-report:$way"
    signing "$way" --key "$key"
    attest "acme/held-report:$way" --type vuln --predicate scan.json --key "$KEYS/held-report.pub" -- "${SIGNING[@]}"
    exits 0
  done
  stop kms
}

# by KIND: the rule asks for the image by a key, and for a scan by a signer of this kind
by() {
  settings "{rules: [{images: [\"\(\$registry)/**\"], allOf: [(\"imagery\" | signer)], attestations: [
    {type: \"vuln\", maxAge: \"7d\", allOf: [{$1}], vulnerabilities: {refuse: [\"CRITICAL\"]}}]}]}"
  create "$(pod "$(image acme/kinds:1)")"
}

@test "a report counts by each kind of signer" {
  local issuer=https://accounts.google.com prefix='subject: {urlPrefix: "https://github.com/acme/app"}'
  local pattern='subject: {pattern: "https://github.com/acme/*/.github/workflows/*.yml@refs/heads/*"}'
  new_key imagery
  push_image acme/kinds:1
  sign imagery acme/kinds:1
  scan
  by "kind: \"genericIssuer\", issuer: \"$issuer\", subject: {equal: \"ci@example.com\"}"
  refused 'no vuln report at'

  reported classic3 acme/kinds:1 "$issuer" ci@example.com "$(email ci@example.com)"
  exits 0
  by "kind: \"genericIssuer\", issuer: \"$issuer\", subject: {equal: \"ci@example.com\"}"
  accepted
  by "kind: \"genericIssuer\", issuer: \"$issuer\", subject: {equal: \"c@example.com\"}"
  refused 'its vuln report is signed, but not by'
  by 'kind: "githubAction", owner: "acme", repo: "app"'
  refused 'its vuln report is signed, but not by'

  scan "$(date --utc --date '1 hour ago' +%Y-%m-%dT%H:%M:%SZ)"
  reported cosign2 acme/kinds:1 "$GITHUB" https://github.com/acme/app/.github/workflows/release.yml@refs/heads/main "$(workflow acme/app)"
  exits 0
  by 'kind: "githubAction", owner: "acme", repo: "app"'
  accepted
  by 'kind: "githubAction", owner: "acme"'
  accepted
  by 'kind: "githubAction", owner: "acme", repo: "other"'
  refused 'its vuln report is signed, but not by'
  by "kind: \"genericIssuer\", issuer: \"$GITHUB\", $prefix"
  accepted
  by "kind: \"genericIssuer\", issuer: \"$GITHUB\", $pattern"
  accepted
  by "kind: \"genericIssuer\", issuer: \"$GITHUB\", ${pattern/heads/tags}"
  refused 'its vuln report is signed, but not by'
}

# attested WAY NAME:TAG OPTION…: by `cosign attest`
attested() {
  signing "$1"
  SIGNING=("${SIGNING[@]/#sign/attest}")
  "${SIGNING[@]}" --type vuln --predicate "$BATS_TEST_TMPDIR/vuln.json" "${@:3}" "$REGISTRY/${2%:*}@$(digest_of "$2")"
}

@test "what cosign 2 and 3 attested is published again" {
  local way image
  new_key attester
  signed_with attester
  jq -n '{scanner: {uri: "trivy", result: {SchemaVersion: 2}}, metadata: {scanFinishedOn: "2026-01-01T00:00:00Z"}}' \
    >"$BATS_TEST_TMPDIR/vuln.json"
  for way in "${WAYS[@]}"; do
    image=acme/attested:$way
    push_image "$image"
    attested "$way" "$image" --key "$KEYS/attester.key"
    attest "$image" --type vuln --from-cosign --key "$KEYS/attester.pub" -- "${SIGNED_WITH[@]}"
    exits 0

    # this Sigstore has no log of certificates
    image=acme/attested-by-identity:$way
    push_image "$image"
    attested "$way" "$image" --identity-token "$(token "$(email ci@example.com)")"
    attest "$image" --type vuln --from-cosign --certificate-oidc-issuer https://accounts.google.com \
      --certificate-identity ci@example.com -- "${SIGNED_WITH[@]}"
    exits 1
    case $way in
      bundle3) says 'contains no certificate transparency log' ;;
      *) says 'cosign verify-attestation' ;;
    esac
  done
}

# ---- certificates of a private authority -----------------------------------------------------------

# certified WAY NAME:TAG [OPTION…]: signed with the key of the certificate `signer`
certified() {
  sign_by "$1" "$BATS_FILE_TMPDIR/signer.key" "$2" --certificate "$BATS_FILE_TMPDIR/signer.pem" "${@:3}"
}

# trusted_root_with_ca: cosign 3 believes the certificates alone that its own trust root vouches for
trusted_root_with_ca() {
  jq --argjson certificates "$(raw_certificates "$BATS_FILE_TMPDIR/ca.pem")" \
    '.certificateAuthorities += [.certificateAuthorities[0] | .certChain = {$certificates}]' "$SIGSTORE/trusted-root.json"
}

new_signer() {
  [ -e "$BATS_FILE_TMPDIR/signer.pem" ] || new_certificate signer "${SIGNER[@]}"
  [ -e "$BATS_FILE_TMPDIR/stranger.pem" ] || new_certificate stranger "${SIGNER[@]}"
  TRUSTED_ROOT=$BATS_TEST_TMPDIR/trusted-root.json
  trusted_root_with_ca >"$TRUSTED_ROOT"
}

readonly SIGNER=(keyUsage=digitalSignature extendedKeyUsage=codeSigning subjectAltName=email:ci@example.org)

@test "a certificate, with a rekor bundle" {
  local way image
  new_signer
  for way in "${WAYS[@]}"; do
    image=acme/logged:$way
    push_image "$image"
    certified "$way" "$image"

    scenario 'a certificate, in the log'
    asked 'certificates: [$signer_pem], certificateChain: [$ca_pem]' "$image"
    passes "$way"

    scenario 'a certificate, in the log, which need not be'
    asked 'certificates: [$signer_pem], certificateChain: [$ca_pem], requireRekorBundle: false' "$image"
    passes "$way"

    push_image "$image-chain"
    certified "$way" "$image-chain" --certificate-chain "$BATS_FILE_TMPDIR/ca.pem"

    scenario 'a certificate with its chain, in the log'
    asked 'certificates: [$signer_pem], certificateChain: [$ca_pem]' "$image-chain"
    case $way in
      bundle3) fails "$way" "$UNREAD" ;;
      *) passes "$way" ;;
    esac

    scenario 'another certificate of that authority'
    asked 'certificates: [$stranger_pem], certificateChain: [$ca_pem]' "$image"
    fails "$way" "$SOME" 'missing certificate 1'

    sleep 1
    certificate_since now
    scenario 'a certificate that became valid after the signature'
    asked 'certificates: [$later_pem], certificateChain: [$ca_pem]' "$image"
    fails "$way" "$SOME" 'missing certificate 1'
  done
}

@test "a certificate, without a rekor bundle" {
  local way image
  new_signer
  for way in "${WAYS[@]}"; do
    image=acme/unlogged:$way
    push_image "$image"
    LOG=without certified "$way" "$image"

    scenario 'a certificate, not in the log'
    asked 'certificates: [$signer_pem], certificateChain: [$ca_pem]' "$image"
    case $way in
      bundle3) fails "$way" "$UNREAD" ;;
      *) fails "$way" "$SOME" 'missing certificate 1' ;;
    esac

    scenario 'a certificate, not in the log, which need not be'
    asked 'certificates: [$signer_pem], certificateChain: [$ca_pem], requireRekorBundle: false' "$image"
    case $way in
      bundle3) fails "$way" "$UNREAD" ;;
      *) passes "$way" ;;
    esac
  done
}

@test "a certificate that has expired is missing, and one of another chain is refused with the settings" {
  new_signer
  certificate_since 20200101000000Z 20210101000000Z
  push_image acme/chain:v1

  asked 'certificates: [$later_pem], certificateChain: [$ca_pem]' acme/chain:v1
  refused 'certificate 1 cannot be used: the certificate expired on 2021-01-01'

  asked 'certificates: [$signer_pem], certificateChain: [$other_pem]' acme/chain:v1
  settings_refused 'signatures[0].certificates[0]' 'Certificate is not trusted by the provided cert chain'

  asked 'certificates: [$signer_pem], certificateChain: [$ca_pem]' acme/chain:v1
  refused 'not signed'
}

# certificate_since START [END]: the certificate `later` has the key of `signer`
certificate_since() {
  (
    cd "$BATS_FILE_TMPDIR" || return
    : >index.txt
    openssl ca -batch -in signer.csr -cert ca.pem -keyfile ca.key -md sha256 -notext -out later.pem \
      -outdir . -startdate "$(date_of "$1")" -enddate "${2:-20991231235959Z}" -config /dev/stdin 2>openssl.log <<CONFIG ||
[ca]
default_ca = e2e
[e2e]
database = index.txt
rand_serial = yes
policy = any
x509_extensions = signer
[any]
commonName = supplied
[signer]
$(printf '%s\n' "${SIGNER[@]}")
CONFIG
      { cat openssl.log && return 1; }
  )
}

date_of() { if [ "$1" = now ]; then date -u +%Y%m%d%H%M%SZ; else echo "$1"; fi; }

# ---- keys ------------------------------------------------------------------------------------------

@test "keys of every kind, in files" {
  keys_of p256 -algorithm EC -pkeyopt ec_paramgen_curve:P-256
  keys_of p384 -algorithm EC -pkeyopt ec_paramgen_curve:P-384
  keys_of rsa4096 -algorithm RSA -pkeyopt rsa_keygen_bits:4096
  keys_of ed25519 -algorithm ED25519

  scenario 'a P-256 key'
  key_passes cosign2 p256
  key_passes classic3 p256
  key_fails bundle3 p256 "$UNREAD"

  scenario 'an RSA-4096 key'
  key_passes cosign2 rsa4096
  key_passes classic3 rsa4096
  key_fails bundle3 rsa4096 "$UNREAD"

  scenario 'a P-384 key, in the log'
  signs_not cosign2 'invalid signature when validating ASN.1 encoded signature' sign_by_new cosign2 p384
  key_passes classic3 p384
  signs_not bundle3 'could not verify envelope' sign_by_new bundle3 p384

  scenario 'a P-384 key, not in the log'
  LOG=without key_passes cosign2 p384
  LOG=without key_passes classic3 p384
  LOG=without key_fails bundle3 p384 "$UNREAD"

  scenario 'an Ed25519 key, in the log'
  signs_not cosign2 'unsupported hash algorithm' sign_by_new cosign2 ed25519
  key_fails classic3 ed25519 "$SOME"
  signs_not bundle3 'could not verify envelope' sign_by_new bundle3 ed25519

  scenario 'an Ed25519 key, not in the log'
  LOG=without key_fails cosign2 ed25519 "$SOME"
  LOG=without key_fails classic3 ed25519 "$SOME"
  LOG=without signs_not bundle3 'could not verify envelope' sign_by_new bundle3 ed25519
}

# Of an Ed25519 signature there are two kinds: cosign makes Ed25519ph, hosts read Ed25519.
@test "an ed25519 signature that is made elsewhere and attached" {
  keys_of ed25519 -algorithm ED25519
  keys_of another -algorithm ED25519
  push_image acme/ed25519:attached
  local target=$REGISTRY/acme/ed25519@$(digest_of acme/ed25519:attached)
  (
    cd "$BATS_TEST_TMPDIR" || return
    cosign_of cosign2 generate --allow-insecure-registry "$target" >payload
    openssl pkeyutl -sign -inkey ed25519.key -rawin -in payload | base64 -w0 >signature
    cosign_of cosign2 attach signature --allow-insecure-registry --payload payload --signature signature "$target"
  )
  scenario 'an Ed25519 key, its signature made elsewhere and attached'
  asked 'pubKeys: [$ed25519]' acme/ed25519:attached
  passes cosign2

  asked 'pubKeys: [$another]' acme/ed25519:attached
  refused 'missing public key 1'
}

# keys_of NAME OPTION…: a key of this test
keys_of() {
  openssl genpkey -quiet "${@:2}" -out "$BATS_TEST_TMPDIR/$1.key"
  openssl pkey -in "$BATS_TEST_TMPDIR/$1.key" -pubout -out "$KEYS/$1.pub"
}

# sign_by_new WAY KEY: signs an image anew
sign_by_new() {
  push_image "acme/key:$2-$1" && sign_by "$1" "$BATS_TEST_TMPDIR/$2.key" "acme/key:$2-$1"
}

# key_passes WAY KEY, key_fails WAY KEY TEXT
key_passes() {
  sign_by_new "$1" "$2"
  asked "pubKeys: [\$$2]" "acme/key:$2-$1"
  passes "$1"
}
key_fails() {
  sign_by_new "$1" "$2"
  asked "pubKeys: [\$$2]" "acme/key:$2-$1"
  fails "$1" "$3"
}

@test "keys held in a kms" {
  local way spec key
  start_kms
  for spec in ECC_NIST_P256 ECC_NIST_P384 RSA_4096; do
    for way in "${WAYS[@]}"; do
      new_kms_key "$spec" && export_key "$way" "$key" another
      new_kms_key "$spec" && export_key "$way" "$key" held
      scenario "a KMS key, $spec"
      held_key "$way" "$key" "acme/kms:${spec,,}-$way"
    done
  done
  stop kms
}

@test "a key held in a pkcs#11 token" {
  local way key
  for way in "${WAYS[@]}"; do
    new_token_key "another-$way" && export_key "$way" "$key" another
    new_token_key "held-$way" && export_key "$way" "$key" held
    scenario 'a PKCS#11 key, P-256'
    held_key "$way" "$key" "acme/token:$way"
  done
}

# held_key WAY KEY NAME:TAG: verified with the public half that cosign exported
held_key() {
  push_image "$3"
  LOG=without sign_with "$1" "$3" --key "$2"
  asked 'pubKeys: [$held]' "$3"
  case $1 in
    bundle3) fails "$1" "$UNREAD" ;;
    *)
      passes "$1"
      asked 'pubKeys: [$another]' "$3"
      refused 'missing public key 1'
      ;;
  esac
}

# ---- the table -------------------------------------------------------------------------------------

@test "these are the outcomes that are written down" {
  reads_bundles || skip 'the table is that of hosts that read bundles'
  table | tee "$BATS_TEST_TMPDIR/table" | sed 's/^/# /' >&3
  sed -n '/^| scenario/,/^$/p' "$BATS_TEST_DIRNAME/tests/sigstore/README.md" | sed '/^$/d' | diff - "$BATS_TEST_TMPDIR/table"
}
