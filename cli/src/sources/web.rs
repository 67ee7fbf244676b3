//! How web servers are reached, which modules may come from: as registries are.

use reqwest::{Certificate, Client, ClientBuilder, NoProxy, Proxy};

use super::{CONNECT_TIMEOUT, Proxies, READ_TIMEOUT, Sources};

impl Sources {
    /// How to reach `host`.
    ///
    /// # Errors
    /// When a certificate or a proxy cannot be used.
    pub fn web(&self, host: &str) -> reqwest::Result<Client> {
        let builder = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .https_only(!self.is_insecure(host))
            .no_proxy();
        let mut builder = self.proxies.of(builder)?;
        for certificate in self.authorities_of(host) {
            builder = builder.add_root_certificate(Certificate::from_der(certificate)?);
        }
        builder.build()
    }
}

impl Proxies {
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
