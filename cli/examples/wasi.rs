//! Runs a WASI command: cargo's runner for the tests that `make test` runs in WebAssembly.

use std::error::Error;

use wasi_common::I32Exit;
use wasi_common::sync::{WasiCtxBuilder, add_to_linker};
use wasmtime::{Engine, Linker, Module, Store};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let path = args.first().ok_or("usage: wasi MODULE [ARGUMENT…]")?;
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    add_to_linker(&mut linker, |context| context)?;
    let context = WasiCtxBuilder::new().inherit_stdio().args(&args)?.build();
    let mut store = Store::new(&engine, context);
    let instance = linker.instantiate(&mut store, &Module::from_file(&engine, path)?)?;
    let start = instance.get_typed_func::<(), ()>(&mut store, "_start")?;
    match start.call(&mut store, ()) {
        Err(error) => match error.downcast_ref::<I32Exit>() {
            Some(exit) => std::process::exit(exit.0),
            None => Err(error.into()),
        },
        Ok(()) => Ok(()),
    }
}
