# What those who sign and those who verify are told of the private Sigstore, without a TUF repository.

# new_trust_config: a ClientTrustConfig, as `signed-images` and `kwctl` take it, and its parts, as cosign takes
# them
new_trust_config() {
  (
    cd "$SIGSTORE" || return
    jq -n --arg start 2020-01-01T00:00:00Z --arg fulcio "$FULCIO_URL" --arg rekor "$REKOR_URL" --arg tsa "$TSA_URL" \
      --argjson fulcio_chain "$(raw_certificates fulcio-chain.pem)" \
      --argjson tsa_chain "$(raw_certificates timestamp-chain.pem)" \
      --arg rekor_key "$(openssl pkey -pubin -in rekor.pub -outform der | base64 -w0)" \
      --arg rekor_id "$(openssl pkey -pubin -in rekor.pub -outform der | openssl dgst -sha256 -binary | base64 -w0)" '
      {$start} as $validFor
      | def service($url): {$url, majorApiVersion: 1, $validFor, operator: "example.com"};
      def authority($uri; $certificates):
        {subject: {organization: "example.com", commonName: "example.com"}, $uri, certChain: {$certificates}, $validFor};
      {
        mediaType: "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json",
        trustedRoot: {
          mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
          tlogs: [{
            baseUrl: $rekor, hashAlgorithm: "SHA2_256", logId: {keyId: $rekor_id},
            publicKey: {rawBytes: $rekor_key, keyDetails: "PKIX_ECDSA_P256_SHA_256", $validFor}
          }],
          certificateAuthorities: [authority($fulcio; $fulcio_chain)],
          timestampAuthorities: [authority($tsa; $tsa_chain)]
        },
        signingConfig: {
          mediaType: "application/vnd.dev.sigstore.signingconfig.v0.2+json",
          caUrls: [service($fulcio)], oidcUrls: [service("https://ci.example.com")],
          rekorTlogUrls: [service($rekor)], rekorTlogConfig: {selector: "ANY"},
          tsaUrls: [service($tsa)], tsaConfig: {selector: "ANY"}
        }
      }' >"$BATS_FILE_TMPDIR/trust-config.json"
    jq .trustedRoot "$BATS_FILE_TMPDIR/trust-config.json" >trusted-root.json
    jq .signingConfig "$BATS_FILE_TMPDIR/trust-config.json" >signing-config-with-log.json
    jq 'del(.rekorTlogUrls, .rekorTlogConfig)' signing-config-with-log.json >signing-config-without-log.json
  )
}

# raw_certificates FILE: a list of the certificates of a PEM file
raw_certificates() {
  sed 's/-----BEGIN CERTIFICATE-----/{"rawBytes": "/; s/-----END CERTIFICATE-----/"}/' "$1" | tr -d '\n' | jq -cs .
}
