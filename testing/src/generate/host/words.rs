//! What hosts say when they give no answer. The policy tells failures apart by these words.

/// A text with what hosts put around it.
pub(super) fn traced(words: &str) -> String {
    format!(
        "Callback evaluation failure: {words}\n\nCaused by:\n    0: {words}\n\nStack backtrace:\n   0: anyhow::error::from\n   1: policy_evaluator::callback_handler"
    )
}

pub(super) fn withheld(call: &str) -> String {
    format!(
        "Policy has not been granted access to the '{call}' host capability. The violation has been reported."
    )
}

pub(super) fn no_signatures(image: &str) -> String {
    format!("no signatures found for image: {image} ")
}

/// With what was not met, as YAML.
pub(super) fn missing_signatures(constraints: &[String]) -> String {
    format!(
        "Image verification failed: missing signatures\nThe following constraints were not satisfied:\n{}",
        constraints.concat()
    )
}

/// Of a registry that cannot be reached, or does not say.
pub(super) const UNREACHABLE: [&str; 6] = [
    "Fail to interact with OCI registry: error sending request for url (https://ghcr.io/v2/)",
    "failed to get image trusted layers: Not authorized: url https://ghcr.io/v2/acme/app/manifests/1",
    "Fail to interact with OCI registry: operation timed out",
    "Registry error: url https://ghcr.io/v2/, envelope: OCI API errors: [OCI API error: TOOMANYREQUESTS]",
    "connection refused",
    "request or response body error: Deadline has elapsed",
];

/// Of a registry that knows no such manifest.
pub(super) const UNKNOWN: [&str; 3] = [
    "Registry error: url https://ghcr.io/v2/acme/app/manifests/1, envelope: OCI API errors: [OCI API error: manifest unknown]",
    "Image manifest not found: Not Found",
    "OCI API error: NAME UNKNOWN: repository name not known to registry",
];

/// Of no kind in particular.
pub(super) const ODD: [&str; 9] = [
    "",
    "\n \n",
    "verification failed: Several Signature Layers failed verification",
    "Image verification failed: missing signatures",
    "certificate chain is malformed",
    "\u{202e}\u{1b}[31mdenied\r\nspec.containers[0].image (`app`): accepted",
    "no signatures found",
    "guest code interrupted, execution deadline exceeded",
    "the policy server's answer cannot be read: by itself",
];
