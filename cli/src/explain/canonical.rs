//! An image's canonical reference, and what was made of its text on the way there.

use serde::Serialize;
use signed_images_policy::image::reference::Reference;

/// The parts of a reference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Canonical {
    /// The reference in its one spelling.
    pub text: String,
    /// Its registry.
    pub registry: Noted,
    /// Its repository.
    pub repository: Noted,
    /// Its tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<Noted>,
    /// Its digest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<Noted>,
}

/// A part, and a word about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Noted {
    /// The part.
    pub value: String,
    /// How it came to be, when it is not as it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Canonical {
    /// The parts of `reference`, which `text` was read as.
    #[must_use]
    pub fn new(text: &str, reference: &Reference) -> Self {
        let tagged = text.split_once('@').map_or(text, |(tagged, _)| tagged);
        let written_tag = reference.tag().and_then(|tag| tagged.strip_suffix(&format!(":{tag}")));
        let name = written_tag.unwrap_or(tagged);
        let (registry, repository) = names(name, reference);
        let digest = reference.digest().map(|digest| Noted {
            value: digest.to_string(),
            note: reference.tag().map(|_| "decides what runs; the tag does not".to_owned()),
        });
        let implied = "added: there is neither a tag nor a digest";
        let tag = reference.tag().map(|tag| Noted {
            value: tag.to_owned(),
            note: written_tag.is_none().then(|| implied.to_owned()),
        });
        Self { text: reference.to_string(), registry, repository, tag, digest }
    }
}

fn names(name: &str, reference: &Reference) -> (Noted, Noted) {
    let (registry, repository) = (reference.registry(), reference.repository());
    let short = repository.strip_prefix("library/");
    let spelled = [Some(repository), short]
        .into_iter()
        .flatten()
        .find_map(|spelled| Some((spelled, name.strip_suffix(spelled)?)));
    let (written_repository, before) = spelled.unwrap_or((repository, name));
    let registry_note = match before.trim_end_matches('/') {
        "" => Some("added: names without a registry are on Docker Hub".to_owned()),
        written if written == registry => None,
        written => Some(format!("written `{written}`")),
    };
    let repository_note = (written_repository != repository)
        .then(|| "`library/` added: official images of Docker Hub are there".to_owned());
    (
        Noted { value: registry.to_owned(), note: registry_note },
        Noted { value: repository.to_owned(), note: repository_note },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_normalised_is_said() {
        let hub = "docker.io (added: names without a registry are on Docker Hub)";
        let library = "library/nginx (`library/` added: official images of Docker Hub are there)";
        let latest = "latest (added: there is neither a tag nor a digest)";
        let digest = format!("sha256:{}", "a".repeat(64));
        let both = format!("{digest} (decides what runs; the tag does not)");
        let rows: [(&str, &[&str]); 8] = [
            ("nginx", &[hub, library, latest]),
            ("library/nginx:1", &[hub, "library/nginx", "1"]),
            ("docker.io/nginx:1", &["docker.io", library, "1"]),
            (
                "index.docker.io/acme/app:1",
                &["docker.io (written `index.docker.io`)", "acme/app", "1"],
            ),
            ("GHCR.io:443/a/b:1", &["ghcr.io (written `GHCR.io:443`)", "a/b", "1"]),
            ("reg:5000/app", &["reg:5000", "app", latest]),
            ("ghcr.io/app@A", &["ghcr.io", "app", &digest]),
            ("ghcr.io/app:1@A", &["ghcr.io", "app", "1", &both]),
        ];
        for (text, expected) in rows {
            let text = text.replace("@A", &format!("@{digest}"));
            let Canonical { registry, repository, tag, digest, .. } =
                Canonical::new(&text, &Reference::parse(&text).unwrap());
            let parts = [Some(registry), Some(repository), tag, digest].into_iter().flatten();
            let parts: Vec<String> = parts
                .map(|Noted { value, note }| {
                    note.map_or(value.clone(), |note| format!("{value} ({note})"))
                })
                .collect();
            assert_eq!(parts, expected, "{text}");
        }
    }
}
