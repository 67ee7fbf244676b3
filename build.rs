//! Links the module without padded numbers, which leave room for a linker that is done by then, and with
//! the memory that most requests need: else they would all begin with a system call for more. The floor of
//! the benches is linked by it too.

fn main() {
    // Nothing but itself, which cargo knows of, bears on it.
    println!("cargo::rerun-if-env-changed=CARGO_CFG_TARGET_ARCH");
    if std::env::var("CARGO_CFG_TARGET_ARCH").as_deref() == Ok("wasm32") {
        println!("cargo::rustc-link-arg-cdylib=--compress-relocations");
        println!("cargo::rustc-link-arg-cdylib=--initial-heap=65536");
    }
}
