//! Image patterns of other tools → patterns of `rules`.
//!
//! - What must hold? Whatever the source pattern matches, the translation selects: a wrong translation
//!   would leave images unchecked without a word. It may select more; [`Reach`] says so.
//! - How? The source is one wildcard over the image's whole text, ours match registry, components and tag
//!   apart. So a star that crosses `/` becomes two patterns: one in which it stays in its component, one in
//!   which it ends the one, spans any number (`**`) and begins another.
//! - What if that is not enough? The components before the first wildcard, and everything below them.

use signed_images_policy::image::pattern::ImagePattern;

use self::spread::spread;
use self::tag::{Part, tag_patterns};
use self::text::Token::{self, Char};

use super::signer::is_variable;

mod spread;
mod tag;
mod text;

pub(super) use text::{Dialect, matches};

/// More alternatives than this are not written; a pattern that selects more is.
const MAX_ALTERNATIVES: usize = 8;
/// Spellings of Docker Hub that a wildcard may mean.
const HUB_ALIASES: [&str; 2] = ["index.docker.io", "registry-1.docker.io"];

/// Whether a translation selects other images than its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    /// The same.
    Same,
    /// Besides, images of the same repositories that are given by digest.
    Digests,
    /// Others, too.
    More,
}

/// What a pattern is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To select images: a translation may select more.
    Select,
    /// To spare images: a translation may select less.
    Spare,
}

/// The patterns that together select what the source pattern matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Translation {
    pub(super) patterns: Vec<String>,
    pub(super) reach: Reach,
}

/// Translates a pattern that selects images.
pub(super) fn selecting(source: &str, dialect: Dialect) -> Translation {
    if is_variable(source) {
        return every_image();
    }
    let Some(tokens) = dialect.tokens(source) else { return every_image() };
    exact(&tokens, dialect, Purpose::Select).unwrap_or_else(|| below(&tokens))
}

/// Translates a pattern that spares images, if that can be said without sparing others.
pub(super) fn sparing(source: &str, dialect: Dialect) -> Option<Vec<String>> {
    if is_variable(source) || !dialect.can_spare(source) {
        return None;
    }
    let translation = exact(&dialect.tokens(source)?, dialect, Purpose::Spare)?;
    (translation.reach == Reach::Same).then_some(translation.patterns)
}

/// Whether the source pattern matches no image.
pub(super) fn never_matches(source: &str, dialect: Dialect) -> bool {
    dialect.never_matches(source)
}

/// Whether no image is selected by both, as far as their first characters tell.
pub(super) fn are_apart(a: &str, b: &str) -> bool {
    let literal = |text: &str| text.split(['*', '?']).next().unwrap_or_default().to_owned();
    let (a, b) = (literal(a), literal(b));
    !a.starts_with(&b) && !b.starts_with(&a)
}

fn every_image() -> Translation {
    Translation { patterns: vec!["**".to_owned()], reach: Reach::More }
}

/// The components before the first wildcard, and all below.
fn below(tokens: &[Token]) -> Translation {
    let components: Vec<&[Token]> = tokens.split(|token| *token == Char('/')).collect();
    let last = components.len().saturating_sub(1);
    let literal: Vec<String> = components
        .iter()
        .take(last)
        .take_while(|component| component.iter().all(|token| matches!(token, Char(_))))
        .map(|component| text::literal(component))
        .collect();
    let pattern = format!("{}/**", literal.join("/"));
    let has_registry = literal.first().is_some_and(|first| is_registry(first));
    if has_registry && ImagePattern::parse(&pattern).is_ok() {
        return Translation { patterns: vec![pattern], reach: Reach::More };
    }
    every_image()
}

fn exact(tokens: &[Token], dialect: Dialect, purpose: Purpose) -> Option<Translation> {
    let mut components: Vec<&[Token]> = tokens.split(|token| *token == Char('/')).collect();
    let last = components.pop()?;
    if components.is_empty() && text::is_every_text(last) {
        return Some(Translation { patterns: vec!["**".to_owned()], reach: Reach::Same });
    }
    let is_path = !components.is_empty();
    let mut names = vec![Vec::<String>::new()];
    for component in components {
        names = append(&names, &spread(component)?)?;
    }
    let (mut patterns, mut reach) = (Vec::new(), Reach::Same);
    let mut parts = tag_patterns(last, is_path, purpose)?;
    // What is written without a tag is compared so.
    let needs_tag = parts.iter().all(|part| part.tag.is_some());
    if dialect == Dialect::Glob && needs_tag && !last.contains(&Char(':')) {
        parts.push(Part { name: last.to_vec(), tag: None, reach: Reach::More });
    }
    for part in parts {
        // What is compared there has no tag.
        if dialect == Dialect::PolicyController && part.tag.is_some() {
            continue;
        }
        reach = reach.max(part.reach);
        for name in append(&names, &spread(&part.name)?)? {
            let (found, others) = finish(name, part.tag.as_deref(), dialect, purpose)?;
            reach = reach.max(others);
            for pattern in found {
                if !patterns.contains(&pattern) {
                    patterns.push(pattern);
                }
            }
        }
    }
    let is_said = !patterns.is_empty() && patterns.len() <= MAX_ALTERNATIVES;
    is_said.then_some(Translation { patterns, reach })
}

fn append(heads: &[Vec<String>], tails: &[Vec<String>]) -> Option<Vec<Vec<String>>> {
    let all: Vec<Vec<String>> = heads
        .iter()
        .flat_map(|head| tails.iter().map(move |tail| [head.as_slice(), tail].concat()))
        .collect();
    (all.len() <= MAX_ALTERNATIVES).then_some(all)
}

/// Components and a tag, as texts of patterns.
fn finish(
    components: Vec<String>,
    tag: Option<&str>,
    dialect: Dialect,
    purpose: Purpose,
) -> Option<(Vec<String>, Reach)> {
    let components = tidy(components);
    let (hub, is_hub_only_here) = match dialect {
        Dialect::Kyverno | Dialect::Glob => (on_hub(&components, purpose), false),
        Dialect::PolicyController => full_names_on_hub(&components),
    };
    let (first, is_one) = (components.first()?.clone(), components.len() == 1);
    let has_registry = is_registry(&first) && (!is_one || first == "**");
    // A wildcard without a dot would be read as a path on Docker Hub.
    let is_open = !has_registry && first.contains(['*', '?']);
    let name = if is_open { format!("**/{}", components.join("/")) } else { components.join("/") };
    let mut patterns = Vec::new();
    for name in std::iter::once(name).chain(hub.iter().map(|components| components.join("/"))) {
        let pattern = tag.map_or(name.clone(), |tag| format!("{name}:{tag}"));
        ImagePattern::parse(&pattern).ok()?;
        patterns.push(pattern);
    }
    // Tools that add a registry to images add none to patterns.
    let is_same = has_registry && !is_hub_only_here;
    Some((patterns, if is_same { Reach::Same } else { Reach::More }))
}

/// What the components mean on Docker Hub where it is called `index.docker.io`, and images have no other names; and whether
/// they mean it here alone.
fn full_names_on_hub(components: &[String]) -> (Vec<Vec<String>>, bool) {
    let Some((registry, path)) = components.split_first() else { return (Vec::new(), false) };
    match (text::matches(registry, "docker.io"), text::matches(registry, "index.docker.io")) {
        (false, true) => (vec![[vec!["docker.io".to_owned()], path.to_vec()].concat()], false),
        (true, is_there) => (Vec::new(), !is_there && registry.contains('*')),
        (false, false) => (Vec::new(), false),
    }
}

/// What the components also mean on Docker Hub, whose registry has several names and whose images have
/// short ones.
fn on_hub(components: &[String], purpose: Purpose) -> Vec<Vec<String>> {
    let (mut variants, mut rest) = (Vec::new(), components);
    if let [first, tail @ ..] = rest
        && first == "**"
    {
        rest = tail;
    }
    let Some((registry, path)) = rest.split_first() else { return variants };
    let hub = |path: &[String]| [vec!["docker.io".to_owned()], path.to_vec()].concat();
    // An image of Docker Hub may be written without its registry.
    if registry == "*" && path.first().is_some_and(|next| next != "**") {
        return vec![hub(rest)];
    }
    let is_alias = |registry: &str| {
        purpose == Purpose::Select
            && registry != "*"
            && HUB_ALIASES.iter().any(|alias| text::matches(registry, alias))
    };
    if registry.contains(['*', '?']) && is_alias(registry) && !path.is_empty() {
        variants.push(hub(path));
    }
    let is_hub = registry == "docker.io"
        || HUB_ALIASES.contains(&registry.as_str())
        || variants.len() == 1
        || !is_registry(registry);
    let path = if is_registry(registry) || variants.len() == 1 { path } else { rest };
    // `docker.io/ng*/**` is not the official `nginx`, which is `docker.io/library/nginx`.
    if let [only, others @ ..] = path
        && is_hub
        && only != "**"
        && !others.is_empty()
        && others.iter().all(|other| other == "**")
    {
        variants.push(hub(std::slice::from_ref(only)));
    }
    variants
}

/// Fewer words for the same: `a.b/*/**` is `a.b/**`. But `a.b/c/**` matches an image of the name `a.b/c` as well.
fn tidy(mut components: Vec<String>) -> Vec<String> {
    let has_registry = components.first().is_some_and(|first| is_registry(first));
    let is_below = components.ends_with(&["*".to_owned(), "**".to_owned()]);
    if has_registry && is_below && components.len() == 3 {
        components.truncate(components.len() - 2);
        components.push("**".to_owned());
    }
    components.dedup_by(|b, a| a == "**" && b == "**");
    components
}

/// Whether the first component of a pattern is a registry, as far as its text says.
pub(super) fn is_registry(first: &str) -> bool {
    first.contains(['.', ':']) || matches!(first, "localhost" | "*" | "**")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use signed_images_policy::image::pattern::Match;
    use signed_images_policy::image::reference::Reference;

    const A: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    fn selects(patterns: &[String], image: &str) -> bool {
        let image = Reference::parse(image).unwrap();
        let matches = |text: &String| ImagePattern::parse(text).unwrap().matches(&image);
        patterns.iter().any(|pattern| matches(pattern) >= Match::Perhaps)
    }

    fn spares(patterns: &[String], image: &str) -> bool {
        let image = Reference::parse(image).unwrap();
        let matches = |text: &String| ImagePattern::parse(text).unwrap().matches(&image);
        patterns.iter().any(|pattern| matches(pattern) == Match::Yes)
    }

    /// The texts that a dialect's pattern is compared with, for an image as it is written.
    fn compared(image: &str, dialect: Dialect) -> Vec<String> {
        let (name, digest) = match image.split_once('@') {
            Some((name, digest)) => (name, Some(digest)),
            None => (image, None),
        };
        let (repository, tag) = match name.rsplit_once(':') {
            Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag)),
            _ => (name, None),
        };
        let first = repository.split_once('/').map(|(first, _)| first);
        let has_registry =
            first.is_some_and(|first| first.contains(['.', ':']) || first == "localhost");
        let suffix = match digest {
            Some(digest) => format!("@{digest}"),
            None => format!(":{}", tag.unwrap_or("latest")),
        };
        match dialect {
            // As it is written; pinned, it is canonical.
            Dialect::Glob if has_registry => vec![image.to_owned(), format!("{name}@{A}")],
            Dialect::Glob => vec![image.to_owned(), format!("docker.io/{name}@{A}")],
            Dialect::Kyverno if has_registry => vec![format!("{repository}{suffix}")],
            Dialect::Kyverno => vec![format!("docker.io/{repository}{suffix}")],
            // Every image has a digest before it is compared, and no tag beside it.
            Dialect::PolicyController => {
                let canonical = Reference::parse(image).unwrap().to_string();
                let repository = canonical.split('@').next().unwrap();
                let repository = without_tag(repository);
                let repository = match repository.strip_prefix("docker.io/") {
                    Some(path) => format!("index.docker.io/{path}"),
                    None => repository.to_owned(),
                };
                vec![format!("{repository}@{}", digest.unwrap_or(A))]
            }
        }
    }

    /// As policy-controller reads its globs.
    fn glob_matches(glob: &str, text: &str) -> bool {
        let ends = |text: &str| {
            (0..=text.len()).filter_map(|at| text.get(at..)).map(str::to_owned).collect::<Vec<_>>()
        };
        if let Some(rest) = glob.strip_prefix("**") {
            return ends(text).iter().any(|end| glob_matches(rest, end));
        }
        if let Some(rest) = glob.strip_prefix('*') {
            let (component, others) = text.split_at(text.find('/').unwrap_or(text.len()));
            return ends(component).iter().any(|end| glob_matches(rest, &format!("{end}{others}")));
        }
        match (glob.split_at_checked(1), text.split_at_checked(1)) {
            (None, None) => true,
            (Some((a, glob)), Some((b, text))) => a == b && glob_matches(glob, text),
            _ => false,
        }
    }

    fn source_matches(source: &str, image: &str, dialect: Dialect) -> bool {
        let texts = compared(image, dialect);
        match (dialect, source) {
            (Dialect::PolicyController, "*") => {
                glob_matches("index.docker.io/library/*", &texts[0])
            }
            (Dialect::PolicyController, "*/*") => glob_matches("index.docker.io/*/*", &texts[0]),
            (Dialect::PolicyController, _) => texts.iter().any(|text| glob_matches(source, text)),
            _ => texts.iter().any(|text| text::matches(source, text)),
        }
    }

    #[test]
    fn translations() {
        use Dialect::{Glob, Kyverno, PolicyController};
        use Reach::{Digests, More, Same};
        let rows: [(&str, Dialect, &[&str], Reach); 33] = [
            ("*", Kyverno, &["**"], Same),
            ("*:*", Kyverno, &["**"], Same),
            ("ghcr.io/acme/*", Kyverno, &["ghcr.io/acme/*/**"], Same),
            ("ghcr.io/*", Kyverno, &["ghcr.io/**"], Same),
            ("ghcr.io/acme/app*", Kyverno, &["ghcr.io/acme/app*/**"], Same),
            ("ghcr.io/acme/app:*", Kyverno, &["ghcr.io/acme/app"], Digests),
            ("ghcr.io/acme/app:v1.*", Kyverno, &["ghcr.io/acme/app:v1.*"], Digests),
            ("ghcr.io/acme/*:v1", Kyverno, &["ghcr.io/acme/*/**:v1"], Digests),
            // It matches no image there, which have a tag or a digest all.
            ("ghcr.io/acme/app", Kyverno, &["ghcr.io/acme/app"], More),
            ("docker.io/*", Kyverno, &["docker.io/**"], Same),
            ("docker.io/ng*", Kyverno, &["docker.io/ng*/**", "docker.io/ng*"], Same),
            ("nginx:*", Kyverno, &["nginx"], More),
            ("*/acme/app:*", Kyverno, &["*/**/acme/app"], Digests),
            ("*.example.com/*", Kyverno, &["**/*.example.com/*/**"], Same),
            ("gcr*", Kyverno, &["**/gcr*/**", "docker.io/gcr*"], More),
            (
                "ghcr.io/acme/a*z:1",
                Kyverno,
                &["ghcr.io/acme/a*z:1", "ghcr.io/acme/a*/**/*z:1"],
                Digests,
            ),
            ("ghcr.io/acme/app*-rc", Kyverno, &["ghcr.io/acme/app*/**:*-rc"], Digests),
            // The star may stand for `1@sha256:…`.
            ("ghcr.io/acme/app:1.*a", Kyverno, &["ghcr.io/acme/app:1.*"], More),
            ("ghcr.io/Acme/*", Kyverno, &["**"], More),
            ("ghcr.io/acme/app@sha256:*", Kyverno, &["ghcr.io/acme/app"], More),
            ("ghcr.io/acme/*", Glob, &["ghcr.io/acme/*/**"], Same),
            ("ghcr.io/{a,b}/*", Glob, &["**"], More),
            // It is compared with what is written, which may have no tag.
            ("ghcr.io/*app", Glob, &["ghcr.io/**:*app", "ghcr.io/**/*app"], More),
            ("*-app", Glob, &["*/**:*-app", "**/*-app"], More),
            ("*", PolicyController, &["docker.io/library/*"], Same),
            ("**", PolicyController, &["**"], Same),
            ("ghcr.io/acme/*", PolicyController, &["ghcr.io/acme/*"], Same),
            ("ghcr.io/acme/**", PolicyController, &["ghcr.io/acme/*/**"], Same),
            ("ghcr.io/acme*/**", PolicyController, &["ghcr.io/acme*/*/**"], Same),
            ("index.docker.io/library/*", PolicyController, &["docker.io/library/*"], Same),
            ("index.docker.io/**", PolicyController, &["docker.io/**"], Same),
            ("ghcr.io/acme/app:**", PolicyController, &["ghcr.io/acme/app"], Digests),
            ("**demo**", PolicyController, &["**/*demo*/**"], Same),
        ];
        for (source, dialect, patterns, reach) in rows {
            let translation = selecting(source, dialect);
            assert_eq!(
                (translation.patterns.as_slice(), translation.reach),
                (&patterns.iter().map(ToString::to_string).collect::<Vec<_>>()[..], reach),
                "{source}"
            );
        }
    }

    #[test]
    fn sparing_is_exact_or_not_done() {
        let rows: [(&str, Option<&[&str]>); 6] = [
            ("ghcr.io/acme/sandbox/*", Some(&["ghcr.io/acme/sandbox/*/**"])),
            ("ghcr.io/*", Some(&["ghcr.io/**"])),
            ("ghcr.io/acme/app:*", Some(&["ghcr.io/acme/app:*"])),
            ("ghcr.io/acme/app:dev-*", Some(&["ghcr.io/acme/app:dev-*"])),
            ("ghcr.io/acme/app", None),
            ("nginx:*", None),
        ];
        for (source, expected) in rows {
            let spared = sparing(source, Dialect::Kyverno);
            let expected: Option<Vec<String>> =
                expected.map(|patterns| patterns.iter().map(ToString::to_string).collect());
            assert_eq!(spared, expected, "{source}");
        }
    }

    /// policy-controller compares globs with `index.docker.io/library/nginx@sha256:…`: with a digest, and no tag.
    #[test]
    fn what_never_matched_spares_nothing() {
        let rows: [(&str, Option<&[&str]>); 12] = [
            ("ghcr.io/acme/*", Some(&["ghcr.io/acme/*"])),
            ("ghcr.io/acme/app*", Some(&["ghcr.io/acme/app*"])),
            ("index.docker.io/library/*", Some(&["docker.io/library/*"])),
            ("*", Some(&["docker.io/library/*"])),
            ("**", Some(&["**"])),
            ("ghcr.io/acme/app", None),
            ("ghcr.io/acme/app:v1", None),
            ("ghcr.io/acme/app:*", None),
            ("ghcr.io/acme/a*z*", None),
            ("docker.io/library/*", None),
            ("docker*/library/*", None),
            ("library/*", None),
        ];
        for (source, expected) in rows {
            let spared = sparing(source, Dialect::PolicyController);
            let expected: Option<Vec<String>> =
                expected.map(|patterns| patterns.iter().map(ToString::to_string).collect());
            assert_eq!(spared, expected, "{source}");
        }
    }

    #[test]
    fn patterns_that_have_no_image_in_common() {
        assert!(are_apart("ghcr.io/acme/**", "registry.k8s.io/**"));
        assert!(!are_apart("ghcr.io/acme/**", "ghcr.io/**"));
        assert!(!are_apart("**", "ghcr.io/**"));
    }

    /// Images as people write them. Registries that are named like a repository and told from it by their
    /// port alone (`app:5000/x`) are left out: no pattern without a registry means them.
    fn image() -> impl Strategy<Value = String> {
        let registry = prop_oneof![
            Just(""),
            Just("docker.io/"),
            Just("index.docker.io/"),
            Just("a.b/"),
            Just("b.a/"),
            Just("localhost:50/"),
            Just("a.b:50/"),
        ];
        let path = "[ab]{1,3}(/[ab]{1,2}){0,2}";
        let suffix = prop_oneof![
            Just(String::new()),
            Just(format!("@{A}")),
            "[ab1]{1,2}".prop_map(|tag| format!(":{tag}")),
            Just(":a-b".to_owned()),
            "[ab]".prop_map(|tag| format!(":{tag}@{A}")),
        ];
        (registry, path, suffix)
            .prop_map(|(registry, path, suffix)| format!("{registry}{path}{suffix}"))
    }

    fn source() -> impl Strategy<Value = String> {
        prop_oneof![
            "[ab*./:?1-]{1,8}",
            "(a\\.b|b\\.a|docker\\.io|\\*|\\*\\.io|index\\*|localhost:50|a\\.\\*)/[ab*?]{1,3}(/[ab*]{1,3}){0,2}(:[ab*1-]{1,3})?",
            "[ab*]{1,3}(/[ab*]{1,3}){0,2}(:[ab*1-]{1,3})?",
        ]
    }

    fn dialect() -> impl Strategy<Value = Dialect> {
        prop_oneof![Just(Dialect::Kyverno), Just(Dialect::Glob), Just(Dialect::PolicyController)]
    }

    proptest! {
        /// Whatever the source selects is selected; what is spared, the source spares; and where a
        /// translation claims to be the same, it is.
        #[test]
        fn nothing_is_lost(source in source(), dialect in dialect(), images in proptest::collection::vec(image(), 8)) {
            let translation = selecting(&source, dialect);
            let spared = sparing(&source, dialect);
            for image in images {
                // Every spelling of an image is one image.
                let matched = source_matches(&source, &image, dialect);
                if matched {
                    prop_assert!(selects(&translation.patterns, &image), "{source} {dialect:?} {image}: {translation:?}");
                    prop_assert!(!never_matches(&source, dialect), "{source} matches {image}");
                }
                if dialect == Dialect::PolicyController && translation.reach == Reach::Same && !never_matches(&source, dialect) && selects(&translation.patterns, &image) {
                    // `a.b/c/**` takes in an image that is called `a.b/c` itself.
                    let name = image.split(['@']).next().unwrap();
                    let is_below = source_matches(&source, &format!("{}/x", without_tag(name)), dialect);
                    prop_assert!(matched || is_below, "{source} {image}: {translation:?} is not the same");
                }
                if spared.as_ref().is_some_and(|spared| spares(spared, &image)) {
                    if dialect == Dialect::PolicyController {
                        prop_assert!(matched, "{source} {image}: spared {spared:?}");
                    }
                    let canonical = spellings(&image);
                    prop_assert!(canonical.iter().any(|image| source_matches(&source, image, dialect)), "{source} {dialect:?} {image}: spared {spared:?}");
                }
            }
        }
    }

    fn without_tag(name: &str) -> &str {
        name.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).map_or(name, |(name, _)| name)
    }

    /// The image in its other spellings.
    fn spellings(image: &str) -> Vec<String> {
        let canonical = Reference::parse(image).unwrap().to_string();
        let mut spellings = vec![image.to_owned(), canonical.clone()];
        if let Some(path) = canonical.strip_prefix("docker.io/") {
            let short = path.strip_prefix("library/").unwrap_or(path);
            for prefix in ["", "docker.io/", "index.docker.io/"] {
                spellings.extend([format!("{prefix}{path}"), format!("{prefix}{short}")]);
            }
        }
        spellings
    }
}
