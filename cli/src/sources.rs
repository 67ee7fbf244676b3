//! `sources.yml`: how registries are reached when plain HTTPS with the public roots is not it.
//!
//! - Which keys? `insecure_sources`, a list of hosts spoken to over plain HTTP; `source_authorities`, for
//!   each host the certificates of its private authorities (`{type: Path, path: …}` or `{type: Data, data:
//!   PEM}`); `proxies`. The file is the one that `kwctl` and the policy server read. Any other key is refused.
//! - What is a host? As it stands in an image reference, with its port: `127.0.0.1:5000`. Anything else, a URL
//!   above all, is refused: Kubewarden would take it for the name of another host, and say nothing.
//! - Where do proxies come from when the file names none? From `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use hyper_util::client::proxy::matcher::Matcher;
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, NoProxy, Proxy};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use serde::Deserialize;

/// A registry that does not take a connection in this time is down; a policy has two seconds by default.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A registry that falls silent for this long is stuck.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// How registries are reached.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    insecure: BTreeSet<String>,
    authorities: BTreeMap<String, Vec<CertificateDer<'static>>>,
    proxies: Proxies,
}

/// Why `sources.yml` was refused.
#[derive(Debug, thiserror::Error)]
pub enum SourcesError {
    /// The file could not be read.
    #[error("cannot read sources `{}`: {source}", .path.display())]
    Read {
        /// The file that was asked for.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not YAML, or has a key that is not known.
    #[error("sources `{}`: {source}", .path.display())]
    Yaml {
        /// The file that was asked for.
        path: PathBuf,
        /// What is wrong, and on which line.
        source: yaml_serde::Error,
    },
    /// An authority's file could not be read.
    #[error("source_authorities.{host}[{index}].path: cannot read `{}`: {source}", .path.display())]
    AuthorityFile {
        /// Whose authority.
        host: String,
        /// Which one, from 0.
        index: usize,
        /// Its file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A host is written as a URL.
    #[error(
        "{place}: `{written}` is not a host: write it as in image names, with its port, but without a scheme, a \
         slash or a path{}",
        .host.as_ref().map_or_else(String::new, |host| format!(" (`{host}`)"))
    )]
    Host {
        /// Where it stands.
        place: String,
        /// As it is written, without a password.
        written: String,
        /// What is meant, if that is plain.
        host: Option<String>,
    },
    /// An authority is not a certificate.
    #[error(
        "source_authorities.{host}[{index}]: not a certificate: use a PEM block `CERTIFICATE`, or a DER file"
    )]
    NotACertificate {
        /// Whose authority.
        host: String,
        /// Which one, from 0.
        index: usize,
    },
}

#[derive(Debug, Default, Deserialize)]
#[serde(
    default,
    deny_unknown_fields,
    expecting = "a map with insecure_sources and source_authorities"
)]
struct RawSources {
    insecure_sources: Vec<String>,
    source_authorities: BTreeMap<String, Vec<RawAuthority>>,
    proxies: Option<Proxies>,
}

#[derive(Debug, Deserialize)]
#[serde(
    tag = "type",
    deny_unknown_fields,
    expecting = "a map with type (Path or Data) and path or data"
)]
enum RawAuthority {
    Path { path: PathBuf },
    Data { data: String },
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(
    default,
    deny_unknown_fields,
    expecting = "a map with http_proxy, https_proxy and no_proxy"
)]
struct Proxies {
    #[serde(rename = "http_proxy")]
    http: Option<String>,
    #[serde(rename = "https_proxy")]
    https: Option<String>,
    #[serde(rename = "no_proxy")]
    none: Option<String>,
}

impl Sources {
    /// Reads the file `path`.
    ///
    /// # Errors
    /// When the file, or a certificate that it names, cannot be read or understood.
    pub fn read(path: &Path) -> Result<Self, SourcesError> {
        let text = crate::text::read(path)
            .map_err(|source| SourcesError::Read { path: path.to_owned(), source })?;
        let raw: Option<RawSources> = yaml_serde::from_str(&text)
            .map_err(|source| SourcesError::Yaml { path: path.to_owned(), source })?;
        let raw = raw.unwrap_or_default();
        for (index, host) in raw.insecure_sources.iter().enumerate() {
            check_host(host, || format!("insecure_sources[{index}]"))?;
        }
        for host in raw.source_authorities.keys() {
            check_host(host, || "source_authorities".to_owned())?;
        }
        let authorities = raw
            .source_authorities
            .into_iter()
            .map(|(host, authorities)| Ok((host.clone(), certificates(&host, authorities)?)))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            insecure: raw.insecure_sources.into_iter().collect(),
            authorities,
            proxies: raw.proxies.unwrap_or_else(Proxies::from_env),
        })
    }

    /// What to use when there is no file.
    #[must_use]
    pub fn from_env() -> Self {
        Self { proxies: Proxies::from_env(), ..Self::default() }
    }

    /// The same, with `host` spoken to over plain HTTP and past every proxy.
    #[must_use]
    pub fn with_insecure(mut self, host: String) -> Self {
        self.insecure.insert(host);
        self.proxies = Proxies::default();
        self
    }

    /// Whether `host` may be spoken to over plain HTTP.
    #[must_use]
    pub fn is_insecure(&self, host: &str) -> bool {
        self.insecure.contains(host)
    }

    /// Whether `host` has authorities of its own: what reaches it reaches no other.
    #[must_use]
    pub fn is_private(&self, host: &str) -> bool {
        self.authorities.contains_key(host)
    }

    /// What reaches `host`. It follows no redirect.
    ///
    /// # Errors
    /// When a certificate or a proxy cannot be used.
    pub fn client(&self, host: &str) -> reqwest::Result<Client> {
        let builder = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .redirect(Policy::none())
            .no_proxy();
        let mut builder = self.proxies.of(builder)?;
        for certificate in self.authorities_of(host) {
            builder = builder.add_root_certificate(reqwest::Certificate::from_der(certificate)?);
        }
        builder.build()
    }

    /// The proxy through which `url` is reached, without its password.
    #[must_use]
    pub fn proxy_of(&self, url: &str) -> Option<String> {
        let Proxies { http, https, none } = &self.proxies;
        let text = |setting: &Option<String>| setting.clone().unwrap_or_default();
        let matcher = Matcher::builder().http(text(http)).https(text(https)).no(text(none)).build();
        let proxy = matcher.intercept(&url.parse().ok()?)?.uri().clone();
        Some(format!("{}://{}", proxy.scheme_str()?, host_of(proxy.authority()?.as_str())))
    }

    fn authorities_of(&self, host: &str) -> impl Iterator<Item = &CertificateDer<'static>> {
        self.authorities.get(host).into_iter().flatten()
    }
}

impl Proxies {
    fn from_env() -> Self {
        let variable =
            |name: &str| std::env::var(name).or_else(|_| std::env::var(name.to_lowercase())).ok();
        Self {
            http: variable("HTTP_PROXY"),
            https: variable("HTTPS_PROXY"),
            none: variable("NO_PROXY"),
        }
    }

    fn of(&self, mut builder: ClientBuilder) -> reqwest::Result<ClientBuilder> {
        let none = || self.none.as_deref().and_then(NoProxy::from_string);
        if let Some(proxy) = &self.https {
            builder = builder.proxy(Proxy::https(proxy)?.no_proxy(none()));
        }
        if let Some(proxy) = &self.http {
            builder = builder.proxy(Proxy::http(proxy)?.no_proxy(none()));
        }
        Ok(builder)
    }
}

/// An authority without the user and the password.
fn host_of(authority: &str) -> &str {
    authority.rsplit_once('@').map_or(authority, |(_, host)| host)
}

fn check_host(written: &str, place: impl Fn() -> String) -> Result<(), SourcesError> {
    let rest = written.split_once("://").map_or(written, |(_, rest)| rest);
    let host = host_of(rest.trim_end_matches('/'));
    if host == written && is_host(host) {
        return Ok(());
    }
    Err(SourcesError::Host {
        place: place(),
        written: written.replace(rest, host_of(rest)),
        host: is_host(host).then(|| host.to_owned()),
    })
}

fn is_host(text: &str) -> bool {
    !text.is_empty() && !text.contains(|c: char| "/@?#\\*".contains(c) || c.is_whitespace())
}

fn certificates(
    host: &str,
    authorities: Vec<RawAuthority>,
) -> Result<Vec<CertificateDer<'static>>, SourcesError> {
    let mut certificates = Vec::new();
    for (index, authority) in authorities.into_iter().enumerate() {
        let bytes = match authority {
            RawAuthority::Data { data } => data.into_bytes(),
            RawAuthority::Path { path } => std::fs::read(&path).map_err(|source| {
                SourcesError::AuthorityFile { host: host.to_owned(), index, path, source }
            })?,
        };
        let found = parse_certificates(&bytes)
            .ok_or_else(|| SourcesError::NotACertificate { host: host.to_owned(), index })?;
        certificates.extend(found);
    }
    Ok(certificates)
}

/// Every certificate of a PEM text, or the one of a DER file.
fn parse_certificates(bytes: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let is_certificate = |der: &CertificateDer<'_>| webpki::anchor_from_trusted_cert(der).is_ok();
    let found: Vec<CertificateDer<'static>> =
        CertificateDer::pem_slice_iter(bytes).collect::<Result<_, _>>().ok()?;
    let found = if found.is_empty() { vec![CertificateDer::from(bytes.to_vec())] } else { found };
    found.iter().all(is_certificate).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate() -> String {
        let key = rcgen::KeyPair::generate().unwrap();
        rcgen::CertificateParams::default().self_signed(&key).unwrap().pem()
    }

    fn sources(text: &str) -> Result<Sources, SourcesError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        Sources::read(file.path())
    }

    fn data(certificate: &str) -> String {
        let json = serde_json::to_string(certificate).unwrap();
        format!("source_authorities:\n  r.local:\n  - {{type: Data, data: {json}}}\n")
    }

    #[test]
    fn each_host_is_reached_in_its_own_way() {
        let text = format!("insecure_sources: ['127.0.0.1:5000']\n{}", data(&certificate()));
        let sources = sources(&text).unwrap();
        let rows =
            [("127.0.0.1:5000", true, 0), ("127.0.0.1:5001", false, 0), ("r.local", false, 1)];
        for (host, is_insecure, roots) in rows {
            assert_eq!(sources.is_insecure(host), is_insecure, "{host}");
            assert_eq!(sources.authorities_of(host).count(), roots, "{host}");
            assert_eq!(sources.is_private(host), roots > 0, "{host}");
            assert!(sources.client(host).is_ok(), "{host}");
        }
    }

    #[test]
    fn a_proxy_is_named_without_its_password() {
        let text = "proxies: {https_proxy: 'http://jo:secret@proxy.local:3128', no_proxy: r.local}";
        let sources = sources(text).unwrap();
        let rows = [
            ("https://ghcr.io/v2/", Some("http://proxy.local:3128")),
            ("http://ghcr.io/v2/", None),
            ("https://r.local/v2/", None),
        ];
        for (url, expected) in rows {
            assert_eq!(sources.proxy_of(url).as_deref(), expected, "{url}");
        }
    }

    #[test]
    fn a_bundle_holds_several_certificates() {
        let sources = sources(&data(&certificate().repeat(2))).unwrap();
        assert_eq!(sources.authorities_of("r.local").count(), 2);
        assert!(super::Sources::read(Path::new("/dev/null")).is_ok());
    }

    #[test]
    fn what_is_wrong_is_named() {
        let rows = [
            ("insecure_source: []", "unknown field `insecure_source`"),
            ("insecure_sources: x", "insecure_sources: invalid type"),
            ("insecure_sources: [", "line 2 column 1"),
            (
                "insecure_sources: [a, 'http://r.local:5000']",
                "insecure_sources[1]: `http://r.local:5000` is not a host: write it as in image names, with its \
                 port, but without a scheme, a slash or a path (`r.local:5000`)",
            ),
            ("insecure_sources: ['r.local/']", "insecure_sources[0]: `r.local/` is not a host"),
            ("insecure_sources: ['r.local/acme']", "without a scheme, a slash or a path"),
            ("insecure_sources: ['']", "insecure_sources[0]: `` is not a host"),
            ("insecure_sources: ['http://u:secret@r.local/']", "`http://r.local/` is not a host"),
            (
                "source_authorities: {'https://r.local': []}",
                "source_authorities: `https://r.local` is not a host",
            ),
            (
                "source_authorities: {r.local: [{type: Path, path: nowhere.pem}]}",
                "source_authorities.r.local[0].path: cannot read `nowhere.pem`",
            ),
            ("source_authorities: {r.local: [{type: Url}]}", "unknown variant `Url`"),
            (&data("text"), "source_authorities.r.local[0]: not a certificate"),
            (
                &data(&certificate().replace("MII", "XII")),
                "source_authorities.r.local[0]: not a certificate",
            ),
        ];
        for (text, expected) in rows {
            let message = sources(text).unwrap_err().to_string();
            assert!(message.contains(expected), "{text}: {message}");
        }
    }
}
