# A private Sigstore: an OpenID Connect issuer, Fulcio with a certificate authority in files, Rekor on Trillian
# on MariaDB, and a timestamp authority.
#
# All of it listens on 127.0.0.1 (but for the metrics of Fulcio and Rekor, which take no address), on free ports
# that the kernel picks, and lives in bats' temporary folder. There is no log of certificates.

PATH=$PATH:/usr/sbin
readonly SIGSTORE=$BATS_FILE_TMPDIR/sigstore
SIGSTORE_BIN=${SIGSTORE_BIN:-$BATS_TEST_DIRNAME/target/sigstore/bin}

# start_sigstore: the addresses go to $ISSUER, $FULCIO_URL, $REKOR_URL and $TSA_URL
start_sigstore() {
  mkdir -p "$SIGSTORE"
  start_issuer
  start_fulcio
  start_rekor
  start_timestamp_authority
}

# stop_sigstore: those that ask before those that are asked
stop_sigstore() {
  local name
  for name in timestamp rekor trillian_log_signer trillian_log_server database fulcio issuer; do
    [ ! -e "$SERVERS/$name.pid" ] || stop "$name"
  done
}

# ---- one service each ------------------------------------------------------------------------------

# The issuer stands in for every host of the internet, for those that go through it as a proxy.
start_issuer() {
  serve issuer 'listens on ' "$SIGSTORE_BIN/issuer" "$SIGSTORE/issuer-ca.pem"
  export ISSUER=$address
}

# Fulcio knows the issuers of Sigstore's public instance, and one whose subjects are URIs.
start_fulcio() {
  local http grpc
  new_fulcio_ca
  sed '/^oidc-issuers:/r /dev/stdin' "$(module_folder github.com/sigstore/fulcio)/config/identity/config.yaml" \
    >"$SIGSTORE/fulcio.yaml" <<'YAML'
  https://ci.example.com:
    issuer-url: https://ci.example.com
    client-id: sigstore
    type: uri
    subject-domain: https://example.com
YAML
  read -r http grpc < <(free_ports 2)
  export FULCIO_URL=http://127.0.0.1:$http
  HTTPS_PROXY=http://$ISSUER SSL_CERT_FILE=$SIGSTORE/issuer-ca.pem \
    spawn fulcio "$SIGSTORE_BIN/fulcio" serve --config-path "$SIGSTORE/fulcio.yaml" --ct-log-url '' \
    --ca fileca --fileca-cert "$SIGSTORE/fulcio-chain.pem" --fileca-key "$SIGSTORE/fulcio.key" \
    --fileca-key-passwd fulcio --fileca-watch=false \
    --host 127.0.0.1 --port "$http" --grpc-host 127.0.0.1 --grpc-port "$grpc" --metrics-port 0 \
    --legacy-unix-domain-socket "$SIGSTORE/fulcio.sock"
  ready fulcio curl -fs -o /dev/null "$FULCIO_URL/api/v1/rootCert"
}

start_rekor() {
  local server signer
  start_database
  read -r server signer < <(free_ports 2)
  trillian log_server "$server"
  trillian log_signer "$signer" --force_master
  openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$SIGSTORE/rekor.key"
  openssl pkey -in "$SIGSTORE/rekor.key" -pubout -out "$SIGSTORE/rekor.pub"
  serve rekor 'at http:..' "$SIGSTORE_BIN/rekor-server" serve --port 0 --rekor_server.hostname rekor.example.com \
    --rekor_server.signer "$SIGSTORE/rekor.key" --trillian_log_server.port "$server" \
    --enable_retrieve_api=false --enabled_api_endpoints "$REKOR_ENDPOINTS"
  export REKOR_URL=http://$address
}

# All but the search index, which takes a database more.
readonly REKOR_ENDPOINTS=getLogInfo,getPublicKey,getLogProof,createLogEntry,getLogEntryByIndex,getLogEntryByUUID,searchLogQuery

# trillian PART PORT [OPTION…]
trillian() {
  spawn "trillian_$1" "$SIGSTORE_BIN/trillian_$1" --rpc_endpoint "127.0.0.1:$2" --http_endpoint '' \
    --mysql_uri "root@unix($SIGSTORE/database.sock)/trillian" --logtostderr "${@:3}"
  ready "trillian_$1" listens "$2"
}

start_database() {
  mariadb-install-db --no-defaults --user="$(id -un)" --datadir="$SIGSTORE/database" --skip-test-db \
    --auth-root-authentication-method=normal >"$SIGSTORE/database.txt" || { cat "$SIGSTORE/database.txt" && return 1; }
  {
    printf 'CREATE DATABASE trillian;\nUSE trillian;\n'
    cat "$(module_folder github.com/google/trillian)/storage/mysql/schema/storage.sql"
  } >"$SIGSTORE/schema.sql"
  spawn database mariadbd --no-defaults --user="$(id -un)" --datadir="$SIGSTORE/database" --skip-networking \
    --socket="$SIGSTORE/database.sock" --pid-file="$SIGSTORE/database.pid" --init-file="$SIGSTORE/schema.sql"
  ready database grep -q 'ready for connections' "$SERVERS/database.log"
}

start_timestamp_authority() {
  serve timestamp 'at http:..' "$SIGSTORE_BIN/timestamp"
  export TSA_URL=http://$address/api/v1/timestamp
  curl -fsS "$TSA_URL/certchain" -o "$SIGSTORE/timestamp-chain.pem"
}

# ---- what they share -------------------------------------------------------------------------------

# module_folder MODULE: where Go keeps the source of a module, in the version of go.mod
module_folder() { go -C "$BATS_TEST_DIRNAME/tests/sigstore/services" list -m -f '{{.Dir}}' "$1"; }

listens() { (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# new_fulcio_ca: a root, and an authority under it in whose name Fulcio signs
new_fulcio_ca() {
  (
    cd "$SIGSTORE" || return
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-384 -nodes -days 2 -subj /O=example.com/CN=root \
      -addext basicConstraints=critical,CA:TRUE,pathlen:1 -addext keyUsage=critical,keyCertSign,cRLSign \
      -keyout fulcio-root.key -out fulcio-root.pem 2>/dev/null
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-384 -nodes -subj /O=example.com/CN=fulcio \
      -keyout fulcio-plain.key -out fulcio.csr 2>/dev/null
    openssl x509 -req -in fulcio.csr -CA fulcio-root.pem -CAkey fulcio-root.key -days 2 -out fulcio.pem \
      -extfile <(printf '%s\n' basicConstraints=critical,CA:TRUE,pathlen:0 keyUsage=critical,keyCertSign,cRLSign \
        extendedKeyUsage=codeSigning) 2>/dev/null
    openssl pkey -in fulcio-plain.key -aes256 -passout pass:fulcio -out fulcio.key
    cat fulcio.pem fulcio-root.pem >fulcio-chain.pem
  )
}
