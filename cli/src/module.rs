//! The policy's module: loaded and compiled once, instantiated afresh for every call.
//!
//! - Why a fresh instance? The policy server does the same: nothing that one request left behind can reach
//!   the next.
//! - Which protocol? [waPC](https://wapc.io/docs/spec/): the module exports named operations (`validate`,
//!   `validate_settings`, `protocol_version`) that map bytes to bytes, and calls the host under a binding, a
//!   namespace and an operation. The binding is always `kubewarden`.
//! - What does a failed host call look like to the module? As the text in `Err`.

mod cache;

use std::fmt;
use std::path::{Path, PathBuf};

use wapc::WapcHost;
use wasmtime_provider::{WasmtimeEngineProviderBuilder, WasmtimeEngineProviderPre};

const BINDING: &str = "kubewarden";

/// A compiled module.
#[derive(Clone)]
pub struct Module {
    compiled: WasmtimeEngineProviderPre,
}

/// An instance of a module: what one call leaves behind is there at the next.
pub struct Instance {
    running: WapcHost,
}

/// Why a module could not be loaded or called.
#[derive(Debug, thiserror::Error)]
pub enum ModuleError {
    /// The file could not be read.
    #[error("cannot read module `{}`: {source}", .path.display())]
    Read {
        /// The file that was asked for.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The bytes are something else; wasmtime would also read WebAssembly's text format.
    #[error("not a WebAssembly module")]
    NotWasm,
    /// The bytes are not a waPC module.
    #[error("not a policy module: {reason}")]
    Compile {
        /// What the runtime said.
        reason: String,
    },
    /// The module failed while it ran: a trap, an unknown operation, a panic.
    #[error("{reason}")]
    Call {
        /// What the runtime said.
        reason: String,
    },
}

impl Module {
    /// Loads and compiles the module in `path`.
    ///
    /// # Errors
    /// When the file cannot be read or is not a waPC module.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, ModuleError> {
        let path = path.as_ref();
        let bytes = std::fs::read(path)
            .map_err(|source| ModuleError::Read { path: path.to_owned(), source })?;
        Self::from_bytes(&bytes)
    }

    /// Compiles a module, or takes what was compiled before ([`cache`]).
    ///
    /// # Errors
    /// When the bytes are not a waPC module.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModuleError> {
        if !bytes.starts_with(b"\0asm") {
            return Err(ModuleError::NotWasm);
        }
        let folder = cache::folder();
        let mut builder = WasmtimeEngineProviderBuilder::new().module_bytes(bytes);
        if let Some(folder) = &folder {
            builder = builder.enable_cache(Some(folder));
        }
        builder
            .build_pre()
            .map(|compiled| Self { compiled })
            .map_err(|error| ModuleError::Compile { reason: error.to_string() })
    }

    /// Calls `operation` in a fresh instance.
    ///
    /// # Errors
    /// When the instance cannot be made, or the call traps or fails.
    pub fn call<H>(&self, operation: &str, payload: &[u8], host: H) -> Result<Vec<u8>, ModuleError>
    where
        H: Fn(&str, &str, &[u8]) -> Result<Vec<u8>, String> + Send + Sync + 'static,
    {
        self.instance(host)?.call(operation, payload)
    }

    /// Makes a fresh instance. Its host calls go to `host`, by namespace, operation and payload.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn instance<H>(&self, host: H) -> Result<Instance, ModuleError>
    where
        H: Fn(&str, &str, &[u8]) -> Result<Vec<u8>, String> + Send + Sync + 'static,
    {
        let engine = self.compiled.rehydrate(None).map_err(failed)?;
        let callback =
            move |_id: u64, binding: &str, namespace: &str, operation: &str, payload: &[u8]| {
                if binding != BINDING {
                    return Err(format!("unknown binding: {binding}").into());
                }
                host(namespace, operation, payload).map_err(Into::into)
            };
        let running = WapcHost::new(Box::new(engine), Some(Box::new(callback))).map_err(failed)?;
        Ok(Instance { running })
    }
}

impl Instance {
    /// Calls `operation`.
    ///
    /// # Errors
    /// When the call traps or fails.
    pub fn call(&self, operation: &str, payload: &[u8]) -> Result<Vec<u8>, ModuleError> {
        self.running.call(operation, payload).map_err(failed)
    }
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Module").finish_non_exhaustive()
    }
}

impl fmt::Debug for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instance").finish_non_exhaustive()
    }
}

fn failed(error: impl fmt::Display) -> ModuleError {
    ModuleError::Call { reason: error.to_string() }
}
