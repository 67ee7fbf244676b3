//! Of what a cluster runs, each thing once: what a controller has made is left out where the object that it was made
//! for is reviewed and names the same images.
//!
//! - And a Pod whose images are others, by `kubectl debug`, by another webhook, or of an older revision? It is reported
//!   as well: what runs is what counts.
//! - Who says who made it? `metadata.ownerReferences`, which whoever may change an object may write. So all that it
//!   does is to spare a second report of the very same images, and owners that own each other spare none.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::contents::Contents;
use super::images::Place;
use super::subject::Kinship;

/// An object of a cluster.
struct Member<'r> {
    controller: Option<&'r str>,
    /// None where one of them cannot be read.
    images: Option<BTreeSet<&'r str>>,
}

struct Members<'r>(HashMap<&'r str, Member<'r>>);

/// Leaves out what repeats the images of its owner. `places` are those of each subject of each source.
pub(super) fn leave_out_copies(contents: &mut [Contents], places: &mut [Vec<Vec<Place>>]) {
    let copies = copies(contents, places);
    for (contents, places) in contents.iter_mut().zip(places) {
        let is_copy = |kinship: &Option<Kinship>| {
            kinship.as_ref().is_some_and(|kinship| copies.contains(&kinship.uid))
        };
        let mut kept = contents.subjects.iter().map(|subject| !is_copy(&subject.kinship));
        places.retain(|_| kept.next().unwrap_or(true));
        contents.subjects.retain(|subject| !is_copy(&subject.kinship));
    }
}

fn copies(contents: &[Contents], places: &[Vec<Vec<Place>>]) -> HashSet<String> {
    let mut members = Members(HashMap::new());
    for (contents, places) in contents.iter().zip(places) {
        for (subject, places) in contents.subjects.iter().zip(places) {
            let Some(Kinship { uid, controller }) = &subject.kinship else { continue };
            let images = places.iter().map(|place| place.image.as_deref().ok()).collect();
            members.0.insert(uid, Member { controller: controller.as_deref(), images });
        }
    }
    members.0.keys().filter(|uid| members.is_copy(uid)).map(|uid| (*uid).to_owned()).collect()
}

impl<'r> Members<'r> {
    /// Whether the owners, one above the other, end at one that has no other.
    fn is_copy(&self, uid: &str) -> bool {
        let mut seen = HashSet::from([uid]);
        let Some(mut owner) = self.original(uid) else { return false };
        while seen.insert(owner) {
            match self.original(owner) {
                Some(next) => owner = next,
                None => return true,
            }
        }
        false
    }

    /// The owner that names all the images that this object has.
    fn original(&self, uid: &str) -> Option<&'r str> {
        let member = self.0.get(uid)?;
        let controller = member.controller?;
        let owner = self.0.get(controller)?;
        let is_repeated = member.images.as_ref()?.is_subset(owner.images.as_ref()?);
        is_repeated.then_some(controller)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_repeats_the_images_of_its_owner_is_a_copy() {
        let rows: [(&str, Option<&str>, &[&str], bool); 9] = [
            ("deployment", None, &["a", "b"], false),
            ("set", Some("deployment"), &["a", "b"], true),
            ("pod", Some("set"), &["a", "b"], true),
            ("debugged", Some("set"), &["a", "b", "tools"], false),
            ("older", Some("deployment"), &["z"], false),
            ("of the older", Some("older"), &["z"], true),
            ("of nobody", Some("unknown"), &["a"], false),
            ("one", Some("other"), &["evil"], false),
            ("other", Some("one"), &["evil"], false),
        ];
        let member = |controller, images: &[&'static str]| Member {
            controller,
            images: Some(images.iter().copied().collect()),
        };
        let members = rows.iter().map(|(uid, owner, images, _)| (*uid, member(*owner, images)));
        let mut members = Members(members.collect());
        members.0.insert("unreadable", Member { controller: Some("set"), images: None });
        members.0.insert("itself", member(Some("itself"), &["evil"]));
        for (uid, .., expected) in rows {
            assert_eq!(members.is_copy(uid), expected, "{uid}");
        }
        assert!(!members.is_copy("unreadable") && !members.is_copy("itself"));
    }
}
