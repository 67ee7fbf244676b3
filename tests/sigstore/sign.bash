# Signing at the private Sigstore, in the three ways that there are:
#
# - `cosign2`: cosign 2
# - `classic3`: cosign 3, told to write what cosign 2 writes
# - `bundle3`: cosign 3 as it is, which writes Sigstore bundles that refer to the image

readonly WAYS=(cosign2 classic3 bundle3) GITHUB=https://token.actions.githubusercontent.com

# Without a trust root cosign would ask Sigstore's public instance for its own.
#
# signing WAY [OPTION…]: the command that signs goes to $SIGNING, but for what it signs; and into the log, but for
# LOG=without
signing() {
  local services=(--fulcio-url "$FULCIO_URL" --rekor-url "$REKOR_URL") options
  local trusted=(--trusted-root "${TRUSTED_ROOT:-$SIGSTORE/trusted-root.json}")
  [ "${LOG:-with}" = with ] || services+=(--tlog-upload=false)
  case $1 in
    cosign2) options=(--insecure-skip-verify "${services[@]}" "${trusted[@]}") ;;
    classic3) options=(--new-bundle-format=false --use-signing-config=false "${services[@]}" "${trusted[@]}") ;;
    bundle3) options=(--signing-config "$SIGSTORE/signing-config-${LOG:-with}-log.json" "${trusted[@]}") ;;
  esac
  SIGNING=(timeout "$COMMAND_TIMEOUT" "$SIGSTORE_BIN/cosign${1: -1}" sign --yes --allow-insecure-registry
    "${options[@]}" "${@:2}")
}

# sign_with WAY NAME:TAG [OPTION…]
sign_with() {
  signing "$1" "${@:3}"
  "${SIGNING[@]}" "$REGISTRY/${2%:*}@$(digest_of "$2")"
}

# cosign_of WAY ARGUMENT…
cosign_of() { timeout "$COMMAND_TIMEOUT" "$SIGSTORE_BIN/cosign${1: -1}" "${@:2}"; }

# sign_by WAY KEY NAME:TAG [OPTION…]: KEY is a file with a private key, as openssl writes it
sign_by() {
  local key=$BATS_TEST_TMPDIR/${2##*/}-$1
  [ -e "$key.key" ] || cosign_of "$1" import-key-pair --yes --key "$2" --output-key-prefix "$key"
  sign_with "$1" "$3" --key "$key.key" "${@:4}"
}

# keyless WAY IDENTITY NAME:TAG [OPTION…]: IDENTITY is what a token claims
keyless() {
  sign_with "$1" "$3" --identity-token "$(token "$2")" "${@:4}"
}

# token IDENTITY: what the issuer says of it
token() { curl -fsS "http://$ISSUER/token" --data "$1"; }

# email ADDRESS, uri SUBJECT, workflow OWNER/REPOSITORY [ISSUER]: identities
email() { jq -cn --arg email "$1" '{iss: "https://accounts.google.com", sub: $email, $email, email_verified: true}'; }
uri() { jq -cn --arg sub "$1" '{iss: "https://ci.example.com", $sub}'; }
workflow() {
  jq -cn --arg repository "$1" --arg iss "${2:-$GITHUB}" '
    "\($repository)/.github/workflows/release.yml@refs/heads/main" as $workflow_ref
    | "f00dfeedf00dfeedf00dfeedf00dfeedf00dfeed" as $sha
    | {
        $iss, sub: "repo:\($repository):ref:refs/heads/main", $repository, $sha, ref: "refs/heads/main",
        event_name: "push", workflow: "release", job_workflow_ref: $workflow_ref, job_workflow_sha: $sha,
        $workflow_ref, workflow_sha: $sha, runner_environment: "github-hosted", repository_id: "1",
        repository_owner: ($repository / "/")[0], repository_owner_id: "2",
        repository_visibility: "public", run_id: "3", run_attempt: "1"
      }'
}
