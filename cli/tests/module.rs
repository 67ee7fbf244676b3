//! A module in the runtime, with scripted host answers.

use signed_images::module::{Module, ModuleError};

/// A guest that counts its calls in a global; it answers the count, asks its host, fails or traps, by the
/// length of the operation's name.
const GUEST: &str = r#"
(module
  (import "wapc" "__guest_request" (func $request (param i32 i32)))
  (import "wapc" "__guest_response" (func $respond (param i32 i32)))
  (import "wapc" "__guest_error" (func $fail (param i32 i32)))
  (import "wapc" "__host_call" (func $ask (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wapc" "__host_response_len" (func $answer_len (result i32)))
  (import "wapc" "__host_response" (func $answer (param i32)))
  (import "wapc" "__host_error_len" (func $error_len (result i32)))
  (import "wapc" "__host_error" (func $error (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "kubewardenociv2/verifyelsewhere")
  (data (i32.const 64) "no such operation")
  (global $count (mut i32) (i32.const 48))
  (func $ask_under (param $binding i32) (param $length i32) (param $payload i32)
    (if (call $ask (local.get $binding) (local.get $length) (i32.const 10) (i32.const 3)
          (i32.const 13) (i32.const 9) (i32.const 1024) (local.get $payload))
      (then
        (call $answer (i32.const 2048))
        (call $respond (i32.const 2048) (call $answer_len)))
      (else
        (call $error (i32.const 2048))
        (call $fail (i32.const 2048) (call $error_len)))))
  (func (export "__guest_call") (param $operation i32) (param $payload i32) (result i32)
    (call $request (i32.const 512) (i32.const 1024))
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (if (i32.eq (local.get $operation) (i32.const 5)) ;; count
      (then
        (i32.store8 (i32.const 2048) (global.get $count))
        (call $respond (i32.const 2048) (i32.const 1))
        (return (i32.const 1))))
    (if (i32.eq (local.get $operation) (i32.const 3)) ;; ask
      (then
        (call $ask_under (i32.const 0) (i32.const 10) (local.get $payload))
        (return (i32.const 1))))
    (if (i32.eq (local.get $operation) (i32.const 6)) ;; differ
      (then
        (call $ask_under (i32.const 22) (i32.const 9) (local.get $payload))
        (return (i32.const 1))))
    (if (i32.eq (local.get $operation) (i32.const 4)) ;; trap
      (then (unreachable)))
    (call $fail (i32.const 64) (i32.const 17))
    (i32.const 0)))
"#;

fn echo(namespace: &str, operation: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
    let payload = String::from_utf8_lossy(payload);
    match payload.as_ref() {
        "refuse" => Err("refused".to_owned()),
        _ => Ok(format!("{namespace}/{operation}({payload})").into_bytes()),
    }
}

#[test]
fn calls_go_in_and_out() {
    let module = Module::from_bytes(&wat::parse_str(GUEST).unwrap()).unwrap();
    let rows = [
        ("ask", "image", Ok("oci/v2/verify(image)")),
        ("ask", "refuse", Err("Guest call failure: refused")),
        ("differ", "image", Err("Guest call failure: unknown binding: elsewhere")),
        ("unknown", "", Err("Guest call failure: no such operation")),
        ("trap", "", Err("Guest call failure: error while executing at wasm backtrace:")),
        // A fresh instance has counted one call.
        ("count", "", Ok("1")),
        ("count", "", Ok("1")),
    ];
    for (operation, payload, expected) in rows {
        let answer = module.call(operation, payload.as_bytes(), echo);
        match (answer, expected) {
            (Ok(answer), Ok(expected)) => assert_eq!(String::from_utf8(answer).unwrap(), expected),
            (Err(error), Err(expected)) => {
                assert!(error.to_string().starts_with(expected), "{operation}: {error}");
            }
            (answer, _) => {
                assert_eq!(answer.map_err(|error| error.to_string()), Err(operation.to_owned()));
            }
        }
    }
}

#[test]
fn what_is_no_module_is_refused() {
    let no_policy = Module::from_bytes(b"\0asm\x01\0\0\0").unwrap();
    let error = no_policy.call("validate", b"", echo).unwrap_err();
    assert!(matches!(error, ModuleError::Call { .. }), "{error}");
    let error = Module::from_bytes(b"\0asm").unwrap_err();
    assert!(matches!(error, ModuleError::Compile { .. }), "{error}");
    let error = Module::from_bytes(b"(module)").unwrap_err();
    assert!(matches!(error, ModuleError::NotWasm), "{error}");
    let error = Module::load("nowhere.wasm").unwrap_err().to_string();
    assert!(error.starts_with("cannot read module `nowhere.wasm`: "), "{error}");
}
