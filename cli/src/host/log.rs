//! The policy's own log lines, written among this command's.

use serde::Deserialize;
use serde_json::{Map, Value};
use tracing::{debug, error, info, trace, warn};

#[derive(Deserialize)]
struct Line {
    level: String,
    #[serde(default)]
    message: String,
    #[serde(flatten)]
    data: Map<String, Value>,
}

/// Writes one line. What is not a line is written as it came.
pub(super) fn write(payload: &[u8]) {
    if let Ok(line) = serde_json::from_slice::<Line>(payload) {
        write_line(&line);
    } else {
        info!(target: "policy", "policy: {}", String::from_utf8_lossy(payload));
    }
}

fn write_line(line: &Line) {
    let Line { level, message, data } = line;
    let data = Value::Object(data.clone());
    match level.to_uppercase().as_str() {
        "ERROR" => error!(target: "policy", "policy: {message} {data}"),
        "WARNING" => warn!(target: "policy", "policy: {message} {data}"),
        "INFO" => info!(target: "policy", "policy: {message} {data}"),
        "DEBUG" => debug!(target: "policy", "policy: {message} {data}"),
        _ => trace!(target: "policy", "policy: {message} {data}"),
    }
}
