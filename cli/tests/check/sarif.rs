//! SARIF: what code scanning takes, and that it is written in any case.

use serde_json::Value;

use crate::reports::world;

#[test]
fn sarif() {
    let outcome = world().check("deploy nginx:1 HOST/shop/till:2.0 --output sarif");
    let unplaced = "not in the SARIF report, because they are in no file: 1; see --output lines\n";
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(1), unplaced));
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
        let place = &result["locations"][0]["physicalLocation"];
        assert!(place["artifactLocation"]["uri"].as_str().unwrap().starts_with("deploy/"));
        assert!(place["region"]["startLine"].as_u64().unwrap() > 0, "{result}");
    }
}

/// It is uploaded whatever the exit code was.
#[test]
fn sarif_is_written_on_every_exit_code() {
    let world = world();
    world.write("signed.txt", "HOST/shop/cart:1.4\n");
    let rows = [
        ("signed.txt", "", 0, true),
        ("-", "HOST/shop/till:2.0", 1, true),
        ("nowhere.yaml", "", 2, false),
        ("-s nowhere signed.txt", "", 2, false),
        ("-", "", 3, true),
        ("--module registry://127.0.0.1:9/a:1 signed.txt", "", 3, false),
        // Mistakes in the command line itself.
        ("--no-such-option signed.txt", "", 2, false),
        ("", "", 2, false),
        ("--jobs many signed.txt", "", 2, false),
    ];
    for (line, stdin, code, is_successful) in rows {
        let outcome = world.check_stdin(&format!("{line} --output sarif"), stdin);
        assert_eq!(outcome.code, Some(code), "{line}: {outcome:?}");
        let sarif: Value = serde_json::from_str(&outcome.stdout).unwrap();
        let run = &sarif["runs"][0];
        assert_eq!(run["results"].as_array().unwrap().len(), 0, "{line}");
        assert_eq!(run["invocations"][0]["executionSuccessful"], is_successful, "{line}");
        assert!(!outcome.stdout.contains("standard%20input"), "{line}");
    }
}
