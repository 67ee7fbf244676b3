//! PEM in one spelling (RFC 7468 §2).

use base64::prelude::{BASE64_STANDARD as STANDARD, Engine};

/// A line of 64 characters.
const LINE: usize = 48;

/// A block with that label.
pub(super) fn block(label: &str, der: &[u8]) -> String {
    let mut text = format!("-----BEGIN {label}-----\n");
    for line in der.chunks(LINE) {
        STANDARD.encode_string(line, &mut text);
        text.push('\n');
    }
    text + "-----END " + label + "-----\n"
}
