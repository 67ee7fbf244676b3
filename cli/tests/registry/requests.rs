//! How many requests, and how many at once.

use std::fmt::Write as _;
use std::time::Duration;

use super::world::World;

const LATENCY: Duration = Duration::from_millis(150);
const MANY: usize = 40;

/// With the signature's manifest, its configuration and its payload.
const OF_AN_IMAGE: usize = 4;

fn pod(name: &str, images: &[String]) -> String {
    let mut text =
        format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec:\n  containers:\n");
    for (index, image) in images.iter().enumerate() {
        let _ = writeln!(text, "    - {{name: c{index}, image: {image}}}");
    }
    text
}

fn distinct(world: &World) -> usize {
    let mut lines = world.server.lines();
    lines.sort();
    lines.dedup();
    lines.len()
}

#[test]
fn an_image_with_a_key_takes_few_requests() {
    let world = World::new(1, Duration::ZERO);
    let image = world.image(0);
    for line in [format!("check {image}"), format!("explain {image}")] {
        world.server.forget();
        world.time(&line);
        let asked = world.server.lines();
        assert_eq!(asked.len(), OF_AN_IMAGE, "{asked:#?}");
        assert!(!asked.contains(&"GET /v2/".to_owned()), "{asked:#?}");
    }
}

/// The policy asks again when something is missing; it gets what was heard already.
#[test]
fn an_image_that_is_not_signed_takes_no_more() {
    let world = World::new(0, Duration::ZERO);
    world.registry.add_image("app", "1", "app").unwrap();
    let image = format!("{}/app:1", world.host());
    for line in [format!("check {image}"), format!("explain {image}")] {
        world.server.forget();
        world.run(&line);
        let asked = world.server.lines();
        // The image, its signatures, what refers to it, and whether it is an index.
        assert!(asked.len() <= 4, "{asked:#?}");
        assert_eq!(distinct(&world), asked.len(), "{asked:#?}");
    }
}

#[test]
fn many_images_are_asked_about_at_once() {
    let world = World::new(MANY, LATENCY);
    let images: Vec<String> = (0..MANY).map(|index| world.image(index)).collect();
    let objects: Vec<String> = images
        .iter()
        .enumerate()
        .map(|(index, image)| pod(&format!("p{index}"), std::slice::from_ref(image)))
        .collect();
    world.write("objects.yaml", &objects.join("---\n"));
    world.write("pod.yaml", &pod("all", &images));
    for file in ["objects.yaml", "pod.yaml"] {
        world.server.forget();
        let took = world.time(&format!("check {file}"));
        eprintln!("{MANY} images in {file}: {took:?}, {} requests", world.server.asked().len());
        assert_eq!(world.server.asked().len(), MANY * OF_AN_IMAGE);
        assert_eq!(distinct(&world), MANY * OF_AN_IMAGE);
        // One after the other they would take 24 s. The goal is 4 s; this is for a busy machine and no optimisation.
        assert!(took < Duration::from_secs(8), "{took:?}");
        let at_once = world.server.most_at_once();
        assert!((8..=16).contains(&at_once), "{at_once}");
    }
    world.server.forget();
    world.time("check pod.yaml --jobs 3");
    assert_eq!(world.server.most_at_once(), 3);
}
