//! What an entry of `publicKeys`, `keylessIdentities`, … means. (What is valid: `cases/settings/`.)

#![cfg(test)]

/// An entry of a list is the rule that could be written instead.
#[test]
fn entries_are_rules() {
    for (entry, rule) in ENTRIES {
        assert_eq!(meaning(entry), meaning(&format!("{{rules: [{rule}]}}")), "{entry}");
    }
}

const ENTRIES: &[(&str, &str)] = &[
        (
            "{publicKeys: [{images: [a], exclude: [a/b], keys: [K, L], annotations: {b: c}}]}",
            "{images: [a], exclude: [a/b], allOf: [{kind: pubKey, key: K, annotations: {b: c}},
              {kind: pubKey, key: L, annotations: {b: c}}]}",
        ),
        (
            "{publicKeys: [{images: [a], keys: ['k8s://b/c', K], require: any, enforcement: warn}]}",
            "{images: [a], enforcement: warn, anyOf: {signatures: [{kind: pubKey, key: 'k8s://b/c'},
              {kind: pubKey, key: K}]}}",
        ),
        (
            "{keylessIdentities: [{images: [a], issuer: i, subjects: [s, t], require: all}]}",
            "{images: [a], allOf: [{kind: genericIssuer, issuer: i, subject: {equal: s}},
              {kind: genericIssuer, issuer: i, subject: {equal: t}}]}",
        ),
        (
            "{keylessPrefixes: [{images: [a], issuer: i, urlPrefixes: ['https://b.c/d'], require: any}]}",
            "{images: [a], anyOf: {signatures: [{kind: genericIssuer, issuer: i, subject: {urlPrefix: 'https://b.c/d/'}}]}}",
        ),
        (
            "{githubActions: [{images: [a], owner: o, require: all}]}",
            "{images: [a], allOf: [{kind: githubAction, owner: o}]}",
        ),
        (
            "{githubActions: [{images: [a], owner: o, repos: [r, s], require: any}]}",
            "{images: [a], anyOf: {signatures: [{kind: githubAction, owner: o, repo: r}, {kind: githubAction, owner: o, repo: s}]}}",
        ),
        (
            "{certificates: [{images: [a], certificates: [C, D], certificateChain: [E], requireRekorBundle: false}]}",
            "{images: [a], allOf: [{kind: certificate, certificate: C, certificateChain: [E], requireRekorBundle: false},
              {kind: certificate, certificate: D, certificateChain: [E], requireRekorBundle: false}]}",
        ),
];

/// What settings of one rule mean, but for its name and the places of its signers.
fn meaning(settings: &str) -> String {
    let json: serde_json::Value = yaml_serde::from_str(settings).unwrap();
    let text = json.to_string();
    let json = serde_json::from_str(&text).unwrap();
    let rules = signed_images_policy::settings::read(json).unwrap().rules;
    let [rule] = rules.as_slice() else { panic!("{settings}: {rules:?}") };
    let signers = |signers: &[signed_images_policy::policy::signer::Signer]| {
        signers.iter().map(|s| format!("{:?} {:?}", s.identity, s.annotations)).collect::<Vec<_>>()
    };
    let any_of = rule.trust.any_of().map(|any_of| (any_of.minimum(), signers(any_of.signers())));
    let all_of = signers(rule.trust.all_of());
    format!("{:?} {:?} {all_of:?} {any_of:?}", rule.matcher, rule.enforcement)
}
