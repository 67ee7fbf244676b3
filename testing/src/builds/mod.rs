//! The policy as it is built, for tests and measurements: a module under waPC, or a component.
//!
//! *How is it run?* As policy servers run it: compiled once, and a fresh instance for every call.
//!
//! *Who answers its calls?* One function, in the JSON that waPC carries: those of a component are typed, and are written
//! as that.

mod component;
mod module;
mod typed_host;

pub use component::Component;
pub use module::Module;

use std::path::Path;

/// Who answers a policy's calls: namespace, operation, question.
pub type Answers = dyn FnMut(&str, &str, &[u8]) -> Result<Vec<u8>, String> + Send;

/// A build of the policy.
pub enum Build {
    /// For waPC.
    Module(Module),
    /// By `component/wit/policy.wit`.
    Component(Component),
}

impl Build {
    /// Reads and compiles what is in that file.
    ///
    /// # Errors
    /// When it is neither.
    pub fn load(path: &Path) -> Result<Self, String> {
        let fault = |error: &dyn std::fmt::Display| format!("`{}`: {error}", path.display());
        let bytes = std::fs::read(path).map_err(|error| fault(&error))?;
        if is_component(&bytes) {
            let component = Component::compile(&bytes).map_err(|error| fault(&error))?;
            return Ok(Self::Component(component));
        }
        Module::compile(&bytes).map(Self::Module).map_err(|error| fault(&error))
    }

    /// Puts a payload to it: `validate`, `validate_settings` or `protocol_version`.
    ///
    /// # Errors
    /// When it fails, or does not know the operation.
    pub fn run(
        &self,
        operation: &str,
        payload: &[u8],
        host: Box<Answers>,
    ) -> Result<Vec<u8>, String> {
        match self {
            Self::Module(module) => module.run(operation, payload, host),
            Self::Component(component) => component.run(operation, payload, host),
        }
    }
}

/// After the magic, the layer of the binary format: 1 for components.
/// <https://github.com/WebAssembly/component-model/blob/main/design/mvp/Binary.md>
fn is_component(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\0asm") && bytes.get(6) == Some(&1)
}
