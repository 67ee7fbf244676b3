//! The annotations of a policy's metadata that are read here, by name.
//!
//! - Who else reads them? `kwctl`, Rancher and Artifact Hub
//!   (<https://docs.kubewarden.io/admission-controller/1.37/en/tutorials/writing-policies/metadata.html>).

/// The policy's name, as a package.
pub const TITLE: &str = "io.kubewarden.policy.title";
/// Semantic, without a `v`.
pub const VERSION: &str = "io.kubewarden.policy.version";
/// One line.
pub const DESCRIPTION: &str = "io.kubewarden.policy.description";
/// `name <address>`, and more of them after commas.
pub const AUTHOR: &str = "io.kubewarden.policy.author";
/// Its page.
pub const URL: &str = "io.kubewarden.policy.url";
/// Its repository.
pub const SOURCE: &str = "io.kubewarden.policy.source";
/// The module's repository in a registry, without a tag.
pub const OCI_URL: &str = "io.kubewarden.policy.ociUrl";
/// In SPDX's words.
pub const LICENSE: &str = "io.kubewarden.policy.license";
/// What it is about, which reports show.
pub const CATEGORY: &str = "io.kubewarden.policy.category";
/// How bad it is when it rejects, which reports show.
pub const SEVERITY: &str = "io.kubewarden.policy.severity";
/// The README that goes with the module.
pub const USAGE: &str = "io.kubewarden.policy.usage";
/// The policy's name, for people.
pub const DISPLAY_NAME: &str = "io.artifacthub.displayName";
/// What it reviews, for people.
pub const RESOURCES: &str = "io.artifacthub.resources";
/// Separated by commas.
pub const KEYWORDS: &str = "io.artifacthub.keywords";
/// What Artifact Hub calls the repository once it is registered there.
pub const REPOSITORY_ID: &str = "io.artifacthub.repositoryID";
