//! Why there was no answer: the innermost cause, and the way out.
//!
//! - Why not the words of the HTTP client? They end with "error sending request for url". What helps lies four
//!   errors deeper.
//! - May these words be anything? No: the policy reads in a host's words whether something is absent
//!   (`src/host/error.rs`), and what could not be asked is never that. A test holds every text to it.

use std::error::Error;
use std::io;

use rustls::CertificateError;

use super::request::registry_of;

/// What the standard library says when `getaddrinfo` fails; its kind says nothing.
const UNRESOLVED: &str = "failed to lookup address information";

/// Why a host did not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{host}` cannot be reached{}: {cause}", through(.proxy.as_deref()))]
pub struct Failure {
    /// Who was asked.
    pub host: String,
    /// Through whom, if not directly.
    pub proxy: Option<String>,
    /// Why there is no answer.
    pub cause: Cause,
}

/// What lies at the bottom of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// The certificate leads to no authority that is known.
    #[error(
        "its certificate is from an unknown authority: list the authority's certificate under `source_authorities` \
         in the file of --sources-path"
    )]
    UnknownAuthority,
    /// The certificate is too old.
    #[error("its certificate has expired: renew it, or set the clock of this machine")]
    Expired,
    /// The certificate is too young.
    #[error("its certificate is not valid yet: set the clock of this machine")]
    NotYetValid,
    /// The certificate is somebody else's.
    #[error("its certificate is for another name: use the name in the certificate")]
    OtherName,
    /// It speaks HTTP where TLS was spoken to it.
    #[error(
        "it speaks plain HTTP: if that is intended, list it under `insecure_sources` in the file of --sources-path"
    )]
    PlainHttp,
    /// It speaks TLS where HTTP was spoken to it.
    #[error("it speaks TLS: remove it from `insecure_sources` in the file of --sources-path")]
    Tls,
    /// Nobody listens.
    #[error("connection refused: nothing listens on this port")]
    Refused,
    /// Nobody has this name.
    #[error("no such host: check the spelling and the network")]
    NoSuchHost,
    /// Nobody answered in time.
    #[error(
        "timed out: check the network, and whether you need a proxy (`HTTPS_PROXY`, or `proxies` in the file of \
         --sources-path)"
    )]
    TimedOut,
    /// The connection was closed in the middle.
    #[error(
        "it closed the connection (if it speaks plain HTTP, list it under `insecure_sources` in the file of \
         --sources-path)"
    )]
    Closed,
    /// It sends us on to where others can read and change what is sent.
    #[error(
        "it redirects to `{to}` over plain HTTP: if that is intended, list that host under `insecure_sources` in the \
         file of --sources-path"
    )]
    PlainRedirect {
        /// The host.
        to: String,
    },
    /// It sends us on and on.
    #[error("it redirects in circles")]
    Redirects,
    /// It wants the password said where others can hear it.
    #[error(
        "it wants the credentials at `{to}` over plain HTTP, where anybody can read them; they were not sent"
    )]
    PlainToken {
        /// The host.
        to: String,
    },
    /// The host that gives the tokens did not answer.
    #[error("no token: {0}")]
    Token(Box<Failure>),
    /// It sent more than anybody would read.
    #[error("its answer has more than {0} bytes")]
    TooLarge(usize),
    /// Something else.
    #[error("{0}")]
    Other(String),
}

fn through(proxy: Option<&str>) -> String {
    proxy.map_or_else(String::new, |proxy| format!(" through the proxy `{proxy}`"))
}

impl Failure {
    /// Why a host that was asked directly did not answer.
    pub(crate) fn new(host: &str, cause: Cause) -> Self {
        Self { host: registry_of(host).to_owned(), proxy: None, cause }
    }
}

impl Cause {
    /// What lies at the bottom of an error.
    #[must_use]
    pub fn of(error: &(dyn Error + 'static)) -> Self {
        let chain = || std::iter::successors(Some(error), |&error| error.source());
        let cause = chain().find_map(Self::known);
        let innermost = || chain().last().map_or_else(String::new, ToString::to_string);
        cause.unwrap_or_else(|| Self::Other(innermost()))
    }

    fn known(error: &(dyn Error + 'static)) -> Option<Self> {
        if let Some(error) = error.downcast_ref::<rustls::Error>() {
            return Some(Self::of_tls(error));
        }
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return Self::of_io(error);
        }
        if let Some(error) = error.downcast_ref::<hyper::Error>() {
            return if error.is_parse() {
                Some(Self::Tls)
            } else {
                error.is_incomplete_message().then_some(Self::Closed)
            };
        }
        let is_timeout =
            error.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_timeout);
        is_timeout.then_some(Self::TimedOut)
    }

    fn of_io(error: &io::Error) -> Option<Self> {
        // An error that wraps another shows that one's causes as its own.
        if let Some(cause) = error.get_ref().and_then(|inner| Self::known(inner)) {
            return Some(cause);
        }
        if error.to_string().starts_with(UNRESOLVED) {
            return Some(Self::NoSuchHost);
        }
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Some(Self::Refused),
            io::ErrorKind::TimedOut => Some(Self::TimedOut),
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::UnexpectedEof => Some(Self::Closed),
            _ => None,
        }
    }

    fn of_tls(error: &rustls::Error) -> Self {
        match error {
            rustls::Error::InvalidMessage(_) => Self::PlainHttp,
            rustls::Error::InvalidCertificate(certificate) => match certificate {
                // Of an authority with the name of one that is known.
                CertificateError::UnknownIssuer | CertificateError::BadSignature => {
                    Self::UnknownAuthority
                }
                CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                    Self::Expired
                }
                CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                    Self::NotYetValid
                }
                CertificateError::NotValidForName
                | CertificateError::NotValidForNameContext { .. } => Self::OtherName,
                other => Self::Other(format!("its certificate cannot be used: {other}")),
            },
            other => Self::Other(other.to_string()),
        }
    }
}
