//! The text of an answered object.

use super::host::Call;
use signed_images_policy::image::reference::{Digest, Reference};

/// The text is the request's own but for strings to which a digest was added, which the host gave for that
/// very image or which the stored object holds.
pub(super) fn is_vouched_for(object: &str, mutated: &str, stored: Option<&str>, calls: &[Call]) {
    let (before, after) = (pieces(object), pieces(mutated));
    assert_eq!(before.len(), after.len(), "{object} {mutated}");
    let changed: Vec<_> = before.iter().zip(&after).filter(|(a, b)| a != b).collect();
    assert!(!changed.is_empty(), "an object that was not changed");
    for (before, after) in changed {
        let decode =
            |piece: &str| serde_json::from_str::<String>(piece).expect("only strings change");
        let (before, after) = (decode(before), decode(after));
        let image = Reference::parse(&before).expect("only images change");
        let digest = after.strip_prefix(&before).and_then(|end| end.strip_prefix('@'));
        let digest = Digest::parse(digest.expect("a digest, and nothing else")).expect("a digest");
        assert!(image.digest().is_none());
        let (tag, pinned) = (image.question(), image.at(&digest));
        let vouched = calls.iter().any(|call| {
            call.vouched().as_ref() == Some(&digest) && [&*tag, &*pinned].contains(&call.image())
        });
        let is_after =
            |piece: &str| serde_json::from_str::<String>(piece).is_ok_and(|text| text == after);
        let is_kept = stored.is_some_and(|old| pieces(old).into_iter().any(is_after));
        assert!(vouched || is_kept, "`{after}` comes from nowhere");
    }
}

/// Strings, and what is between them.
fn pieces(json: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut start, mut in_string, mut is_escaped) = (0, false, false);
    for (at, byte) in json.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_string => is_escaped = true,
            b'"' => {
                let end = at + usize::from(in_string);
                pieces.push(json.get(start..end).unwrap());
                (start, in_string) = (end, !in_string);
            }
            _ => {}
        }
    }
    pieces.push(json.get(start..).unwrap());
    pieces
}
