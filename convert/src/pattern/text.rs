//! Wildcards of other tools, as tokens.
//!
//! Sources: Kyverno matches with `IGLOU-EU/go-wildcard` (`*`: any text, `?`: any character);
//! `ImageValidatingPolicy` with `gobwas/glob` without separators (`*`, `**`: any text, `?`; classes and
//! alternatives besides); policy-controller makes a regular expression (`pkg/apis/glob`: `**` is any text,
//! `*` any without `/`; `*` and `*/*` alone are on Docker Hub), and compares it with the image's full name at its
//! digest (`pkg/webhook/validator.go`): `index.docker.io/library/nginx@sha256:…`.

/// Whose patterns they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// `verifyImages` of Kyverno.
    Kyverno,
    /// `ImageValidatingPolicy` of Kyverno.
    Glob,
    /// `ClusterImagePolicy` of policy-controller.
    PolicyController,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    Char(char),
    /// Any character.
    One,
    /// Any text without `/`.
    Within,
    /// Any text.
    Any,
}

use Token::{Any, Char, One, Within};

impl Dialect {
    /// Whether what this matches can be told from an image as it is written. Kyverno tells the names of Docker Hub apart
    /// (`pkg/utils/image/infos.go`); policy-controller sees digests where tags were, and another name of Docker Hub.
    pub(super) fn can_spare(self, source: &str) -> bool {
        match self {
            Self::Kyverno | Self::Glob => {
                let registry = source.split('/').next().unwrap_or_default();
                !super::HUB_ALIASES.contains(&registry)
            }
            Self::PolicyController if matches!(source, "*" | "*/*" | "**") => true,
            Self::PolicyController => {
                let Some((path, last)) = source.rsplit_once('/') else { return false };
                let registry = path.split('/').next().unwrap_or_default();
                let name = last.trim_end_matches('*');
                let is_open = name != last && !name.contains(['*', ':', '@']);
                is_open && registry != "docker.io" && !registry.contains('*')
            }
        }
    }

    /// Whether no image is ever matched, since what is compared has a registry, a digest and no tag, and Docker Hub's other
    /// name.
    pub(super) fn never_matches(self, source: &str) -> bool {
        match self {
            Self::Kyverno | Self::Glob => false,
            Self::PolicyController if matches!(source, "*" | "*/*" | "**") => false,
            Self::PolicyController => {
                let Some((first, _)) = source.split_once('/') else {
                    return !source.contains("**");
                };
                let is_registry = first.contains(['.', ':', '*']) || first == "localhost";
                let (_, last) = source.rsplit_once('/').unwrap_or(("", source));
                let name = last.split(':').next().unwrap_or_default();
                first == "docker.io" || !is_registry || !name.contains(['*', '@'])
            }
        }
    }

    /// The tokens; none for what is not translated.
    pub(super) fn tokens(self, source: &str) -> Option<Vec<Token>> {
        let text = match (self, source) {
            (Self::PolicyController, "*") => "docker.io/library/*",
            (Self::PolicyController, "*/*") => "docker.io/*/*",
            _ => source,
        };
        let text = match text.strip_prefix("index.docker.io/") {
            Some(path) => format!("docker.io/{path}"),
            None => text.to_owned(),
        };
        let mut tokens = Vec::new();
        for c in text.chars() {
            let token = match (self, c, tokens.last()) {
                (Self::PolicyController, '*', Some(Within)) => {
                    tokens.pop();
                    Any
                }
                (Self::PolicyController, '*', _) => Within,
                (_, '*', Some(Any)) => continue,
                (_, '*', _) => Any,
                (Self::Kyverno | Self::Glob, '?', _) => One,
                (Self::PolicyController, '?', _)
                | (Self::Glob, '[' | ']' | '{' | '}' | '\\', _) => return None,
                (_, c, _) => Char(c),
            };
            tokens.push(token);
        }
        (!tokens.is_empty()).then_some(tokens)
    }
}

/// The tokens as a wildcard within a component.
pub(super) fn glob(tokens: &[Token]) -> String {
    let texts = tokens.iter().map(|token| match token {
        Char(c) => *c,
        One => '?',
        Within | Any => '*',
    });
    let text: String = texts.collect();
    text.replace("***", "*").replace("**", "*")
}

/// The characters among the tokens.
pub(super) fn literal(tokens: &[Token]) -> String {
    let chars = tokens.iter().filter_map(|token| match token {
        Char(c) => Some(*c),
        _ => None,
    });
    chars.collect()
}

/// Whether that is `*` or `*:*`, which every image matches.
pub(super) fn is_every_text(tokens: &[Token]) -> bool {
    matches!(tokens, [Any] | [Any, Char(':'), Any])
}

/// Whether a `*`/`?` wildcard matches the text.
pub(crate) fn matches(glob: &str, text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    // Which beginnings of the text the glob, as far as it is read, matches.
    let mut ends: Vec<bool> = std::iter::once(true).chain(text.iter().map(|_| false)).collect();
    for token in glob.chars() {
        ends = if token == '*' {
            let any = |any: &mut bool, end: bool| {
                *any |= end;
                Some(*any)
            };
            ends.into_iter().scan(false, any).collect()
        } else {
            let next = |(end, c): (bool, &char)| end && (token == '?' || token == *c);
            std::iter::once(false).chain(ends.into_iter().zip(&text).map(next)).collect()
        };
    }
    ends.last() == Some(&true)
}
