//! `signed-images convert`, as a command. What is written is tested where it is made, in `convert/tests`.

#![cfg(test)]

use std::path::Path;

use signed_images_testing::command::signed_images;

fn sources() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../convert/tests/sources")
}

#[test]
fn exit_codes() {
    const KEYLESS: &str = "scanned-images: refuses more at 2 points";
    let rows = [
        ("verify-image-signatures.yaml", 0, String::new()),
        (
            "kyverno-keyless-attestation.yaml",
            1,
            format!("{KEYLESS}; leaves out what no policy server checks (--allow sct)\n"),
        ),
        ("--allow sct kyverno-keyless-attestation.yaml", 1, format!("{KEYLESS}\n")),
        (
            "kyverno-kms.yaml",
            1,
            "base-images: refuses more at 1 point; must be completed at 1 point\n".to_owned(),
        ),
        (
            "nowhere.yaml",
            2,
            "error: cannot read `nowhere.yaml`: No such file or directory (os error 2)\n"
                .to_owned(),
        ),
    ];
    for (line, code, stderr) in rows {
        let arguments = ["convert"].into_iter().chain(line.split(' '));
        let outcome = signed_images(&sources(), arguments, &[], "");
        assert_eq!(
            (outcome.code, outcome.stderr.as_str()),
            (Some(code), stderr.as_str()),
            "{line}"
        );
        assert_eq!(outcome.stdout.is_empty(), code == 2, "{line}");
    }
}

/// As `kubectl get clusterpolicies -o yaml` prints them: most policies of a cluster verify no images.
#[test]
fn a_list_of_a_cluster() {
    let policy = |name: &str, rule: &str| {
        format!(
            "- {{apiVersion: kyverno.io/v1, kind: ClusterPolicy, metadata: {{name: {name}}}, spec: {{rules: [{rule}]}}}}\n"
        )
    };
    let verifies = "{name: a, verifyImages: [{failureAction: Enforce, imageReferences: [\"a.b/*\"], attestors: [{entries: [{keys: {kms: x, rekor: {ignoreTlog: true}}}]}]}]}";
    let labels = policy("labels", "{name: a, validate: {}}");
    let list = format!("kind: List\nitems:\n{labels}{}", policy("images", verifies));
    let outcome = signed_images(&sources(), ["convert", "-"], &[], &list);
    assert_eq!(outcome.code, Some(1), "{}", outcome.stderr);
    assert!(outcome.stdout.contains("name: images"), "{}", outcome.stdout);
    let expected = "images: must be completed at 1 point\nskipped `stdin`, ClusterPolicy `labels`: it verifies no images\n";
    assert_eq!(outcome.stderr, expected);

    let wrong = policy("wrong", "{verifyImages: [{}]}");
    let outcome = signed_images(&sources(), ["convert", "-"], &[], &format!("{list}{wrong}"));
    assert_eq!(outcome.code, Some(2), "{}", outcome.stderr);
    assert!(outcome.stdout.contains("name: images"), "{}", outcome.stdout);
    assert!(outcome.stderr.contains("error: `stdin`, ClusterPolicy `wrong`: `spec.rules[0]"));

    let outcome =
        signed_images(&sources(), ["convert", "-"], &[], &format!("kind: List\nitems:\n{labels}"));
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""), "{}", outcome.stderr);
}

/// Beside the policy that it replaces, and in its place.
#[test]
fn names_and_modes() {
    let rows: [(&[&str], &str, &str); 4] = [
        (&[], "name: signed\n", "mode: protect\n"),
        (&["--name", "signed-images"], "name: signed-images\n", "mode: monitor\n"),
        (
            &["--name", "signed-images", "--mode", "protect"],
            "name: signed-images\n",
            "mode: protect\n",
        ),
        (&["--mode", "monitor"], "name: signed\n", "mode: monitor\n"),
    ];
    let source = "apiVersion: policies.kubewarden.io/v1\nkind: ClusterAdmissionPolicy\nmetadata: {name: signed}\nspec: {mode: protect, policyServer: reserved, namespaceSelector: {matchLabels: {a: b}}, mutating: true, rules: [], module: 'registry://a/verify-image-signatures:1', settings: {signatures: [{image: '*', githubActions: {owner: acme}}]}}";
    for (options, name, mode) in rows {
        let arguments = ["convert", "-"].iter().chain(options).copied();
        let outcome = signed_images(&sources(), arguments, &[], source);
        assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
        for part in [name, mode, "policyServer: reserved\n", "a: b\n", "timeoutEvalSeconds: 25\n"] {
            assert!(outcome.stdout.contains(part), "{options:?}: {part}: {}", outcome.stdout);
        }
    }
    // Of a policy with one of its own.
    let surroundings = "--name b --policy-server images --failure-policy ignore --no-background-audit --namespace-selector env=prod --exclude-namespace ci";
    let arguments = ["convert", "-"].into_iter().chain(surroundings.split(' '));
    let outcome = signed_images(&sources(), arguments, &[], source);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    for part in [
        "# As the options say:\n",
        "# - `spec.policyServer`: is `images`; in the source, it is `reserved`\n",
        "  policyServer: images\n",
        "  failurePolicy: Ignore\n",
        "  backgroundAudit: false\n",
        "      a: b\n",
        "        values: [prod]\n",
        "        values: [ci]\n",
    ] {
        assert!(outcome.stdout.contains(part), "{part}: {}", outcome.stdout);
    }
    let arguments = ["convert", "--name", "a", "verify-image-signatures.yaml"];
    let outcome = signed_images(&sources(), arguments, &[], "");
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""));
    assert_eq!(
        outcome.stderr,
        "error: --name works with one policy, but there are 2: convert them one at a time\n"
    );
}
