//! Package URLs, by which bills of materials tell what ecosystem a package is of
//! (<https://github.com/package-url/purl-spec>): `pkg:maven/org.example/core@1.0`.

/// What is read of one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PackageUrl {
    /// `npm`, `maven`, …
    pub(super) kind: String,
    /// What a name is unique in: a Maven group, an npm scope.
    pub(super) namespace: String,
    pub(super) name: String,
}

impl PackageUrl {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once(':')?;
        let path = rest.split(['?', '#']).next()?.trim_matches('/');
        let (kind, path) = path.split_once('/')?;
        let (namespace, name) = path.rsplit_once('/').unwrap_or(("", path));
        let name = name.split_once('@').map_or(name, |(name, _)| name);
        let (kind, namespace, name) = (kind.to_ascii_lowercase(), decode(namespace), decode(name));
        scheme.eq_ignore_ascii_case("pkg").then_some(Self { kind, namespace, name })
    }
}

/// The text without its percent-encoding.
fn decode(text: &str) -> String {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, others @ ..] = rest {
        let digit = |at: usize| char::from(*others.get(at)?).to_digit(16);
        let escaped = || u8::try_from(digit(0)? * 16 + digit(1)?).ok();
        let byte = escaped().filter(|_| *first == b'%');
        decoded.push(byte.unwrap_or(*first));
        rest = byte.and_then(|_| others.get(2..)).unwrap_or(others);
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn package_urls() {
        let rows = [
            ("pkg:maven/org.example/core@1.0?type=jar", ("maven", "org.example", "core")),
            ("pkg:npm/%40babel/core@7.0.0", ("npm", "@babel", "core")),
            ("pkg:npm/@babel/core", ("npm", "@babel", "core")),
            ("PKG:PyPI/Django@3.2#a/b", ("pypi", "", "Django")),
            ("pkg://golang/golang.org/x/crypto@v0.1.0", ("golang", "golang.org/x", "crypto")),
            ("pkg:generic/a%2fb%zz%", ("generic", "", "a/b%zz%")),
        ];
        for (text, (kind, namespace, name)) in rows {
            let [kind, namespace, name] = [kind, namespace, name].map(str::to_owned);
            assert_eq!(PackageUrl::parse(text), Some(PackageUrl { kind, namespace, name }));
        }
        for text in ["", "pkg:npm", "cpe:2.3:a/b", "https://example.com/a"] {
            assert_eq!(PackageUrl::parse(text), None, "{text}");
        }
    }
}
