//! Globs of `ImageValidatingPolicy`, which are compared with images as they are written, on images in every form.

use serde_json::json;
use signed_images_testing::sources::image_validating_policy;

use crate::DIGEST;
use crate::property::compared;
use crate::world::{Signatures, key};

const GLOBS: [&str; 16] = [
    "*",
    "*/*",
    "*app",
    "*/app",
    "*:v1",
    "n*",
    "nginx",
    "acme*p",
    "acme/*",
    "docker.io/*",
    "ghcr.io/*",
    "ghcr.io/*p",
    "ghcr.io/acme/app",
    "ghcr.io/acme/app:*",
    "ghcr.io/acme/ap?",
    "localhost:5000/*",
];
const NAMES: [&str; 7] = [
    "nginx",
    "acme/app",
    "docker.io/nginx",
    "index.docker.io/acme/app",
    "ghcr.io/acme/app",
    "ghcr.io/acme/team/app",
    "localhost:5000/acme/app",
];

#[test]
fn images_that_a_glob_matches_as_they_are_written_are_looked_at() {
    let suffixes = ["", ":v1", &format!("@{DIGEST}"), &format!(":v1@{DIGEST}")].map(str::to_owned);
    let images: Vec<String> = NAMES
        .iter()
        .flat_map(|name| suffixes.iter().map(move |suffix| format!("{name}{suffix}")))
        .collect();
    let off = json!({"mutateDigest": false, "verifyDigest": false, "required": false});
    let expression =
        "images.containers.map(image, verifyImageSignatures(image, [attestors.a])).all(e, e > 0)";
    for (glob, flags) in GLOBS.iter().flat_map(|glob| [(glob, json!({})), (glob, off.clone())]) {
        let attestor = json!({"key": {"data": key("p256")}, "ctlog": {"insecureIgnoreTlog": true}});
        let policy = json!({
            "apiVersion": "policies.kyverno.io/v1", "kind": "ImageValidatingPolicy", "metadata": {"name": "p"},
            "spec": {
                "attestors": [{"name": "a", "cosign": attestor}], "matchImageReferences": [{"glob": glob}],
                "validations": [{"expression": expression}], "validationConfigurations": flags,
            },
        });
        let pods: Vec<(String, Signatures)> = images
            .iter()
            .flat_map(|image| [&[][..], &["p256"]].map(|by| (image.clone(), Signatures::by(by))))
            .collect();
        let model = yaml_serde::to_value(&policy).unwrap();
        compared(6, &policy.to_string(), &pods, &|pod| {
            image_validating_policy::verdict(&model, pod)
        })
        .unwrap();
    }
}
