//! The images that sources name, where there is no policy yet.
//!
//! - Of which kinds? Those that the policy knows. What cannot be read is told, by its place; so is an object of another
//!   kind that looks as if it held images.

use std::collections::HashSet;

use super::kinds::Kinds;
use super::output::place;
use super::policy::{Manifest, PassedOver};
use super::source::{Files, Source};
use super::writer::origination;
use super::{contents, images};
use crate::manifest::position::Lines;

/// What sources name.
#[derive(Debug, Default)]
pub struct Named {
    /// The images as they are written, each once, in the order in which they stand.
    pub images: Vec<String>,
    /// What was not read: where, and why.
    pub unread: Vec<String>,
}

/// The images that these sources name.
///
/// ```
/// use signed_images::check::named::images_of;
/// use signed_images::check::source::{Origin, Source};
/// use signed_images::text::Encoding;
///
/// let source = |text: &str| Source {
///     name: "standard input".to_owned(),
///     origin: Origin::Stdin,
///     text: text.to_owned(),
///     encoding: Encoding::Utf8,
///     unread: None,
/// };
/// let manifests = source("
/// {apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {containers: [{image: nginx}, {image: nginx}]}}
/// ---
/// {apiVersion: v1, kind: ConfigMap, data: {image: busybox}}
/// ---
/// {apiVersion: v1, kind: Pod, spec: {containers: [{image: 1}]}}
/// ");
/// let named = images_of(&[manifests]);
/// assert_eq!(named.images, ["nginx"]);
/// assert_eq!(named.unread.len(), 1, "{:?}", named.unread);
/// ```
#[must_use]
pub fn images_of(sources: &[Source]) -> Named {
    let mut named = Named::default();
    let mut policy = Manifest::default();
    policy.kinds = Some(Kinds::built_in());
    let mut seen = HashSet::new();
    let files = Files::of(sources);
    for source in sources {
        let contents = contents::read(source, &[&policy], &files).pop().unwrap_or_default();
        let lines = Lines::of(&source.text);
        for fault in &contents.faults {
            let line = lines.position(fault.at).line;
            let place = place(&origination(source, Some(line)), None);
            named.unread.push(format!("{place}: {}", fault.reason));
        }
        for (object, why, _) in contents.not_reviewed.iter().filter(|(.., holds)| *holds) {
            let why = match why {
                PassedOver::Kustomization => why.reason(),
                PassedOver::Kind | PassedOver::Namespace | PassedOver::Labels => {
                    "where they are in this kind is not known"
                }
            };
            let place = place(&origination(source, object.line), None);
            named.unread.push(format!("{place}: {} contains images, but {why}", object.kind));
        }
        for place in contents.subjects.iter().flat_map(|subject| images::find(subject, &[])) {
            match place.image {
                Ok(image) if seen.insert(image.clone()) => named.images.push(image),
                Ok(_) => {}
                Err(_) => {
                    named.unread.push(format!("{}: {} contains no image", source.name, place.path));
                }
            }
        }
    }
    named
}

#[cfg(test)]
mod tests {
    use super::super::source::Origin;
    use super::*;

    #[test]
    fn what_holds_images_and_is_not_read_is_told() {
        let spec = "{containers: [{name: a, image: 'a:1'}]}";
        let text = format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec: {spec}\n---\n\
             apiVersion: apps/v1\nkind: Deploymnet\nspec: {{template: {{spec: {spec}}}}}\n---\n\
             apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nimages: [{{name: a, newTag: b}}]\n---\n\
             apiVersion: v1\nkind: ConfigMap\ndata: {{image: 'a:1'}}\n"
        );
        let source = Source::placeless("all.yaml".to_owned(), Origin::Stdin, text);
        let named = images_of(&[source]);
        assert_eq!(named.images, ["a:1"]);
        let unread: Vec<&str> = named.unread.iter().map(String::as_str).collect();
        let [slip, kustomization] = unread.as_slice() else { panic!("{unread:?}") };
        assert_eq!(
            *slip,
            "all.yaml:6: Deploymnet contains images, but where they are in this kind is not known"
        );
        assert!(
            kustomization.starts_with(
                "all.yaml:10: Kustomization contains images, but kustomize makes the objects"
            ),
            "{kustomization}"
        );
    }
}
