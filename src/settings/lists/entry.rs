//! The entries of each list: the keys that all of them take, and each one's own.

use crate::image::pattern::ImagePattern;
use crate::policy::place::Place;
use crate::policy::report::Conditions;
use crate::policy::rule::Enforcement;
use crate::policy::signer::Identity;
use crate::settings::SettingsIssue;
use crate::settings::lazy::Lazy;
use crate::settings::limits::{MAX_ANNOTATIONS, MAX_CHAIN, MAX_PATTERNS, MAX_SIGNERS};
use crate::settings::list::{FormList, StringMap};
use crate::settings::signer_parts::{self, KeyText, Labelled, Literal, required};
use serde::Deserialize;
use std::rc::Rc;

/// Whether all of the signers of an entry must have signed or any one of them.
#[derive(Clone, Copy, Debug, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(super) enum Require {
    All,
    Any,
}

/// Patterns as forms write them.
pub(super) type FormPatterns = FormList<ImagePattern, MAX_PATTERNS>;

/// What entries of all lists take.
pub(super) struct Common<'s> {
    pub(super) name: Option<Lazy<'s, String>>,
    pub(super) images: Option<Lazy<'s, FormPatterns>>,
    pub(super) exclude: Option<Lazy<'s, FormPatterns>>,
    pub(super) require: Option<Lazy<'s, Require>>,
    pub(super) enforcement: Option<Lazy<'s, Enforcement>>,
    pub(super) annotations: Option<Lazy<'s, StringMap<MAX_ANNOTATIONS>>>,
}

/// Signers, with their places in the entry.
pub(super) type Placed = Vec<(Place, Labelled)>;

/// An entry of any of the lists.
pub(super) trait Entry<'s> {
    fn common(&self) -> Common<'s>;
    fn signers(self: Box<Self>) -> Result<Placed, SettingsIssue>;

    /// What the scan must say that the same signers have signed; none where none is asked for.
    fn scan(&self) -> Result<Option<Conditions>, SettingsIssue> {
        Ok(None)
    }
}

/// The struct of a list's entries: its own keys beside those that all of them take.
macro_rules! entry {
    ($(#[$doc:meta])* $name:ident { $($(#[$meta:meta])* $field:ident: $type:ty,)+ } $($scan:ident)?) => {
        $(#[$doc])*
        #[derive(Deserialize)]
        #[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        #[allow(clippy::struct_field_names, reason = "the fields are the keys of the settings")]
        pub(in crate::settings) struct $name<'s> {
            /// the name of the entry in messages
            #[serde(borrow)]
            name: Option<Lazy<'s, String>>,
            /// patterns of the images that match the entry, as in `rules`
            #[cfg_attr(not(target_family = "wasm"), schemars(with = "Option<FormList<String, MAX_PATTERNS>>"))]
            images: Option<Lazy<'s, FormPatterns>>,
            /// patterns of images that do not match, even if `images` matches them
            #[cfg_attr(not(target_family = "wasm"), schemars(with = "Option<FormList<String, MAX_PATTERNS>>"))]
            exclude: Option<Lazy<'s, FormPatterns>>,
            /// whether all of the signers must have signed, or any one of them (default: all)
            require: Option<Lazy<'s, Require>>,
            /// what to do with an image that does not satisfy it (default: reject)
            enforcement: Option<Lazy<'s, Enforcement>>,
            /// annotations that the signatures must contain
            annotations: Option<Lazy<'s, StringMap<MAX_ANNOTATIONS>>>,
            $($(#[$meta])* $field: $type,)+
        }

        impl<'s> Entry<'s> for $name<'s> {
            fn common(&self) -> Common<'s> {
                Common {
                    name: self.name,
                    images: self.images,
                    exclude: self.exclude,
                    require: self.require,
                    enforcement: self.enforcement,
                    annotations: self.annotations,
                }
            }

            fn signers(self: Box<Self>) -> Result<Placed, SettingsIssue> {
                $name::signers(*self)
            }

            $(fn $scan(&self) -> Result<Option<Conditions>, SettingsIssue> {
                $name::conditions(self).map(Some)
            })?
        }
    };
}

pub(super) use entry;

entry! {
    /// An entry of `publicKeys`.
    PublicKeys {
        /// PEM public keys, or `k8s://namespace/name` of Secrets; one string may hold several keys of one signer
        #[cfg_attr(not(target_family = "wasm"), schemars(with = "Option<FormList<String, MAX_SIGNERS>>"))]
        keys: Option<Lazy<'s, FormList<KeyText, MAX_SIGNERS>>>,
    }
}

entry! {
    /// An entry of `keylessIdentities`.
    KeylessIdentities {
        /// the OIDC issuer
        #[cfg_attr(not(target_family = "wasm"), schemars(with = "Option<String>"))]
        issuer: Option<Lazy<'s, Literal>>,
        /// the exact subjects
        #[cfg_attr(not(target_family = "wasm"), schemars(with = "Option<FormList<String, MAX_SIGNERS>>"))]
        subjects: Option<Lazy<'s, FormList<Literal, MAX_SIGNERS>>>,
    }
}

entry! {
    /// An entry of `keylessPrefixes`.
    KeylessPrefixes {
        /// the OIDC issuer
        #[cfg_attr(not(target_family = "wasm"), schemars(with = "Option<String>"))]
        issuer: Option<Lazy<'s, Literal>>,
        /// the URLs with which the subjects start
        url_prefixes: Option<Lazy<'s, FormList<String, MAX_SIGNERS>>>,
    }
}

entry! {
    /// An entry of `githubActions`.
    GithubActions {
        /// the user or organisation
        #[cfg_attr(not(target_family = "wasm"), schemars(with = "Option<String>"))]
        owner: Option<Lazy<'s, Literal>>,
        /// some of its repositories (default: all)
        #[cfg_attr(not(target_family = "wasm"), schemars(with = "Option<FormList<String, MAX_SIGNERS>>"))]
        repos: Option<Lazy<'s, FormList<Literal, MAX_SIGNERS>>>,
    }
}

entry! {
    /// An entry of `certificates`.
    Certificates {
        /// PEM certificates
        certificates: Option<Lazy<'s, FormList<String, MAX_SIGNERS>>>,
        /// PEM, from the issuer of the certificates to the root, which is last
        certificate_chain: Option<Lazy<'s, FormList<String, MAX_CHAIN>>>,
        /// the signature must be in the transparency log (default: true)
        require_rekor_bundle: Option<Lazy<'s, bool>>,
    }
}

pub(super) fn filled<T, const MAX: usize>(list: Option<FormList<T, MAX>>) -> Vec<T> {
    FormList::filled(list).into_iter().map(|(_, entry)| entry).collect()
}

/// The entries of the list of signers, with their numbers and places; there is at least one.
pub(super) fn given<'s, T: Deserialize<'s>>(
    key: &'static str,
    list: Option<Lazy<'s, FormList<T, MAX_SIGNERS>>>,
) -> Result<impl Iterator<Item = (usize, Place, T)> + use<'s, T>, SettingsIssue> {
    let entries = FormList::filled(Lazy::read_at(key, list)?);
    if entries.is_empty() {
        let missing = format!("`{key}` is missing: who must have signed?");
        return Err(SettingsIssue::new(missing));
    }
    let place = move |(number, (index, entry))| (number + 1, Place::entry(key, index), entry);
    Ok(entries.into_iter().enumerate().map(place))
}

impl PublicKeys<'_> {
    fn signers(self) -> Result<Placed, SettingsIssue> {
        let signer = |(number, place, KeyText(key))| {
            (place, (format!("public key {number}"), Identity::PublicKey(key)))
        };
        Ok(given("keys", self.keys)?.map(signer).collect())
    }
}

impl KeylessIdentities<'_> {
    fn signers(self) -> Result<Placed, SettingsIssue> {
        let subjects = given("subjects", self.subjects)?;
        let Literal(issuer) = required(Lazy::read_at("issuer", self.issuer)?, "issuer")?;
        let signer =
            |(_, place, Literal(subject))| (place, signer_parts::keyless(issuer.clone(), subject));
        Ok(subjects.map(signer).collect())
    }
}

impl KeylessPrefixes<'_> {
    fn signers(self) -> Result<Placed, SettingsIssue> {
        let prefixes = given("urlPrefixes", self.url_prefixes)?;
        let Literal(issuer) = required(Lazy::read_at("issuer", self.issuer)?, "issuer")?;
        let signer = |(_, place, prefix): (usize, Place, String)| {
            let labelled = signer_parts::owned_prefix(issuer.clone(), &prefix);
            Ok((place, labelled.map_err(|issue| issue.under(place))?))
        };
        prefixes.map(signer).collect()
    }
}

impl GithubActions<'_> {
    /// Without repositories, all of the owner's.
    fn signers(self) -> Result<Placed, SettingsIssue> {
        let Literal(owner) = required(Lazy::read_at("owner", self.owner)?, "owner")?;
        let repos = FormList::filled(Lazy::read_at("repos", self.repos)?);
        if repos.is_empty() {
            return Ok(vec![(Place::default(), signer_parts::github_actions(owner, None)?)]);
        }
        let compile = |(index, Literal(repo))| {
            let place = Place::entry("repos", index);
            let labelled = signer_parts::github_actions(owner.clone(), Some(repo));
            Ok((place, labelled.map_err(|issue| issue.under(place))?))
        };
        repos.into_iter().map(compile).collect()
    }
}

impl Certificates<'_> {
    fn signers(self) -> Result<Placed, SettingsIssue> {
        let chain: Rc<Vec<String>> =
            filled(Lazy::read_at("certificateChain", self.certificate_chain)?).into();
        let rekor_bundle = Lazy::read_at("requireRekorBundle", self.require_rekor_bundle)?;
        let signer = |(number, place, pem)| {
            let certificate =
                signer_parts::certificate_identity(pem, Rc::clone(&chain), rekor_bundle);
            (place, (format!("certificate {number}"), certificate))
        };
        Ok(given("certificates", self.certificates)?.map(signer).collect())
    }
}
