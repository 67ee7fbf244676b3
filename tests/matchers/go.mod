module signed-images-policy/tests/matchers

go 1.26.6

require (
	github.com/gobwas/glob v0.2.3
	github.com/kyverno/kyverno v1.19.1
	github.com/sigstore/policy-controller v0.13.1
)

require (
	github.com/IGLOU-EU/go-wildcard v1.0.3 // indirect
	github.com/google/go-containerregistry v0.21.8 // indirect
	github.com/opencontainers/go-digest v1.0.0 // indirect
)
