//! Who built an image, and from what.

use crate::said;
use serde_json::{Value, json};
use signed_images_policy::policy::report::Conditions;
use signed_images_policy::policy::text_pattern::TextPattern;

#[test]
fn builders_and_sources() {
    let asked = |builder: &[&str], source: &[&str]| {
        let patterns = |texts: &[&str]| texts.iter().map(|text| TextPattern::new(text)).collect();
        Conditions { builder: patterns(builder), source: patterns(source), ..Conditions::default() }
    };
    let runner = "https://github.com/actions/runner/github-hosted";
    let github = |repository: Value| {
        json!({
            "runDetails": {"builder": {"id": runner}},
            "buildDefinition": {
                "externalParameters": {"workflow": {"repository": repository, "ref": "refs/heads/main"}},
                "resolvedDependencies": [{"uri": "git+https://github.com/acme/app@refs/heads/main"}],
            },
        })
    };
    let parameters =
        |parameters: Value| json!({"buildDefinition": {"externalParameters": parameters}});
    let acme = &["https://github.com/acme/*"][..];
    let rows = [
        (
            "slsaprovenance1",
            github(json!("https://github.com/acme/app")),
            asked(&[runner], acme),
            "",
        ),
        (
            "slsaprovenance1",
            github(json!("https://github.com/evil/app")),
            asked(&[], acme),
            "is from a source that is not allowed: `https://github.com/evil/app`",
        ),
        (
            "slsaprovenance1",
            github(json!("https://github.com/acme/app")),
            asked(&["https://b"], &[]),
            "is from a builder that is not allowed: `https://github.com/actions/runner/github-hosted`",
        ),
        // What was fetched is no source.
        ("slsaprovenance1", github(Value::Null), asked(&[], acme), "names no source"),
        ("slsaprovenance1", json!({}), asked(&[runner], &[]), "names no builder"),
        (
            "slsaprovenance1",
            parameters(json!({"source": {"uri": "git+https://github.com/acme/app@refs/tags/v1"}})),
            asked(&[], acme),
            "",
        ),
        (
            "slsaprovenance1",
            parameters(json!({"source": "git+https://github.com/acme/app@refs/tags/v1"})),
            asked(&[], acme),
            "",
        ),
        (
            "slsaprovenance1",
            parameters(json!({"buildConfigSource": {"repository": "https://github.com/acme/app"}})),
            asked(&[], acme),
            "",
        ),
        (
            "slsaprovenance1",
            parameters(
                json!({"source": "https://github.com/acme/app", "workflow": {"repository": "https://github.com/evil/app"}}),
            ),
            asked(&[], acme),
            "is from a source that is not allowed: `https://github.com/evil/app`",
        ),
        (
            "slsaprovenance",
            json!({"builder": {"id": "https://b"}, "invocation": {"configSource": {"uri": "git+https://github.com/acme/app@refs/heads/main"}}}),
            asked(&["https://b"], acme),
            "",
        ),
        (
            "slsaprovenance",
            json!({"builder": {"id": 1}}),
            asked(&["https://b"], &[]),
            "names no builder",
        ),
        (
            "slsaprovenance",
            github(json!("https://github.com/acme/app")),
            asked(&[], acme),
            "names no source",
        ),
    ];
    for (of, predicate, asked, expected) in rows {
        assert_eq!(said(of, &predicate, &asked), expected, "{predicate}");
    }
}
