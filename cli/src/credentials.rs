//! Credentials for registries, from Docker's configuration.
//!
//! - Where is it? In the folder named by `--docker-config-json-path` or `DOCKER_CONFIG`, else in
//!   `~/.docker`; the file is `config.json`. The option may name the file itself.
//! - What is read? `auths`, `credHelpers` and `credsStore`, by the crate that Kubewarden uses.
//! - Which key is taken? The one that says most of the repository, as podman takes it
//!   (`ghcr.io/acme/shop` before `ghcr.io/acme` before `ghcr.io`:
//!   <https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md>); else the first whose host is
//!   the registry's, as docker takes it. A scheme, a slash at the end and `/v1` or `/v2` say nothing.
//! - What if there are none for a registry? It is asked anonymously.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use docker_credential::{CredentialRetrievalError, DockerCredential, get_credential_from_reader};
use serde::Deserialize;
use serde_json::{Map, Value};
use tracing::warn;

const FILE: &str = "config.json";
/// What image references call Docker Hub, and what `docker login` and its registry do.
const DOCKER_HUB: &str = "docker.io";
const HUB_NAMES: [&str; 3] = ["index.docker.io", "registry-1.docker.io", DOCKER_HUB];
/// What credential helpers know it as.
const HUB_KEY: &str = "https://index.docker.io/v1/";

/// Where credentials come from.
#[derive(Clone, Default)]
pub struct Credentials {
    config: Option<Arc<str>>,
    keys: Arc<Keys>,
    /// By the key that they were looked up with: a helper is a program, and is run once.
    found: Arc<Mutex<HashMap<String, Option<Login>>>>,
}

/// A user and a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// Who.
    pub user: String,
    /// And how they show it.
    pub password: String,
}

/// What the configuration has entries for: helpers first.
#[derive(Default)]
struct Keys(Vec<String>);

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RawConfig {
    auths: Option<Map<String, Value>>,
    cred_helpers: Option<Map<String, Value>>,
}

/// Why Docker's configuration was refused.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// The file could not be read.
    #[error("cannot read docker configuration `{}`: {source}", .path.display())]
    Read {
        /// The file that was asked for.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not JSON.
    #[error("docker configuration `{}` is not JSON: {source}", .path.display())]
    Json {
        /// The file that was asked for.
        path: PathBuf,
        /// What is wrong, and on which line.
        source: serde_json::Error,
    },
}

impl Credentials {
    /// Reads the configuration in `path`, a folder or a file.
    ///
    /// # Errors
    /// When the file cannot be read or is not JSON.
    pub fn read(path: &Path) -> Result<Self, CredentialsError> {
        let path = if path.is_dir() { path.join(FILE) } else { path.to_owned() };
        let config = crate::text::read(&path)
            .map_err(|source| CredentialsError::Read { path: path.clone(), source })?;
        match serde_json::from_str::<RawConfig>(&config) {
            Ok(RawConfig { auths, cred_helpers }) => {
                let entries = cred_helpers.into_iter().flatten().chain(auths.into_iter().flatten());
                let keys = Keys(entries.map(|(key, _)| key).collect());
                Ok(Self {
                    config: Some(config.into()),
                    keys: Arc::new(keys),
                    found: Arc::default(),
                })
            }
            Err(source) => Err(CredentialsError::Json { path, source }),
        }
    }

    /// Reads the configuration where Docker itself would look for it, if it is there.
    ///
    /// # Errors
    /// When the file is there and cannot be read or is not JSON.
    pub fn find() -> Result<Self, CredentialsError> {
        let folder = std::env::var_os("DOCKER_CONFIG")
            .map(PathBuf::from)
            .or_else(|| std::env::home_dir().map(|home| home.join(".docker")));
        match folder.map(|folder| folder.join(FILE)) {
            Some(path) if path.exists() => Self::read(&path),
            _ => Ok(Self::default()),
        }
    }

    /// How to log in to `registry` for `repository`. A credential helper may take its time.
    #[must_use]
    pub fn login(&self, registry: &str, repository: &str) -> Option<Login> {
        let config = self.config.as_ref()?;
        let key = self.keys.of(registry, repository);
        let server = key.unwrap_or(if is_hub(registry) { HUB_KEY } else { registry });
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.entry(server.to_owned()).or_insert_with(|| look_up(config, server, registry)).clone()
    }
}

fn look_up(config: &str, server: &str, registry: &str) -> Option<Login> {
    match get_credential_from_reader(config.as_bytes(), server) {
        Ok(DockerCredential::UsernamePassword(user, password)) => Some(Login { user, password }),
        Ok(DockerCredential::IdentityToken(_)) => {
            warn!(
                "the docker configuration contains an identity token for `{registry}`, which cannot be used; \
                 continuing without credentials"
            );
            None
        }
        Err(CredentialRetrievalError::NoCredentialConfigured) => None,
        Err(CredentialRetrievalError::HelperFailure { helper, .. }) => {
            // What it printed may be a secret.
            warn!(
                "no credentials for `{registry}`: the credential helper `{helper}` failed; continuing without \
                 credentials"
            );
            None
        }
        Err(error) => {
            warn!("no credentials for `{registry}`: {error}; continuing without credentials");
            None
        }
    }
}

impl Keys {
    /// The key whose credentials are for this repository.
    fn of(&self, registry: &str, repository: &str) -> Option<&str> {
        let registry = canonical_host(registry);
        let wanted = format!("{registry}/{repository}");
        let keys = self.0.iter().map(String::as_str);
        let covers = |key: &str| {
            let key = canonical(key);
            let rest = wanted.strip_prefix(&key)?;
            (rest.is_empty() || rest.starts_with('/')).then_some(key.len())
        };
        // The first of the longest; `max_by_key` would give the last.
        let longest = keys.clone().filter_map(covers).max();
        let podman = keys.clone().find(|key| longest.is_some() && covers(key) == longest);
        let host = |key: &str| canonical(key).split('/').next() == Some(registry);
        podman.or_else(|| keys.clone().find(|key| host(key)))
    }
}

/// A key without what says nothing.
fn canonical(key: &str) -> String {
    let key = key.split_once("://").map_or(key, |(_, rest)| rest);
    let key = key.trim_end_matches('/');
    let key = ["/v1", "/v2"].iter().find_map(|api| key.strip_suffix(api)).unwrap_or(key);
    match key.split_once('/') {
        Some((host, path)) => format!("{}/{path}", canonical_host(host)),
        None => canonical_host(key).to_owned(),
    }
}

fn canonical_host(host: &str) -> &str {
    if is_hub(host) { DOCKER_HUB } else { host }
}

fn is_hub(host: &str) -> bool {
    HUB_NAMES.contains(&host)
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("user", &self.user).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    fn config(text: &str) -> Result<Credentials, CredentialsError> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), text).unwrap();
        Credentials::read(folder.path())
    }

    /// What Docker's file says for `user` and the password `secret`.
    fn entry(user: &str) -> String {
        let auth = STANDARD.encode(format!("{user}:secret"));
        format!(r#"{{"auth": "{auth}"}}"#)
    }

    /// Each key with its own name as the user.
    fn auths(keys: &[&str]) -> Credentials {
        let entries: Vec<String> = keys
            .iter()
            .map(|key| format!(r#""{key}": {}"#, entry(&key.replace(':', ";"))))
            .collect();
        config(&format!(r#"{{"auths": {{{}}}}}"#, entries.join(","))).unwrap()
    }

    #[test]
    fn keys_are_found_as_docker_and_podman_find_them() {
        let hub = "https://index.docker.io/v1/";
        let rows: [(&[&str], &str, &str, Option<&str>); 19] = [
            (&["r.local"], "r.local", "a/b", Some("r.local")),
            (&["r.local:5000"], "r.local:5000", "a/b", Some("r.local:5000")),
            (&["r.local:5000"], "r.local:5001", "a/b", None),
            (&["r.local"], "r.local:5000", "a/b", None),
            (&["r.local:5000/"], "r.local:5000", "a/b", Some("r.local:5000/")),
            (&["https://r.local/"], "r.local", "a/b", Some("https://r.local/")),
            (&["http://r.local/v2/"], "r.local", "a/b", Some("http://r.local/v2/")),
            (&[hub], "docker.io", "library/nginx", Some(hub)),
            (&["index.docker.io"], "docker.io", "library/nginx", Some("index.docker.io")),
            (&["docker.io"], "docker.io", "library/nginx", Some("docker.io")),
            (&["docker.io/acme", hub], "docker.io", "acme/app", Some("docker.io/acme")),
            (&["docker.io/acme", hub], "docker.io", "other/app", Some(hub)),
            (&["ghcr.io/acme"], "ghcr.io", "acme/shop/cart", Some("ghcr.io/acme")),
            (
                &["ghcr.io/acme", "ghcr.io/acme/shop"],
                "ghcr.io",
                "acme/shop/cart",
                Some("ghcr.io/acme/shop"),
            ),
            (&["ghcr.io/acme", "ghcr.io"], "ghcr.io", "acmes/app", Some("ghcr.io")),
            (&["ghcr.io/acme/"], "ghcr.io", "acme/app", Some("ghcr.io/acme/")),
            // docker compares hosts alone.
            (&["ghcr.io/acme"], "ghcr.io", "other/app", Some("ghcr.io/acme")),
            (&["ghcr.io.evil/acme"], "ghcr.io", "acme/app", None),
            (&["evil/ghcr.io"], "ghcr.io", "acme/app", None),
        ];
        for (keys, registry, repository, expected) in rows {
            let login = auths(keys).login(registry, repository);
            let expected = expected
                .map(|key| Login { user: key.replace(':', ";"), password: "secret".to_owned() });
            assert_eq!(login, expected, "{keys:?} {registry}/{repository}");
        }
        let broken = config(r#"{"auths": {"broken": {"auth": "?"}}}"#).unwrap();
        assert_eq!(broken.login("broken", "a"), None);
        assert_eq!(Credentials::default().login("docker.io", "a"), None);
    }

    #[test]
    fn no_secret_is_in_what_is_printed_for_debugging() {
        let credentials = auths(&["r.local"]);
        let login = credentials.login("r.local", "a").unwrap();
        let printed = format!("{credentials:?} {login:?}");
        assert!(
            !printed.contains("secret") && !printed.contains(&STANDARD.encode("r.local:secret"))
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        let message = config("{\n").unwrap_err().to_string();
        assert!(
            message.contains("config.json` is not JSON") && message.contains("line 2"),
            "{message}"
        );
        let message = Credentials::read(Path::new("nowhere")).unwrap_err().to_string();
        assert!(message.contains("cannot read docker configuration `nowhere`"), "{message}");
    }
}
