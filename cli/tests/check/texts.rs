//! Files that are no text, or not the text that one would think.

use crate::world::World;

/// The other files are checked all the same.
#[test]
fn what_is_no_text_is_not_checked() {
    let world = World::new();
    world.write("pod.yaml", POD);
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let rows = [
        (b"a: 1\n\xff\xfe".to_vec(), "line 2 is not UTF-8: save it as UTF-8"),
        (utf16("a: 1"), "it is UTF-16 without a byte order mark: save it as UTF-8"),
        (b"\xff\xfe\0\0a\0\0\0".to_vec(), "it is UTF-32: save it as UTF-8"),
    ];
    for (bytes, expected) in rows {
        std::fs::write(world.path().join("other.yaml"), bytes).unwrap();
        let outcome = world.check("other.yaml pod.yaml --output json");
        assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(3), ""), "{outcome:?}");
        let report: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
        assert_eq!(report["unreadable"][0]["reason"], expected);
        assert_eq!(report["objects"][0]["images"][0]["verdict"], "verified");
        assert_eq!(report["documents"], 2);
    }
}

/// As `kubectl` reads it, and Windows writes it.
#[test]
fn marked_utf16_is_read_and_never_written() {
    let world = World::new();
    let text = world.filled(&format!("\u{feff}{POD}"));
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    std::fs::write(world.path().join("pod.yaml"), &bytes).unwrap();
    assert_eq!(world.check("pod.yaml").code, Some(0));
    let outcome = world.check("--pin pod.yaml");
    assert_eq!(outcome.code, Some(3), "{outcome:?}");
    assert!(outcome.stderr.contains("its file is UTF-16: save it as UTF-8"), "{outcome:?}");
    assert_eq!(std::fs::read(world.path().join("pod.yaml")).unwrap(), bytes);
}

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: 'HOST/shop/cart:1.4'}]}\n";
