//! What is taken in `signatures`, because verify-image-signatures takes it, and is warned of in every answer: who can be
//! everybody, or nobody.

use super::lazy::Lazy;
use super::legacy::RawEntry;
use super::list::List;
use super::shared::without_owner;
use super::url_prefix;

/// What is odd about that entry.
pub(super) fn of(entry: &RawEntry<'_>) -> impl Iterator<Item = String> + use<> {
    let prefixes = Lazy::read_at("keylessPrefix", entry.keyless_prefix).ok().flatten();
    let everybody = List::or_empty(prefixes).into_iter().filter_map(|pair| {
        let prefix = pair.url_prefix.or(pair.upstream_url_prefix)?;
        without_owner(&url_prefix::complete(&prefix).ok()?)?;
        Some(format!("anybody can sign for `{prefix}`: write the owner out"))
    });
    let workflows = Lazy::read_at("githubActions", entry.github_actions).ok().flatten();
    let names = workflows.into_iter().flat_map(|workflows| [workflows.owner, workflows.repo]);
    let nobody = names.flatten().filter(|name| name.contains('*')).map(|name| {
        format!("nobody can sign for `{name}` of GitHub: names are compared as they stand")
    });
    everybody.chain(nobody)
}
