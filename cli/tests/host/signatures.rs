//! The host's verdict on real signatures, in a real registry, over HTTP.

use crate::world::{World, ask, host};
use serde_json::{Value, json};
use signed_images::demo::Key;
use signed_images::host::Trust;
use tokio::runtime::Runtime;

#[test]
fn a_signature_counts_for_its_key_and_its_image() {
    let world = World::new(Trust::default());
    let stranger = Key::generate().unwrap();
    let (key, other) = (world.key.public(), stranger.public());
    let pinned = format!("@{}", world.digest);
    let (none, prod) = (Value::Null, json!({"env": "prod"}));
    let trusted = Ok(json!({"is_trusted": true, "digest": world.digest}));
    assert_eq!(world.verify(":signed", &[key], &none), trusted);
    assert_eq!(world.verify(&pinned, &[key], &none), trusted);
    assert_eq!(world.verify(":signed", &[key, key], &none), trusted);
    assert_eq!(world.verify(":signed", &[key], &json!({})), trusted);

    let missing = "Image verification failed: missing signatures\nThe following constraints were not satisfied:\nkind: pubKey\n";
    let rows = [
        (":signed", vec![other], &none, missing.to_owned()),
        (":signed", vec![key, other], &none, missing.to_owned()),
        (":signed", vec![key], &prod, missing.to_owned()),
        // A text that is no key fits no signature.
        (":signed", vec!["no key"], &none, missing.to_owned()),
        (":signed", vec![], &none, "Must provide at least one pub key".to_owned()),
        (
            ":unsigned",
            vec![key],
            &none,
            format!("no signatures found for image: {} ", world.image(":unsigned")),
        ),
        (":absent", vec![key], &none, "failed to get image trusted layers: ".to_owned()),
        (":in valid", vec![key], &none, "Invalid OCI image reference: ".to_owned()),
    ];
    for (tag, keys, annotations, expected) in rows {
        let report = world.verify(tag, &keys, annotations).unwrap_err();
        let expected = format!("Callback evaluation failure: {expected}");
        assert!(report.starts_with(&expected), "{tag}: {report}");
    }
}

#[test]
fn a_signature_by_a_stranger_counts_for_nothing() {
    let world = World::new(Trust::default());
    let digest = world.registry.add_image("app", "strange", "3").unwrap();
    world.registry.sign("app", &digest, &Key::generate().unwrap()).unwrap();
    let report = world.verify(":strange", &[world.key.public()], &Value::Null).unwrap_err();
    assert!(report.contains("missing signatures"), "{report}");
}

#[test]
fn a_signature_for_another_digest_is_no_signature() {
    let world = World::new(Trust::default());
    let key = world.key.public();
    let other = world.registry.add_image("app", "other", "4").unwrap();
    let signature = world.key.sign(&world.image(""), &world.digest).unwrap();
    world.registry.add_signature("app", &other, signature).unwrap();
    let report = world.verify(":other", &[key], &Value::Null).unwrap_err();
    assert!(report.contains("No Signature Layer passed verification"), "{report}");
}

#[test]
fn a_registry_says_what_it_holds() {
    let world = World::new(Trust::default());
    let digest = world.ask("v1/manifest_digest", &json!(world.image(":signed")));
    assert_eq!(digest, Ok(json!({"digest": world.digest})));
    let manifest = world.ask("v1/oci_manifest", &json!(world.image(":signed"))).unwrap();
    assert_eq!(manifest.pointer("/layers/0/size"), Some(&json!(1)));
    let both = world.ask("v1/oci_manifest_config", &json!(world.image(":signed"))).unwrap();
    assert_eq!(both["manifest"], manifest);
    assert_eq!(both["digest"], json!(world.digest));
    assert_eq!(both.pointer("/config/os"), Some(&json!("linux")));

    let report = world.ask("v1/manifest_digest", &json!(world.image(":absent"))).unwrap_err();
    let expected = "Callback evaluation failure: Fail to interact with OCI registry: ";
    assert!(report.starts_with(expected), "{report}");
}

#[test]
fn a_registry_that_is_down_is_no_verdict() {
    let runtime = Runtime::new().unwrap();
    // Nothing listens on a port that was just given back.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let host = host(&runtime, &port.to_string(), Trust::default());
    let question = json!({
        "type": "SigstorePubKeyVerify",
        "image": format!("{port}/app:1"),
        "pub_keys": [Key::generate().unwrap().public()],
        "annotations": null,
    });
    let report = ask(&host, "v2/verify", &question).unwrap_err();
    let expected =
        "Callback evaluation failure: failed to get image trusted layers: Cannot fetch manifest";
    assert!(report.starts_with(expected), "{report}");
}

#[test]
fn the_host_ends_on_a_prefix_that_is_no_url() {
    let runtime = Runtime::new().unwrap();
    let host = host(&runtime, "127.0.0.1:1", Trust::default());
    let question = json!({
        "type": "SigstoreKeylessPrefixVerify",
        "image": "127.0.0.1:1/app:1",
        "keyless_prefix": [{"issuer": "https://issuer.local", "url_prefix": "not a url"}],
        "annotations": null,
    });
    let report = ask(&host, "v2/verify", &question).unwrap_err();
    assert_eq!(report, "Error obtaining response over callback channel");
}
