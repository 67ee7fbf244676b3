//! Who signed an image, where nobody in particular is asked for.

use signed_images::demo::Key;
use signed_images::host::{Answers, Live, Signed};

use crate::authority::{Authority, Identity};
use crate::world::World;

const GITHUB: &str = "https://token.actions.githubusercontent.com";
const WORKFLOW: &str = "https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1";

fn live(world: &World) -> Option<&Live> {
    match &world.host.answers {
        Answers::Live(live) => Some(live),
        Answers::Recorded(..) | Answers::Shared(..) | Answers::Replayed(_) | Answers::Told(_) => {
            None
        }
    }
}

/// Who signed it, on one line.
fn signers(world: &World, tag: &str, keys: &[&Key]) -> String {
    let keys: Vec<String> = keys.iter().map(|key| key.public().to_owned()).collect();
    match live(world).unwrap().signed(&world.image(tag), &keys) {
        Ok(Signed::By(signatures)) => signatures
            .iter()
            .map(|signature| {
                let certificate = signature.certificate.as_ref();
                format!("{:?} {:?}", signature.keys, certificate.map(|by| &by.subject))
            })
            .collect::<Vec<_>>()
            .join(", "),
        Ok(Signed::Unbelieved) => "unbelieved".to_owned(),
        Ok(Signed::No) => "no".to_owned(),
        Err(reason) => reason,
    }
}

#[test]
fn a_signature_tells_its_key_and_its_certificate() {
    let authority = Authority::new();
    let world = World::new(authority.trust());
    let digest = world.registry.add_image("app", "certified", "certified").unwrap();
    let identity = Identity { issuer: GITHUB, subject: WORKFLOW, repository: Some("acme/app") };
    let (signature, _) = authority.sign(&world.image(""), &digest, &identity);
    world.registry.add_signature("app", &digest, signature.clone()).unwrap();
    let copy = world.registry.add_image("app", "copied", "copied").unwrap();
    world.registry.add_signature("app", &copy, signature).unwrap();
    let stranger = Key::generate().unwrap();
    let certified = format!("[] Some({WORKFLOW:?})");
    let rows = [
        (":signed", vec![&stranger, &world.key], "[1] None"),
        (":signed", vec![&stranger], "[] None"),
        (":signed", vec![], "[] None"),
        (":certified", vec![&stranger], certified.as_str()),
        // a signature of another image
        (":copied", vec![&stranger], "unbelieved"),
        (":unsigned", vec![&world.key], "no"),
    ];
    for (tag, keys, expected) in rows {
        assert_eq!(signers(&world, tag, &keys), expected, "{tag}");
    }
    assert!(signers(&world, ":none", &[]).contains("none"));
}
