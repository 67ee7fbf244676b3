//! Hosts and mail domains that everybody shares. Who is meant by a subject there must be written out.
//!
//! *Whose list is it?* The hosts are those of the issuers that Sigstore's public CA knows, and of others like them:
//! `subject-alternative-name-template` in
//! <https://github.com/sigstore/fulcio/blob/main/config/identity/config.yaml>. The domains are those of the largest free
//! mail providers, of GitHub's private addresses
//! (<https://docs.github.com/en/account-and-profile/reference/email-addresses-reference>), and of Google's default
//! service accounts, which every project has (<https://cloud.google.com/iam/docs/service-account-types>).

/// Hosts, and the path below which the next component is the owner's.
const HOSTS: [(&str, &str); 13] = [
    ("github.com", ""),
    ("gitlab.com", ""),
    ("bitbucket.org", ""),
    ("codeberg.org", ""),
    ("dev.azure.com", ""),
    ("buildkite.com", ""),
    ("g.codefresh.io", ""),
    ("issuer.enforce.dev", ""),
    ("accounts.google.com", ""),
    ("circleci.com", "api/v2/projects/"),
    ("oidc.circleci.com", "org/"),
    ("container.googleapis.com", "v1/projects/"),
    ("iam.googleapis.com", "projects/"),
];

const MAIL_DOMAINS: [&str; 30] = [
    "126.com",
    "163.com",
    "aol.com",
    "appspot.gserviceaccount.com",
    "cloudbuild.gserviceaccount.com",
    "developer.gserviceaccount.com",
    "fastmail.com",
    "gmail.com",
    "gmx.com",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "hotmail.com",
    "icloud.com",
    "live.com",
    "mail.com",
    "mail.ru",
    "me.com",
    "msn.com",
    "outlook.com",
    "proton.me",
    "protonmail.com",
    "qq.com",
    "tuta.com",
    "users.noreply.github.com",
    "web.de",
    "yahoo.com",
    "yandex.com",
    "yandex.ru",
    "zoho.com",
];

/// What the URL or pattern should be like, where its host is everybody's and no owner is written out.
pub(super) fn without_owner(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (host, above) = HOSTS.iter().find(|(shared, _)| *shared == host)?;
    // The components down to the owner's, each followed by a slash.
    let depth = above.matches('/').count() + 1;
    let whole = path.split('/').take_while(|part| !part.is_empty() && !part.contains('*'));
    let is_written_out = whole.count() >= depth && path.matches('/').count() >= depth;
    (!is_written_out).then(|| format!("{scheme}://{host}/{above}acme/"))
}

/// Whether everybody can have an address of that domain.
pub(super) fn is_public_mail(domain: &str) -> bool {
    MAIL_DOMAINS.contains(&domain)
}
