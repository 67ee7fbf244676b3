//! The inputs that fuzzing kept, held to their laws.

#![cfg(test)]

use serde_json::Value;
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

/// libFuzzer's dictionary has every key of the settings, and every word of their choices.
#[test]
fn the_dictionary_has_the_settings() {
    let dictionary = std::fs::read_to_string(folder().with_file_name("dictionary")).unwrap();
    let entries: BTreeSet<&str> = dictionary.lines().collect();
    let mut words = Vec::new();
    add_words(&mut words, &signed_images_policy::settings::schema());
    assert!(words.len() > 50);
    for word in words {
        assert!(entries.contains(word.as_str()), "{word}");
    }
}

fn add_words(words: &mut Vec<String>, schema: &Value) {
    for (key, property) in schema["properties"].as_object().into_iter().flatten() {
        words.push(format!(r#""\"{key}\":""#));
        add_words(words, property);
    }
    for keyword in ["items", "then"] {
        if !schema[keyword].is_null() {
            add_words(words, &schema[keyword]);
        }
    }
    let choices = schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str);
    words.extend(choices.filter(|word| !word.is_empty()).map(|word| format!(r#""\"{word}\"""#)));
}
