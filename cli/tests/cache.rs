//! The compiled form of a module, in the user's cache.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test may stop where it fails")]

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use signed_images::demo::Key;
use signed_images_testing::command::{Outcome, signed_images};

fn check(folder: &Path, cache: &Path) -> Outcome {
    let module = Path::new(env!("CARGO_MANIFEST_DIR")).join("../annotated-policy.wasm");
    let line = format!("check r.local/a:1 -s settings.yaml --module {}", module.display());
    let cache = [("XDG_CACHE_HOME", cache.to_str().unwrap())];
    signed_images(folder, line.split_whitespace(), &cache, "")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries =
        std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn what_was_compiled_is_kept_where_nobody_else_can_write() {
    let folder = tempfile::tempdir().unwrap();
    let key = Key::generate().unwrap().public().trim().replace("\r\n", "\n").replace('\n', "\\n");
    let settings = format!(
        "rules: [{{name: a, images: ['a.local/**'], allOf: [{{kind: pubKey, key: \"{key}\"}}]}}]\nexempt: ['r.local/**']\n"
    );
    std::fs::write(folder.path().join("settings.yaml"), settings).unwrap();
    let cache = folder.path().join("cache");
    let kept = cache.join("signed-images");
    let accepted = |expected: &str| {
        let outcome = check(folder.path(), &cache);
        assert_eq!(outcome.code, Some(0), "{}{}", outcome.stdout, outcome.stderr);
        assert!(outcome.stderr.contains(expected), "{}", outcome.stderr);
    };
    accepted("");
    let modules = || -> Vec<PathBuf> {
        files(&kept).into_iter().filter(|file| file.extension().is_none()).collect()
    };
    let compiled = modules();
    assert_eq!(compiled.len(), 1, "{compiled:?}");
    accepted("");
    assert_eq!(modules(), compiled);

    // What is damaged is compiled anew.
    let bytes = std::fs::read(&compiled[0]).unwrap();
    for damaged in [&b""[..], b"no code", &bytes[..bytes.len() / 2]] {
        std::fs::write(&compiled[0], damaged).unwrap();
        accepted("");
        assert_eq!(std::fs::read(&compiled[0]).unwrap(), bytes);
    }

    // Where others may write, nothing is read.
    std::fs::write(&compiled[0], b"somebody else's").unwrap();
    std::fs::set_permissions(&kept, PermissionsExt::from_mode(0o777)).unwrap();
    accepted("is open to other users: remove it");
    assert_eq!(std::fs::read(&compiled[0]).unwrap(), b"somebody else's");
}
