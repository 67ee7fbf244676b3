//! What a waPC module imports, served from one call's memory: nothing outside of it can change a count.
//!
//! Sources: the [specification of waPC](https://wapc.io/docs/spec/), and
//! [WASI preview 1](https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md), of which the clock
//! and random bytes are served and everything else traps.

use wapc::HOST_NAMESPACE;
use wapc::wapc_functions::{
    GUEST_ERROR_FN, GUEST_REQUEST_FN, GUEST_RESPONSE_FN, HOST_CALL, HOST_ERROR_FN,
    HOST_ERROR_LEN_FN, HOST_RESPONSE_FN, HOST_RESPONSE_LEN_FN,
};
use wasmtime::{Caller, Linker, Memory, Result, format_err};

const WASI: &str = "wasi_snapshot_preview1";
const WASI_SUCCESS: u32 = 0;
/// The first of January 2026, in nanoseconds since the Unix epoch.
const NOW: u64 = 1_767_225_600_000_000_000;

/// Who answers a module's calls: namespace, operation, payload → answer.
pub(super) type Host = Box<dyn Fn(&str, &str, &[u8]) -> Result<Vec<u8>, String>>;

/// One call of a module, and what came of it.
pub(super) struct Call {
    pub(super) operation: &'static str,
    payload: Vec<u8>,
    host: Host,
    pub(super) answer: Vec<u8>,
    pub(super) error: Vec<u8>,
    pub(super) questions: usize,
    host_answer: Vec<u8>,
    host_error: Vec<u8>,
}

type Guest<'c> = Caller<'c, Call>;

impl Call {
    pub(super) fn new(operation: &'static str, payload: &str, host: Host) -> Self {
        Self {
            operation,
            payload: payload.as_bytes().to_vec(),
            host,
            answer: Vec::new(),
            error: Vec::new(),
            questions: 0,
            host_answer: Vec::new(),
            host_error: Vec::new(),
        }
    }

    pub(super) fn payload_length(&self) -> usize {
        self.payload.len()
    }
}

pub(super) fn link(linker: &mut Linker<Call>) -> Result<()> {
    linker.func_wrap(HOST_NAMESPACE, GUEST_REQUEST_FN, request)?;
    linker.func_wrap(
        HOST_NAMESPACE,
        GUEST_RESPONSE_FN,
        |mut guest: Guest<'_>, at: u32, length: u32| -> Result<()> {
            guest.data_mut().answer = read(&mut guest, at, length)?;
            Ok(())
        },
    )?;
    linker.func_wrap(
        HOST_NAMESPACE,
        GUEST_ERROR_FN,
        |mut guest: Guest<'_>, at: u32, length: u32| -> Result<()> {
            guest.data_mut().error = read(&mut guest, at, length)?;
            Ok(())
        },
    )?;
    linker.func_wrap(HOST_NAMESPACE, HOST_CALL, ask)?;
    link_outcome(linker, HOST_RESPONSE_LEN_FN, HOST_RESPONSE_FN, |call| &mut call.host_answer)?;
    link_outcome(linker, HOST_ERROR_LEN_FN, HOST_ERROR_FN, |call| &mut call.host_error)?;
    linker.func_wrap(
        WASI,
        "clock_time_get",
        |mut guest: Guest<'_>, _clock: u32, _precision: u64, at: u32| -> Result<u32> {
            write(&mut guest, at, &NOW.to_le_bytes())
        },
    )?;
    linker.func_wrap(
        WASI,
        "random_get",
        |mut guest: Guest<'_>, at: u32, length: u32| -> Result<u32> {
            write(&mut guest, at, &vec![0; length.try_into()?])
        },
    )?;
    Ok(())
}

/// A host call's answer or error: how long it is, and where it goes.
fn link_outcome(
    linker: &mut Linker<Call>,
    length: &str,
    copy: &str,
    outcome: fn(&mut Call) -> &mut Vec<u8>,
) -> Result<()> {
    linker.func_wrap(HOST_NAMESPACE, length, move |mut guest: Guest<'_>| -> Result<u32> {
        Ok(outcome(guest.data_mut()).len().try_into()?)
    })?;
    linker.func_wrap(HOST_NAMESPACE, copy, move |mut guest: Guest<'_>, at: u32| -> Result<()> {
        let bytes = std::mem::take(outcome(guest.data_mut()));
        write(&mut guest, at, &bytes).map(drop)
    })?;
    Ok(())
}

fn request(mut guest: Guest<'_>, operation_at: u32, payload_at: u32) -> Result<()> {
    let operation = guest.data().operation;
    let payload = std::mem::take(&mut guest.data_mut().payload);
    write(&mut guest, operation_at, operation.as_bytes())?;
    write(&mut guest, payload_at, &payload).map(drop)
}

#[expect(clippy::too_many_arguments, reason = "four texts, each an address and a length: waPC")]
fn ask(
    mut guest: Guest<'_>,
    _binding_at: u32,
    _binding_length: u32,
    namespace_at: u32,
    namespace_length: u32,
    operation_at: u32,
    operation_length: u32,
    payload_at: u32,
    payload_length: u32,
) -> Result<u32> {
    let namespace = String::from_utf8(read(&mut guest, namespace_at, namespace_length)?)?;
    let operation = String::from_utf8(read(&mut guest, operation_at, operation_length)?)?;
    let payload = read(&mut guest, payload_at, payload_length)?;
    let call = guest.data_mut();
    call.questions += 1;
    match (call.host)(&namespace, &operation, &payload) {
        Ok(answer) => {
            call.host_answer = answer;
            Ok(1)
        }
        Err(error) => {
            call.host_error = error.into_bytes();
            Ok(0)
        }
    }
}

fn memory(guest: &mut Guest<'_>) -> Result<Memory> {
    let export = guest.get_export("memory").ok_or_else(|| format_err!("no memory is exported"))?;
    export.into_memory().ok_or_else(|| format_err!("`memory` is something else"))
}

fn read(guest: &mut Guest<'_>, at: u32, length: u32) -> Result<Vec<u8>> {
    let mut bytes = vec![0; length.try_into()?];
    memory(guest)?.read(guest, at.try_into()?, &mut bytes)?;
    Ok(bytes)
}

fn write(guest: &mut Guest<'_>, at: u32, bytes: &[u8]) -> Result<u32> {
    memory(guest)?.write(guest, at.try_into()?, bytes)?;
    Ok(WASI_SUCCESS)
}
