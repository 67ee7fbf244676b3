//! A build of the policy: compiled once, instantiated afresh for every call, as policy servers do.

use signed_images_testing::generate::host::Host;
use std::path::Path;
use std::sync::{Arc, Mutex};
use wapc::WapcHost;
use wasmtime_provider::{WasmtimeEngineProviderBuilder, WasmtimeEngineProviderPre};

/// A compiled module.
pub(crate) struct Module(WasmtimeEngineProviderPre);

/// What a module answered, and what it asked on the way.
#[derive(Debug)]
pub(crate) struct Run {
    /// Its answer, or how it failed.
    pub(crate) answer: Result<Vec<u8>, String>,
    /// Its calls, in their order.
    pub(crate) calls: Vec<Call>,
}

/// A call to the host.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// Namespace and operation.
    pub(crate) name: String,
    pub(crate) question: Vec<u8>,
    pub(crate) answer: Result<Vec<u8>, String>,
}

/// Who answers a module's calls: namespace, operation, question.
pub(crate) type Answers = dyn FnMut(&str, &str, &[u8]) -> Result<Vec<u8>, String> + Send;

impl Module {
    pub(crate) fn load(path: &Path) -> anyhow::Result<Self> {
        let bytes = std::fs::read(path)
            .map_err(|error| anyhow::anyhow!("cannot read `{}`: {error}", path.display()))?;
        Ok(Self(WasmtimeEngineProviderBuilder::new().module_bytes(&bytes).build_pre()?))
    }

    /// Puts a payload to the module.
    pub(crate) fn run(&self, operation: &str, payload: &[u8], mut host: Box<Answers>) -> Run {
        let calls = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&calls);
        let host = Mutex::new(move |namespace: &str, operation: &str, question: &[u8]| {
            let answer = host(namespace, operation, question);
            let name = format!("{namespace}/{operation}");
            let question = question.to_vec();
            log.lock().unwrap().push(Call { name, question, answer: answer.clone() });
            answer
        });
        let callback = move |_, binding: &str, namespace: &str, operation: &str, payload: &[u8]| {
            if binding != "kubewarden" {
                return Err(format!("unknown binding: {binding}").into());
            }
            (host.lock().unwrap())(namespace, operation, payload).map_err(Into::into)
        };
        let engine = self.0.rehydrate(None).expect("an engine");
        let answer = WapcHost::new(Box::new(engine), Some(Box::new(callback)))
            .and_then(|instance| instance.call(operation, payload))
            .map_err(|error| error.to_string());
        let calls = std::mem::take(&mut *calls.lock().unwrap());
        Run { answer, calls }
    }
}

/// The answers of a generated host.
pub(crate) fn answers(mut host: Host) -> Box<Answers> {
    Box::new(move |namespace, operation, question| host.answer(namespace, operation, question))
}
