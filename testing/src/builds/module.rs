//! The module, under waPC.

use super::Answers;
use std::sync::Mutex;
use wapc::WapcHost;
use wasmtime_provider::{WasmtimeEngineProviderBuilder, WasmtimeEngineProviderPre};

/// A compiled module.
pub struct Module(WasmtimeEngineProviderPre);

impl Module {
    /// Compiles a module.
    ///
    /// # Errors
    /// When the bytes are none.
    pub fn compile(bytes: &[u8]) -> Result<Self, String> {
        let compiled = WasmtimeEngineProviderBuilder::new().module_bytes(bytes).build_pre();
        compiled.map(Self).map_err(|error| error.to_string())
    }

    /// Puts a payload to a fresh instance.
    ///
    /// # Errors
    /// When it fails, or does not know the operation.
    pub fn run(
        &self,
        operation: &str,
        payload: &[u8],
        host: Box<Answers>,
    ) -> Result<Vec<u8>, String> {
        let host = Mutex::new(host);
        let callback = move |_, binding: &str, namespace: &str, operation: &str, payload: &[u8]| {
            if binding != "kubewarden" {
                return Err(format!("unknown binding: {binding}").into());
            }
            (host.lock().unwrap())(namespace, operation, payload).map_err(Into::into)
        };
        let engine = self.0.rehydrate(None).expect("an engine");
        WapcHost::new(Box::new(engine), Some(Box::new(callback)))
            .and_then(|instance| instance.call(operation, payload))
            .map_err(|error| error.to_string())
    }
}
