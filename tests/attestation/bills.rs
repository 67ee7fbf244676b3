//! Bills of materials: packages and licences.

use crate::{package, said};
use serde_json::{Value, json};
use signed_images_policy::policy::report::{Conditions, Licenses};

#[test]
fn bills_of_materials() {
    let asked = Conditions {
        packages: vec![package("log4j-core", Some("2.17.1"))],
        licenses: Some(Licenses::Refuse(vec!["AGPL-*".to_owned()])),
        ..Conditions::default()
    };
    let spdx = |packages: Value| json!({"spdxVersion": "SPDX-2.3", "packages": packages});
    let cyclone = |components: Value| json!({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": components});
    let mit = json!([{"license": {"id": "MIT"}}]);
    let rows = [
        ("spdx", spdx(json!([])), ""),
        ("spdx", spdx(json!([{"name": "a", "versionInfo": "1", "licenseDeclared": "MIT"}])), ""),
        (
            "spdx",
            spdx(
                json!([{"name": "log4j-core", "versionInfo": "2.14.1", "licenseDeclared": "Apache-2.0"}]),
            ),
            "lists packages that are not allowed: log4j-core 2.14.1",
        ),
        (
            "spdx",
            spdx(json!([{"name": "log4j-core", "licenseDeclared": "Apache-2.0"}])),
            "lists packages that are not allowed: log4j-core",
        ),
        (
            "spdx",
            spdx(
                json!([{"name": "a", "licenseConcluded": "NOASSERTION", "licenseDeclared": "MIT AND AGPL-3.0-only"}]),
            ),
            "lists packages with licences that are not allowed: a (AGPL-3.0-only)",
        ),
        (
            "spdx",
            spdx(json!([{"name": "a", "licenseConcluded": "NOASSERTION"}])),
            "names no licence of any package",
        ),
        ("spdx", spdx(Value::Null), "has no list of packages"),
        (
            "spdx",
            json!({"spdxVersion": "SPDX-3.0", "packages": []}),
            "has the unsupported version `SPDX-3.0`",
        ),
        (
            "spdx",
            json!({"packages": []}),
            "is not an SBOM: it names no version of SPDX or CycloneDX",
        ),
        ("cyclonedx", cyclone(json!([])), ""),
        (
            "cyclonedx",
            json!({"bomFormat": "CycloneDX", "specVersion": "1.7", "components": []}),
            "",
        ),
        (
            "cyclonedx",
            json!({"bomFormat": "CycloneDX", "specVersion": "1.8", "components": []}),
            "has the unsupported version `1.8`",
        ),
        ("cyclonedx", cyclone(json!([{"name": "a", "version": "1", "licenses": mit}])), ""),
        (
            "cyclonedx",
            cyclone(
                json!([{"name": "a", "licenses": mit, "components": [{"name": "log4j-core", "version": "2.3"}]}]),
            ),
            "lists packages that are not allowed: log4j-core 2.3",
        ),
        (
            "cyclonedx",
            cyclone(
                json!([{"name": "log4j-core", "version": "2.3", "licenses": mit, "components": [{"name": "b", "version": "9"}]}]),
            ),
            "lists packages that are not allowed: log4j-core 2.3",
        ),
        (
            "cyclonedx",
            cyclone(json!([{"name": "a", "licenses": [{"expression": "MIT OR AGPL-1.0"}]}])),
            "lists packages with licences that are not allowed: a (AGPL-1.0)",
        ),
        (
            "cyclonedx",
            cyclone(json!([{"name": "a", "licenses": [{"license": {"name": "agpl-ours"}}]}])),
            "lists packages with licences that are not allowed: a (agpl-ours)",
        ),
        ("cyclonedx", json!({"specVersion": "1.4"}), "has no list of packages"),
    ];
    for (of, predicate, expected) in rows {
        assert_eq!(said(of, &predicate, &asked), expected, "{predicate}");
    }
    assert!(said("spdx", &json!("SPDXVersion: SPDX-2.3"), &asked).starts_with("cannot be read"));
}

/// What is refused by name is refused in other spellings, and where it is not known whether it is.
#[test]
fn other_spellings_of_what_is_refused() {
    let cyclone = |components: Value| json!({"specVersion": "1.6", "components": components});
    let spdx = |packages: Value| json!({"spdxVersion": "SPDX-2.3", "packages": packages});
    let of = |name: &str, version: &str, purl: &str| {
        cyclone(json!([{"name": name, "version": version, "purl": purl}]))
    };
    let purl = |purl: &str| json!([{"referenceLocator": "cpe:2.3:a"}, {"referenceLocator": purl}]);
    let root = |kind: &str| {
        json!({
            "specVersion": "1.6", "components": [],
            "metadata": {"component": {"name": "event-stream", "version": "3.3.6", "type": kind}},
        })
    };
    let mut nested = root("container");
    nested["metadata"]["component"]["components"] = json!([{"name": "event-stream"}]);
    let event = ("event-stream", None);
    let crypto = ("golang.org/x/crypto", Some("0.31.0"));
    let django = ("django", Some("4.2.10"));
    let log4j = ("org.apache.logging.log4j:log4j-core", Some("2.17.1"));
    let maven = "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1";
    let pseudo = "v0.31.0-0.20241101000000-0123456789ab";
    let rows = [
        (
            ("openssl", Some("3.0.7-24")),
            of("openssl", "1:3.0.7-20.el9", "pkg:rpm/rhel/openssl"),
            true,
        ),
        (
            ("openssl", Some("3.0.7-24")),
            of("openssl", "1:3.0.7-25.el9", "pkg:rpm/rhel/openssl"),
            false,
        ),
        (crypto, of("golang.org/x/crypto", pseudo, ""), true),
        (
            crypto,
            of("golang.org/x/crypto", "v0.31.0", "pkg:golang/golang.org/x/crypto@v0.31.0"),
            false,
        ),
        (
            ("next", Some("14.2.25")),
            of("next", "14.2.25-canary.3", "pkg:npm/next@14.2.25-canary.3"),
            true,
        ),
        (
            ("next", Some("14.2.25")),
            of("next", "14.2.26-canary.3", "pkg:npm/next@14.2.26-canary.3"),
            false,
        ),
        (django, of("Django", "3.2", "pkg:pypi/Django@3.2"), true),
        (log4j, of("log4j-core", "2.14.1", maven), true),
        (
            log4j,
            spdx(
                json!([{"name": "log4j-core", "versionInfo": "2.14.1", "externalRefs": purl(maven)}]),
            ),
            true,
        ),
        (
            ("log4j-core", Some("2.17.1")),
            spdx(
                json!([{"name": "org.apache.logging.log4j:log4j-core", "versionInfo": "2.14.1", "externalRefs": purl(maven)}]),
            ),
            true,
        ),
        (event, root("application"), true),
        (event, root("container"), false),
        (event, nested, true),
    ];
    for ((name, before), predicate, expected) in rows {
        let asked = Conditions { packages: vec![package(name, before)], ..Conditions::default() };
        let of = if predicate["spdxVersion"].is_null() { "cyclonedx" } else { "spdx" };
        assert_eq!(!said(of, &predicate, &asked).is_empty(), expected, "{predicate}");
    }
}

/// The same of licences.
#[test]
fn other_spellings_of_licences() {
    let bill = |licenses: Value| json!({"specVersion": "1.6", "components": [{"name": "a", "licenses": licenses}]});
    let mit = json!({"license": {"id": "MIT"}});
    let url = json!({"license": {"url": "https://www.gnu.org/licenses/agpl-3.0"}});
    let rows = [
        (bill(json!([{"expression": "mit or agpl-3.0-only"}])), true, true),
        (bill(json!([{"expression": "MIT, AGPL-3.0"}])), true, true),
        (bill(json!([{"expression": "MIT WITH AGPL-3.0-only"}])), true, true),
        (bill(json!([mit, url])), true, true),
        (bill(json!([mit, {"license": {}}])), false, true),
        (bill(json!([{"license": {"id": "MIT", "url": "https://x/mit"}}])), false, false),
        (
            json!({"specVersion": "1.6", "components": [{"name": "a", "licenses": [mit], "evidence": {"licenses": [{"license": {"id": "AGPL-3.0"}}]}}]}),
            true,
            true,
        ),
        (
            json!({"specVersion": "1.6", "components": [{"name": "a", "licenses": [mit]}], "metadata": {"component": {"name": "b"}}}),
            false,
            false,
        ),
        // What it is about does not stand for the packages that name none.
        (
            json!({"specVersion": "1.6", "components": [{"name": "a"}], "metadata": {"component": {"name": "b", "licenses": [mit]}}}),
            true,
            true,
        ),
        (
            json!({"spdxVersion": "SPDX-2.3", "packages": [{"name": "a", "licenseDeclared": "MIT", "licenseInfoFromFiles": ["AGPL-3.0-only"]}]}),
            true,
            true,
        ),
    ];
    let patterns = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    for (predicate, refused, not_allowed) in rows {
        let of = if predicate["spdxVersion"].is_null() { "cyclonedx" } else { "spdx" };
        let licenses =
            [Licenses::Refuse(patterns(&["AGPL-*"])), Licenses::Only(patterns(&["MIT"]))];
        let says = licenses.map(|licenses| {
            let asked = Conditions { licenses: Some(licenses), ..Conditions::default() };
            !said(of, &predicate, &asked).is_empty()
        });
        assert_eq!(says, [refused, not_allowed], "{predicate}");
    }
}
