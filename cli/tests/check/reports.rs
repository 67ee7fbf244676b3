//! What a report looks like, in each of its forms.

use serde_json::Value;

use crate::world::World;

const MANIFESTS: &str = "\
# The shop.
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec:
  template:
    spec:
      containers:
        - name: cart
          image: HOST/shop/cart:1.4
        - {name: agent, image: 'HOST/platform/agent'}
---
apiVersion: v1
kind: Pod
metadata:
  name: till
spec:
  containers:
    - name: till
      image: \"HOST/shop/till:2.0\"
    - name: cart
      image: &cart HOST/shop/cart:1.4 # as above
    - name: again
      image: *cart
    - name: down
      image: 127.0.0.1:9/app:1
    - name: none
    - name: public
      image: nginx
---
apiVersion: v1
kind: Service
metadata: {name: cart}
---
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: cart}
---
replicas: 2
";

fn world() -> World {
    let world = World::new();
    world.write("deploy/shop.yaml", MANIFESTS);
    world.write("deploy/broken.yaml", "kind: Pod\nspec: [\n");
    world.write("deploy/.hidden.yaml", "kind: [");
    world.write("deploy/notes.txt", "not read");
    world
}

#[test]
fn the_table() {
    let outcome = world().check("deploy HOST/shop/cart:1.4");
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(1), ""));
    insta::assert_snapshot!(outcome.stdout);
}

#[test]
fn json() {
    let outcome = world().check("deploy --output json");
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(1), ""));
    insta::assert_snapshot!(outcome.stdout);
}

#[test]
fn sarif() {
    let outcome = world().check("deploy nginx HOST/shop/till:2.0 --output sarif");
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(1), ""));
    let sarif: Value = serde_json::from_str(&outcome.stdout).unwrap();
    check_sarif(&sarif);
    insta::assert_snapshot!(outcome.stdout);
}

/// What SARIF 2.1.0 requires (3.13, 3.14, 3.18, 3.19, 3.27), and what code scanning reads.
fn check_sarif(sarif: &Value) {
    assert_eq!(sarif["version"], "2.1.0");
    let runs = sarif["runs"].as_array().unwrap();
    let driver = &runs[0]["tool"]["driver"];
    assert_eq!((runs.len(), driver["name"].as_str()), (1, Some("signed-images")));
    let rules = driver["rules"].as_array().unwrap();
    for rule in rules {
        assert!(rule["id"].is_string() && rule["shortDescription"]["text"].is_string(), "{rule}");
    }
    let results = runs[0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 6, "{results:?}");
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"], "{result}");
        assert!(result["message"]["text"].is_string(), "{result}");
        assert!(["error", "warning"].contains(&result["level"].as_str().unwrap()), "{result}");
        let location = &result["locations"][0];
        if let Some(place) = location.get("physicalLocation") {
            assert!(place["artifactLocation"]["uri"].as_str().unwrap().starts_with("deploy/"));
            assert!(place["region"]["startLine"].as_u64().unwrap() > 0, "{result}");
        } else {
            assert!(location["logicalLocations"][0]["name"].is_string(), "{result}");
        }
    }
}

#[test]
fn junit() {
    let outcome = world().check("deploy HOST/shop/till:2.0 --output junit");
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(1), ""));
    let mut reader = quick_xml::Reader::from_str(&outcome.stdout);
    reader.config_mut().check_end_names = true;
    let mut elements = 0;
    loop {
        match reader.read_event().unwrap() {
            quick_xml::events::Event::Eof => break,
            quick_xml::events::Event::Start(_) | quick_xml::events::Event::Empty(_) => {
                elements += 1;
            }
            _ => {}
        }
    }
    assert!(elements > 10);
    insta::assert_snapshot!(outcome.stdout);
}

#[test]
fn everything_is_accepted() {
    let world = World::new();
    let outcome = world.check("HOST/shop/cart:1.4 HOST/other/app:1");
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""));
    insta::assert_snapshot!(outcome.stdout);
}

/// However many images are refused: the module's own message is bounded.
#[test]
fn every_refused_image_has_its_reason() {
    let world = World::new();
    let images: Vec<String> =
        (0..60).map(|index| format!("{{name: c{index}, image: HOST/missing/{index}}}")).collect();
    world.write(
        "many.yaml",
        &format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: many}}\nspec: {{containers: [{}]}}\n",
            images.join(", ")
        ),
    );
    let outcome = world.check("many.yaml --output json");
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let object = &report["objects"][0];
    assert!(object["message"].as_str().unwrap().contains("… and 52 images were not looked at"));
    let images = object["images"].as_array().unwrap();
    assert_eq!(images.len(), 60);
    for image in images {
        assert_eq!(image["verdict"], "unchecked", "{image}");
        assert!(image["reason"].as_str().unwrap().contains("could not be checked"), "{image}");
    }
}
