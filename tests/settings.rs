//! Settings: what is valid, and what is said of everything that is not.

#![cfg(test)]

use signed_images_policy::validate_settings;
use std::time::Duration;

const KEY: &str = include_str!("fixtures/keys/p256.pem");
const SECOND: &str = include_str!("fixtures/keys/p256-second.pem");
const CERTIFICATE: &str = include_str!("fixtures/certificates/signer.pem");
const EXPIRED: &str = include_str!("fixtures/certificates/expired.pem");
const FUTURE: &str = include_str!("fixtures/certificates/future.pem");
const ROOT: &str = include_str!("fixtures/certificates/root.pem");
const PRIVATE: &str = include_str!("fixtures/keys/private-pkcs8.pem");

/// In 2027.
const NOW: Duration = Duration::from_hours(57 * 8_766);

/// What is said of settings that are JSON text.
fn validate_json(settings: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Answer {
        valid: bool,
        message: Option<String>,
    }
    let bytes = validate_settings(settings.as_bytes(), &mut |_, _, _| panic!("a call"), NOW);
    let answer: Answer = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(answer.valid, answer.message.is_none(), "{settings}");
    answer.message
}

/// What is said of settings that are YAML, in which words in angle brackets stand for keys.
fn validate(settings: &str) -> Option<String> {
    let json: serde_json::Value = yaml_serde::from_str(settings).unwrap();
    let mut text = json.to_string();
    for (name, pem) in [
        ("<key>", KEY),
        ("<second>", SECOND),
        ("<spaced>", &format!("\n{}", KEY.replace('\n', "\r\n"))),
        ("<certificate>", CERTIFICATE),
        ("<expired>", EXPIRED),
        ("<future>", FUTURE),
        ("<root>", ROOT),
        ("<signer>", include_str!("fixtures/keys/signer.pem")),
        ("<private>", PRIVATE),
    ] {
        let quoted = serde_json::to_string(pem).unwrap();
        text = text.replace(name, quoted.trim_matches('"'));
    }
    validate_json(&text)
}

fn check(rows: &[(&str, &str)]) {
    for (settings, expected) in rows {
        assert_eq!(validate(settings).as_deref(), Some(*expected), "{settings}");
    }
}

/// The same of one entry of `signatures`.
fn check_entry(rows: &[(&str, &str)]) {
    for (entry, expected) in rows {
        let settings =
            format!("{{signatures: [{{image: ok, githubActions: {{owner: a}}}}, {entry}]}}");
        assert_eq!(validate(&settings).as_deref(), Some(*expected), "{entry}");
    }
}

#[test]
fn valid_settings() {
    for settings in [
        r#"{signatures: [{image: "*", pubKeys: ["<key>", "<second>"]}]}"#,
        r#"{signatures: [{image: "*", pubKeys: ["<spaced>"]}]}"#,
        "{signatures: [{images: [a, b], keyless: [{issuer: i, subject: s}]}]}",
        r#"{signatures: [{image: a, keylessPrefix: [{issuer: i, urlPrefix: "https://a.b/c"}]}]}"#,
        r#"{signatures: [{image: a, keylessPrefix: [{issuer: i, url_prefix: "https://a.b/c/"}]}]}"#,
        "{signatures: [{image: a, githubActions: {owner: acme}}]}",
        "{signatures: [{image: a, githubActions: {owner: acme, repo: app}, annotations: {a: b}}]}",
        r#"{signatures: [{image: a, certificates: ["<certificate>"], requireRekorBundle: false}]}"#,
        "{signatures: [{image: a, githubActions: {owner: a}}], modifyImagesWithDigest: false}",
        // In an entry of `signatures`, one signature may satisfy two: verify-image-signatures takes that.
        r#"{signatures: [{image: a, pubKeys: ["<key>", "<spaced>"]}]}"#,
        r#"{signatures: [{image: a, keylessPrefix: [{issuer: i, urlPrefix: "https://a.b/c"},
           {issuer: i, urlPrefix: "https://a.b/"}]}]}"#,
        "{unmatchedImages: reject}",
        "{unmatchedImages: warn, exempt: [nginx]}",
        "{rules: [{images: [a], allOf: [{kind: githubAction, owner: acme}]}]}",
        r#"{publicKeys: [{name: n, images: [a], exclude: [a/b], keys: ["<key>", "<second>"], require: any,
            enforcement: warn, annotations: {a: b}}, {images: [b], keys: ["k8s://trust/key"]}]}"#,
        "{keylessIdentities: [{images: [a], issuer: i, subjects: [a, b]}]}",
        r#"{keylessPrefixes: [{images: [a], issuer: i, urlPrefixes: ["https://a.b/c"]}]}"#,
        "{githubActions: [{images: [a], owner: acme}, {images: [a], owner: acme, repos: [a, b]}]}",
        r#"{certificates: [{images: [a], certificates: ["<certificate>"], requireRekorBundle: false}]}"#,
    ] {
        assert_eq!(validate(settings), None, "{settings}");
    }
}

/// The Rancher form keeps its own state in the settings, and sends what was not filled in as empty.
#[test]
fn settings_of_a_form() {
    for settings in [
        "{description: x, rule: {a: [b]}, signatures: [{image: a, githubActions: {owner: b}}]}",
        r#"{signatures: [{image: a, githubActions: {owner: b, repo: ""}, annotations: {}, pubKeys: [],
           keyless: [], keylessPrefix: [], certificates: [], certificateChain: [], images: []}],
           rules: [], exempt: [], unmatchedImages: "", extraWorkloads: []}"#,
        "{signatures: [{image: a, images: null, githubActions: {owner: b, repo: null},
           annotations: null, pubKeys: null, requireRekorBundle: null}], modifyImagesWithDigest: null}",
        r#"{publicKeys: [{images: [a, ""], keys: ["", "<key>"], require: all, annotations: {}}, {require: all}]}"#,
        r#"{githubActions: [{name: "", images: [a], exclude: [""], owner: o, repos: [""], require: ""}],
           keylessIdentities: [], keylessPrefixes: [{images: [], issuer: "", urlPrefixes: []}]}"#,
        r#"{certificates: [{images: [a], certificates: ["<certificate>"], certificateChain: [""],
           requireRekorBundle: true}], unmatchedImages: reject}"#,
    ] {
        assert_eq!(validate(settings), None, "{settings}");
    }
}

#[test]
fn settings_that_check_nothing() {
    let nothing = "these settings check nothing: name the images and their signers in `rules`, \
                   `publicKeys`, `keylessIdentities`, `keylessPrefixes`, `githubActions`, `certificates` or \
                   `signatures`, or set `unmatchedImages` to `warn` or `reject`";
    check(&[
        ("{}", nothing),
        ("{signatures: []}", nothing),
        ("{signatures: null, rules: []}", nothing),
        ("{unmatchedImages: accept}", nothing),
        ("{exempt: [nginx], modifyImagesWithDigest: true}", nothing),
        ("{description: x, rule: y}", nothing),
        // What a form leaves of entries that were added and not filled in.
        ("{publicKeys: [null, {}, {images: [], keys: []}], githubActions: []}", nothing),
        ("{publicKeys: [{images: [''], keys: ['', ''], require: all}]}", nothing),
        ("{certificates: [{require: any, enforcement: warn, requireRekorBundle: true}]}", nothing),
    ]);
}

/// What an entry of the flat lists lacks is said with its place in the settings.
#[test]
fn entries_of_the_flat_lists() {
    check(FLAT);
}

const FLAT: &[(&str, &str)] = &[
    (
        r#"{publicKeys: [{keys: ["<key>"]}]}"#,
        "publicKeys[0]: `images` is missing: which images must be signed? (`*` is every image)",
    ),
    (
        r#"{publicKeys: [{}, {images: [""], keys: ["<key>"]}]}"#,
        "publicKeys[1]: `images` is missing: which images must be signed? (`*` is every image)",
    ),
    (
        "{publicKeys: [{name: a}]}",
        "publicKeys[0]: `images` is missing: which images must be signed? (`*` is every image)",
    ),
    (
        "{publicKeys: [{images: [a], keys: [''], require: any}]}",
        "publicKeys[0]: `keys` is missing: who must have signed?",
    ),
    (
        "{publicKeys: [{images: ['', 'a//b'], keys: [k]}]}",
        "publicKeys[0].images[1]: the repository can match no image",
    ),
    (
        r#"{publicKeys: [{images: [a], keys: ["", k]}]}"#,
        "publicKeys[0].keys[1]: not a PEM public key; it starts with `-----BEGIN PUBLIC KEY-----`",
    ),
    (
        "{publicKeys: [{images: [a], keys: ['k8s://a']}]}",
        "publicKeys[0].keys[0]: `k8s://a` is not `k8s://namespace/name`",
    ),
    (
        r#"{publicKeys: [{images: [a], keys: ["<key>", "<spaced>"], require: any}]}"#,
        "publicKeys[0].keys[1]: one signature would satisfy both this signer and \
             publicKeys[0].keys[0]; signers of one group must be distinct",
    ),
    (
        "{publicKeys: [{images: [a], keys: [k], require: both}]}",
        "publicKeys[0].require: unknown value; known here: `all`, `any`",
    ),
    (
        "{publicKeys: [{images: [a], pubKeys: [k]}]}",
        "publicKeys[0].pubKeys: unknown field, did you mean `keys`?",
    ),
    ("{publicKeys: [a]}", "publicKeys[0]: must be an object, not a string"),
    (
        "{keylessIdentities: [{images: [a], subjects: [s]}]}",
        "keylessIdentities[0]: `issuer` is missing",
    ),
    (
        "{keylessIdentities: [{images: [a], issuer: i}]}",
        "keylessIdentities[0]: `subjects` is missing: who must have signed?",
    ),
    (
        "{keylessPrefixes: [{images: [a], issuer: i, urlPrefixes: ['https://a.b/', acme.com]}]}",
        "keylessPrefixes[0].urlPrefixes[1]: `acme.com` is not a URL with a host; write it like \
             `https://github.com/acme/`",
    ),
    ("{githubActions: [{images: [a], repos: [r]}]}", "githubActions[0]: `owner` is missing"),
    (
        "{githubActions: [{images: [a], owner: acme, repos: [acme/app]}]}",
        "githubActions[0].repos[0]: write the owner and the repository apart: `owner: acme`, `repo: app`",
    ),
    (
        r#"{certificates: [{images: [a], certificateChain: ["<root>"]}]}"#,
        "certificates[0]: `certificates` is missing: who must have signed?",
    ),
    (
        r#"{certificates: [{images: [a], certificates: ["<expired>"]}]}"#,
        "certificates[0].certificates[0]: the certificate has expired",
    ),
    (
        "{unmatchedImages: reject, exempt: [''], publicKeys: [{}]}",
        "exempt[0]: the pattern is empty",
    ),
];

/// An entry of a flat list is the rule that could be written instead.
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

#[test]
fn settings_that_are_no_map() {
    check(&[
        ("null", "must be an object, not null"),
        ("[]", "must be an object, not a list"),
        ("text", "must be an object, not a string"),
        ("1", "must be an object, not a number"),
        ("true", "must be an object, not a boolean"),
    ]);
    for text in ["", "{", "{}{}", "{\"signatures\":[}"] {
        assert!(validate_json(text).is_some(), "{text}");
    }
    let twice = r#"{"signatures":[],"signatures":[{"image":"a","githubActions":{"owner":"b"}}]}"#;
    assert_eq!(validate_json(twice).as_deref(), Some("signatures: stands there twice"));
    let twice = r#"{"signatures":[{"image":"a","githubActions":{"owner":"b"},"annotations":{"k":"1","k":"2"}}]}"#;
    assert_eq!(
        validate_json(twice).as_deref(),
        Some("signatures[0].annotations: `k` stands there twice")
    );
    let both = r#"{"signatures":[{"image":"a","keylessPrefix":[{"issuer":"i","urlPrefix":"https://a.b/","url_prefix":"https://c.d/"}]}]}"#;
    assert_eq!(
        validate_json(both).as_deref(),
        Some("signatures[0].keylessPrefix[0].url_prefix: is another name of `urlPrefix`")
    );
}

#[test]
fn unknown_names() {
    check(&[
        ("{signature: []}", "signature: unknown field, did you mean `signatures`?"),
        ("{Signatures: []}", "Signatures: unknown field, did you mean `signatures`?"),
        (
            "{modifyImageWithDigest: 1}",
            "modifyImageWithDigest: unknown field, did you mean `modifyImagesWithDigest`?",
        ),
        (
            "{unmatchedImage: reject}",
            "unmatchedImage: unknown field, did you mean `unmatchedImages`?",
        ),
        (
            "{policy: x}",
            "policy: unknown field; known here: `signatures`, `modifyImagesWithDigest`, `rules`, `publicKeys`, \
             `keylessIdentities`, `keylessPrefixes`, `githubActions`, `certificates`, `exempt`, `unmatchedImages`, `unchangedImages`, `pinWorkloadTemplates`, `extraWorkloads`",
        ),
        (
            "{unmatchedImages: deny}",
            "unmatchedImages: unknown value; known here: `accept`, `warn`, `reject`",
        ),
        ("{unmatchedImages: rejects}", "unmatchedImages: unknown value, did you mean `reject`?"),
        ("{unmatchedImages: Reject}", "unmatchedImages: unknown value, did you mean `reject`?"),
    ]);
    check_entry(&[
        (
            "{image: a, anotations: {}}",
            "signatures[1].anotations: unknown field, did you mean `annotations`?",
        ),
        (
            "{image: a, pubkeys: []}",
            "signatures[1].pubkeys: unknown field, did you mean `pubKeys`?",
        ),
        (
            "{image: a, github_actions: {}}",
            "signatures[1].github_actions: unknown field, did you mean `githubActions`?",
        ),
        (
            "{image: a, keyless: [{issuer: i, subjekt: s}]}",
            "signatures[1].keyless[0].subjekt: unknown field, did you mean `subject`?",
        ),
        (
            "{image: a, keylessPrefix: [{issuer: i, prefix: s}]}",
            "signatures[1].keylessPrefix[0].prefix: unknown field, did you mean `urlPrefix`?",
        ),
        (
            "{image: a, githubActions: {owner: a, repository: b}}",
            "signatures[1].githubActions.repository: unknown field; known here: `owner`, `repo`",
        ),
    ]);
}

const WRONG_TYPES_OF_SETTINGS: &[(&str, &str)] = &[
    ("{signatures: a}", "signatures: must be a list, not a string"),
    ("{signatures: {a: b}}", "signatures: must be a list, not an object"),
    ("{signatures: [a]}", "signatures[0]: must be an object, not a string"),
    ("{signatures: [null]}", "signatures[0]: must be an object, not null"),
    ("{rules: a}", "rules: must be a list, not a string"),
    ("{rules: [1]}", "rules[0]: must be an object, not a number"),
    ("{unmatchedImages: [a]}", "unmatchedImages: must be a string, not a list"),
    ("{unmatchedImages: reject, exempt: a}", "exempt: must be a list, not a string"),
    ("{unmatchedImages: reject, exempt: [1]}", "exempt[0]: must be a string, not a number"),
    (
        "{unmatchedImages: reject, unchangedImages: 1}",
        "unchangedImages: must be a string, not a number",
    ),
    (
        r#"{unmatchedImages: reject, modifyImagesWithDigest: "true"}"#,
        "modifyImagesWithDigest: must be true or false, not a string",
    ),
    (
        "{unmatchedImages: reject, pinWorkloadTemplates: 0}",
        "pinWorkloadTemplates: must be true or false, not a number",
    ),
    (
        "{unmatchedImages: reject, extraWorkloads: a}",
        "extraWorkloads: must be a list, not a string",
    ),
];

const WRONG_TYPES_OF_ENTRIES: &[(&str, &str)] = &[
    (
        "{image: 1, githubActions: {owner: a}}",
        "signatures[1].image: must be a string, not a number",
    ),
    (
        "{image: [a], githubActions: {owner: a}}",
        "signatures[1].image: must be a string, not a list",
    ),
    (
        "{images: a, githubActions: {owner: a}}",
        "signatures[1].images: must be a list, not a string",
    ),
    (
        "{images: [{a: b}], githubActions: {owner: a}}",
        "signatures[1].images[0]: must be a string, not an object",
    ),
    ("{image: a, pubKeys: a}", "signatures[1].pubKeys: must be a list, not a string"),
    ("{image: a, pubKeys: [1]}", "signatures[1].pubKeys[0]: must be a string, not a number"),
    ("{image: a, keyless: {issuer: i}}", "signatures[1].keyless: must be a list, not an object"),
    ("{image: a, keyless: [a]}", "signatures[1].keyless[0]: must be an object, not a string"),
    (
        "{image: a, keyless: [{issuer: 1, subject: s}]}",
        "signatures[1].keyless[0].issuer: must be a string, not a number",
    ),
    (
        "{image: a, keyless: [{issuer: i, subject: {equal: s}}]}",
        "signatures[1].keyless[0].subject: must be a string, not an object",
    ),
    (
        "{image: a, keylessPrefix: [[]]}",
        "signatures[1].keylessPrefix[0]: must be an object, not a list",
    ),
    (
        "{image: a, githubActions: [a]}",
        "signatures[1].githubActions: must be an object, not a list",
    ),
    (
        "{image: a, githubActions: {owner: true}}",
        "signatures[1].githubActions.owner: must be a string, not a boolean",
    ),
    ("{image: a, certificates: a}", "signatures[1].certificates: must be a list, not a string"),
    (
        r#"{image: a, certificates: ["<certificate>"], certificateChain: a}"#,
        "signatures[1].certificateChain: must be a list, not a string",
    ),
    (
        r#"{image: a, certificates: ["<certificate>"], certificateChain: [1]}"#,
        "signatures[1].certificateChain[0]: must be a string, not a number",
    ),
    (
        r#"{image: a, certificates: ["<certificate>"], requireRekorBundle: "no"}"#,
        "signatures[1].requireRekorBundle: must be true or false, not a string",
    ),
    (
        "{image: a, githubActions: {owner: a}, annotations: [a]}",
        "signatures[1].annotations: must be an object, not a list",
    ),
    (
        "{image: a, githubActions: {owner: a}, annotations: {a: 1}}",
        "signatures[1].annotations.a: must be a string, not a number",
    ),
];

#[test]
fn wrong_types() {
    check(WRONG_TYPES_OF_SETTINGS);
    check_entry(WRONG_TYPES_OF_ENTRIES);
}

const NONE: &str = "signatures[1]: no signer is given; write one of `pubKeys`, `keyless`, `keylessPrefix`, \
                `githubActions`, `certificates`";

const NO_IMAGE: &str =
    "signatures[1]: `image` is missing: which images must be signed? (`*` is every image)";

const ENTRIES_THAT_ASK_FOR_NOBODY: &[(&str, &str)] = &[
    ("{image: a}", NONE),
    ("{image: a, pubKeys: []}", NONE),
    ("{image: a, keyless: null, githubActions: {}}", NONE),
    (r#"{image: a, githubActions: ""}"#, NONE),
    ("{githubActions: {owner: a}}", NO_IMAGE),
    (r#"{image: "", githubActions: {owner: a}}"#, NO_IMAGE),
    ("{images: [], githubActions: {owner: a}}", NO_IMAGE),
    (
        r#"{images: [""], githubActions: {owner: a}}"#,
        "signatures[1].images[0]: the pattern is empty",
    ),
    (
        "{image: a, images: [b], githubActions: {owner: a}}",
        "signatures[1]: give `image` or `images`, not both",
    ),
    (
        r#"{image: a, githubActions: {owner: a}, pubKeys: ["<key>"]}"#,
        "signatures[1]: one entry takes one kind of signer, not `pubKeys` and `githubActions`; write two",
    ),
    ("{image: a, keyless: [{issuer: i}]}", "signatures[1].keyless[0]: `subject` is missing"),
    (
        r#"{image: a, keyless: [{issuer: "", subject: s}]}"#,
        "signatures[1].keyless[0]: `issuer` is missing",
    ),
    ("{image: a, keyless: [{}]}", "signatures[1].keyless[0]: `issuer` is missing"),
    (
        "{image: a, keylessPrefix: [{issuer: i}]}",
        "signatures[1].keylessPrefix[0]: `urlPrefix` is missing",
    ),
    ("{image: a, githubActions: {repo: b}}", "signatures[1].githubActions: `owner` is missing"),
    (
        "{image: a, githubActions: {owner: acme/app}}",
        "signatures[1].githubActions: write the owner and the repository apart: `owner: acme`, `repo: app`",
    ),
    (
        "{image: a, githubActions: {owner: acme, repo: acme/app}}",
        "signatures[1].githubActions: write the owner and the repository apart: `owner: acme`, `repo: app`",
    ),
    (
        r#"{image: a, pubKeys: ["<key>"], requireRekorBundle: true}"#,
        "signatures[1].requireRekorBundle: belongs to `certificates`, which are missing here",
    ),
    (
        r#"{image: a, pubKeys: ["<key>"], certificateChain: ["<root>"]}"#,
        "signatures[1].certificateChain: belongs to `certificates`, which are missing here",
    ),
];

#[test]
fn entries_that_ask_for_nobody() {
    check_entry(ENTRIES_THAT_ASK_FOR_NOBODY);
}

const KEYS_CERTIFICATES_AND_URLS: &[(&str, &str)] = &[
    (
        r#"{image: a, pubKeys: ["<key>", x]}"#,
        "signatures[1].pubKeys[1]: not a PEM public key; it starts with `-----BEGIN PUBLIC KEY-----`",
    ),
    (
        r#"{image: a, pubKeys: [""]}"#,
        "signatures[1].pubKeys[0]: not a PEM public key; it starts with `-----BEGIN PUBLIC KEY-----`",
    ),
    (
        r#"{image: a, pubKeys: ["<private>"]}"#,
        "signatures[1].pubKeys[0]: this is a private key: keep it secret, and give its public half \
             (`cosign public-key --key …`)",
    ),
    (
        r#"{image: a, pubKeys: ["<certificate>"]}"#,
        "signatures[1].pubKeys[0]: this is a certificate; give it as a certificate, not as a public key",
    ),
    (
        r#"{image: a, certificates: ["<key>"]}"#,
        "signatures[1].certificates[0]: a PEM block `PUBLIC KEY` instead of `CERTIFICATE`",
    ),
    (
        r#"{image: a, certificates: ["<expired>"]}"#,
        "signatures[1].certificates[0]: the certificate has expired",
    ),
    (
        r#"{image: a, certificates: ["<future>"]}"#,
        "signatures[1].certificates[0]: the certificate is not valid yet",
    ),
    (
        r#"{image: a, certificates: ["<certificate>"], certificateChain: ["<root>", x]}"#,
        "signatures[1].certificates[0] (certificateChain[1]): not one PEM certificate; it starts with \
             `-----BEGIN CERTIFICATE-----`, and each certificate is an entry of its own",
    ),
    (
        "{image: a, keylessPrefix: [{issuer: i, urlPrefix: github.com/acme}]}",
        "signatures[1].keylessPrefix[0].urlPrefix: `github.com/acme` is not a URL with a host; write it \
             like `https://github.com/acme/`",
    ),
    (
        r#"{image: a, keylessPrefix: [{issuer: i, urlPrefix: "https://GitHub.com/acme"}]}"#,
        "signatures[1].keylessPrefix[0].urlPrefix: `https://GitHub.com/acme` has no plain host name in \
             lower case; write it like `https://github.com/acme/`",
    ),
    (
        r#"{image: a, keylessPrefix: [{issuer: i, urlPrefix: "https://github.com/a b"}]}"#,
        "signatures[1].keylessPrefix[0].urlPrefix: `https://github.com/a b` has a path with other \
             characters than letters, digits and `-._~@+/`; write it like `https://github.com/acme/`",
    ),
];

#[test]
fn keys_certificates_and_urls() {
    check_entry(KEYS_CERTIFICATES_AND_URLS);
}

/// Everything that is wrong is told at once.
#[test]
fn several_faults() {
    check(&[
        (
            "{signatures: [{image: a}, {image: b, keyless: [{issuer: i}]}], rules: [{images: [c]}]}",
            "signatures[0]: no signer is given; write one of `pubKeys`, `keyless`, `keylessPrefix`, \
             `githubActions`, `certificates`\n\
             signatures[1].keyless[0]: `subject` is missing\n\
             rules[0]: `allOf` and `anyOf` are missing: who must have signed?",
        ),
        (
            r#"{signatures: [{image: a, pubKeys: [x]}, {image: b, certificates: ["<expired>"]}]}"#,
            "signatures[0].pubKeys[0]: not a PEM public key; it starts with `-----BEGIN PUBLIC KEY-----`\n\
             signatures[1].certificates[0]: the certificate has expired",
        ),
    ]);
}

/// The same of one entry of `rules` for the images `a`.
fn check_rule(rows: &[(&str, &str)]) {
    for (rule, expected) in rows {
        let settings = format!("{{rules: [{{images: [a], {rule}}}]}}");
        assert_eq!(validate(&settings).as_deref(), Some(*expected), "{rule}");
    }
}

#[test]
fn valid_rules() {
    for rule in [
        r#"allOf: [{kind: pubKey, key: "<key>"}]"#,
        r#"allOf: [{kind: pubKey, key: "<key><second>", owner: release, annotations: {env: prod}}]"#,
        "allOf: [{kind: pubKey, key: 'k8s://cosign/key'}]",
        "allOf: [{kind: pubKey, keyFrom: {configMap: {namespace: trust, name: keys}}}]",
        "allOf: [{kind: pubKey, keyFrom: {secret: {namespace: trust, name: keys, key: a}}}]",
        "allOf: [{kind: genericIssuer, issuer: i, subject: {equal: s}}]",
        "allOf: [{kind: genericIssuer, issuer: i, subject: {urlPrefix: 'https://a.b/c'}}]",
        "allOf: [{kind: githubAction, owner: acme, repo: app}]",
        r#"allOf: [{kind: certificate, certificate: "<certificate>", requireRekorBundle: false}]"#,
        r#"anyOf: {signatures: [{kind: pubKey, key: "<key>"}]}"#,
        r#"anyOf: {minimumMatches: 2, signatures: [{kind: pubKey, key: "<key>"}, {kind: pubKey, key: "<second>"}]}"#,
        "name: x, exclude: [b], enforcement: warn, allOf: [{kind: githubAction, owner: acme}]",
        // Two groups may share a signer, and other issuers or subjects are other signers.
        r#"allOf: [{kind: pubKey, key: "<key>"}], anyOf: {signatures: [{kind: pubKey, key: "<key>"}]}"#,
        "allOf: [{kind: genericIssuer, issuer: i, subject: {equal: s}}, {kind: genericIssuer, issuer: j, subject: {equal: s}}]",
        "allOf: [{kind: githubAction, owner: acme, repo: app}, {kind: githubAction, owner: acme, repo: web}]",
    ] {
        let settings = format!("{{rules: [{{images: [a], {rule}}}]}}");
        assert_eq!(validate(&settings), None, "{rule}");
    }
}

#[test]
fn rules_that_ask_for_nobody() {
    let nobody = "rules[0]: `allOf` and `anyOf` are missing: who must have signed?";
    check(&[
        (
            "{rules: [{allOf: [{kind: githubAction, owner: a}]}]}",
            "rules[0]: `images` is missing: which images must be signed? (`*` is every image)",
        ),
        (
            "{rules: [{images: [], allOf: [{kind: githubAction, owner: a}]}]}",
            "rules[0]: `images` is missing: which images must be signed? (`*` is every image)",
        ),
        (
            r#"{rules: [{images: [""], allOf: [{kind: githubAction, owner: a}]}]}"#,
            "rules[0].images[0]: the pattern is empty",
        ),
        (
            "{rules: [{images: [ghcr.io], allOf: [{kind: githubAction, owner: a}]}]}",
            "rules[0].images[0]: `ghcr.io` alone is a repository of Docker Hub; write `ghcr.io/**` for every \
             image of that registry",
        ),
        (
            "{rules: [{images: [a], exclude: ['a**'], allOf: [{kind: githubAction, owner: a}]}]}",
            "rules[0].exclude[0]: `**` must be a whole path component",
        ),
        ("{unmatchedImages: reject, exempt: [A]}", "exempt[0]: repositories are in lower case"),
    ]);
    check_rule(&[
        ("name: x", nobody),
        ("allOf: []", nobody),
        ("allOf: [], anyOf: {}", nobody),
        ("anyOf: null", nobody),
        ("anyOf: {minimumMatches: 1}", "rules[0].anyOf: `signatures` is missing: who can sign?"),
        ("anyOf: {signatures: []}", "rules[0].anyOf: `signatures` is missing: who can sign?"),
        (
            "anyOf: {minimumMatches: 0, signatures: [{kind: githubAction, owner: a}]}",
            "rules[0].anyOf.minimumMatches: must be between 1 and 1, the number of signers",
        ),
        (
            "anyOf: {minimumMatches: 2, signatures: [{kind: githubAction, owner: a}]}",
            "rules[0].anyOf.minimumMatches: must be between 1 and 1, the number of signers",
        ),
        (
            "anyOf: {minimumMatches: -1, signatures: [{kind: githubAction, owner: a}]}",
            "rules[0].anyOf.minimumMatches: must be a whole number, not `-1`",
        ),
        (
            "anyOf: {minimumMatches: 1.5, signatures: [{kind: githubAction, owner: a}]}",
            "rules[0].anyOf.minimumMatches: must be a whole number, not `1.5`",
        ),
        (
            "anyOf: {minimumMatches: '1', signatures: [{kind: githubAction, owner: a}]}",
            "rules[0].anyOf.minimumMatches: must be a whole number, not a string",
        ),
    ]);
}

const SIGNERS_THAT_NOBODY_CAN_BE: &[(&str, &str)] = &[
    (
        "allOf: [{}]",
        "rules[0].allOf[0]: `kind` is missing; one of `pubKey`, `genericIssuer`, `githubAction`, `certificate`",
    ),
    (
        "allOf: [{kind: githubActions, owner: a}]",
        "rules[0].allOf[0].kind: unknown value, did you mean `githubAction`?",
    ),
    ("allOf: [a]", "rules[0].allOf[0]: must be an object, not a string"),
    ("allOf: {kind: githubAction}", "rules[0].allOf: must be a list, not an object"),
    ("anyOf: [{kind: githubAction, owner: a}]", "rules[0].anyOf: must be an object, not a list"),
    (
        "anyOf: {signatures: [{kind: githubAction, owner: a, anotations: {}}]}",
        "rules[0].anyOf.signatures[0].anotations: unknown field, did you mean `annotations`?",
    ),
    ("allOf: [{kind: pubKey}]", "rules[0].allOf[0]: give one of `key` and `keyFrom`"),
    (
        "allOf: [{kind: pubKey, key: a, keyFrom: {secret: {namespace: a, name: b}}}]",
        "rules[0].allOf[0]: give one of `key` and `keyFrom`",
    ),
    (
        "allOf: [{kind: pubKey, key: x}]",
        "rules[0].allOf[0]: not a PEM public key; it starts with `-----BEGIN PUBLIC KEY-----`",
    ),
    (
        "allOf: [{kind: pubKey, key: 'k8s://key'}]",
        "rules[0].allOf[0].key: `k8s://key` is not `k8s://namespace/name`",
    ),
    (
        "allOf: [{kind: pubKey, key: 'k8s://a/b/c'}]",
        "rules[0].allOf[0].key: `k8s://a/b/c` is not `k8s://namespace/name`",
    ),
    ("allOf: [{kind: pubKey, keyFrom: {}}]", "rules[0].allOf[0]: give one of `key` and `keyFrom`"),
    (
        "allOf: [{kind: pubKey, keyFrom: {secret: {name: b}}}]",
        "rules[0].allOf[0].keyFrom.secret: `namespace` is missing",
    ),
    (
        "allOf: [{kind: pubKey, keyFrom: {secret: {namespace: a, name: b}, configMap: {namespace: a, name: b}}}]",
        "rules[0].allOf[0].keyFrom: give one of `configMap` and `secret`",
    ),
    (
        "allOf: [{kind: pubKey, key: a, issuer: b}]",
        "rules[0].allOf[0].issuer: unknown field; known here: `kind`, `owner`, `key`, `keyFrom`, `annotations`",
    ),
    (
        "allOf: [{kind: genericIssuer, subject: {equal: s}}]",
        "rules[0].allOf[0]: `issuer` is missing",
    ),
    (
        "allOf: [{kind: genericIssuer, issuer: i}]",
        "rules[0].allOf[0]: `subject` is missing: `{equal: …}`, `{urlPrefix: …}` or `{pattern: …}`",
    ),
    (
        "allOf: [{kind: genericIssuer, issuer: i, subject: {equal: ''}}]",
        "rules[0].allOf[0].subject: give one of `equal`, `urlPrefix` and `pattern`",
    ),
    (
        "allOf: [{kind: genericIssuer, issuer: i, subject: {equal: a, urlPrefix: 'https://a.b/'}}]",
        "rules[0].allOf[0].subject: give one of `equal`, `urlPrefix` and `pattern`",
    ),
    (
        "allOf: [{kind: genericIssuer, issuer: i, subject: s}]",
        "rules[0].allOf[0].subject: must be an object, not a string",
    ),
    (
        "allOf: [{kind: genericIssuer, issuer: i, subject: {urlPrefix: acme}}]",
        "rules[0].allOf[0].subject.urlPrefix: `acme` is not a URL with a host; write it like `https://github.com/acme/`",
    ),
    ("allOf: [{kind: githubAction, repo: a}]", "rules[0].allOf[0]: `owner` is missing"),
    ("allOf: [{kind: certificate}]", "rules[0].allOf[0]: `certificate` is missing"),
    (
        r#"allOf: [{kind: certificate, certificate: "<expired>"}]"#,
        "rules[0].allOf[0]: the certificate has expired",
    ),
    (
        "enforcement: audit, allOf: [{kind: githubAction, owner: a}]",
        "rules[0].enforcement: unknown value; known here: `reject`, `warn`",
    ),
];

#[test]
fn signers_that_nobody_can_be() {
    check_rule(SIGNERS_THAT_NOBODY_CAN_BE);
}

/// `minimumMatches` counts parties: two spellings of one are refused.
#[test]
fn signers_that_are_one() {
    let twice = "rules[0].anyOf.signatures[1]: one signature would satisfy both this signer and \
                 rules[0].anyOf.signatures[0]; signers of one group must be distinct";
    for pair in [
        r#"{kind: pubKey, key: "<key>"}, {kind: pubKey, key: "<spaced>", owner: other}"#,
        r#"{kind: pubKey, key: "<key>"}, {kind: pubKey, key: "<second><key>"}"#,
        r#"{kind: pubKey, key: "<key>"}, {kind: pubKey, key: "<key>", annotations: {a: b}}"#,
        "{kind: pubKey, key: 'k8s://a/b'}, {kind: pubKey, keyFrom: {secret: {namespace: a, name: b}}}",
        "{kind: githubAction, owner: acme}, {kind: githubAction, owner: acme, repo: app}",
        "{kind: genericIssuer, issuer: i, subject: {equal: s}}, {kind: genericIssuer, issuer: i, subject: {equal: s}}",
        "{kind: genericIssuer, issuer: i, subject: {urlPrefix: 'https://a.b/'}}, {kind: genericIssuer, issuer: i, subject: {urlPrefix: 'https://a.b/c'}}",
        "{kind: genericIssuer, issuer: i, subject: {urlPrefix: 'https://a.b/'}}, {kind: genericIssuer, issuer: i, subject: {equal: 'https://a.b/c'}}",
        "{kind: genericIssuer, issuer: 'https://token.actions.githubusercontent.com', subject: {urlPrefix: 'https://github.com/acme/app'}}, {kind: githubAction, owner: acme}",
        r#"{kind: certificate, certificate: "<certificate>"}, {kind: certificate, certificate: "<certificate>", requireRekorBundle: false}"#,
        r#"{kind: certificate, certificate: "<certificate>"}, {kind: pubKey, key: "<signer>"}"#,
    ] {
        check_rule(&[(&format!("anyOf: {{minimumMatches: 2, signatures: [{pair}]}}"), twice)]);
    }
}
