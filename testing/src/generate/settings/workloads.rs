//! The list `extraWorkloads`.

use crate::generate::choices::Choices;
use crate::generate::json::Json;
use crate::generate::kinds::EXTRA;

/// Those of the kinds that requests use.
pub(super) fn extra(choices: &mut Choices) -> Json {
    let mut entries = Vec::new();
    for extra in &EXTRA {
        if !choices.chance(7, 8) {
            continue;
        }
        let mut entry = Json::map();
        if !extra.kind.group.is_empty() || choices.chance(1, 4) {
            let version = if choices.chance(1, 300) { "/v1" } else { "" };
            entry.set("apiGroup", [extra.kind.group, version].concat());
        }
        entry.set("kind", extra.kind.kind);
        for (key, pointers) in [("podSpecs", extra.pod_specs), ("images", extra.images)] {
            let mut pointers = pointers.to_vec();
            if choices.chance(1, 800) {
                pointers.push(choices.one(&WRONG));
            }
            if !pointers.is_empty() || choices.chance(1, 12) {
                entry.set(key, pointers);
            }
        }
        entries.push(entry);
    }
    if choices.chance(1, 200) {
        entries.extend(entries.first().cloned());
    }
    entries.into()
}

const WRONG: [&str; 9] =
    ["", "/", "spec/pod", "/metadata/x", "/spec/a~2", "/*/a", "/spec", "/spec/images", "/spec//x"];
