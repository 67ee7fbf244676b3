//! Objects as large as they may be, and what they are compared with.

use super::text::{
    DIGEST, IMAGES, THREE_MIB, create, list, list_of_bytes, named_pod, one_rule, request, workflow,
};
use super::{Limit, Maker};

pub(super) const MAKERS: &[Maker] = &[
    || sized("object/text", &format!("\"{}\"", "x".repeat(THREE_MIB))),
    || sized("object/escapes", &format!("\"{}\"", r"\u0001".repeat(THREE_MIB / 6))),
    || sized("object/quotes", &format!("\"{}\"", r#"\""#.repeat(THREE_MIB / 2))),
    || sized("object/numbers", &list_of_bytes(THREE_MIB, "0")),
    || sized("object/floats", &list_of_bytes(THREE_MIB, "-1.5e-7")),
    || sized("object/digits", &"1".repeat(THREE_MIB)),
    || sized("object/texts", &list_of_bytes(THREE_MIB, "\"\"")),
    || sized("object/objects", &list_of_bytes(THREE_MIB, "{}")),
    || sized("object/keys", &keys(THREE_MIB)),
    || sized("object/spaces", &(" ".repeat(THREE_MIB) + "0")),
    || sized("object/deep", &list_of_bytes(THREE_MIB, &nested(9_990))),
    || sized("object/almost-deep", &list_of_bytes(THREE_MIB, &nested(100))),
    || at_root("object/root-keys", &format!("{},\"spec\":{}", members(THREE_MIB), SPEC)),
    || {
        at_root(
            "object/container-keys",
            &format!(
                r#""spec":{{"containers":[{{"image":"ghcr.io/acme/app:1",{}}}]}}"#,
                members(THREE_MIB)
            ),
        )
    },
    || {
        at_root(
            "object/owners",
            &format!(
                r#""metadata":{{"ownerReferences":{}}},"spec":{SPEC}"#,
                list_of_bytes(THREE_MIB, "{}")
            ),
        )
    },
    // stored objects
    || {
        updated(
            "update/long-names",
            |at| format!("{}{at:04}", "x".repeat(1_400)),
            |at| format!("app{at}"),
        )
    },
    || updated("update/pins", |at| format!("c{at}"), |at| format!("ghcr.io/acme/app{at}:1")),
    // custom resources
    extra_workloads,
    || elements("extra-workloads/elements", "{}"),
    || elements("extra-workloads/keys", r#"{"k":0,"k1":0,"k2":0,"k3":0}"#),
    pointers_of_one_object,
];

const SPEC: &str = r#"{"containers":[{"image":"ghcr.io/acme/app:1"}]}"#;

fn acme() -> String {
    one_rule(&format!("[{}]", workflow(0)))
}

/// An update of an object that has that beside its containers.
fn sized(name: &'static str, value: &str) -> Limit {
    at_root(name, &format!(r#""metadata":{{"annotations":{value}}},"spec":{SPEC}"#))
}

fn at_root(name: &'static str, members: &str) -> Limit {
    let object = format!("{{{members}}}");
    Limit::request(name, request("Pod", "UPDATE", &object, &object, &acme()))
}

fn nested(levels: usize) -> String {
    "[".repeat(levels) + &"]".repeat(levels)
}

fn keys(bytes: usize) -> String {
    format!("{{{}}}", members(bytes))
}

fn members(bytes: usize) -> String {
    let members: Vec<String> = (0..bytes / 11).map(|at| format!(r#""k{at:05}":0"#)).collect();
    members.join(",")
}

/// Every image has a stored one in its place.
fn updated(
    name: &'static str,
    container: fn(usize) -> String,
    image: fn(usize) -> String,
) -> Limit {
    let old = named_pod(IMAGES, container, |at| format!("{}@{DIGEST}", image(at)));
    let new = named_pod(IMAGES, |at| container(IMAGES - 1 - at), |at| image(IMAGES - 1 - at));
    Limit::request(name, request("Pod", "UPDATE", &new, &old, &acme()))
}

/// As many kinds as may be, with as many pointers as fit.
fn extra_workloads() -> Limit {
    let kind = |index: usize| {
        let pointers = list(100, |at| format!(r#""/spec/some/where/in{at:02}""#));
        let pods = list(100, |at| format!(r#""/spec/some/place/in{at:02}""#));
        format!(r#"{{"kind":"K{index:03}","images":{pointers},"podSpecs":{pods}}}"#)
    };
    let settings = format!(
        r#"{{"extraWorkloads":{},"unmatchedImages":"reject","exempt":["ghcr.io/acme/app"]}}"#,
        list(100, kind)
    );
    let object = format!(r#"{{"spec":{SPEC}}}"#);
    Limit::request("extra-workloads/pointers", create(&object, &settings))
}

/// As many elements as an object holds, in a list of which each pointer leads into each element.
fn elements(name: &'static str, element: &str) -> Limit {
    let pointers = list(100, |at| format!(r#""/spec/list/*/i{at:02}""#));
    let pods = list(100, |at| format!(r#""/spec/list/*/p{at:02}""#));
    let object = format!(r#"{{"spec":{{"list":{}}}}}"#, list_of_bytes(THREE_MIB, element));
    custom(name, &pointers, &pods, &object)
}

fn pointers_of_one_object() -> Limit {
    let pointers = list(100, |at| format!(r#""/spec/i{at:02}""#));
    let pods = list(100, |at| format!(r#""/spec/p{at:02}""#));
    custom(
        "extra-workloads/one-object",
        &pointers,
        &pods,
        &format!(r#"{{"spec":{}}}"#, keys(THREE_MIB)),
    )
}

fn custom(name: &'static str, images: &str, pods: &str, object: &str) -> Limit {
    let settings = format!(
        r#"{{"extraWorkloads":[{{"kind":"Widget","images":{images},"podSpecs":{pods}}}],"unmatchedImages":"reject"}}"#
    );
    Limit::request(name, request("Widget", "UPDATE", object, object, &settings))
}
