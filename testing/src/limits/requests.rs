//! Images and the patterns that they are compared with.

use super::text::{
    DIGEST, IMAGES, RULES, create, entries, entry, key, list, one_rule, pod, pub_key, rule,
    workflow,
};
use super::{Answers, Limit, Maker};

pub(super) const MAKERS: &[Maker] = &[
    // as many images as an object may hold
    || Limit::request("images/different", create(&pod(IMAGES, plain), &acme())),
    || Limit::request("images/one", create(&pod(IMAGES, |_| plain(0)), &acme())),
    || Limit::request("images/longest", create(&pod(IMAGES, longest), &acme())),
    || {
        Limit::request(
            "images/hub",
            create(&pod(IMAGES, |at| format!("app{at}:latest@{DIGEST}")), &acme()),
        )
    },
    || {
        Limit::request(
            "images/no-references",
            create(&pod(IMAGES, |at| "a/".repeat(700) + &at.to_string()), &acme()),
        )
        .refused("invalid image reference")
    },
    images_refused,
    images_warned,
    // and as many rules, of which none or one matches
    || against("rules/last-component", components, |at| rule(&format!("**/app{at}"))),
    || against("rules/middle-component", components, |at| rule(&format!("**/team{at}/**"))),
    || against("rules/starred-component", components, |at| rule(&format!("**/*-{at:03}-*/**"))),
    || against("rules/starred-end", components, |at| rule(&format!("**/*{at:03}"))),
    || against("rules/registry", longest, |at| rule(&format!("*.r{at}.io/**"))),
    || against("rules/repository", plain, |at| rule(&format!("ghcr.io/acme/shop/service-{at:04}"))),
    || {
        against(
            "rules/stars",
            |at| format!("ghcr.io/{}{at}", "a".repeat(250)),
            |at| rule(&format!("**/{}b{at}", "*a".repeat(100))),
        )
    },
    || {
        against("rules/double-stars", components, |at| {
            rule(&format!("{}x{at}", "**/a/".repeat(60)))
        })
    },
    || {
        against(
            "rules/tags",
            |at| format!("ghcr.io/acme/app:{at}"),
            |at| rule(&format!("ghcr.io/acme/**:v{at}-*")),
        )
    },
    || all_match("rules/all-match", 150),
    || all_match("rules/all-match-more", RULES).refused("match more than"),
    || many_signers("rules/questions", 19),
    || many_signers("rules/too-many-questions", 256).refused("more calls to the policy server"),
    long_words,
    || {
        with_settings(
            "rules/all-match-keys",
            1,
            &entries("rules", RULES, |at| {
                format!(r#"{{"images":["**"],"allOf":[{}]}}"#, pub_key(&key(at)))
            }),
        )
    },
    || {
        with_settings(
            "rules/10000",
            IMAGES,
            &entries("rules", 10_000, |at| rule(&format!("**/app{at}"))),
        )
    },
    || {
        with_settings(
            "rules/10000-prefixes",
            IMAGES,
            &entries("rules", 10_000, |at| rule(&format!("docker.io/library/app{at}"))),
        )
    },
    // the same in `signatures`
    || legacy("signatures/prefix", plain, |at| format!("ghcr.io/acme/shop/service-{at:04}:*")),
    || legacy("signatures/component", longest, |at| format!("*/app{at}:*")),
    || legacy("signatures/stars", longest, |at| format!("*a*/*a*a*-{at}*")),
    || legacy("signatures/many-stars", longest, |at| format!("{}b{at}", "*a".repeat(100))),
    || {
        legacy(
            "signatures/hub",
            |at| format!("app{at}:latest@{DIGEST}"),
            |at| format!("*/team{at}*"),
        )
    },
    || {
        legacy(
            "signatures/digests",
            |at| format!("ghcr.io/acme/app{at}@{DIGEST}"),
            |at| format!("*/team{at}*:*-rc.*"),
        )
    },
    || legacy("signatures/10000", plain, |at| format!("*/team{at}:*")),
    // patterns of one list
    || {
        with_settings(
            "patterns/images",
            IMAGES,
            &format!(r#"{{"rules":[{{"images":{},"allOf":[{}]}}]}}"#, many_patterns(), workflow(0)),
        )
    },
    || {
        with_settings(
            "patterns/exclude",
            IMAGES,
            &format!(
                r#"{{"rules":[{{"images":["**"],"exclude":{},"allOf":[{}]}}]}}"#,
                many_patterns(),
                workflow(0)
            ),
        )
    },
    || {
        with_settings(
            "patterns/exempt",
            IMAGES,
            &format!(r#"{{"exempt":{},"unmatchedImages":"warn"}}"#, many_patterns()),
        )
    },
    || {
        with_settings(
            "patterns/entry",
            IMAGES,
            &format!(
                r#"{{"signatures":[{{"images":{},"githubActions":{{"owner":"acme"}}}}]}}"#,
                many_patterns()
            ),
        )
    },
];

fn acme() -> String {
    one_rule(&format!("[{}]", workflow(0)))
}

fn plain(index: usize) -> String {
    format!("ghcr.io/acme/shop/service-{index:04}:1.4.2")
}

/// As long as names and tags may be.
fn longest(index: usize) -> String {
    let host = format!("{}com", "registry.".repeat(27));
    format!("{host}/{}-{index:04}:{}", "a".repeat(250), "1".repeat(128))
}

/// As many components as a name may have.
fn components(index: usize) -> String {
    format!("ghcr.io/{}a{index:04}:1", "a/".repeat(120))
}

fn many_patterns() -> String {
    list(10_000, |at| format!(r#""**/team{at}""#))
}

fn against(
    name: &'static str,
    image: fn(usize) -> String,
    rule: impl Fn(usize) -> String,
) -> Limit {
    Limit::request(name, create(&pod(IMAGES, image), &entries("rules", RULES, rule)))
}

fn legacy(
    name: &'static str,
    image: fn(usize) -> String,
    pattern: impl Fn(usize) -> String,
) -> Limit {
    let count = if name.ends_with("10000") { 10_000 } else { RULES };
    let settings = entries("signatures", count, |at| entry(&pattern(at)));
    Limit::request(name, create(&pod(IMAGES, image), &settings))
}

fn with_settings(name: &'static str, images: usize, settings: &str) -> Limit {
    Limit::request(name, create(&pod(images, components), settings))
}

/// So many rules that all match all images.
fn all_match(name: &'static str, rules: usize) -> Limit {
    let settings = entries("rules", rules, |_| rule("**"));
    Limit::request(name, create(&pod(IMAGES, plain), &settings))
}

/// As many images as may be, of which so many keys are asked about, one after the other.
fn many_signers(name: &'static str, count: usize) -> Limit {
    let limit = Limit::request(name, create(&pod(IMAGES, plain), &warning(count)));
    limit.answered(Answers { verify: Err(MISSING.to_owned()), ..Answers::default() })
}

fn long_words() -> Limit {
    let limit = Limit::request("rules/long-words", create(&pod(IMAGES, plain), &warning(1)));
    let words = MISSING.to_owned() + &"x".repeat(256 * 1024);
    limit
        .answered(Answers { verify: Err(words), ..Answers::default() })
        .refused("more calls to the policy server")
}

const MISSING: &str = "Image verification failed: missing signatures\n";

/// Settings that warn of images that one of so many keys has not signed.
fn warning(signers: usize) -> String {
    let signers = list(signers, |at| pub_key(&key(at)));
    format!(
        r#"{{"rules":[{{"images":["**"],"enforcement":"warn","anyOf":{{"signatures":{signers}}}}}]}}"#
    )
}

fn images_refused() -> Limit {
    let words = "no signatures found for image: ".to_owned() + &"x".repeat(1_000);
    let limit = Limit::request("images/refused", create(&pod(IMAGES, longest), &acme()));
    limit.answered(Answers { verify: Err(words), ..Answers::default() }).refused("not signed")
}

/// Warnings never end the asking.
fn images_warned() -> Limit {
    let rule = format!(
        r#"{{"rules":[{{"images":["**"],"enforcement":"warn","allOf":{}}}]}}"#,
        list(256, |at| pub_key(&key(at)))
    );
    let missing =
        "Image verification failed: missing signatures\n".to_owned() + &"x".repeat(50_000);
    let limit = Limit::request("images/warned", create(&pod(10, plain), &rule));
    limit.answered(Answers { verify: Err(missing), ..Answers::default() })
}
