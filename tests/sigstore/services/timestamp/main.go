// A timestamp authority, with a key of its own that it forgets when it ends.
//
// It is Sigstore's, without the metrics, which the command of that project serves on a fixed port: two runs of
// the tests would stand in each other's way. It listens on a free port of 127.0.0.1, which its log tells.
package main

import (
	"log"
	"time"

	"github.com/sigstore/timestamp-authority/v2/pkg/server"
	"github.com/spf13/viper"
)

const (
	policy  = "1.3.6.1.4.1.57264.2"
	timeout = 30 * time.Second
)

func main() {
	viper.Set("timestamp-signer", "memory")
	viper.Set("timestamp-signer-hash", "sha256")
	viper.Set("default-policy-oid", policy)
	viper.Set("accepted-policy-oids", []string{policy})
	viper.Set("max-request-body-size", 1<<20)
	authority := server.NewRestAPIServer("127.0.0.1", 0, []string{"http"}, false, timeout, timeout)
	log.Fatal(authority.Serve())
}
