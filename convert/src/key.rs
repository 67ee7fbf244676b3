//! Keys of other tools: PEM, an object in the cluster, or a name in a key management system.

use super::remark::Remarks;
use super::signer::{Identity, KeySource, Log, Signer};

/// Schemes of the key management systems that cosign knows
/// (<https://docs.sigstore.dev/cosign/key_management/overview/>).
const KMS: [&str; 5] = ["gcpkms://", "awskms://", "azurekms://", "hashivault://", "openbao://"];
const END_OF_KEY: &str = "-----END PUBLIC KEY-----";

/// Each of the PEM blocks in the text.
pub(super) fn blocks(pem: &str, end: &str) -> Vec<String> {
    let block =
        |part: &str| part.contains("-----BEGIN").then(|| format!("{}{end}\n", part.trim_start()));
    let parts: Vec<&str> = pem.split(end).collect();
    let count = parts.len().saturating_sub(1);
    parts.into_iter().take(count).filter_map(block).collect()
}

/// The keys that a text gives or names; each is a signer of its own.
pub(super) fn signers(text: &str, path: &str) -> Vec<Signer> {
    let text = text.trim();
    let keys = blocks(text, END_OF_KEY);
    if !keys.is_empty() {
        return keys
            .into_iter()
            .map(|key| Signer::new(Identity::Key(key), Remarks::default()))
            .collect();
    }
    if let Some((namespace, name)) = text.strip_prefix("k8s://").and_then(|at| at.split_once('/')) {
        return vec![secret(namespace, name)];
    }
    vec![elsewhere(text, path)]
}

/// The key that cosign keeps in a Secret.
pub(super) fn secret(namespace: &str, name: &str) -> Signer {
    let identity = Identity::KeyFrom {
        source: KeySource::Secret,
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        entry: None,
    };
    Signer::new(identity, Remarks::default())
}

/// A key that is not at hand.
pub(super) fn elsewhere(name: &str, path: &str) -> Signer {
    let mut remarks = Remarks::default();
    if KMS.iter().any(|scheme| name.starts_with(scheme)) {
        let text = format!(
            "is in a key management system. Its public half is all that is needed: write here what \
             this prints:\n  cosign public-key --key {name}"
        );
        remarks.open(path, text);
    } else {
        remarks.open(
            path,
            format!("`{name}` is not a key that can be read here: write the public key"),
        );
    }
    Signer::missing(&format!("THE PUBLIC KEY OF {name}"), path, remarks)
}

/// A certificate with its chain, both PEM.
pub(super) fn certificate(
    certificate: Option<&str>,
    chain: Option<&str>,
    log: Log,
    path: &str,
) -> Signer {
    let mut remarks = Remarks::default();
    let Some(certificate) = certificate else {
        let text = "names authorities and no certificate: give the certificate whose key signs";
        remarks.open(path, text);
        return Signer::missing("THE CERTIFICATE, AS A SIGNER OF ITS KIND,", path, remarks);
    };
    let chain = blocks(chain.unwrap_or_default(), "-----END CERTIFICATE-----");
    Signer::new(Identity::Certificate { certificate: certificate.to_owned(), chain, log }, remarks)
}
