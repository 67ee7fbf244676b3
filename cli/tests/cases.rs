//! The cases below `cases/`, run against the built module in the runtime that Kubewarden uses.

#[cfg(test)]
#[path = "../../tests/support/mod.rs"]
mod support;

use signed_images::module::Module;
use std::path::Path;

#[test]
fn every_case_holds_in_the_module() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let file = root.join("policy.wasm");
    assert!(file.exists(), "there is no module: run `make policy.wasm`");
    let module = Module::load(file).unwrap();
    support::check_all(&support::all(root), &|operation, payload, script| {
        let script = script.clone();
        module
            .call(operation, payload, move |namespace, operation, payload| {
                script.answer(namespace, operation, payload)
            })
            .map_err(|error| error.to_string())
    });
}
