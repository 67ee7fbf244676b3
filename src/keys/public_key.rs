//! Public keys: PEM → what the host is asked to verify with.
//!
//! *Why read them here?* The host reports a key that it cannot read as a missing signature. Here it is an
//! error of the settings, with its place. And two spellings of one key must not count as two signers.
//!
//! *Why the `pem` crate?* The host reads keys with it: what it takes and what we take are the same.
//!
//! Sources: RFC 7468 (PEM), RFC 5280 §4.1.2.7 (`SubjectPublicKeyInfo`), RFC 5480 (elliptic curves),
//! RFC 8017 §A.1.1 (RSA), RFC 8410 (Ed25519).

use super::block::block;
use super::der::{BIT_STRING, Element, INTEGER, OBJECT_IDENTIFIER, contents, elements, sequence};
use base64::prelude::{BASE64_STANDARD as STANDARD, Engine};
use std::fmt;

/// NIST SP 800-57 asks for 2048 bits or more.
const MIN_RSA_BITS: usize = 2048;

/// Keys of one signer. Each is a question of its own; a rotation needs the old and the new one.
const MAX_KEYS: usize = 16;

/// 1.2.840.10045.2.1
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
/// 1.2.840.10045.3.1.7
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
/// 1.3.132.0.34
const P384: &[u8] = &[0x2b, 0x81, 4, 0, 0x22];
/// 1.2.840.113549.1.1.1
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
/// 1.3.101.112
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];

/// A public key that the host can verify with. Equal keys are the same key, whatever their PEM looked
/// like.
///
/// ```
/// use signed_images_policy::keys::public_key::{KeyError, PublicKey, kind};
///
/// let pem = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/keys/p256.pem"));
/// let [key] = PublicKey::parse_all(pem).unwrap().try_into().unwrap();
/// assert_eq!(kind(key.der()), "ECDSA P-256");
/// // As Windows writes it.
/// assert_eq!(PublicKey::parse_all(&pem.replace('\n', "\r\n")), Ok(vec![key]));
/// assert_eq!(PublicKey::parse_all("cosign.pub"), Err(KeyError::NotPem));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey(Vec<u8>);

/// Why a text is not a list of public keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// No PEM block is in it.
    NotPem,
    /// More than there may be of one signer.
    TooMany(usize),
    /// A private key.
    Private,
    /// A certificate.
    Certificate,
    /// Another PEM block, by its label.
    OtherBlock(String),
    /// The bytes are not a `SubjectPublicKeyInfo`.
    Malformed,
    /// A kind of key that the host cannot verify with.
    Unsupported,
    /// An RSA key of so many bits.
    ShortRsa(usize),
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotPem => {
                f.write_str("not a PEM public key, which starts with `-----BEGIN PUBLIC KEY-----`")
            }
            Self::TooMany(count) => {
                write!(f, "it contains {count} keys; at most {MAX_KEYS} are allowed")
            }
            Self::Private => f.write_str(
                "this is a private key: keep it secret, and use its public key (`cosign public-key --key …`)",
            ),
            Self::Certificate => {
                f.write_str("this is a certificate; write it as a certificate, not as a public key")
            }
            Self::OtherBlock(label) => write!(
                f,
                "the PEM block is `{label}`, not `PUBLIC KEY` (convert it with `openssl pkey -pubin` or `openssl rsa \
                 -RSAPublicKey_in -pubout`)"
            ),
            Self::Malformed => f.write_str("the key inside the PEM block is malformed"),
            Self::Unsupported => {
                f.write_str("this kind of key is not supported; use ECDSA P-256 or P-384, RSA or Ed25519")
            }
            Self::ShortRsa(bits) => {
                write!(f, "the RSA key has {bits} bits; it needs at least {MIN_RSA_BITS}")
            }
        }
    }
}

impl std::error::Error for KeyError {}

impl PublicKey {
    /// Reads every PEM block of the text; there is at least one.
    ///
    /// # Errors
    /// When any block is not a supported public key.
    pub fn parse_all(text: &str) -> Result<Vec<Self>, KeyError> {
        if let Some(key) = lone_block(text) {
            return check(&key).map(|()| vec![Self(key)]);
        }
        let blocks = pem::parse_many(text).map_err(|_| KeyError::NotPem)?;
        // Text that merely looks like a block is skipped by the parser: every `BEGIN` must be read.
        if blocks.is_empty() || blocks.len() != text.matches("-----BEGIN ").count() {
            return Err(KeyError::NotPem);
        }
        if blocks.len() > MAX_KEYS {
            return Err(KeyError::TooMany(blocks.len()));
        }
        blocks.iter().map(Self::from_block).collect()
    }

    /// The DER of the key (`SubjectPublicKeyInfo`).
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.0
    }

    /// What every spelling of the key has in common.
    pub(crate) fn key_material(&self) -> &[u8] {
        key_material(&self.0)
    }

    /// The key as PEM, in one spelling.
    #[must_use]
    pub fn to_pem(&self) -> String {
        block("PUBLIC KEY", &self.0)
    }

    fn from_block(block: &pem::Pem) -> Result<Self, KeyError> {
        match block.tag() {
            "PUBLIC KEY" => {}
            "CERTIFICATE" => return Err(KeyError::Certificate),
            label if label.contains("PRIVATE KEY") => return Err(KeyError::Private),
            label => return Err(KeyError::OtherBlock(label.to_owned())),
        }
        check(block.contents())?;
        Ok(Self(block.contents().to_vec()))
    }
}

/// The contents of a text that is one block and nothing else, as almost all are: read several times as fast,
/// and never otherwise than by `pem`.
fn lone_block(text: &str) -> Option<Vec<u8>> {
    let body = text.strip_prefix("-----BEGIN PUBLIC KEY-----\n")?;
    let body = body.trim_end().strip_suffix("\n-----END PUBLIC KEY-----")?;
    STANDARD.decode(body.replace('\n', "")).ok()
}

/// The key itself, of a `SubjectPublicKeyInfo`. Of a point, the first coordinate: all that a compressed
/// point spells out, and whoever holds the key of a point holds that of the other at this coordinate.
pub(crate) fn key_material(key: &[u8]) -> &[u8] {
    match parts(key) {
        Some((EC, _, [2 | 3, x @ ..])) => x,
        Some((EC, _, [4, x_and_y @ ..])) => x_and_y.split_at(x_and_y.len() / 2).0,
        Some((_, _, bits)) => bits,
        None => key,
    }
}

/// The kind of a key that is a `SubjectPublicKeyInfo`, for people: `ECDSA P-256`, `RSA`, `Ed25519`.
#[must_use]
pub fn kind(key: &[u8]) -> &'static str {
    match parts(key) {
        Some((EC, Some(curve), _)) => match contents(curve, OBJECT_IDENTIFIER) {
            Some(P256) => "ECDSA P-256",
            Some(P384) => "ECDSA P-384",
            _ => "ECDSA",
        },
        Some((RSA, ..)) => "RSA",
        Some((ED25519, ..)) => "Ed25519",
        _ => "unknown",
    }
}

fn check(key: &[u8]) -> Result<(), KeyError> {
    match parts(key).ok_or(KeyError::Malformed)? {
        (EC, Some(curve), point) => check_ec_point(curve, point),
        (RSA, _, key) => check_rsa(key),
        (ED25519, _, key) if key.len() == 32 => Ok(()),
        (EC | ED25519, ..) => Err(KeyError::Malformed),
        _ => Err(KeyError::Unsupported),
    }
}

/// `SubjectPublicKeyInfo`: the algorithm with its parameters, and the key.
fn parts(key: &[u8]) -> Option<(&[u8], Option<Element<'_>>, &[u8])> {
    let [algorithm, key] = sequence(key)?[..] else { return None };
    let algorithm = elements(algorithm)?;
    let oid = contents(*algorithm.first()?, OBJECT_IDENTIFIER)?;
    // The first byte of a BIT STRING counts its unused bits.
    let Some((0, key)) = contents(key, BIT_STRING)?.split_first() else { return None };
    Some((oid, algorithm.get(1).copied(), key))
}

/// SEC 1 §2.3.3: uncompressed (0x04, both coordinates) or compressed (0x02 or 0x03, one).
fn check_ec_point(curve: Element<'_>, point: &[u8]) -> Result<(), KeyError> {
    let coordinate = match contents(curve, OBJECT_IDENTIFIER) {
        Some(P256) => 32,
        Some(P384) => 48,
        Some(_) => return Err(KeyError::Unsupported),
        None => return Err(KeyError::Malformed),
    };
    match point.split_first() {
        Some((4, rest)) if rest.len() == 2 * coordinate => Ok(()),
        Some((2 | 3, rest)) if rest.len() == coordinate => Ok(()),
        _ => Err(KeyError::Malformed),
    }
}

fn check_rsa(key: &[u8]) -> Result<(), KeyError> {
    let bits = bits_of_rsa(key).ok_or(KeyError::Malformed)?;
    if bits < MIN_RSA_BITS { Err(KeyError::ShortRsa(bits)) } else { Ok(()) }
}

fn bits_of_rsa(key: &[u8]) -> Option<usize> {
    let [modulus, exponent] = sequence(key)?[..] else { return None };
    unsigned(exponent)?;
    let modulus = unsigned(modulus)?;
    let leading_zeros = modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
    Some((modulus.len() * 8).saturating_sub(leading_zeros))
}

/// An INTEGER that is not negative, without the zero that says so: it stands only before a byte that would make the
/// number negative (X.690 §8.3.2).
fn unsigned(value: Element<'_>) -> Option<&[u8]> {
    match contents(value, INTEGER)? {
        [0, rest @ ..] if rest.first().is_some_and(|byte| *byte >= 0x80) => Some(rest),
        zero @ [0] => Some(zero),
        number @ [1..=0x7f, ..] => Some(number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PKCS1: &str = include_str!("../../tests/fixtures/keys/rsa2048-pkcs1.pem");
    const P256: &str = include_str!("../../tests/fixtures/keys/p256.pem");
    const P384: &str = include_str!("../../tests/fixtures/keys/p384.pem");
    const P521: &str = include_str!("../../tests/fixtures/keys/p521.pem");
    const SECP256K1: &str = include_str!("../../tests/fixtures/keys/secp256k1.pem");
    const COMPRESSED: &str = include_str!("../../tests/fixtures/keys/p256-compressed.pem");
    const COSIGN: &str = include_str!("../../tests/fixtures/keys/cosign.pem");
    const ED25519: &str = include_str!("../../tests/fixtures/keys/ed25519.pem");
    const ED448: &str = include_str!("../../tests/fixtures/keys/ed448.pem");
    const RSA1024: &str = include_str!("../../tests/fixtures/keys/rsa1024.pem");
    const RSA2048: &str = include_str!("../../tests/fixtures/keys/rsa2048.pem");
    const RSA3072: &str = include_str!("../../tests/fixtures/keys/rsa3072.pem");
    const CERTIFICATE: &str = include_str!("../../tests/fixtures/certificates/signer.pem");
    const PRIVATE: [&str; 4] = [
        include_str!("../../tests/fixtures/keys/private-pkcs8.pem"),
        include_str!("../../tests/fixtures/keys/private-sec1.pem"),
        include_str!("../../tests/fixtures/keys/private-encrypted.pem"),
        include_str!("../../tests/fixtures/keys/private-cosign.pem"),
    ];

    fn one(text: &str) -> Result<PublicKey, KeyError> {
        let mut keys = PublicKey::parse_all(text)?;
        assert_eq!(keys.len(), 1);
        Ok(keys.remove(0))
    }

    #[test]
    fn keys_that_the_host_can_verify_with() {
        for pem in [P256, P384, COMPRESSED, COSIGN, ED25519, RSA2048, RSA3072] {
            assert_eq!(one(pem).unwrap().to_pem(), pem);
        }
    }

    #[test]
    fn kinds_of_keys() {
        let rows = [
            (P256, "ECDSA P-256"),
            (COMPRESSED, "ECDSA P-256"),
            (P384, "ECDSA P-384"),
            (RSA2048, "RSA"),
            (ED25519, "Ed25519"),
        ];
        for (pem, expected) in rows {
            assert_eq!(kind(one(pem).unwrap().der()), expected);
        }
        assert_eq!(kind(b"?"), "unknown");
    }

    #[test]
    fn what_is_no_such_key() {
        let truncated = P256.replace("-----END PUBLIC KEY-----\n", "");
        let cut = P256.lines().take(2).chain(["-----END PUBLIC KEY-----"]).collect::<Vec<_>>();
        let rows = [
            ("", KeyError::NotPem),
            ("ecdsa-sha2-nistp256 AAAA", KeyError::NotPem),
            ("cosign.pub", KeyError::NotPem),
            (&truncated, KeyError::NotPem),
            (&P256.replace("-----END PUBLIC", "-----END PRIVATE"), KeyError::NotPem),
            (&P256.replace("MFkw", "MF!w"), KeyError::NotPem),
            ("-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n", KeyError::Malformed),
            (&cut.join("\n"), KeyError::Malformed),
            (P521, KeyError::Unsupported),
            (SECP256K1, KeyError::Unsupported),
            (ED448, KeyError::Unsupported),
            (RSA1024, KeyError::ShortRsa(1024)),
            (PKCS1, KeyError::OtherBlock("RSA PUBLIC KEY".to_owned())),
            (CERTIFICATE, KeyError::Certificate),
            (PRIVATE[0], KeyError::Private),
            (PRIVATE[1], KeyError::Private),
            (PRIVATE[2], KeyError::Private),
            (PRIVATE[3], KeyError::Private),
        ];
        for (text, error) in rows {
            assert_eq!(PublicKey::parse_all(text), Err(error), "{text}");
        }
    }

    #[test]
    fn several_blocks() {
        let both = format!("{P256}{P384}");
        let keys = PublicKey::parse_all(&both).unwrap();
        assert_eq!(keys, [one(P256).unwrap(), one(P384).unwrap()]);
        let rows = [
            (format!("{P256}{}", PRIVATE[0]), KeyError::Private),
            (format!("{P256}{CERTIFICATE}"), KeyError::Certificate),
            (format!("{P256}{P521}"), KeyError::Unsupported),
            // A block that the parser would skip is not left out in silence.
            (format!("{P256}{}", P384.replace("END PUBLIC KEY", "END")), KeyError::NotPem),
            (format!("{P256}{}", P384.replace("END PUBLIC", "END")), KeyError::NotPem),
            (format!("{}{P256}", P384.replace("-----END PUBLIC KEY-----", "")), KeyError::NotPem),
        ];
        for (text, error) in rows {
            assert_eq!(PublicKey::parse_all(&text), Err(error), "{text}");
        }
    }

    #[test]
    fn a_lone_block_is_read_as_pem_reads_it() {
        let longer = P256.replace("MFkw", "MFkwMFkw");
        for text in
            [P256, RSA2048, COSIGN, &P256.replace("\n\n", ""), &longer, &format!("{P256}\n ")]
        {
            assert_eq!(
                lone_block(text).unwrap(),
                pem::parse(text).unwrap().into_contents(),
                "{text}"
            );
        }
        let header = P256.replace("KEY-----\nM", "KEY-----\nKind: mine\n\nM");
        let rows =
            ["", CERTIFICATE, &header, &format!("{P256}{P384}"), &P256.replace("MFkw", "MF!w")];
        for text in rows {
            assert_eq!(lone_block(text), None, "{text}");
        }
    }

    /// Whatever is around the block and at the end of its lines, it is the same key.
    #[test]
    fn one_key_in_many_spellings() {
        let key = one(P256).unwrap();
        let body: String = P256.lines().filter(|line| !line.starts_with('-')).collect();
        let spellings = [
            P256.replace('\n', "\r\n"),
            P256.trim_end().to_owned(),
            format!("\n\n  {}\n\n", P256.trim()),
            format!("release key of 2026\n{P256}# kept in the vault\n"),
            format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----"),
        ];
        for text in spellings {
            assert_eq!(one(&text), Ok(key.clone()), "{text}");
            assert_eq!(one(&text).unwrap().to_pem(), P256, "{text}");
        }
        assert_ne!(one(COSIGN), Ok(key));
    }

    #[test]
    fn bits_of_an_rsa_key() {
        // 2047 bits: the highest one of a 2048-bit modulus is missing.
        let short = pem::parse(RSA2048).unwrap();
        let mut der = short.contents().to_vec();
        let modulus = der.windows(5).position(|bytes| bytes == [2, 0x82, 1, 1, 0]).unwrap();
        der[modulus + 5] = 0x7f;
        let text = pem::encode(&pem::Pem::new("PUBLIC KEY", der.clone()));
        // A leading zero that is not needed is not DER.
        assert_eq!(PublicKey::parse_all(&text), Err(KeyError::Malformed));
        der[modulus + 5] = 0x80;
        let text = pem::encode(&pem::Pem::new("PUBLIC KEY", der));
        assert!(PublicKey::parse_all(&text).is_ok());
    }

    /// No cut and no changed byte makes the reader fail otherwise than by an error.
    #[test]
    fn damaged_keys() {
        for pem in [P256, RSA2048, ED25519] {
            let der = pem::parse(pem).unwrap().into_contents();
            for length in 0..der.len() {
                let cut = pem::Pem::new("PUBLIC KEY", &der[..length]);
                assert_eq!(PublicKey::parse_all(&pem::encode(&cut)), Err(KeyError::Malformed));
            }
            let longer = pem::Pem::new("PUBLIC KEY", [der.as_slice(), &[0]].concat());
            assert_eq!(PublicKey::parse_all(&pem::encode(&longer)), Err(KeyError::Malformed));
            for index in 0..der.len() {
                let mut changed = der.clone();
                changed[index] ^= 0xff;
                let _ = PublicKey::parse_all(&pem::encode(&pem::Pem::new("PUBLIC KEY", changed)));
            }
        }
    }
}
