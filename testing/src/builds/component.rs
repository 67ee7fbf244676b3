//! The component, by wasmtime's component API.

use super::Answers;
use super::typed_host::bindings::kubewarden::policy::capabilities;
use super::typed_host::bindings::{Policy, PolicyPre};
use wasmtime::component::{HasSelf, Linker, ResourceTable};
use wasmtime::{Engine, Result, Store, format_err};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

/// A compiled component.
pub struct Component {
    engine: Engine,
    policy: PolicyPre<State>,
}

/// What an instance is given: who answers its calls, and of WASI neither files nor network.
pub(super) struct State {
    pub(super) host: Box<Answers>,
    wasi: WasiCtx,
    resources: ResourceTable,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.resources }
    }
}

impl Component {
    /// Compiles a component.
    ///
    /// # Errors
    /// When the bytes are none, or it is no policy.
    pub fn compile(bytes: &[u8]) -> Result<Self, String> {
        Self::link(bytes).map_err(|error| format!("{error:#}"))
    }

    fn link(bytes: &[u8]) -> Result<Self> {
        let engine = Engine::default();
        let component = wasmtime::component::Component::from_binary(&engine, bytes)?;
        let mut linker = Linker::<State>::new(&engine);
        wasmtime_wasi::p2::add_to_linker_sync(&mut linker)?;
        capabilities::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state)?;
        Ok(Self { policy: PolicyPre::new(linker.instantiate_pre(&component)?)?, engine })
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
        self.call(operation, payload, host).unwrap_or_else(|error| Err(format!("{error:#}")))
    }

    fn call(
        &self,
        operation: &str,
        payload: &[u8],
        host: Box<Answers>,
    ) -> Result<Result<Vec<u8>, String>> {
        let state = State { host, wasi: WasiCtx::default(), resources: ResourceTable::new() };
        let mut store = Store::new(&self.engine, state);
        let policy: Policy = self.policy.instantiate(&mut store)?;
        match operation {
            "validate" => policy.call_validate(store, &payload.to_vec()),
            "validate_settings" => policy.call_validate_settings(store, &payload.to_vec()),
            "protocol_version" => Ok(Ok(policy.call_protocol_version(store)?.into_bytes())),
            _ => Err(format_err!("a component has no {operation}")),
        }
    }

    /// The interfaces that it asks of its host.
    #[must_use]
    pub fn imports(&self) -> Vec<String> {
        let component = self.policy.instance_pre().component();
        let of_type = component.component_type();
        of_type.imports(&self.engine).map(|(name, _)| name.to_owned()).collect()
    }
}
