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

pub(crate) fn world() -> World {
    let world = World::new();
    world.write("deploy/shop.yaml", MANIFESTS);
    world.write("deploy/broken.yaml", "kind: Pod\nspec: [\n");
    world.write("deploy/.hidden.yaml", "kind: [");
    world.write("deploy/notes.txt", "not read");
    world
}

#[test]
fn the_table() {
    let world = world();
    let outcome = world.check("deploy HOST/shop/cart:1.4 --output table");
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(1), ""));
    insta::assert_snapshot!(outcome.stdout);
    let all = world.check("deploy HOST/shop/cart:1.4 --output table -v").stdout;
    insta::assert_snapshot!("the_table_of_everything", all);
}

/// An image stays on its line, however narrow the terminal is.
#[test]
fn the_table_fits_the_terminal() {
    let world = world();
    for width in [40, 60, 80, 100, 140] {
        let width_text = width.to_string();
        let line = "deploy HOST/shop/cart:1.4 --output table -v";
        let shown = world.check_with(line, &[("COLUMNS", &width_text)]).stdout;
        assert!(shown.contains(&world.anonymous(&world.filled("HOST/platform/agent"))), "{shown}");
        let (table, _) = shown.split_once("images in ").unwrap();
        // What has no room in a table is shown as lines.
        let is_table = table.starts_with('┌');
        assert_eq!(is_table, width > 59, "{shown}");
        let widest = table.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(!is_table || widest <= width + 5, "{width}: {widest}\n{shown}");
        if [60, 80, 140].contains(&width) {
            insta::assert_snapshot!(format!("the_table_{width}"), shown);
        }
    }
}

/// Of one column, where an image is as long as that.
#[test]
fn a_long_image_is_not_broken() {
    let world = World::new();
    let image = format!("127.0.0.1:9/{}:1", "a".repeat(40));
    let table = |width: &str| {
        world.check_with(&format!("{image} --output table"), &[("COLUMNS", width)]).stdout
    };
    for (width, is_table) in [("60", true), ("58", false), ("80", true)] {
        let shown = table(width);
        assert_eq!(shown.starts_with('┌'), is_table, "{width}: {shown}");
        assert!(shown.contains(&image), "{width}: {shown}");
    }
    insta::assert_snapshot!(table("60"));
    let longer = format!("127.0.0.1:9/{}:1", "a".repeat(50));
    let shown = world.check_with(&format!("{longer} --output table"), &[("COLUMNS", "60")]).stdout;
    assert!(shown.contains(&longer) && !shown.starts_with('┌'), "{shown}");
}

#[test]
fn lines() {
    let world = world();
    let outcome = world.check("deploy HOST/shop/cart:1.4 HOST/other/app:1");
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(1), ""));
    insta::assert_snapshot!(outcome.stdout);
    let all = world.check("deploy HOST/shop/cart:1.4 HOST/other/app:1 -v");
    assert_eq!(all.stderr, "", "one `-v` is about the report");
    insta::assert_snapshot!("lines_of_everything", all.stdout);
    let quiet = world.check("deploy HOST/shop/cart:1.4 HOST/other/app:1 --quiet").stdout;
    assert!(outcome.stdout.starts_with(quiet.lines().next().unwrap()), "{quiet}");
    assert!(!quiet.contains("warned") && !quiet.contains("images in"), "{quiet}");
    assert_eq!(world.check("HOST/shop/cart:1.4 HOST/other/app:1 --quiet").stdout, "");
}

#[test]
fn colours_are_chosen() {
    let world = World::new();
    let is_coloured = |line: &str, variables: &[(&str, &str)]| {
        let line = format!("HOST/shop/till:2.0 --output table {line}");
        world.check_with(&line, variables).stdout.contains('\u{1b}')
    };
    assert!(!is_coloured("", &[]), "nobody sees colours in a file");
    assert!(is_coloured("--color always", &[("NO_COLOR", "1")]));
    assert!(is_coloured("", &[("CLICOLOR_FORCE", "1")]));
    assert!(!is_coloured("--color never", &[("CLICOLOR_FORCE", "1")]));
}

#[test]
fn json() {
    let outcome = world().check("deploy --output json");
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(1), ""));
    let schema = jsonschema::draft202012::new(&signed_images::check::report::schema()).unwrap();
    let report = serde_json::from_str(&outcome.stdout).unwrap();
    let faults: Vec<String> = schema.iter_errors(&report).map(|fault| fault.to_string()).collect();
    assert!(faults.is_empty(), "{faults:?}");
    insta::assert_snapshot!(outcome.stdout);
}

/// What is printed holds no character that could forge, hide or turn around a part of it.
#[test]
fn names_cannot_forge_a_report() {
    let world = World::new();
    let forged = "Pod\\n1 image in 1 object: 1 verified\\n::error::x\\u202e\\u2028\\u001b[2K";
    world.write(
        "a\u{202e}\n::notice::b.yaml",
        &format!(
            "{{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {{\"name\": \"{forged}\", \"namespace\": \"{forged}\"}}, \"spec\": {{\"containers\": [{{\"name\": \"{forged}\", \"image\": \"{forged}\"}}, {{\"name\": \"[a](http://b)\", \"image\": \"HOST/other/app:1[a](http://b)\"}}]}}}}\n---\napiVersion: \"{forged}\"\nkind: \"{forged}\"\nspec: {{image: a}}\n"
        ),
    );
    world.write("broken.yaml", "kind: \"\\u202e\n- *\u{1b}[31m\n");
    for output in ["table", "lines", "json", "sarif", "junit"] {
        let outcome = world.check(&format!(". -v --output {output}"));
        assert_eq!(outcome.code, Some(1), "{output}: {outcome:?}");
        let text = format!("{}{}", outcome.stdout, outcome.stderr);
        let is_forging = |c: char| {
            (c.is_control() && c != '\n') || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202e}')
        };
        assert!(!text.contains(is_forging), "{output}: {text}");
        let forged = ["::error::", "::notice::", "1 image in 1 object"];
        let is_line =
            |line: &str| forged.iter().any(|forged| line.trim_start().starts_with(forged));
        assert!(!text.lines().any(is_line), "{output}: {text}");
        assert!(output != "sarif" || !text.contains("[a](http"), "{output}: {text}");
    }
    let outcome = world.check(". --pin");
    assert!(!outcome.stderr.contains('\u{202e}'), "{outcome:?}");
}

#[test]
fn junit() {
    let outcome = world().check("deploy HOST/shop/till:2.0 HOST/other/app:1 --output junit");
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
    insta::assert_snapshot!(without_times(&outcome.stdout));
}

/// Times are told in seconds, and differ.
fn without_times(xml: &str) -> String {
    let mut parts = xml.split(" time=\"");
    let mut text = parts.next().unwrap().to_owned();
    for part in parts {
        let (time, rest) = part.split_once('"').unwrap();
        assert!(time.parse::<f64>().is_ok(), "{time}");
        text.push_str(" time=\"T\"");
        text.push_str(rest);
    }
    text
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
    assert!(object["message"].as_str().unwrap().contains("… and 52 images were not checked"));
    let images = object["images"].as_array().unwrap();
    assert_eq!(images.len(), 60);
    for image in images {
        assert_eq!(image["verdict"], "not checked", "{image}");
        assert!(image["reason"].as_str().unwrap().contains("could not be checked"), "{image}");
    }
}
