//! What a report is about: the type of its predicate, a URI, and the tag that such a report has.
//!
//! *Why a tag of its own?* A host tells a policy which manifest a tag has, and nothing of what refers to an image. The
//! tag names the image's digest and the type, so it is known without asking.

use crate::image::reference::{Digest, Reference};
use crate::suggestion;
use Format::{CycloneDx, Other, Provenance1, Provenance02, Spdx, Vulnerabilities};
use sha2::{Digest as _, Sha256};
use std::fmt::{self, Write};

/// The type of a predicate.
///
/// ```
/// use signed_images_policy::image::reference::{Digest, Reference};
/// use signed_images_policy::policy::predicate_type::{PredicateType, report_tag};
///
/// let scan = PredicateType::parse("vuln").unwrap();
/// assert_eq!(scan.uri(), "https://cosign.sigstore.dev/attestation/vuln/v1");
/// let image = Reference::parse("ghcr.io/acme/app:1").unwrap();
/// let digest = Digest::parse(&format!("sha256:{}", "a".repeat(64))).unwrap();
/// // Where the scan of an image is: known without asking.
/// let tag = report_tag(&image, &digest, &scan.default_name()).unwrap();
/// assert_eq!(tag, format!("ghcr.io/acme/app:sha256-{}.vuln", "a".repeat(64)));
/// let own = PredicateType::parse("https://acme.example/review/v1").unwrap();
/// assert!(own.default_name().starts_with("t-"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PredicateType(String);

/// How a report of a type is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A scan: <https://github.com/sigstore/cosign/blob/main/specs/COSIGN_VULN_ATTESTATION_SPEC.md>.
    Vulnerabilities,
    /// <https://slsa.dev/spec/v0.2/provenance>
    Provenance02,
    /// <https://slsa.dev/spec/v1.0/provenance>
    Provenance1,
    /// <https://cyclonedx.org/docs/1.6/json/>
    CycloneDx,
    /// <https://spdx.github.io/spdx-spec/v2.3/>
    Spdx,
    /// By its fields alone.
    Other,
}

/// cosign's short names (`PredicateTypeMap`, `cmd/cosign/cli/options/predicate.go`). Scans come first; of
/// several for one type, the first is the one that its tag has.
const SHORT: [(&str, &str, Format); 10] = [
    ("vuln", "https://cosign.sigstore.dev/attestation/vuln/v1", Vulnerabilities),
    ("slsaprovenance", "https://slsa.dev/provenance/v0.2", Provenance02),
    ("slsaprovenance02", "https://slsa.dev/provenance/v0.2", Provenance02),
    ("slsaprovenance1", "https://slsa.dev/provenance/v1", Provenance1),
    ("cyclonedx", "https://cyclonedx.org/bom", CycloneDx),
    ("spdx", "https://spdx.dev/Document", Spdx),
    ("spdxjson", "https://spdx.dev/Document", Spdx),
    ("openvex", "https://openvex.dev/ns", Other),
    ("link", "https://in-toto.io/Link/v1", Other),
    ("custom", "https://cosign.sigstore.dev/attestation/v1", Other),
];

/// The longest URI, in bytes: it goes with every question about a report's signature.
const MAX_URI: usize = 256;

/// The longest name: a tag has 128 characters (`[\w][\w.-]{0,127}` of the distribution grammar), of which the digest
/// takes these.
const MAX_NAME: usize = 128 - "sha256-".len() - 64 - ".".len();

/// Names of what else is kept with an image: cosign's signatures, attestations and bills of materials.
const TAKEN: [&str; 3] = ["sig", "att", "sbom"];

/// The artifact type of reports: what the command writes, and whoever looks at a registry sees. The policy goes by the
/// annotation of the signature instead.
pub const ARTIFACT_TYPE: &str = "application/vnd.signed-images.attestation.v1+json";

/// The annotation of a report's signature that names the type. It tells a report from an image by the same signer.
pub const ANNOTATION: &str = "predicateType";

/// The annotation that names the report, where the settings give it a name. A tag is signed by nobody, and one report under
/// two names must not count for two.
pub const NAME: &str = "reportName";

/// What begins the names of types without a short one.
const HASHED: &str = "t-";

impl PredicateType {
    /// Reads a short name of cosign, or a URI.
    ///
    /// # Errors
    /// When it is neither, with the nearest short name.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some((_, uri, _)) = SHORT.iter().find(|(short, ..)| *short == text) {
            return Ok(Self((*uri).to_owned()));
        }
        if !text.contains("://") {
            let known: Vec<&str> = SHORT.iter().map(|(short, ..)| *short).collect();
            let unknown = suggestion::instead_of("type", text, &known);
            return Err(format!("`{text}`: {unknown} For other types, write the URI"));
        }
        if text.len() > MAX_URI || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(format!("is not a URI of at most {MAX_URI} characters"));
        }
        Ok(Self(text.to_owned()))
    }

    /// That of scans.
    #[must_use]
    pub fn of_scans() -> Self {
        let [(_, uri, _), ..] = SHORT;
        Self(uri.to_owned())
    }

    /// The URI.
    #[must_use]
    pub fn uri(&self) -> &str {
        &self.0
    }

    /// How a report of this type is read.
    #[must_use]
    pub fn format(&self) -> Format {
        self.known().map_or(Other, |(_, _, format)| *format)
    }

    /// What a report is called that is given no name: cosign's short name, or what is made of the URI.
    #[must_use]
    pub fn default_name(&self) -> String {
        if let Some((short, ..)) = self.known() {
            return (*short).to_owned();
        }
        let mut name = HASHED.to_owned();
        for byte in Sha256::digest(&self.0).iter().take(16) {
            let _ = write!(name, "{byte:02x}");
        }
        name
    }

    fn known(&self) -> Option<&'static (&'static str, &'static str, Format)> {
        SHORT.iter().find(|(_, uri, _)| *uri == self.0)
    }
}

/// As messages have it: the short name where there is one.
impl fmt::Display for PredicateType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.known().map_or(&self.0, |(short, ..)| short))
    }
}

/// Checks the name that a report is given where several of one type are kept.
///
/// # Errors
/// When no tag can have it, or something else has.
pub fn check_name(name: &str) -> Result<(), String> {
    let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_name = name.starts_with(alphanumeric)
        && name.chars().all(|c| alphanumeric(c) || matches!(c, '.' | '_' | '-'));
    if !is_name || name.len() > MAX_NAME {
        return Err(format!(
            "`{name}` is not a valid name: use at most {MAX_NAME} lower-case letters and digits, and `.`, `_` and \
             `-` after the first"
        ));
    }
    let is_a_type = SHORT.iter().any(|(short, ..)| *short == name);
    if TAKEN.contains(&name) || is_a_type || name.starts_with(HASHED) {
        return Err(format!("`{name}` is reserved for other tags; use another name"));
    }
    Ok(())
}

/// What a report calls its subject: the digits of its SHA-256.
///
/// # Errors
/// When the digest is of another algorithm.
pub fn subject_of(digest: &Digest) -> Result<&str, String> {
    let refused = || format!("only images with a sha256 digest can have reports, not {digest}");
    digest.sha256_hex().ok_or_else(refused)
}

/// The tag, in that repository, of the report of that name about what has that digest: `sha256-….vuln`.
///
/// # Errors
/// When the digest is of another algorithm: no tag could hold it.
pub fn report_tag(repository: &Reference, digest: &Digest, name: &str) -> Result<String, String> {
    subject_of(digest)?;
    Ok([&repository.referrers_tag(digest), ".", name].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types() {
        let rows = [
            ("vuln", "https://cosign.sigstore.dev/attestation/vuln/v1", "vuln"),
            ("spdxjson", "https://spdx.dev/Document", "spdx"),
            ("https://spdx.dev/Document", "https://spdx.dev/Document", "spdx"),
            ("slsaprovenance02", "https://slsa.dev/provenance/v0.2", "slsaprovenance"),
            // `printf %s https://acme.io/review/v1 | sha256sum`
            (
                "https://acme.io/review/v1",
                "https://acme.io/review/v1",
                "t-887f8f2e0dcd556888441efdfb196fe0",
            ),
        ];
        for (text, uri, name) in rows {
            let of = PredicateType::parse(text).unwrap();
            assert_eq!((of.uri(), of.default_name().as_str()), (uri, name), "{text}");
        }
        let wrong = PredicateType::parse("vulns").unwrap_err();
        assert!(wrong.contains("did you mean `vuln`?"), "{wrong}");
        for text in
            ["", "Vuln", "acme.io/review", "https://a b", &format!("a://{}", "x".repeat(253))]
        {
            assert!(PredicateType::parse(text).is_err(), "{text}");
        }
        assert!(PredicateType::parse(&format!("a://{}", "x".repeat(252))).is_ok());
    }

    #[test]
    fn names() {
        for name in ["trivy", "a.b_c-d", "0", &"a".repeat(56)] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
        for name in
            ["", "A", "-a", ".a", "a b", "a/b", "sig", "att", "sbom", "t-1", &"a".repeat(57)]
        {
            assert!(check_name(name).is_err(), "{name}");
        }
    }

    #[test]
    fn tags() {
        let repository = Reference::parse("r.example/a").unwrap();
        let tag = |digest: &str| report_tag(&repository, &Digest::parse(digest).unwrap(), "vuln");
        let hex = "a".repeat(64);
        assert_eq!(tag(&format!("sha256:{hex}")), Ok(format!("r.example/a:sha256-{hex}.vuln")));
        assert!(tag(&format!("sha512:{hex}{hex}")).is_err());
    }
}
