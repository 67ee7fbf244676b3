//! No circle of imports: not between folders, and between files none but a parent and its child.

use signed_images_testing::imports::{Imports, Module, of_crate};
use std::path::Path;

const CRATES: [&str; 4] = ["src", "convert/src", "cli/src", "xtask/src"];

fn told(circles: &[Vec<Module>]) -> Vec<String> {
    let name =
        |module: &Module| if module.is_empty() { "(root)".to_owned() } else { module.join("::") };
    circles.iter().map(|circle| circle.iter().map(name).collect::<Vec<_>>().join(" → ")).collect()
}

fn check(circles: fn(&Imports) -> Vec<Vec<Module>>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for src in CRATES {
        let circles = circles(&of_crate(&root.join(src)));
        found.extend(told(&circles).into_iter().map(|circle| format!("{src}: {circle}")));
    }
    assert!(found.is_empty(), "circles of imports:\n{}", found.join("\n"));
}

#[test]
fn no_circle_between_folders() {
    check(Imports::circles_of_folders);
}

#[test]
fn no_circle_between_files() {
    check(Imports::circles_of_files);
}
