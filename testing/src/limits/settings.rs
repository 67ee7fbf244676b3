//! Settings as large as they may be, when a policy is set up.

use super::text::{THREE_MIB, create, entries, entry, list, list_of_bytes, pod, rule, workflow};
use super::{Limit, Maker};

pub(super) const MAKERS: &[Maker] = &[
    || reject("settings/text", &format!(r#""description":"{}""#, "x".repeat(ROOM))),
    || reject("settings/escapes", &format!(r#""description":"{}""#, r"\u0001".repeat(ROOM / 6))),
    || {
        reject("settings/lists", &format!(r#""rule":{}"#, list_of_bytes(ROOM, "[]")))
            .refused("unknown field")
    },
    || {
        reject("settings/deep", &format!(r#""rule":{}{}"#, "[".repeat(9_000), "]".repeat(9_000)))
            .refused("unknown field")
    },
    // as many entries as fit
    || Limit::settings("settings/rules", entries("rules", 10_000, |_| rule("a"))),
    || Limit::settings("settings/signatures", entries("signatures", 10_000, |_| entry("a"))),
    || {
        Limit::settings(
            "settings/lists-of-forms",
            entries("githubActions", 10_000, |at| {
                format!(r#"{{"images":["a{at}"],"owner":"acme"}}"#)
            }),
        )
    },
    || {
        Limit::settings("settings/blank-entries", {
            let blank = list(10_000, |_| "{}");
            format!(
                r#"{{"unmatchedImages":"reject","publicKeys":{blank},"githubActions":{blank}}}"#
            )
        })
    },
    || Limit::settings("settings/patterns", patterns(2)),
    || {
        Limit::settings("settings/too-many-patterns", patterns(30))
            .refused("more than 20000 patterns")
    },
    || {
        Limit::settings(
            "settings/longest-patterns",
            entries("rules", 2_800, |_| rule(&"*a".repeat(512))),
        )
    },
    || {
        Limit::settings(
            "settings/longest-legacy-patterns",
            entries("signatures", 2_800, |_| entry(&"*a".repeat(512))),
        )
    },
    || Limit::settings("settings/annotations", entries("rules", 2_000, |_| annotated())),
    // the same, unread by a request: of rules that match nothing of it
    || {
        unmatched(
            "request/rules",
            &entries("rules", 10_000, |at| rule(&format!("ghcr.io/team-{at}/**"))),
        )
    },
    || {
        unmatched(
            "request/signatures",
            &entries("signatures", 10_000, |at| entry(&format!("ghcr.io/team-{at}/*"))),
        )
    },
    || {
        unmatched(
            "request/text",
            &format!(r#"{{"unmatchedImages":"warn","description":"{}"}}"#, "x".repeat(ROOM)),
        )
    },
    // what is wrong
    || reject("wrong/longest-key", &format!(r#""{}":1"#, "x".repeat(ROOM))).refused("xxx"),
    || {
        Limit::settings(
            "wrong/keys",
            entries("rules", 10_000, |_| r#"{"imagesOfTheRuleThatIsMeantToBeHere":["a"]}"#),
        )
        .refused("unknown field")
    },
    || {
        Limit::settings(
            "wrong/values",
            entries("rules", 10_000, |_| {
                format!(r#"{{"images":["{}"],"allOf":[]}}"#, "A".repeat(200))
            }),
        )
        .refused("lower case")
    },
    || reject("wrong/twice", &vec![r#""rules":[]"#; ROOM / 11].join(",")).refused("twice"),
    || {
        reject(
            "wrong/annotations",
            &format!(
                r#""publicKeys":[{{"images":["a"],"keys":["k8s://a/b"],"annotations":{{{}}}}}]"#,
                vec![r#""a":"b""#; ROOM / 8].join(",")
            ),
        )
        .refused("at most 64")
    },
];

/// Room for what is beside it.
const ROOM: usize = THREE_MIB - 200;

fn reject(name: &'static str, member: &str) -> Limit {
    Limit::settings(name, format!(r#"{{"unmatchedImages":"reject",{member}}}"#))
}

fn unmatched(name: &'static str, settings: &str) -> Limit {
    Limit::request(name, create(&pod(1, |_| "quay.io/acme/app:1".to_owned()), settings))
}

/// Lists of as many patterns as one may hold.
fn patterns(lists: usize) -> String {
    entries("rules", lists, |_| {
        let patterns = list(10_000, |at| format!("\"a{at}\""));
        format!(r#"{{"images":{patterns},"allOf":[{}]}}"#, workflow(0))
    })
}

fn annotated() -> String {
    let annotations: Vec<String> =
        (0..64).map(|at| format!(r#""key-{at}":"value-{at}""#)).collect();
    format!(
        r#"{{"images":["a"],"allOf":[{{"kind":"githubAction","owner":"acme","annotations":{{{}}}}}]}}"#,
        annotations.join(",")
    )
}
