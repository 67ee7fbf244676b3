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
            "lists what is refused: log4j-core 2.14.1",
        ),
        (
            "spdx",
            spdx(json!([{"name": "log4j-core", "licenseDeclared": "Apache-2.0"}])),
            "lists what is refused: log4j-core",
        ),
        (
            "spdx",
            spdx(
                json!([{"name": "a", "licenseConcluded": "NOASSERTION", "licenseDeclared": "MIT AND AGPL-3.0-only"}]),
            ),
            "lists packages whose licences are refused: a (AGPL-3.0-only)",
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
            "is of a version that is not read: `SPDX-3.0`",
        ),
        (
            "spdx",
            json!({"packages": []}),
            "is no bill of materials: it names no version of SPDX or CycloneDX",
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
            "is of a version that is not read: `1.8`",
        ),
        ("cyclonedx", cyclone(json!([{"name": "a", "version": "1", "licenses": mit}])), ""),
        (
            "cyclonedx",
            cyclone(
                json!([{"name": "a", "licenses": mit, "components": [{"name": "log4j-core", "version": "2.3"}]}]),
            ),
            "lists what is refused: log4j-core 2.3",
        ),
        (
            "cyclonedx",
            cyclone(
                json!([{"name": "log4j-core", "version": "2.3", "licenses": mit, "components": [{"name": "b", "version": "9"}]}]),
            ),
            "lists what is refused: log4j-core 2.3",
        ),
        (
            "cyclonedx",
            cyclone(json!([{"name": "a", "licenses": [{"expression": "MIT OR AGPL-1.0"}]}])),
            "lists packages whose licences are refused: a (AGPL-1.0)",
        ),
        (
            "cyclonedx",
            cyclone(json!([{"name": "a", "licenses": [{"license": {"name": "agpl-ours"}}]}])),
            "lists packages whose licences are refused: a (agpl-ours)",
        ),
        ("cyclonedx", json!({"specVersion": "1.4"}), "has no list of packages"),
    ];
    for (of, predicate, expected) in rows {
        assert_eq!(said(of, &predicate, &asked), expected, "{predicate}");
    }
    assert!(said("spdx", &json!("SPDXVersion: SPDX-2.3"), &asked).starts_with("cannot be read"));
}
