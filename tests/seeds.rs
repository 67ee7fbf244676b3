//! The inputs that fuzzing kept, held to their laws.

#![cfg(test)]

use signed_images_testing::laws::LAWS;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds")
}

fn entries(folder: &Path) -> BTreeSet<PathBuf> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn every_seed_keeps_its_law() {
    for (name, law) in LAWS {
        let seeds = entries(&folder().join(name));
        assert!(!seeds.is_empty(), "{name} has no seeds");
        for seed in seeds {
            println!("{}", seed.display());
            law(&std::fs::read(&seed).unwrap());
        }
    }
}

/// No folder of seeds is without a law, and no law without a fuzz target.
#[test]
fn laws_seeds_and_targets_are_the_same() {
    let laws: BTreeSet<String> = LAWS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let names = |folder: &Path| -> BTreeSet<String> {
        let stem = |path: PathBuf| path.file_stem().unwrap().to_string_lossy().into_owned();
        entries(folder).into_iter().map(stem).collect()
    };
    assert_eq!(names(&folder()), laws);
    assert_eq!(names(&folder().with_file_name("fuzz_targets")), laws);
}
