//! Instructions that a request takes, as wasmtime counts them ("fuel"), and memory.
//!
//! - What is counted? Every instruction of the module, from making the instance to the answer. What the host
//!   does in between, and how long an instruction takes, is not.
//! - Why not in the runtime of [`signed_images::module`]? It makes its own store, which has no fuel and cannot be
//!   given any.
//! - Is it the same every time? Yes: the clock stands still, and what is random is zero.

use std::fmt;

use signed_images::module::ModuleError;
use signed_images_testing::scenarios;
use wapc::wapc_functions::{GUEST_CALL, REQUIRED_STARTS};
use wasmtime::{Cache, Config, Engine, InstancePre, Linker, Result, Store, TypedFunc, format_err};

use super::imports::{self, Call};

/// A module that is compiled so that it counts.
pub struct Meter {
    engine: Engine,
    compiled: InstancePre<Call>,
}

/// What a request took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The instructions.
    pub fuel: u64,
    /// The bytes of memory that the instance has in the end. It never gives any back.
    pub memory: usize,
    /// How often the host was asked.
    pub questions: usize,
    /// The module's answer.
    pub answer: Vec<u8>,
}

impl Meter {
    /// Compiles a module.
    ///
    /// # Errors
    /// When the bytes are not a waPC module.
    pub fn new(module: &[u8]) -> Result<Self, ModuleError> {
        Self::compile(module).map_err(|error| ModuleError::Compile { reason: format!("{error:#}") })
    }

    fn compile(module: &[u8]) -> Result<Self> {
        let mut config = Config::new();
        config.consume_fuel(true).cache(Cache::from_file(None).ok());
        let engine = Engine::new(&config)?;
        let module = wasmtime::Module::from_binary(&engine, module)?;
        let mut linker = Linker::new(&engine);
        imports::link(&mut linker)?;
        linker.define_unknown_imports_as_traps(&module)?;
        Ok(Self { compiled: linker.instantiate_pre(&module)?, engine })
    }

    /// Puts the payload of a scenario to `validate`, in a fresh instance.
    ///
    /// # Errors
    /// When the call traps or fails.
    pub fn read(&self, payload: &str) -> Result<Reading, ModuleError> {
        self.ask("validate", payload, scenarios::host)
    }

    /// Puts a payload to an operation, in a fresh instance; `host` answers what it asks.
    ///
    /// # Errors
    /// When the call traps or fails.
    pub fn ask(
        &self,
        operation: &'static str,
        payload: &str,
        host: impl Fn(&str, &str, &[u8]) -> Result<Vec<u8>, String> + 'static,
    ) -> Result<Reading, ModuleError> {
        let answer = self.call(Call::new(operation, payload, Box::new(host)));
        answer.map_err(|error| ModuleError::Call { reason: format!("{error:#}") })
    }

    fn call(&self, call: Call) -> Result<Reading> {
        let lengths = (u32::try_from(call.operation.len())?, u32::try_from(call.payload_length())?);
        let mut store = Store::new(&self.engine, call);
        store.set_fuel(u64::MAX)?;
        let instance = self.compiled.instantiate(&mut store)?;
        for name in REQUIRED_STARTS {
            if instance.get_export(&mut store, name).is_some() {
                let start: TypedFunc<(), ()> = instance.get_typed_func(&mut store, name)?;
                start.call(&mut store, ())?;
            }
        }
        let guest: TypedFunc<(u32, u32), u32> = instance.get_typed_func(&mut store, GUEST_CALL)?;
        let is_done = guest.call(&mut store, lengths)? == 1;
        let fuel = u64::MAX - store.get_fuel()?;
        let memory =
            instance.get_memory(&mut store, "memory").map_or(0, |all| all.data_size(&store));
        let Call { answer, error, questions, .. } = store.into_data();
        if !is_done {
            return Err(format_err!("{}", String::from_utf8_lossy(&error)));
        }
        Ok(Reading { fuel, memory, questions, answer })
    }
}

impl fmt::Debug for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meter").finish_non_exhaustive()
    }
}
