//! Platforms of an index, and which of its images the nodes of a platform may run.
//!
//! *How are they compared?* As container runtimes do: containerd takes `Linux/x86_64` for `linux/amd64`, and where the
//! platform of the node is missing, what its processor runs as well: 386 on amd64, arm on arm64, another variant
//! (<https://github.com/containerd/platforms>: `Normalize`, `Only`). CRI-O normalises nothing, but for variants of arm, and
//! takes an entry without a platform where no other fits (<https://github.com/containers/image>: `WantedPlatforms`). An image
//! counts unless no runtime takes it.

use std::fmt;

/// A platform of an index: `linux/amd64`, `linux/arm/v7`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Platform {
    /// As it is written.
    text: String,
    /// The operating system, in normal form, as are the others.
    os: String,
    architecture: String,
    /// The variant of that; none is any.
    variant: Option<String>,
}

/// Characters of a part, the longest of which is `mips64p32le`.
const MAX_PART: usize = 32;

impl Platform {
    /// Reads `os/architecture` and perhaps `/variant`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let in_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        let is_part =
            |part: &str| (1..=MAX_PART).contains(&part.len()) && part.chars().all(in_name);
        let lower = text.to_ascii_lowercase();
        let mut parts = lower.split('/').map(|part| is_part(part).then_some(part));
        let (os, architecture) = (parts.next()??, parts.next()??);
        let variant = parts.next().map_or(Some(None), |variant| variant.map(Some))?;
        if parts.next().is_some() {
            return None;
        }
        let (architecture, variant) = normal(architecture, variant);
        Some(Self {
            text: text.to_owned(),
            os: os.to_owned(),
            architecture: architecture.to_owned(),
            variant: variant.map(str::to_owned),
        })
    }

    /// Of what an index lists, what nodes of these platforms may run; without any, all.
    pub(crate) fn select<T>(
        named: &[Self],
        listed: Vec<(Option<Self>, T)>,
    ) -> Vec<(Option<Self>, T)> {
        let has_own = |named: &Self| {
            listed.iter().flat_map(|(other, _)| other).any(|other| named.prefers(other))
        };
        let named: Vec<_> = named.iter().map(|named| (named, has_own(named))).collect();
        let counts = |(other, _): &(Option<Self>, T)| {
            named.is_empty()
                || other.as_ref().is_none_or(|other| {
                    let counts = |(named, has_own): &(&Self, bool)| {
                        named.names(other) || !has_own && named.runs(other)
                    };
                    named.iter().any(counts)
                })
        };
        listed.into_iter().filter(counts).collect()
    }

    /// Whether the other may be one of those that this one names.
    fn names(&self, other: &Self) -> bool {
        let is_variant = || {
            let variants = self.variant.as_ref().zip(other.variant.as_ref());
            variants.is_none_or(|(one, other)| one == other)
        };
        self.os == other.os && self.architecture == other.architecture && is_variant()
    }

    /// Whether a node of this platform takes the other before all that are not named so, whatever its runtime.
    fn prefers(&self, other: &Self) -> bool {
        let written = match other.text.strip_suffix("/v8") {
            Some(written) if self.architecture == "arm64" => written,
            _ => &other.text,
        };
        let [os, architecture] = [&self.os, &self.architecture];
        match &self.variant {
            None => written == format!("{os}/{architecture}"),
            Some(variant) => written == format!("{os}/{architecture}/{variant}"),
        }
    }

    /// Whether processors of this platform run the other.
    fn runs(&self, other: &Self) -> bool {
        let architectures = (self.architecture.as_str(), other.architecture.as_str());
        let runs = matches!(architectures, ("amd64", "386") | ("arm64", "arm"));
        self.os == other.os && (runs || architectures.0 == architectures.1)
    }
}

/// The normal form of an architecture and its variant.
fn normal<'p>(architecture: &'p str, variant: Option<&'p str>) -> (&'p str, Option<&'p str>) {
    match (architecture, variant) {
        ("i386", _) => ("386", None),
        ("x86_64" | "x86-64" | "amd64", variant) => ("amd64", variant.filter(|name| *name != "v1")),
        ("aarch64" | "arm64", variant) => {
            ("arm64", variant.filter(|name| !matches!(*name, "8" | "v8")))
        }
        ("arm", Some("5")) => ("arm", Some("v5")),
        ("armel", _) | ("arm", Some("6")) => ("arm", Some("v6")),
        ("armhf", _) | ("arm", Some("7")) => ("arm", Some("v7")),
        ("arm", Some("8")) => ("arm", Some("v8")),
        others => others,
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms() {
        for text in ["linux/amd64", "linux/arm/v7", "windows/amd64", "Linux/X86_64"] {
            assert_eq!(Platform::parse(text).unwrap().to_string(), text);
        }
        let long = ["linux/", &"a".repeat(MAX_PART + 1)].concat();
        let wrong = ["", "linux", "linux/", "/amd64", "linux/arm/", "linux/arm/v7/x", "a b/c"];
        for text in wrong.into_iter().chain([long.as_str(), "lınux/amd64"]) {
            assert_eq!(Platform::parse(text), None, "{text}");
        }
    }

    /// What is named, what an index lists, and what of it counts.
    const ROWS: [(&[&str], &[&str], &[&str]); 16] = [
        (&[], &["linux/amd64", "windows/amd64", ""], &["linux/amd64", "windows/amd64", ""]),
        (&["linux/amd64"], &["linux/amd64", "linux/arm64", "linux/386"], &["linux/amd64"]),
        // What containerd takes for the same.
        (
            &["linux/amd64"],
            &["Linux/AMD64", "linux/x86_64", "linux/x86-64"],
            &["Linux/AMD64", "linux/x86_64", "linux/x86-64"],
        ),
        (
            &["linux/amd64"],
            &["linux/amd64/v1", "linux/amd64/v2"],
            &["linux/amd64/v1", "linux/amd64/v2"],
        ),
        (
            &["linux/arm64"],
            &["linux/aarch64", "linux/arm64/v8"],
            &["linux/aarch64", "linux/arm64/v8"],
        ),
        (
            &["linux/arm/v7"],
            &["linux/armhf", "linux/arm/7", "linux/arm", "linux/arm/v7"],
            &["linux/armhf", "linux/arm/7", "linux/arm", "linux/arm/v7"],
        ),
        (
            &["linux/arm/v6"],
            &["linux/armel", "linux/arm/v6", "linux/arm/v7"],
            &["linux/armel", "linux/arm/v6"],
        ),
        (&["linux/386"], &["linux/i386", "linux/amd64"], &["linux/i386"]),
        (&["Linux/x86_64"], &["linux/amd64"], &["linux/amd64"]),
        // What names no platform.
        (&["linux/amd64"], &["linux/amd64", ""], &["linux/amd64", ""]),
        // What a node takes where its own is missing.
        (&["linux/amd64"], &["linux/386", "windows/386"], &["linux/386"]),
        (&["linux/amd64"], &["linux/amd64/v2", "linux/386"], &["linux/amd64/v2", "linux/386"]),
        (
            &["linux/amd64", "linux/arm64"],
            &["linux/amd64", "linux/arm/v7"],
            &["linux/amd64", "linux/arm/v7"],
        ),
        (
            &["linux/amd64", "linux/arm64"],
            &["linux/amd64", "linux/arm64/v8", "linux/arm/v7", "linux/386"],
            &["linux/amd64", "linux/arm64/v8"],
        ),
        (&["linux/arm/v7"], &["linux/arm/v6", "linux/amd64"], &["linux/arm/v6"]),
        (&["linux/arm/v7"], &["linux/arm/V7", "linux/arm/v6"], &["linux/arm/V7", "linux/arm/v6"]),
    ];

    #[test]
    fn what_counts() {
        for (named, listed, expected) in ROWS {
            let named: Vec<_> = named.iter().map(|text| Platform::parse(text).unwrap()).collect();
            let listed = listed.iter().map(|text| (Platform::parse(text), *text)).collect();
            let counted: Vec<_> =
                Platform::select(&named, listed).into_iter().map(|(_, text)| text).collect();
            assert_eq!(counted, expected, "{named:?}");
        }
    }
}
