//! Pipelines that pages show: their commands are understood, and what they call here is there.

use yaml_serde::Value;

use crate::commands;
use crate::folder::{Folder, is_understood};
use crate::pages::root;

/// This repository, as steps of a workflow name it.
const ACTION: &str = "signed-images/signed-images-policy@";

fn read(path: &str) -> Value {
    yaml_serde::from_str(&std::fs::read_to_string(root().join(path)).unwrap()).unwrap()
}

/// A step of a workflow that uses something. Of the action in this repository, the inputs are known.
pub(crate) fn used(step: &Value) -> Result<(), String> {
    let is_ours = step["uses"].as_str().is_some_and(|uses| uses.starts_with(ACTION));
    if !is_ours {
        return Ok(());
    }
    let inputs = &read("action.yml")["inputs"];
    let given = step["with"].as_mapping().ok_or("the action without inputs")?;
    if let Some((key, _)) = given.iter().find(|(key, _)| inputs.get(*key).is_none()) {
        return Err(format!("the action has no input {key:?}"));
    }
    let needed = inputs.as_mapping().unwrap().iter().filter(|(_, input)| input["required"] == true);
    match needed.map(|(key, _)| key).find(|key| given.get(*key).is_none()) {
        Some(key) => Err(format!("the action needs {key:?}")),
        None => Ok(()),
    }
}

/// Jobs of GitLab CI.
pub(crate) fn gitlab(text: &str, folder: &mut Folder) -> Result<(), String> {
    let jobs: Value = yaml_serde::from_str(text).map_err(|error| error.to_string())?;
    for job in jobs.as_mapping().ok_or("no jobs")?.values() {
        for part in ["before_script", "script"] {
            for line in job.get(part).and_then(Value::as_sequence).into_iter().flatten() {
                commands::check(line.as_str().ok_or("a line that is no string")?, folder, 0)?;
            }
        }
    }
    Ok(())
}

/// A configuration of pre-commit: the hook is there, and with the arguments its command is understood.
pub(crate) fn pre_commit(text: &str) -> Result<(), String> {
    let configuration: Value = yaml_serde::from_str(text).map_err(|error| error.to_string())?;
    let hooks = read(".pre-commit-hooks.yaml");
    for used in configuration["repos"][0]["hooks"].as_sequence().ok_or("no hooks")? {
        let hook = hooks.as_sequence().unwrap().iter().find(|hook| hook["id"] == used["id"]);
        let entry = hook.ok_or("there is no such hook")?["entry"].as_str().unwrap();
        let arguments = used["args"].as_sequence().into_iter().flatten().filter_map(Value::as_str);
        let command = entry.split_whitespace().skip(1).chain(arguments).chain(["deploy/shop.yaml"]);
        is_understood(&command.collect::<Vec<_>>())?;
    }
    Ok(())
}

#[test]
fn what_is_wrong_is_seen() {
    let step = |text: &str| used(&yaml_serde::from_str(text).unwrap());
    let ours = format!("uses: {ACTION}v1");
    assert!(step(&format!("{ours}\nwith: {{settings: a}}")).is_err());
    assert!(step(&format!("{ours}\nwith: {{settings: a, paths: b, path: c}}")).is_err());
    assert_eq!(step(&format!("{ours}\nwith: {{settings: a, paths: b}}")), Ok(()));
    assert!(gitlab("a: {script: [frobnicate]}", &mut Folder::new()).is_err());
    let hook = |id: &str, argument: &str| {
        pre_commit(&format!("repos: [{{hooks: [{{id: {id}, args: [{argument}, a.yaml]}}]}}]"))
    };
    assert!(hook("another", "--settings-path").is_err());
    assert!(hook("signed-images", "--settings").is_err());
    assert_eq!(hook("signed-images", "--settings-path"), Ok(()));
}

/// What the action runs is understood.
#[test]
fn the_action_calls_the_command_as_it_is() {
    let action = read("action.yml");
    let steps = action["runs"]["steps"].as_sequence().unwrap();
    let scripts: Vec<&str> = steps.iter().filter_map(|step| step["run"].as_str()).collect();
    let call = scripts.iter().flat_map(|script| script.lines()).find_map(|line| {
        line.trim().strip_prefix("signed-images ").and_then(|call| call.split(" >").next())
    });
    let call = call
        .unwrap()
        .replace('"', "")
        .replace("${options[@]}", "")
        .replace("${paths[@]}", "deploy/");
    is_understood(&call.split_whitespace().collect::<Vec<_>>()).unwrap();
}
