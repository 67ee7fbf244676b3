//! Every block of code is of a kind that is checked.

use crate::commands;
use crate::folder::Folder;
use crate::operation;
use crate::pages::{Block, Page, pages};
use crate::pipelines;
use crate::yaml;

/// Blocks that are drawings: where, and how they start.
const DRAWINGS: [(&str, &str); 4] = [
    ("docs/src/operate/monitoring.md", "WARN policy_log: "),
    ("README.md", "request"),
    ("ARCHITECTURE.md", "bytes → request"),
    ("docs/src/architecture.md", "bytes → request"),
];

/// Its only block tells the format of the cases, which the cases themselves are read by.
const FORMAT_OF_CASES: &str = "cases/README.md";

#[test]
fn every_block_holds() {
    let mut faults = Vec::new();
    let mut counted = 0;
    for page in pages().iter().filter(|page| page.path != FORMAT_OF_CASES) {
        let mut folder = Folder::new();
        for block in page.blocks() {
            counted += 1;
            if let Err(fault) = check(page, &block, &mut folder) {
                faults.push(format!("{}: {fault}", block.place));
            }
        }
    }
    println!("{counted} blocks");
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}

fn check(page: &Page, block: &Block, folder: &mut Folder) -> Result<(), String> {
    folder.keep(block);
    match (block.language.as_str(), block.mark.as_str()) {
        (_, "output") => same(folder.printed().ok_or("no command was run before it")?, &block.text),
        ("yaml", "") => yaml::check(&block.text, folder),
        ("yaml", "chart-values") => operation::chart_values(&block.text),
        ("yaml", "fleet") => operation::fleet(&block.text),
        ("yaml", "kubewarden-values") => operation::kubewarden_values(&block.text),
        ("yaml", "gitlab") => pipelines::gitlab(&block.text, folder),
        ("yaml", "pre-commit") => pipelines::pre_commit(&block.text),
        ("promql", "") => operation::query(&block.text),
        ("json", "") => serde_json::from_str::<serde_json::Value>(&block.text)
            .map(drop)
            .map_err(|error| error.to_string()),
        ("console" | "sh", "") => commands::check(&block.text, folder, 0),
        ("console", "exits-1") => commands::check(&block.text, folder, 1),
        ("text", "") => {
            let is_known = |(path, start): &(&str, &str)| {
                page.path == *path && block.text.trim_start().starts_with(start)
            };
            if DRAWINGS.iter().any(is_known) { Ok(()) } else { Err("unchecked text".to_owned()) }
        }
        (language, mark) => Err(format!("blocks of `{language}` `{mark}` are not checked")),
    }
}

/// Whether the text is what was printed; a line of `…` stands for any lines.
fn same(printed: &str, text: &str) -> Result<(), String> {
    let mut rest = printed.trim_end();
    let (text, ends_open) = match text.trim_end().strip_suffix("\n…") {
        Some(text) => (text, true),
        None => (text.trim_end(), false),
    };
    for (index, part) in text.split("…\n").enumerate() {
        let found = if index == 0 { rest.starts_with(part).then_some(0) } else { rest.find(part) };
        let Some(start) = found else {
            return Err(format!("shows\n{part}\nand printed was\n{rest}"));
        };
        rest = rest.split_at(start + part.len()).1;
    }
    if rest.trim().is_empty() || ends_open { Ok(()) } else { Err(format!("lacks\n{rest}")) }
}

#[test]
fn parts_are_compared() {
    assert!(same("a\nb\nc\n", "a\nb\nc\n").is_ok());
    assert!(same("a\nb\nc\n", "a\n…\nc\n").is_ok());
    assert!(same("a\nb\nc\n", "a\nb\n").is_err());
    assert!(same("a\nb\nc\n", "a\n…\n").is_ok());
    assert!(same("a\nb\nc\n", "b\n…\n").is_err());
    assert!(same("a\nb\nc\n", "a\n…\nd\n").is_err());
    assert!(same("a\nb\nc\n", "b\nc\n").is_err());
}
