//! The component: the cases below `cases/`, and what it asks of those who run it.

#![cfg(test)]

use signed_images_testing::builds::Component;
use signed_images_testing::cases;
use std::path::Path;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn component() -> Component {
    let file = root().join("component.wasm");
    let bytes = std::fs::read(file).expect("there is no component: run `make component`");
    Component::compile(&bytes).unwrap()
}

#[test]
fn every_case_holds_in_the_component() {
    let component = component();
    cases::check_all(&cases::all(root()), &|operation, payload, script| {
        let script = script.clone();
        let host = move |namespace: &str, operation: &str, question: &[u8]| {
            script.answer(namespace, operation, question)
        };
        component.run(operation, payload, Box::new(host))
    });
}

#[test]
fn its_protocol_is_v1() {
    let version = component().run("protocol_version", b"", Box::new(|_, _, _| Err(String::new())));
    assert_eq!(version, Ok(b"v1".to_vec()));
}

/// `component/README.md` lists them.
#[test]
fn it_imports_what_its_readme_lists() {
    let readme = std::fs::read_to_string(root().join("component/README.md")).unwrap();
    let listed = readme.lines().filter_map(|line| line.strip_prefix("- `")?.strip_suffix('`'));
    let mut listed: Vec<_> = listed.map(str::to_owned).collect();
    let mut imports = component().imports();
    imports.sort();
    listed.sort();
    assert_eq!(imports, listed);
}
