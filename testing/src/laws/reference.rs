//! References: one canonical spelling, which the host and container runtimes read as the same image.

use super::runtime;
use super::text;
use oci_spec::distribution::Reference as HostReference;
use signed_images_policy::image::reference::{Digest, Reference, ReferenceError};

pub(super) fn law(input: &[u8]) {
    let Some(text) = text::of(input) else { return };
    match Reference::parse(text) {
        Ok(reference) => {
            is_canonical(&reference);
            is_read_alike_by_the_host(&reference, text);
            is_read_alike_by_runtimes(&reference, text);
            stays_itself_when_it_is_pinned(&reference, text);
        }
        Err(error) => is_refused_for_a_reason(text, error),
    }
}

fn is_canonical(reference: &Reference) {
    let canonical = reference.to_string();
    let again = Reference::parse(&canonical);
    assert_eq!(again.as_ref(), Ok(reference), "`{canonical}` is read as another image");
    assert!(reference.tag().is_some() || reference.digest().is_some());
}

/// The host is asked in the canonical spelling alone, which it reads as it is written; what was written by
/// others it reads as the same image.
fn is_read_alike_by_the_host(reference: &Reference, text: &str) {
    for asked in [reference.to_string(), reference.question()] {
        let host: HostReference = asked.parse().expect("the host reads what it is asked about");
        assert_eq!(host.registry(), reference.registry(), "`{asked}`");
        assert_eq!(host.repository(), reference.repository(), "`{asked}`");
        assert_eq!(host.digest(), reference.digest().map(Digest::as_str), "`{asked}`");
        assert_eq!(host.to_string(), asked);
    }
    // To the host, a registry `LOCALHOST` is a repository of Docker Hub; it is asked about `localhost`.
    if reference.registry() == "localhost" && !text.starts_with("localhost") {
        return;
    }
    let host: HostReference = text.parse().unwrap_or_else(|error| panic!("`{text}`: {error}"));
    is_the_image(reference, host.registry(), host.repository());
    assert_eq!(host.digest(), reference.digest().map(Digest::as_str), "`{text}`");
    assert_eq!(host.tag(), reference.tag(), "`{text}`");
}

fn is_read_alike_by_runtimes(reference: &Reference, text: &str) {
    let read = runtime::read(text).unwrap_or_else(|| panic!("no runtime reads `{text}`"));
    is_the_image(reference, &read.domain, &read.path);
    assert_eq!(read.digest.as_deref(), reference.digest().map(Digest::as_str), "`{text}`");
    if let Some(tag) = read.tag {
        assert_eq!(Some(tag.as_str()), reference.tag(), "`{text}`");
    }
}

/// What others keep apart in a registry's name, and we do not, since it is the same registry all the same:
///
/// - the case of its letters: host names have none (RFC 4343);
/// - `:443`, the port that is meant when there is none;
/// - the other names of Docker Hub, of which each knows some and one of which needs `library/` written out.
fn is_the_image(reference: &Reference, registry: &str, repository: &str) {
    let mut registry = registry.to_ascii_lowercase();
    if let Some(host) = registry.strip_suffix(":443")
        && (host.contains('.') || host == "localhost")
    {
        registry = host.to_owned();
    }
    if matches!(registry.as_str(), "index.docker.io" | "registry-1.docker.io") {
        "docker.io".clone_into(&mut registry);
    }
    let is_official = registry == "docker.io" && !repository.contains('/');
    let repository =
        if is_official { format!("library/{repository}") } else { repository.to_owned() };
    assert_eq!(
        (registry.as_str(), repository.as_str()),
        (reference.registry(), reference.repository())
    );
}

/// What is written into an object is the same image, at that digest.
fn stays_itself_when_it_is_pinned(reference: &Reference, text: &str) {
    if reference.digest().is_some() {
        return;
    }
    let digest = Digest::parse(&format!("sha256:{}", "a".repeat(64))).unwrap();
    let pinned = Reference::parse(&format!("{text}@{digest}"));
    let pinned = pinned.unwrap_or_else(|error| panic!("`{text}` with a digest: {error}"));
    assert_eq!(pinned.at(&digest), reference.at(&digest), "`{text}`");
    assert_eq!(pinned.question(), reference.at(&digest), "`{text}`");
}

/// Nothing that a runtime takes is refused, but for what cannot be verified or is read in two ways.
fn is_refused_for_a_reason(text: &str, error: ReferenceError) {
    use ReferenceError as E;
    match error {
        // A port with leading zeros or above 65535; a registry without dot or port; an IPv6 address; an
        // algorithm that no registry knows, or another length than it has; an image by its identifier,
        // which is what the node has under it.
        E::Registry
        | E::Colon
        | E::AmbiguousRegistry
        | E::Ipv6Registry
        | E::Digest
        | E::ImageId => {}
        E::TooLong => assert!(text.len() > 247, "`{text}`"),
        E::Empty | E::Blank | E::Scheme | E::UpperCase | E::Repository | E::Tag => {
            let read = runtime::read(text);
            assert!(read.is_none(), "`{text}`: {error}, but a runtime reads {read:?}");
        }
    }
}
