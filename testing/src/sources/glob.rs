//! The patterns of images of other tools.

/// Kyverno's: `*` is any text, `?` any character (`ext/wildcard` of kyverno/kyverno, which is
/// `IGLOU-EU/go-wildcard`). So is a glob of `ImageValidatingPolicy` without classes and alternatives
/// (`gobwas/glob` without separators, `pkg/cel/compiler`).
#[must_use]
pub fn wildcard(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    matches(&pattern, &text, &|_| true)
}

fn matches(pattern: &[char], text: &[char], crosses: &dyn Fn(char) -> bool) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some(('*', rest)) => {
            matches(rest, text, crosses)
                || text
                    .split_first()
                    .is_some_and(|(c, left)| crosses(*c) && matches(pattern, left, crosses))
        }
        Some(('?', rest)) => {
            text.split_first().is_some_and(|(_, left)| matches(rest, left, crosses))
        }
        Some((wanted, rest)) => {
            text.split_first().is_some_and(|(c, left)| c == wanted && matches(rest, left, crosses))
        }
    }
}

/// policy-controller's (`pkg/apis/glob` of sigstore/policy-controller): `**` is any text, `*` any without `/`; `*` and
/// `*/*` alone are on Docker Hub.
#[must_use]
pub fn image_glob(pattern: &str, name: &str) -> bool {
    let pattern = match pattern {
        "*" => "index.docker.io/library/*",
        "*/*" => "index.docker.io/*/*",
        _ => pattern,
    };
    glob(pattern, name)
}

fn glob(pattern: &str, text: &str) -> bool {
    let ends = |text: &str| -> Vec<String> {
        let starts = text.char_indices().map(|(at, _)| at).chain([text.len()]);
        starts.filter_map(|at| text.get(at..)).map(str::to_owned).collect()
    };
    if let Some(rest) = pattern.strip_prefix("**") {
        return ends(text).iter().any(|end| glob(rest, end));
    }
    if let Some(rest) = pattern.strip_prefix('*') {
        let (component, others) = text.split_at(text.find('/').unwrap_or(text.len()));
        return ends(component).iter().any(|end| glob(rest, &format!("{end}{others}")));
    }
    let (mut wanted, mut left) = (pattern.chars(), text.chars());
    match (wanted.next(), left.next()) {
        (None, None) => true,
        (Some(a), Some(b)) => a == b && glob(wanted.as_str(), left.as_str()),
        _ => false,
    }
}
