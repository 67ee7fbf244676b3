//! The settings that the README shows are valid.

use std::time::{SystemTime, UNIX_EPOCH};

#[test]
fn settings_of_the_readme() {
    let readme = include_str!("../README.md");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let shown: Vec<&str> = readme
        .split("```yaml\n")
        .skip(1)
        .map(|block| block.split("```").next().unwrap())
        // The manifest is not settings.
        .filter(|block| !block.starts_with("spec:"))
        .collect();
    assert_eq!(shown.len(), 3, "the three examples under Settings");
    for yaml in shown {
        let settings: serde_json::Value = yaml_serde::from_str(yaml).unwrap();
        let payload = serde_json::to_vec(&settings).unwrap();
        let mut host = |_: &'static str, _: &'static str, _: &[u8]| Err("no host".to_owned());
        let answer = signed_images_policy::validate_settings(&payload, &mut host, now);
        assert_eq!(String::from_utf8(answer).unwrap(), r#"{"valid":true}"#, "{yaml}");
    }
}
