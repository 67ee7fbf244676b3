//! Keys, certificates and identities: few, so that they meet.

/// The issuer of GitHub's workflow identities.
pub const GITHUB: &str = "https://token.actions.githubusercontent.com";
/// An issuer of people's identities.
pub const ACME: &str = "https://accounts.acme.com";

/// Public keys that verify: two spellings of one, and several kinds.
pub const KEYS: [&str; 9] = [
    include_str!("../../../tests/fixtures/keys/p256.pem"),
    include_str!("../../../tests/fixtures/keys/p256-compressed.pem"),
    include_str!("../../../tests/fixtures/keys/p256-second.pem"),
    include_str!("../../../tests/fixtures/keys/p256-third.pem"),
    include_str!("../../../tests/fixtures/keys/p384.pem"),
    include_str!("../../../tests/fixtures/keys/ed25519.pem"),
    include_str!("../../../tests/fixtures/keys/rsa2048.pem"),
    include_str!("../../../tests/fixtures/keys/cosign.pem"),
    include_str!("../../../tests/fixtures/keys/signer.pem"),
];

/// Keys that are refused.
pub const BAD_KEYS: [&str; 8] = [
    include_str!("../../../tests/fixtures/keys/ed448.pem"),
    include_str!("../../../tests/fixtures/keys/p521.pem"),
    include_str!("../../../tests/fixtures/keys/private-pkcs8.pem"),
    include_str!("../../../tests/fixtures/keys/private-cosign.pem"),
    include_str!("../../../tests/fixtures/keys/rsa1024.pem"),
    include_str!("../../../tests/fixtures/keys/rsa2048-pkcs1.pem"),
    include_str!("../../../tests/fixtures/keys/secp256k1.pem"),
    include_str!("../../../tests/fixtures/certificates/signer.pem"),
];

/// Certificates that sign.
pub const SIGNERS: [&str; 2] = [
    include_str!("../../../tests/fixtures/certificates/signer.pem"),
    include_str!("../../../tests/fixtures/certificates/signer-second.pem"),
];

/// Certificates that do not: over, not begun, of the first version.
pub const BAD_SIGNERS: [&str; 3] = [
    include_str!("../../../tests/fixtures/certificates/expired.pem"),
    include_str!("../../../tests/fixtures/certificates/future.pem"),
    include_str!("../../../tests/fixtures/certificates/version1.pem"),
];

/// The chain of [`SIGNERS`].
pub const CHAIN: [&str; 2] = [
    include_str!("../../../tests/fixtures/certificates/intermediate.pem"),
    include_str!("../../../tests/fixtures/certificates/root.pem"),
];

/// Certificates as signatures carry them: of workflows, of a person, of nobody, and subjects that attack patterns.
pub const CLAIMS: [&str; 14] = [
    include_str!("../../../tests/fixtures/certificates/workflow.pem"),
    include_str!("../../../tests/fixtures/certificates/new-workflow.pem"),
    include_str!("../../../tests/fixtures/certificates/person.pem"),
    include_str!("../../../tests/fixtures/certificates/nobody.pem"),
    include_str!("../../../tests/fixtures/certificates/signer.pem"),
    include_str!("../../../tests/fixtures/claims/climbs.pem"),
    include_str!("../../../tests/fixtures/claims/newline.pem"),
    include_str!("../../../tests/fixtures/claims/not-ascii.pem"),
    include_str!("../../../tests/fixtures/claims/nul.pem"),
    include_str!("../../../tests/fixtures/claims/other-file.pem"),
    include_str!("../../../tests/fixtures/claims/other-issuer.pem"),
    include_str!("../../../tests/fixtures/claims/other-owner.pem"),
    include_str!("../../../tests/fixtures/claims/slash.pem"),
    include_str!("../../../tests/fixtures/claims/space.pem"),
];

/// Certificates of one workflow at several tags: more subjects than are asked about.
pub const TAGGED_CLAIMS: [&str; 9] = [
    include_str!("../../../tests/fixtures/claims/v0.0.pem"),
    include_str!("../../../tests/fixtures/claims/v0.1.pem"),
    include_str!("../../../tests/fixtures/claims/v0.2.pem"),
    include_str!("../../../tests/fixtures/claims/v0.3.pem"),
    include_str!("../../../tests/fixtures/claims/v0.4.pem"),
    include_str!("../../../tests/fixtures/claims/v0.5.pem"),
    include_str!("../../../tests/fixtures/claims/v0.6.pem"),
    include_str!("../../../tests/fixtures/claims/v0.7.pem"),
    include_str!("../../../tests/fixtures/claims/v0.8.pem"),
];
