//! What is taken in `signatures`, because verify-image-signatures takes it, and is warned of in every answer: signers who
//! can be everybody, or nobody.

use super::shared::without_owner;
use super::url_prefix;

/// What is odd about a URL prefix: it may be everybody's.
pub(super) fn of_prefix(prefix: &str) -> Option<String> {
    without_owner(&url_prefix::complete(prefix).ok()?)?;
    Some(format!("anybody can sign below `{prefix}`: add the owner"))
}

/// What is odd about the name of an owner or a repository: a star in it stands for nothing.
pub(super) fn of_name(name: &str) -> Option<String> {
    name.contains('*')
        .then(|| format!("`{name}` matches nobody on GitHub: `*` is not a wildcard here"))
}
