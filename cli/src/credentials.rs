//! Credentials for registries, from Docker's configuration.
//!
//! - Where is it? In the folder named by `--docker-config-json-path` or `DOCKER_CONFIG`, else in
//!   `~/.docker`; the file is `config.json`. The option may name the file itself.
//! - What is read? `auths`, `credHelpers` and `credsStore`, by the crate that Kubewarden uses.
//! - What if there are none for a registry? It is asked anonymously.

use std::path::{Path, PathBuf};

use docker_credential::{CredentialRetrievalError, DockerCredential, get_credential_from_reader};
use oci_client::secrets::RegistryAuth;
use serde::de::IgnoredAny;
use tracing::warn;

const FILE: &str = "config.json";

/// Where credentials come from.
#[derive(Debug, Clone, Default)]
pub struct Credentials {
    config: Option<String>,
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
        match serde_json::from_str::<IgnoredAny>(&config) {
            Ok(_) => Ok(Self { config: Some(config) }),
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

    /// How to log in to `registry`.
    #[must_use]
    pub fn auth(&self, registry: &str) -> RegistryAuth {
        let Some(config) = &self.config else {
            return RegistryAuth::Anonymous;
        };
        match get_credential_from_reader(config.as_bytes(), registry) {
            Ok(DockerCredential::UsernamePassword(user, password)) => {
                RegistryAuth::Basic(user, password)
            }
            Ok(DockerCredential::IdentityToken(_)) => {
                warn!(
                    "the docker configuration holds an identity token for `{registry}`, which cannot be used; asking anonymously"
                );
                RegistryAuth::Anonymous
            }
            Err(CredentialRetrievalError::NoCredentialConfigured) => RegistryAuth::Anonymous,
            Err(error) => {
                warn!("no credentials for `{registry}`: {error}; asking anonymously");
                RegistryAuth::Anonymous
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Result<Credentials, CredentialsError> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), text).unwrap();
        Credentials::read(folder.path())
    }

    #[test]
    fn credentials_are_found_by_registry() {
        // am86c2VjcmV0 is `jo:secret`
        let credentials = config(
            r#"{"auths": {"127.0.0.1:5000": {"auth": "am86c2VjcmV0"}, "https://index.docker.io/v1/": {"auth": "aHViOnB3"}, "broken": {"auth": "?"}}}"#,
        )
        .unwrap();
        let rows = [
            ("127.0.0.1:5000", RegistryAuth::Basic("jo".to_owned(), "secret".to_owned())),
            ("docker.io", RegistryAuth::Basic("hub".to_owned(), "pw".to_owned())),
            ("127.0.0.1:5001", RegistryAuth::Anonymous),
            ("broken", RegistryAuth::Anonymous),
        ];
        for (registry, expected) in rows {
            assert_eq!(credentials.auth(registry), expected, "{registry}");
        }
        assert_eq!(Credentials::default().auth("docker.io"), RegistryAuth::Anonymous);
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
