//! Settings at the edge of what they may hold: one less, as many, one more.

use crate::generate::choices::Choices;
use crate::generate::fixtures::{CHAIN, SIGNERS};
use crate::generate::json::Json;

/// Gives the settings a list or a map that is as large as it may be, or off by one.
pub(super) fn stretch(settings: &mut Json, choices: &mut Choices) {
    let off = choices.below(3);
    let every_image = || ("images", Json::from(vec!["**"]));
    let signer = |count| {
        Json::from([("kind", "githubAction".into()), ("owner", format!("o{count}").into())])
    };
    match choices.below(9) {
        0 => settings.set("exempt", texts(9_999 + off, "a/")),
        1 => {
            let keys = texts(255 + off, "k8s://trust/");
            settings.set("publicKeys", vec![Json::from([every_image(), ("keys", keys)])]);
        }
        2 => {
            let repos = texts(255 + off, "r");
            let entry = [every_image(), ("owner", "acme".into()), ("repos", repos)];
            settings.set("githubActions", vec![Json::from(entry)]);
        }
        3 => {
            let signers: Vec<Json> = (0..255 + off).map(signer).collect();
            settings.set("rules", vec![Json::from([every_image(), ("allOf", signers.into())])]);
        }
        4 => {
            let mut signer = signer(0);
            signer.set("annotations", annotations(63 + off));
            settings
                .set("rules", vec![Json::from([every_image(), ("allOf", vec![signer].into())])]);
        }
        5 => {
            let chain = vec![CHAIN[1]; 9 + off];
            let entry = [
                ("image", "*".into()),
                ("certificates", vec![SIGNERS[0]].into()),
                ("certificateChain", chain.into()),
            ];
            settings.set("signatures", vec![Json::from(entry)]);
        }
        6 => {
            let entry = [("kind", "Widget".into()), ("images", texts(99 + off, "/spec/i"))];
            settings.set("extraWorkloads", vec![Json::from(entry)]);
        }
        7 => {
            let kind = |at| {
                Json::from([("kind", format!("K{at}").into()), ("images", vec!["/spec/i"].into())])
            };
            settings.set("extraWorkloads", (0..99 + off).map(kind).collect::<Vec<_>>());
        }
        _ => settings.set("description", "x".repeat(3 * 1024 * 1024 - 1 + off)),
    }
}

fn texts(count: usize, start: &str) -> Json {
    (0..count).map(|at| format!("{start}{at}")).collect::<Vec<_>>().into()
}

fn annotations(count: usize) -> Json {
    let mut annotations = Json::map();
    for at in 0..count {
        annotations.members().push((format!("a{at}").into(), "x".into()));
    }
    annotations
}
