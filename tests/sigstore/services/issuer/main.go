// An OpenID Connect issuer, under whatever name it is asked for.
//
//   - How can it be https://token.actions.githubusercontent.com? It is an HTTP proxy: whoever is told to go
//     through it and to believe its certificate authority finds it behind every host.
//   - Who gets a token? Everybody. `POST /token` with the claims, `iss` among them, answers with the token.
//   - Where does it listen? On a free port of 127.0.0.1, which it prints. The certificate of its authority
//     goes to the file that is its only argument.
package main

import (
	"bufio"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"
)

const (
	discovery = "/.well-known/openid-configuration"
	audience  = "sigstore"
	lifetime  = time.Hour
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: issuer CA-FILE")
	}
	authority := newAuthority()
	check(os.WriteFile(os.Args[1], authority.certificatePEM(), 0o600))
	issuer := newIssuer()

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	fmt.Printf("issuer listens on %s\n", listener.Addr())
	check(http.Serve(listener, http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		switch {
		case request.Method == http.MethodConnect:
			authority.connect(response, request, issuer)
		case request.URL.Path == "/token":
			issuer.token(response, request)
		default:
			http.NotFound(response, request)
		}
	})))
}

// authority makes a certificate for every host.
type authority struct {
	key         *ecdsa.PrivateKey
	certificate *x509.Certificate
}

func newAuthority() *authority {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	certificate := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "issuer"},
		NotBefore:             time.Now().Add(-time.Minute),
		NotAfter:              time.Now().Add(24 * time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	certificate.Raw, err = x509.CreateCertificate(rand.Reader, certificate, certificate, key.Public(), key)
	check(err)
	return &authority{key, certificate}
}

func (authority *authority) certificatePEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authority.certificate.Raw})
}

func (authority *authority) certificateOf(host string) (*tls.Certificate, error) {
	certificate, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		Subject:      pkix.Name{CommonName: host},
		DNSNames:     []string{host},
		NotBefore:    authority.certificate.NotBefore,
		NotAfter:     authority.certificate.NotAfter,
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, authority.certificate, authority.key.Public(), authority.key)
	return &tls.Certificate{Certificate: [][]byte{certificate}, PrivateKey: authority.key}, err
}

// connect answers the CONNECT of a proxy's client, and then one request in the place of the host.
func (authority *authority) connect(response http.ResponseWriter, request *http.Request, site http.Handler) {
	raw, _, err := response.(http.Hijacker).Hijack()
	check(err)
	defer raw.Close()
	raw.SetDeadline(time.Now().Add(10 * time.Second))
	fmt.Fprint(raw, "HTTP/1.1 200 OK\r\n\r\n")
	host, _, _ := strings.Cut(request.Host, ":")
	secure := tls.Server(raw, &tls.Config{
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return authority.certificateOf(host) },
	})
	asked, err := http.ReadRequest(bufio.NewReader(secure))
	if err != nil {
		log.Printf("%s: %v", host, err)
		return
	}
	answer := httptest.NewRecorder()
	site.ServeHTTP(answer, asked)
	result := answer.Result()
	result.Close = true
	if err := result.Write(secure); err != nil {
		log.Printf("%s: %v", host, err)
	}
}

// issuer signs tokens.
type issuer struct{ key *rsa.PrivateKey }

func newIssuer() *issuer {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	check(err)
	return &issuer{key}
}

func (issuer *issuer) ServeHTTP(response http.ResponseWriter, request *http.Request) {
	path, found := strings.CutSuffix(request.URL.Path, discovery)
	name := "https://" + request.Host + path
	response.Header().Set("Content-Type", "application/json")
	switch {
	case found:
		check(json.NewEncoder(response).Encode(map[string]any{
			"issuer": name, "jwks_uri": "https://" + request.Host + "/keys",
			"authorization_endpoint": name + "/authorize", "token_endpoint": name + "/token",
			"response_types_supported":              []string{"id_token"},
			"subject_types_supported":               []string{"public"},
			"id_token_signing_alg_values_supported": []string{"RS256"},
		}))
	case request.URL.Path == "/keys":
		exponent := big.NewInt(int64(issuer.key.E)).Bytes()
		check(json.NewEncoder(response).Encode(map[string]any{"keys": []any{map[string]string{
			"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "1", "n": url(issuer.key.N.Bytes()), "e": url(exponent),
		}}}))
	default:
		http.NotFound(response, request)
	}
}

func (issuer *issuer) token(response http.ResponseWriter, request *http.Request) {
	claims := map[string]any{}
	if err := json.NewDecoder(request.Body).Decode(&claims); err != nil {
		http.Error(response, err.Error(), http.StatusBadRequest)
		return
	}
	claims["aud"], claims["iat"], claims["exp"] = audience, time.Now().Unix(), time.Now().Add(lifetime).Unix()
	payload, err := json.Marshal(claims)
	check(err)
	signed := url([]byte(`{"alg":"RS256","kid":"1","typ":"JWT"}`)) + "." + url(payload)
	digest := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, issuer.key, crypto.SHA256, digest[:])
	check(err)
	fmt.Fprint(response, signed+"."+url(signature))
}

func url(content []byte) string { return base64.RawURLEncoding.EncodeToString(content) }

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
