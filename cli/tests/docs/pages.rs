//! The pages, and what they are made of.

use std::path::{Path, PathBuf};

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The folder of the book's pages.
pub(crate) const BOOK: &str = "docs/src/";

/// A text in Markdown.
pub(crate) struct Page {
    /// From the root of the repository.
    pub(crate) path: String,
    /// With what it includes.
    pub(crate) text: String,
}

/// A block of code.
#[derive(Debug)]
pub(crate) struct Block {
    /// Where it starts, for messages.
    pub(crate) place: String,
    pub(crate) language: String,
    /// What stands beside the language.
    pub(crate) mark: String,
    pub(crate) text: String,
}

/// A heading, without its marks.
pub(crate) struct Heading {
    pub(crate) level: HeadingLevel,
    pub(crate) text: String,
    /// Where the text below it starts.
    end: usize,
    start: usize,
}

/// All that is shown to users and contributors, but for the format of the cases, which is no settings.
pub(crate) fn pages() -> Vec<Page> {
    let mut paths: Vec<PathBuf> = Vec::new();
    for folder in ["", "examples", "cases", ".github", "docs/src"] {
        collect(&root().join(folder), folder == "docs/src", &mut paths);
    }
    paths.sort();
    assert!(paths.len() > 20, "{paths:?}");
    paths.iter().map(|path| Page::read(path)).collect()
}

fn collect(folder: &Path, is_deep: bool, paths: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && is_deep {
            collect(&path, true, paths);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            paths.push(path);
        }
    }
}

impl Page {
    pub(crate) fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap();
        let name = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
        Self { text: included(path, &text), path: name }
    }

    pub(crate) fn is_of_book(&self) -> bool {
        self.path.starts_with(BOOK)
    }

    fn events(&self) -> impl Iterator<Item = (Event<'_>, std::ops::Range<usize>)> {
        Parser::new_ext(&self.text, Options::ENABLE_TABLES).into_offset_iter()
    }

    pub(crate) fn blocks(&self) -> Vec<Block> {
        let mut blocks: Vec<Block> = Vec::new();
        let mut is_inside = false;
        for (event, place) in self.events() {
            match event {
                Event::Start(Tag::CodeBlock(kind)) => {
                    let info = match kind {
                        CodeBlockKind::Fenced(info) => info.to_string(),
                        CodeBlockKind::Indented => String::new(),
                    };
                    let (language, mark) = info.split_once(' ').unwrap_or((&info, ""));
                    let line = self.text.get(..place.start).unwrap().lines().count() + 1;
                    blocks.push(Block {
                        place: format!("{}:{line}", self.path),
                        language: language.to_owned(),
                        mark: mark.to_owned(),
                        text: String::new(),
                    });
                    is_inside = true;
                }
                Event::Text(text) if is_inside => blocks.last_mut().unwrap().text.push_str(&text),
                Event::End(TagEnd::CodeBlock) => is_inside = false,
                _ => {}
            }
        }
        blocks
    }

    pub(crate) fn links(&self) -> Vec<String> {
        let link = |(event, _)| match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                Some(dest_url.to_string())
            }
            _ => None,
        };
        self.events().filter_map(link).collect()
    }

    pub(crate) fn headings(&self) -> Vec<Heading> {
        let mut headings: Vec<Heading> = Vec::new();
        let mut is_inside = false;
        for (event, place) in self.events() {
            match event {
                Event::Start(Tag::Heading { level, .. }) => {
                    let (start, end) = (place.start, place.end);
                    headings.push(Heading { level, text: String::new(), end, start });
                    is_inside = true;
                }
                Event::Text(text) | Event::Code(text) if is_inside => {
                    headings.last_mut().unwrap().text.push_str(&text);
                }
                Event::End(TagEnd::Heading(_)) => is_inside = false,
                _ => {}
            }
        }
        headings
    }

    /// The first cells of the rows of all tables.
    pub(crate) fn first_cells(&self) -> Vec<String> {
        let mut cells: Vec<String> = Vec::new();
        let mut column = None;
        for (event, _) in self.events() {
            match event {
                Event::Start(Tag::TableRow) => {
                    cells.push(String::new());
                    column = Some(0);
                }
                Event::End(TagEnd::TableRow) => column = None,
                Event::End(TagEnd::TableCell) => column = column.map(|column| column + 1),
                Event::Text(text) | Event::Code(text) if column == Some(0) => {
                    cells.last_mut().unwrap().push_str(&text);
                }
                _ => {}
            }
        }
        cells
    }

    /// What stands below the heading of that text, up to the next one.
    pub(crate) fn section(&self, heading: &str) -> Option<&str> {
        let headings = self.headings();
        let index = headings.iter().position(|known| known.text == heading)?;
        let end = headings.get(index + 1).map_or(self.text.len(), |next| next.start);
        self.text.get(headings[index].end..end)
    }
}

impl Heading {
    /// As GitHub and mdBook name it in links.
    pub(crate) fn anchor(&self) -> String {
        let kept = |c: &char| c.is_alphanumeric() || matches!(c, '-' | '_' | ' ');
        let text = self.text.to_lowercase();
        text.chars().filter(kept).map(|c| if c == ' ' { '-' } else { c }).collect()
    }
}

/// The text, with `{{#include FILE}}` and `{{#include FILE:ANCHOR}}` replaced as mdBook replaces them.
fn included(path: &Path, text: &str) -> String {
    let mut all = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{#include ") {
        let (what, after) = after.split_once("}}").unwrap();
        let (file, anchor) = what.split_once(':').unwrap_or((what, ""));
        let file = path.parent().unwrap().join(file);
        let text = std::fs::read_to_string(&file)
            .unwrap_or_else(|error| panic!("{}: {what}: {error}", path.display()));
        all.push_str(before);
        all.push_str(&anchored(&text, anchor, &format!("{}: {what}", path.display())));
        rest = after;
    }
    all + rest
}

fn anchored(text: &str, anchor: &str, place: &str) -> String {
    if anchor.is_empty() {
        return text.to_owned();
    }
    let parts = text.split_once(&format!("<!-- ANCHOR: {anchor} -->"));
    let part =
        parts.and_then(|(_, rest)| rest.split_once(&format!("<!-- ANCHOR_END: {anchor} -->")));
    part.unwrap_or_else(|| panic!("{place}: no such anchor")).0.to_owned()
}
