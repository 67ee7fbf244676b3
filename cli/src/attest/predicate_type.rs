//! What a report is about: the type of its predicate, a URI.
//!
//! - Which names stand for one? Those of `cosign attest --type`
//!   (<https://github.com/sigstore/cosign/blob/v2.5.0/cmd/cosign/cli/options/predicate.go>).
//! - What is a report called in its tag? By its type, however that was spelled.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

/// cosign's names, the one that tags have first.
const SHORT_NAMES: [(&str, &str); 10] = [
    ("vuln", "https://cosign.sigstore.dev/attestation/vuln/v1"),
    ("spdx", "https://spdx.dev/Document"),
    ("spdxjson", "https://spdx.dev/Document"),
    ("cyclonedx", "https://cyclonedx.org/bom"),
    ("slsaprovenance", "https://slsa.dev/provenance/v0.2"),
    ("slsaprovenance02", "https://slsa.dev/provenance/v0.2"),
    ("slsaprovenance1", "https://slsa.dev/provenance/v1"),
    ("openvex", "https://openvex.dev/ns"),
    ("link", "https://in-toto.io/Link/v1"),
    ("custom", "https://cosign.sigstore.dev/attestation/v1"),
];

/// The type of a predicate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PredicateType(String);

impl PredicateType {
    pub(crate) fn uri(&self) -> &str {
        &self.0
    }

    pub(crate) fn is_vulnerability_scan(&self) -> bool {
        self.tag_name() == "vuln"
    }

    /// What tags call it.
    pub(crate) fn tag_name(&self) -> String {
        let short = SHORT_NAMES.iter().find(|(_, uri)| *uri == self.0);
        match short {
            Some((name, _)) => (*name).to_owned(),
            None => format!("t-{:.32}", format!("{:x}", Sha256::digest(&self.0))),
        }
    }
}

impl fmt::Display for PredicateType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for PredicateType {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let short = SHORT_NAMES.iter().find(|(name, _)| *name == text);
        match short {
            Some((_, uri)) => Ok(Self((*uri).to_owned())),
            None if text.contains("://") => Ok(Self(text.to_owned())),
            None => {
                let names = SHORT_NAMES.map(|(name, _)| name).join("`, `");
                Err(format!("give a URI, or one of `{names}`"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_type_has_one_tag_whatever_its_spelling() {
        let rows = [
            ("vuln", "vuln"),
            ("https://cosign.sigstore.dev/attestation/vuln/v1", "vuln"),
            ("spdxjson", "spdx"),
            ("https://spdx.dev/Document", "spdx"),
            ("slsaprovenance02", "slsaprovenance"),
            ("slsaprovenance1", "slsaprovenance1"),
            ("https://acme.io/review/v1", "t-7deda0b6b4b5d9ee7c5c0c63ea4c7d8b"),
        ];
        for (text, expected) in rows {
            let parsed: PredicateType = text.parse().unwrap();
            let name = parsed.tag_name();
            if text.contains("acme") {
                assert_eq!(name.len(), 34, "{name}");
                assert!(name.starts_with("t-"), "{name}");
            } else {
                assert_eq!(name, expected, "{text}");
            }
        }
        assert!("vulns".parse::<PredicateType>().unwrap_err().contains("`vuln`"));
    }
}
