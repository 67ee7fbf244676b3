//! What entries of the lists look like: for the schema alone. They are read key by key (`settings/object.rs`), which is
//! less code in the module; a test holds the keys together.

#![expect(dead_code, reason = "the schema is made of these fields, and nothing else")]

use super::entry::Require;
use crate::policy::rule::Enforcement;
use crate::settings::limits::{
    MAX_ANNOTATIONS, MAX_CHAIN, MAX_PATTERNS, MAX_REPORT_PATTERNS, MAX_SIGNERS,
};
use crate::settings::list::{FormList, StringMap};
use schemars::JsonSchema;

/// The entries of a list: their own keys beside those that all of them take.
macro_rules! shape {
    ($(#[$doc:meta])* $name:ident { $($(#[$meta:meta])* $field:ident: $type:ty,)+ }) => {
        $(#[$doc])*
        #[derive(JsonSchema)]
        #[schemars(rename_all = "camelCase", deny_unknown_fields)]
        #[allow(clippy::struct_field_names, reason = "the fields are the keys of the settings")]
        pub(in crate::settings) struct $name {
            /// the name of the entry in messages
            name: Option<String>,
            /// patterns of the images that match the entry, as in `rules`
            images: Option<FormList<String, MAX_PATTERNS>>,
            /// patterns of images that do not match, even if `images` matches them
            exclude: Option<FormList<String, MAX_PATTERNS>>,
            /// whether all of the signers must have signed, or any one of them (default: all)
            require: Option<Require>,
            /// what to do with an image that does not satisfy it (default: reject)
            enforcement: Option<Enforcement>,
            /// annotations that the signatures must contain
            annotations: Option<StringMap<MAX_ANNOTATIONS>>,
            $($(#[$meta])* $field: $type,)+
        }
    };
}

shape! {
    /// An entry of `publicKeys`.
    PublicKeys {
        /// PEM public keys, or `k8s://namespace/name` of Secrets; one string may hold several keys of one signer
        keys: Option<FormList<String, MAX_SIGNERS>>,
    }
}

shape! {
    /// An entry of `keylessIdentities`.
    KeylessIdentities {
        /// the OIDC issuer
        issuer: Option<String>,
        /// the exact subjects
        subjects: Option<FormList<String, MAX_SIGNERS>>,
    }
}

shape! {
    /// An entry of `keylessPrefixes`.
    KeylessPrefixes {
        /// the OIDC issuer
        issuer: Option<String>,
        /// the URLs with which the subjects start
        url_prefixes: Option<FormList<String, MAX_SIGNERS>>,
    }
}

shape! {
    /// An entry of `githubActions`.
    GithubActions {
        /// the user or organisation
        owner: Option<String>,
        /// some of its repositories (default: all)
        repos: Option<FormList<String, MAX_SIGNERS>>,
    }
}

shape! {
    /// An entry of `certificates`.
    Certificates {
        /// PEM certificates
        certificates: Option<FormList<String, MAX_SIGNERS>>,
        /// PEM, from the issuer of the certificates to the root, which is last
        certificate_chain: Option<FormList<String, MAX_CHAIN>>,
        /// the signature must be in the transparency log (default: true)
        require_rekor_bundle: Option<bool>,
    }
}

shape! {
    /// An entry of `vulnerabilityScans`.
    VulnerabilityScans {
        /// PEM public keys, or `k8s://namespace/name` of Secrets, that sign the images and their scans
        keys: Option<FormList<String, MAX_SIGNERS>>,
        /// instead of keys: the OIDC issuer of the identity
        issuer: Option<String>,
        /// its exact subject
        subject: Option<String>,
        /// the maximum age of a scan, such as `7d`, or `unlimited`
        max_age: Option<String>,
        /// severities that reject the image: `CRITICAL`, `HIGH`, `MEDIUM`, `LOW`, `NEGLIGIBLE`, `UNKNOWN`
        refuse: Option<FormList<String, MAX_REPORT_PATTERNS>>,
        /// true: findings without a fix do not count (default: false)
        fixed_only: Option<bool>,
    }
}

#[cfg(test)]
mod tests {
    use super::super::ListKind;
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn what_is_read_is_what_the_schema_has() {
        let of = |list: ListKind, schema: schemars::Schema| {
            let schema = schema.to_value();
            let properties = schema["properties"].as_object().unwrap();
            let known: BTreeSet<&str> = properties.keys().map(String::as_str).collect();
            assert_eq!(list.entry_keys().iter().copied().collect::<BTreeSet<_>>(), known);
        };
        of(ListKind::PublicKeys, schemars::schema_for!(PublicKeys));
        of(ListKind::KeylessIdentities, schemars::schema_for!(KeylessIdentities));
        of(ListKind::KeylessPrefixes, schemars::schema_for!(KeylessPrefixes));
        of(ListKind::GithubActions, schemars::schema_for!(GithubActions));
        of(ListKind::Certificates, schemars::schema_for!(Certificates));
        of(ListKind::VulnerabilityScans, schemars::schema_for!(VulnerabilityScans));
    }
}
