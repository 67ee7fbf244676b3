;; waPC's host, which a component has not.
;;
;; The library sends the types of Kubewarden's SDK. The SDK links waPC's guest, whose entry point is exported from whatever
;; links it, and imports these functions. Nobody calls that entry point: a component exports what wit/policy.wit says.
(module
  (func (export "__guest_request") (param i32 i32) unreachable)
  (func (export "__guest_response") (param i32 i32) unreachable)
  (func (export "__guest_error") (param i32 i32) unreachable)
  (func (export "__host_call") (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32) unreachable)
  (func (export "__host_response") (param i32) unreachable)
  (func (export "__host_response_len") (result i32) unreachable)
  (func (export "__host_error") (param i32) unreachable)
  (func (export "__host_error_len") (result i32) unreachable)
)
