//! The host reads references with `oci-client`: every reference that the policy accepts must be the same
//! image to both.

#![expect(clippy::unwrap_used, reason = "a test may stop where it fails")]

use oci_client::Reference as HostReference;
use proptest::prelude::*;
use signed_images_policy::image::reference::{Digest, Reference};

fn agree(reference: &Reference) -> Result<(), TestCaseError> {
    let read: HostReference = reference.to_string().parse().unwrap();
    prop_assert_eq!(read.registry(), reference.registry());
    prop_assert_eq!(read.repository(), reference.repository());
    prop_assert_eq!(read.tag(), reference.tag());
    prop_assert_eq!(read.digest(), reference.digest().map(Digest::as_str));
    let asked: HostReference = reference.question().parse().unwrap();
    prop_assert_eq!(asked.registry(), reference.registry());
    prop_assert_eq!(asked.repository(), reference.repository());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5000))]

    #[test]
    fn the_host_reads_the_same_image(
        registry in "(([A-Za-z0-9]{1,4}(-{1,2}[a-z]{1,3})?\\.){0,2}[A-Za-z0-9]{1,5}(:[0-9]{1,5})?/)?",
        hub in "((docker\\.io|index\\.docker\\.io|registry-1\\.docker\\.io|localhost|[a-z]{2})(:443)?/)?",
        path in "([A-Z]?[a-z0-9]{1,4}([._-]{0,3}[a-z0-9]{1,3}){0,2}/){0,2}[a-z0-9]{1,8}",
        tag in "(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,8})?",
        digest in "(@sha256:[a-f0-9]{64}|@sha384:[a-f0-9]{96}|@sha512:[a-f0-9]{128})?",
        use_hub: bool,
    ) {
        let text = format!("{}{path}{tag}{digest}", if use_hub { hub } else { registry });
        if let Ok(reference) = Reference::parse(&text) {
            agree(&reference)?;
        }
    }

    /// Texts of the grammar's own characters in any order.
    #[test]
    fn the_host_reads_the_same_of_odd_texts(text in "[a-c0-1A._/:@-]{1,20}") {
        if let Ok(reference) = Reference::parse(&text) {
            agree(&reference)?;
        }
    }
}

/// What the two would read as different images is refused.
#[test]
fn divergences_are_refused() {
    for text in ["Foo/bar", "FOO/bar:1", "Foo/bar/baz"] {
        let host: HostReference = text.to_lowercase().parse().unwrap();
        assert_eq!(host.registry(), "docker.io", "{text}");
        assert!(Reference::parse(text).is_err(), "{text}");
    }
    for text in ["[::1]:5000/app", "[2001:db8::1]/app"] {
        assert!(text.parse::<HostReference>().is_err(), "{text}");
        assert!(Reference::parse(text).is_err(), "{text}");
    }
}
