//! URL prefixes of subjects: what the settings take, the host's parser reads as it is written. (Its task
//! ends on one that it cannot parse.) `rules` take no prefix of everybody's, and take it with its owner.

use super::text;
use serde_json::{Value, json};
use signed_images_policy::policy::signer::Identity;
use signed_images_policy::settings;
use url::Url;

pub(super) fn law(input: &[u8]) {
    let Some(text) = text::of(input).filter(|text| !text.is_empty()) else { return };
    let pair = |key: &str| json!({"issuer": "https://acme.com", key: text});
    let of_rule = |text: &str| {
        let signer = json!({"kind": "genericIssuer", "issuer": "https://acme.com", "subject": {"urlPrefix": text}});
        prefix(&json!({"rules": [{"images": ["**"], "allOf": [signer]}]}))
    };
    let read = [
        json!({"signatures": [{"image": "*", "keylessPrefix": [pair("urlPrefix")]}]}),
        json!({"signatures": [{"image": "*", "keylessPrefix": [pair("url_prefix")]}]}),
    ]
    .map(|settings| prefix(&settings));
    assert_eq!(read[0], read[1], "`{text}`");
    let ruled = of_rule(text);
    let Some(prefix) = &read[0] else { return assert_eq!(ruled, None, "`{text}`") };
    if ruled.is_none() && !prefix.replacen("://", "", 1).contains("//") {
        assert!(of_rule(&format!("{prefix}acme/acme/acme/acme")).is_some(), "`{text}`");
    }
    assert!(ruled.is_none_or(|ruled| ruled == *prefix), "`{text}`");
    assert_eq!(Url::parse(prefix).expect("the host reads it").as_str(), prefix);
    assert!(
        prefix.ends_with('/')
            && prefix.strip_suffix('/').is_some_and(|head| { text == head || text == prefix })
    );
    let subject = format!("{}-evil/app", prefix.trim_end_matches('/'));
    assert!(!subject.starts_with(prefix), "`{prefix}` takes in `{subject}`");
}

/// The prefix that the only signer has.
fn prefix(settings: &Value) -> Option<String> {
    let text = settings.to_string();
    let rules = settings::read(serde_json::from_str(&text).unwrap()).ok()?;
    match &rules.rules[0].trust.all_of()[0].identity {
        Identity::KeylessPrefix { url_prefix, .. } => Some(url_prefix.clone()),
        other => panic!("{other:?} of {settings}"),
    }
}
