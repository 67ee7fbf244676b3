#!/usr/bin/env bats
# The annotated module on identities: a private Sigstore on loopback ports, images signed by cosign 2 and 3, and
# the module run by `signed-images run`, or by the kwctl that KWCTL names.
#
#     make e2e-sigstore

bats_require_minimum_version 1.5.0
load tests/e2e/lib
load tests/sigstore/services
load tests/sigstore/trust
load tests/sigstore/sign
load tests/sigstore/outcomes

setup_file() {
  mkdir -p "$DOCKER_CONFIG" "$KEYS" && echo '{}' >"$DOCKER_CONFIG/config.json"
  start_registry main
  export REGISTRY=$address
  start_sigstore
  new_trust_config
}

teardown_file() {
  stop_sigstore
  stop_all
}

setup() {
  RUNNER=("${KWCTL:-$SIGNED_IMAGES}")
}

# ---- who signed ------------------------------------------------------------------------------------

@test "an e-mail address, exactly" {
  local way image
  for way in "${WAYS[@]}"; do
    image=acme/email:$way
    push_image "$image"
    keyless "$way" "$(email ci@example.com)" "$image"

    scenario 'an e-mail address'
    asked 'keyless: [{issuer: "https://accounts.google.com", subject: "ci@example.com"}]' "$image"
    passes "$way"

    scenario 'an e-mail address, of another issuer'
    asked 'keyless: [{issuer: "https://accounts.example.com", subject: "ci@example.com"}]' "$image"
    fails "$way" 'missing `ci@example.com` of `https://accounts.example.com`'

    scenario 'another e-mail address'
    asked 'keyless: [{issuer: "https://accounts.google.com", subject: "i@example.com"}]' "$image"
    fails "$way" 'missing `i@example.com` of `https://accounts.google.com`'
  done
}
