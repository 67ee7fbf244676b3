# Keys that are held where cosign cannot take them from: an emulator of AWS's KMS, and SoftHSM, a PKCS#11 module.

MOTO=${MOTO:-$BATS_TEST_DIRNAME/target/sigstore/moto}
readonly PIN=1234

# start_kms: over TLS, since cosign speaks to a KMS in no other way
start_kms() {
  new_certificate kms subjectAltName=IP:127.0.0.1
  serve kms 'Running on https:..' "$MOTO/bin/python" "$BATS_TEST_DIRNAME/tests/sigstore/kms.py" --host 127.0.0.1 --port 0 \
    --ssl --ssl-cert "$BATS_FILE_TMPDIR/kms.pem" --ssl-key "$BATS_FILE_TMPDIR/kms.key"
  export KMS=$address AWS_CA_BUNDLE=$BATS_FILE_TMPDIR/ca.pem \
    AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=e2e AWS_SECRET_ACCESS_KEY=e2e
}

# new_kms_key SPEC: the address of the key goes to $key
new_kms_key() {
  local created
  created=$(curl -fsS --cacert "$AWS_CA_BUNDLE" --aws-sigv4 aws:amz:us-east-1:kms --user e2e:e2e "https://$KMS/" \
    -H 'x-amz-target: TrentService.CreateKey' -H 'content-type: application/x-amz-json-1.1' \
    --data "$(jq -cn --arg spec "$1" '{KeyUsage: "SIGN_VERIFY", KeySpec: $spec}')")
  key=awskms://$KMS/$(jq -r .KeyMetadata.KeyId <<<"$created")
}

# new_token_key NAME: made outside and put into a new token; the address of the key goes to $key
new_token_key() {
  local module
  export SOFTHSM2_CONF=$BATS_FILE_TMPDIR/softhsm.conf
  mkdir -p "$BATS_FILE_TMPDIR/tokens"
  echo "directories.tokendir = $BATS_FILE_TMPDIR/tokens" >"$SOFTHSM2_CONF"
  softhsm2-util --init-token --free --label "$1" --pin "$PIN" --so-pin "$PIN"
  openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$BATS_TEST_TMPDIR/$1.key"
  softhsm2-util --import "$BATS_TEST_TMPDIR/$1.key" --token "$1" --label "$1" --id 01 --pin "$PIN"
  module=$(find /usr/lib -name libsofthsm2.so | head -n 1)
  key="pkcs11:token=$1;object=$1?module-path=$module&pin-value=$PIN"
}

# export_key WAY KEY NAME: the public half, as cosign gives it, becomes the key NAME of `settings`
export_key() { cosign_of "$1" public-key --key "$2" >"$KEYS/$3.pub"; }
