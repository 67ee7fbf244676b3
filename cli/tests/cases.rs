//! The cases below `cases/`, run against the built module in the runtime that Kubewarden uses.

#![cfg(test)]

use kubewarden_policy_sdk::host_capabilities::SigstoreVerificationInputV2;
use kubewarden_policy_sdk::host_capabilities::crypto_v1::CertificateVerificationRequest;
use serde_json::Value;
use signed_images::module::Module;
use signed_images_testing::cases;
use std::path::Path;
use std::time::Duration;

#[test]
fn every_case_holds_in_the_module() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let file = root.join("policy.wasm");
    assert!(file.exists(), "there is no module: run `make policy.wasm`");
    let module = Module::load(file).unwrap();
    cases::check_all(&cases::all(root), &|operation, payload, script| {
        let script = script.clone();
        module
            .call(operation, payload, move |namespace, operation, payload| {
                script.answer(namespace, operation, payload)
            })
            .map_err(|error| error.to_string())
    });
}

/// What the SDK would send is what is sent: whatever the cases make the policy ask reads as the SDK's types
/// and is written by them alike.
#[test]
fn the_host_is_asked_as_the_sdk_asks() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    cases::check_all(&cases::all(root), &|operation, payload, script| {
        let host = &mut |namespace: &'static str, operation: &'static str, asked: &[u8]| {
            let value: Value = serde_json::from_slice(asked).unwrap();
            let read = match (namespace, operation) {
                ("oci", "v2/verify") => round_trip::<SigstoreVerificationInputV2>(asked),
                ("oci", "v1/manifest_digest" | "v1/oci_manifest" | "v1/oci_manifest_config") => {
                    round_trip::<String>(asked)
                }
                ("crypto", "v1/is_certificate_trusted") => {
                    round_trip::<CertificateVerificationRequest>(asked)
                }
                // The SDK's type needs a feature that brings in all of Kubernetes.
                ("kubernetes", "get_resource") => value.clone(),
                _ => panic!("{namespace}/{operation}"),
            };
            assert_eq!(read, value);
            script.answer(namespace, operation, asked)
        };
        let now = Duration::from_hours(57 * 8_766);
        Ok(match operation {
            "validate" => {
                signed_images_policy::validate(payload, host, &mut |line| script.log(line), now)
            }
            _ => signed_images_policy::validate_settings(payload, host, now),
        })
    });
}

fn round_trip<T: serde::de::DeserializeOwned + serde::Serialize>(asked: &[u8]) -> Value {
    serde_json::to_value(serde_json::from_slice::<T>(asked).unwrap()).unwrap()
}
