//! What lets us ask a registry: nothing, a password, or a token that another host gives for it.
//!
//! - How is that known? From the registry's first 401, which names the scheme: `Basic`, or `Bearer` with the realm
//!   that gives tokens (<https://distribution.github.io/distribution/spec/auth/token/>). From then on a token is got
//!   before anything is asked: one for a repository.
//! - Who gets the password? The registry itself, and a realm over HTTPS; over plain HTTP only the registry itself,
//!   when `insecure_sources` has it.
//! - What if a realm refuses? The registry is asked without, and its own refusal is what is told, as by Kubewarden.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http_auth::ChallengeParser;
use hyper::StatusCode;
use hyper::header::{HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use serde::Deserialize;
use url::Url;

use super::Request;
use super::failure::{Cause, Failure};
use super::wire::{self, Answer, Wire};
use crate::credentials::{Credentials, Login};

/// What each registry wants, and what we have for it.
#[derive(Debug)]
pub(super) struct Authorizations {
    credentials: Credentials,
    schemes: Mutex<HashMap<String, Scheme>>,
    /// By registry, repository and whether it is to be written.
    tokens: Mutex<HashMap<String, Arc<tokio::sync::Mutex<Token>>>>,
}

/// What a registry wants.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Scheme {
    Basic,
    Bearer { realm: String, service: Option<String> },
}

/// What is known of a token.
#[derive(Debug, Default)]
enum Token {
    #[default]
    NotAsked,
    Given(HeaderValue),
    Refused,
}

/// What a realm answers: the token by one name, by the other, or by both.
#[derive(Deserialize)]
struct TokenAnswer {
    token: Option<String>,
    access_token: Option<String>,
}

impl Authorizations {
    pub(super) fn new(credentials: Credentials) -> Self {
        Self { credentials, schemes: Mutex::default(), tokens: Mutex::default() }
    }

    /// What a request is to carry, as far as is known.
    pub(super) async fn of(
        &self,
        wire: &Wire,
        request: &Request,
    ) -> Result<Option<HeaderValue>, Failure> {
        match self.scheme(request) {
            None => Ok(None),
            Some(Scheme::Basic) => Ok(self.login(request).await.as_ref().and_then(basic)),
            Some(Scheme::Bearer { realm, service }) => {
                self.token(wire, request, &realm, service.as_deref()).await
            }
        }
    }

    /// What it is to carry after a 401; none when there is nothing else to try.
    pub(super) async fn after(
        &self,
        wire: &Wire,
        request: &Request,
        answer: &Answer,
        refused: Option<&HeaderValue>,
    ) -> Result<Option<HeaderValue>, Failure> {
        let Some(scheme) = Scheme::wanted(&answer.headers) else { return Ok(None) };
        self.learn(request, scheme);
        if let Some(refused) = refused {
            self.forget(request, refused).await;
        }
        let authorization = self.of(wire, request).await?;
        Ok(authorization.filter(|authorization| Some(authorization) != refused))
    }

    fn scheme(&self, request: &Request) -> Option<Scheme> {
        let schemes = self.schemes.lock().unwrap_or_else(PoisonError::into_inner);
        schemes.get(&request.host).cloned()
    }

    fn learn(&self, request: &Request, scheme: Scheme) {
        let mut schemes = self.schemes.lock().unwrap_or_else(PoisonError::into_inner);
        schemes.insert(request.host.clone(), scheme);
    }

    /// Tokens end after minutes.
    async fn forget(&self, request: &Request, refused: &HeaderValue) {
        let token = self.known(request);
        let mut token = token.lock().await;
        if matches!(&*token, Token::Given(given) if given == refused) {
            *token = Token::NotAsked;
        }
    }

    async fn token(
        &self,
        wire: &Wire,
        request: &Request,
        realm: &str,
        service: Option<&str>,
    ) -> Result<Option<HeaderValue>, Failure> {
        let known = self.known(request);
        // Held while the realm is asked, so that all who wait take the same token.
        let mut known = known.lock().await;
        if matches!(&*known, Token::NotAsked) {
            let login = self.login(request).await;
            *known = fetch(wire, request, realm, service, login.as_ref()).await?;
        }
        match &*known {
            Token::Given(token) => Ok(Some(token.clone())),
            Token::NotAsked | Token::Refused => Ok(None),
        }
    }

    fn known(&self, request: &Request) -> Arc<tokio::sync::Mutex<Token>> {
        let repository = request.repository().unwrap_or_default();
        let key = format!("{}/{repository} {}", request.host, request.writes());
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(tokens.entry(key).or_default())
    }

    async fn login(&self, request: &Request) -> Option<Login> {
        let credentials = self.credentials.clone();
        let registry = request.registry().to_owned();
        let repository = request.repository().unwrap_or_default().to_owned();
        // A credential helper is a program to wait for.
        let login =
            tokio::task::spawn_blocking(move || credentials.login(&registry, &repository)).await;
        login.ok().flatten()
    }
}

impl Scheme {
    /// Of several challenges, a token's before a password's.
    fn wanted(headers: &HeaderMap) -> Option<Self> {
        let challenges = headers.get_all(WWW_AUTHENTICATE).iter();
        let texts = challenges.filter_map(|challenge| challenge.to_str().ok());
        let challenges: Vec<_> = texts.flat_map(ChallengeParser::new).flatten().collect();
        let bearer = challenges.iter().find(|of| of.scheme.eq_ignore_ascii_case("bearer"));
        let Some(bearer) = bearer else {
            let mut schemes = challenges.iter().map(|challenge| challenge.scheme);
            return schemes.any(|of| of.eq_ignore_ascii_case("basic")).then_some(Self::Basic);
        };
        let parameter = |name: &str| {
            let found = bearer.params.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.to_unescaped())
        };
        Some(Self::Bearer { realm: parameter("realm")?, service: parameter("service") })
    }
}

async fn fetch(
    wire: &Wire,
    request: &Request,
    realm: &str,
    service: Option<&str>,
    login: Option<&Login>,
) -> Result<Token, Failure> {
    let registry = request.registry();
    let failed = |cause: Cause| Failure::new(registry, cause);
    let mut url = Url::parse(realm)
        .map_err(|error| failed(Cause::Other(format!("the URL of its token server: {error}"))))?;
    check_realm(wire, &request.host, &url, login).map_err(failed)?;
    if let Some(repository) = request.repository() {
        let actions = if request.writes() { "pull,push" } else { "pull" };
        let scope = format!("repository:{repository}:{actions}");
        url.query_pairs_mut().append_pair("scope", &scope);
    }
    if let Some(service) = service {
        url.query_pairs_mut().append_pair("service", service);
    }
    let answer = wire.token(url, login.and_then(basic)).await;
    let answer = answer.map_err(|failure| failed(Cause::Token(Box::new(failure))))?;
    if answer.status != StatusCode::OK {
        return Ok(Token::Refused);
    }
    let given: Option<TokenAnswer> = serde_json::from_slice(&answer.body).ok();
    let token = given.and_then(|given| given.token.or(given.access_token));
    let token = token.and_then(|token| secret(&format!("Bearer {token}")));
    Ok(token.map_or(Token::Refused, Token::Given))
}

/// Whether a realm may be asked, and told the password.
fn check_realm(wire: &Wire, host: &str, realm: &Url, login: Option<&Login>) -> Result<(), Cause> {
    let to = wire::host(realm);
    match realm.scheme() {
        "https" => Ok(()),
        "http" if wire.is_insecure(&to) && (to == host || login.is_none()) => Ok(()),
        "http" if login.is_some() => Err(Cause::PlainToken { to }),
        _ => Err(Cause::PlainRedirect { to }),
    }
}

fn basic(login: &Login) -> Option<HeaderValue> {
    let Login { user, password } = login;
    secret(&format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))
}

/// A value that is not shown when headers are printed.
fn secret(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}
