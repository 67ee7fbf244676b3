#!/usr/bin/env python3
"""Measures what signed reports cost: their way through the policy server in milliseconds, and its memory.

    measure-reports.py SIGNED_IMAGES POLICY_SERVER MODULE [IMAGES [FINDINGS]]

So many images, each with a signed report of so many findings (a finding is one of testing/fixtures/scans/trivy.json, with a
description as long as they are), are pushed to a registry on a loopback port, and each is put once to a policy server of its own:
with a rule that asks for no report, with full reports and with reduced ones. Everything is signed by one key of openssl's.
"""

import base64, hashlib, json, os, pathlib, socket, subprocess, sys, tempfile, time, urllib.request

SIGNED_IMAGES, POLICY_SERVER, MODULE = sys.argv[1:4]
IMAGES = int(sys.argv[4]) if len(sys.argv) > 4 else 200
FINDINGS = int(sys.argv[5]) if len(sys.argv) > 5 else 300
TYPE = "https://cosign.sigstore.dev/attestation/vuln/v1"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
SCAN = pathlib.Path(__file__).parents[2] / "testing/fixtures/scans/trivy.json"


def port():
    with socket.create_server(("127.0.0.1", 0)) as held:
        return held.getsockname()[1]


def call(method, url, body=None, headers=None):
    request = urllib.request.Request(url, data=body, headers=headers or {}, method=method)
    with urllib.request.urlopen(request, timeout=120) as answer:
        return answer.headers, answer.read()


def wait(url):
    for _ in range(300):
        try:
            return call("GET", url)
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"{url} does not answer")


def digest(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


class Registry:
    def __init__(self, folder):
        self.host = f"127.0.0.1:{port()}"
        config = folder / "registry.yml"
        config.write_text(
            "version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\n"
            f"storage: {{filesystem: {{rootdirectory: {folder}/store}}}}\nhttp: {{addr: '{self.host}'}}\n"
        )
        self.process = subprocess.Popen(["docker-registry", "serve", config], stderr=subprocess.DEVNULL)
        wait(f"http://{self.host}/v2/")

    def blob(self, content, media_type, **more):
        headers, _ = call("POST", f"http://{self.host}/v2/app/blobs/uploads/", b"")
        call("PUT", f"{headers['location']}&digest={digest(content)}", content, {"content-type": "application/octet-stream"})
        return {"mediaType": media_type, "digest": digest(content), "size": len(content), **more}

    def manifest(self, config, layers, *tags, **more):
        content = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers, **more}
        content = json.dumps(content).encode()
        for tag in (digest(content), *tags):
            call("PUT", f"http://{self.host}/v2/app/manifests/{tag}", content, {"content-type": MANIFEST})
        return digest(content)

    def sign(self, of, key, optional=None):
        payload = {"critical": {"identity": {"docker-reference": "app"}, "image": {"docker-manifest-digest": of},
                                "type": "cosign container image signature"}, "optional": optional}
        payload = json.dumps(payload).encode()
        signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key], input=payload, capture_output=True, check=True)
        layer = self.blob(payload, "application/vnd.dev.cosign.simplesigning.v1+json", annotations={
            "dev.cosignproject.cosign/signature": base64.b64encode(signature.stdout).decode()})
        self.manifest(self.blob(b"{}", "application/vnd.oci.image.config.v1+json"), [layer], of.replace(":", "-") + ".sig")

    def image(self, name, key):
        config = self.blob(json.dumps({"architecture": "amd64", "os": "linux", "name": name}).encode(),
                           "application/vnd.oci.image.config.v1+json")
        of = self.manifest(config, [])
        self.sign(of, key)
        return of

    def report(self, image, statement, name, key):
        config = self.blob(statement, "application/vnd.in-toto+json")
        report = self.manifest(config, [], f"{image.replace(':', '-')}.{name}",
                               artifactType="application/vnd.signed-images.attestation.v1+json")
        self.sign(report, key, {"predicateType": TYPE, "reportName": name})


def scan(folder):
    report = json.loads(SCAN.read_text())
    report["Results"] = report["Results"][:1]
    finding = report["Results"][0]["Vulnerabilities"][0]
    finding = {**finding, "Severity": "LOW", "Description": "what an advisory tells in some lines. " * 20,
               "References": [f"https://example.org/advisories/{number}" for number in range(12)]}
    report["Results"][0]["Vulnerabilities"] = [{**finding, "VulnerabilityID": f"CVE-2026-{n}"} for n in range(FINDINGS)]
    path = folder / "scan.json"
    path.write_text(json.dumps(report))
    return path


def template(folder, registry, image, report, *options):
    """The statement that the command makes; and how long it takes to push it, and to find that nobody has signed it."""
    start = time.monotonic()
    done = subprocess.run(
        [SIGNED_IMAGES, "attest", f"{registry.host}/app@{image}", "--type", "vuln", "--predicate", report, "--key",
         folder / "key.pub", "--sources-path", folder / "sources.yml", *options], capture_output=True, text=True)
    took = time.monotonic() - start
    if done.returncode != 3:
        raise SystemExit(done.stderr)
    pushed = next(word for word in done.stdout.split() if "@sha256:" in word).split("@")[1]
    manifest = json.loads(call("GET", f"http://{registry.host}/v2/app/manifests/{pushed}", headers={"accept": MANIFEST})[1])
    return call("GET", f"http://{registry.host}/v2/app/blobs/{manifest['config']['digest']}")[1], took


def resident(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))) / 1024


def ask(folder, registry, images, entry):
    rule = {"name": "app", "images": [f"{registry.host}/**"],
            "allOf": [{"kind": "pubKey", "key": (folder / "key.pub").read_text()}], **entry}
    policies = {"p": {"module": f"file://{os.path.abspath(MODULE)}", "settings": {"rules": [rule]}, "hostCapabilities": ["*"]}}
    (folder / "policies.json").write_text(json.dumps(policies))
    at, probe = port(), port()
    server = subprocess.Popen(
        [POLICY_SERVER, "--addr", "127.0.0.1", "--port", str(at), "--readiness-probe-port", str(probe), "--policies",
         folder / "policies.json", "--sources-path", folder / "sources.yml", "--policies-download-dir", folder,
         "--sigstore-cache-dir", folder, "--sigstore-trust-config", folder / "trust.json",
         "--ignore-kubernetes-connection-failure", "--log-level", "error", "--policy-timeout", "30"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait(f"http://127.0.0.1:{probe}/readiness")
        before, times = resident(server), []
        for image in images:
            pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"},
                   "spec": {"containers": [{"name": "a", "image": f"{registry.host}/app@{image}"}]}}
            kind = {"group": "", "version": "v1", "kind": "Pod"}
            review = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
                "uid": "1", "kind": kind, "resource": {"group": "", "version": "v1", "resource": "pods"}, "operation": "CREATE",
                "userInfo": {"username": "a"}, "object": pod}}
            start = time.monotonic()
            _, answer = call("POST", f"http://127.0.0.1:{at}/validate/p", json.dumps(review).encode(),
                             {"content-type": "application/json"})
            times.append(1000 * (time.monotonic() - start))
            answer = json.loads(answer)["response"]
            if not answer["allowed"]:
                raise SystemExit(answer["status"]["message"])
        times.sort()
        return before, resident(server), times[len(times) // 2]
    finally:
        server.kill()
        server.wait()


def trust(folder):
    """A trust root, so that the server asks nobody for one; nothing here needs it."""
    subprocess.run(["openssl", "req", "-x509", "-key", folder / "key", "-days", "2", "-subj", "/CN=a", "-out", folder / "ca.der",
                    "-outform", "der"], check=True)
    der = subprocess.run(["openssl", "pkey", "-in", folder / "key", "-pubout", "-outform", "der"], capture_output=True, check=True)
    valid = {"validFor": {"start": "2020-01-01T00:00:00Z"}}
    raw = lambda content: base64.b64encode(content).decode()
    (folder / "trust.json").write_text(json.dumps({
        "mediaType": "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json",
        "trustedRoot": {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [{"baseUrl": "https://rekor.invalid", "hashAlgorithm": "SHA2_256", "publicKey": {
                "rawBytes": raw(der.stdout), "keyDetails": "PKIX_ECDSA_P256_SHA_256", **valid}}],
            "certificateAuthorities": [{"subject": {"organization": "a", "commonName": "a"}, "uri": "https://fulcio.invalid",
                "certChain": {"certificates": [{"rawBytes": raw((folder / "ca.der").read_bytes())}]}, **valid}]}}))


def main(folder):
    key = folder / "key"
    subprocess.run(["openssl", "genpkey", "-quiet", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key], check=True)
    subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-out", folder / "key.pub"], check=True)
    trust(folder)
    registry = Registry(folder)
    try:
        (folder / "sources.yml").write_text(f"insecure_sources: ['{registry.host}']")
        images = [registry.image(f"image {number}", key) for number in range(IMAGES)]
        report, rows = scan(folder), {"no report": (0, {})}
        for name, options in [("reduced", []), ("full", ["--full"])]:
            statement, took = template(folder, registry, images[0], report, *options)
            first = images[0].split(":")[1].encode()
            for image in images:
                registry.report(image, statement.replace(first, image.split(":")[1].encode()), name, key)
            print(f"{name}: a statement of {len(statement)} bytes; `attest` until it is pushed and not found signed: {1000 * took:.0f} ms")
            entry = {"type": "vuln", "name": name, "maxAge": "unlimited"}
            rows[f"{name}, read"] = (len(statement), {"attestations": [{**entry}]})
            conditions = {"vulnerabilities": {"refuse": ["CRITICAL"]}}
            rows[f"{name}, with conditions"] = (len(statement), {"attestations": [{**entry, **conditions}]})
        print(f"{IMAGES} images, {FINDINGS} findings each\n| rule | bytes a report | median ms a request | MB at start | MB after |\n|---|---|---|---|---|")
        for name, (size, entry) in rows.items():
            before, after, median = ask(folder, registry, images, entry)
            print(f"| {name} | {size} | {median:.1f} | {before:.0f} | {after:.0f} |", flush=True)
    finally:
        registry.process.kill()
        registry.process.wait()


with tempfile.TemporaryDirectory() as folder:
    main(pathlib.Path(folder))
