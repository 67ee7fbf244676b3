# Signed reports: a scan, how it is published, and what then lies in the registry.

readonly VULN=https://cosign.sigstore.dev/attestation/vuln/v1

# scan [TIME] [FINDINGS]: scan.json, a report of trivy's of that time with these findings
scan() {
  jq -n --arg time "${1:-$(date --utc +%Y-%m-%dT%H:%M:%SZ)}" --argjson findings "${2:-null}" '{
    SchemaVersion: 2, Trivy: {Version: "0.70.0"}, CreatedAt: $time, ArtifactName: "app", ArtifactType: "container_image",
    Results: [{Target: "app (debian 13)", Class: "os-pkgs", Type: "debian", Vulnerabilities: $findings}]
  }' >"$BATS_TEST_TMPDIR/scan.json"
}

# attest NAME:TAG OPTION… [-- COMMAND…]: publish a report about the image
attest() {
  echo "insecure_sources: ['$REGISTRY']" >"$BATS_TEST_TMPDIR/sources.yml"
  cd "$BATS_TEST_TMPDIR" || return
  run --separate-stderr timeout "$COMMAND_TIMEOUT" "$SIGNED_IMAGES" attest \
    --sources-path sources.yml --sigstore-trust-config "${TRUST_CONFIG:-$BATS_FILE_TMPDIR/trust-config.json}" \
    "$REGISTRY/${1%:*}@$(digest_of "$1")" "${@:2}"
}

# signed_with KEY [OPTION…]: the command by which a report is signed
signed_with() {
  SIGNED_WITH=(cosign sign --key "$KEYS/$1.key" --tlog-upload=false --allow-insecure-registry -y "${@:2}")
}

# report_of NAME:TAG [REPORT] [REPOSITORY]: the digest that the tag of a report has, if there is one
report_of() {
  local digest
  digest=$(digest_of "$1")
  curl -fsSI "http://$REGISTRY/v2/${3:-${1%:*}}/manifests/${digest/:/-}.${2:-vuln}" \
    -H 'accept: application/vnd.oci.image.manifest.v1+json' | sed -n 's/^docker-content-digest: \(.*\)\r/\1/Ip'
}

# statement_of NAME:TAG [REPORT] [REPOSITORY]
statement_of() {
  local report repository=${3:-${1%:*}}
  report=$(report_of "$@")
  curl -fsS "http://$REGISTRY/v2/$repository/blobs/$(curl -fsS "http://$REGISTRY/v2/$repository/manifests/$report" \
    -H 'accept: application/vnd.oci.image.manifest.v1+json' | jq -r .config.digest)"
}

# exits CODE
exits() {
  [ "$status" -eq "$1" ] || complain "exit code $status, not $1"
}

# says TEXT…: on stderr
says() {
  local text
  for text in "$@"; do
    [[ $stderr == *"$text"* ]] || complain "stderr does not say: $text" || return
  done
}

# asks_for ENTRY…: settings whose rule asks for images by `release`, and for these reports about them
asks_for() {
  local entries
  entries=$(printf ', %s' "$@")
  settings "{rules: [{name: \"acme\", images: [\"\(\$registry)/**\"], allOf: [(\"release\" | signer)], attestations: [${entries:2}]}]}"
}

# a_signed_image NAME:TAG: signed by `release`
a_signed_image() { push_image "$1" && sign release "$1"; }

# publishes KEY NAME:TAG OPTION…: a report that is signed by the key, whoever trusts it
publishes() {
  signed_with "$1"
  attest "$2" --key "$KEYS/$1.pub" "${@:3}" -- "${SIGNED_WITH[@]}"
  exits 0
}

# retag REPOSITORY DIGEST TAG: the tag is moved, by whoever may push
retag() {
  curl -fsS "http://$REGISTRY/v2/$1/manifests/$2" -H 'accept: application/vnd.oci.image.manifest.v1+json' \
    -o "$BATS_TEST_TMPDIR/manifest.json"
  curl -fsS -o /dev/null -X PUT "http://$REGISTRY/v2/$1/manifests/$3" --data-binary "@$BATS_TEST_TMPDIR/manifest.json" \
    -H 'content-type: application/vnd.oci.image.manifest.v1+json'
}

# report_tag NAME:TAG [REPORT]: where the policy looks for a report
report_tag() { local digest; digest=$(digest_of "$1"); echo "${digest/:/-}.${2:-vuln}"; }
