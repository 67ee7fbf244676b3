//! Who imports whom in a crate: the module tree, read from its sources.
//!
//! *What counts?* Every path through `crate`, `super` or `self` that leads to another file, in a `use` or in an
//! expression; tests aside.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree};

/// The path of a module: `["verify", "session"]`; the crate's root is empty.
pub type Module = Vec<String>;

/// Which module imports which.
#[derive(Debug, Default)]
pub struct Imports {
    edges: BTreeMap<Module, BTreeSet<Module>>,
}

/// The imports of the crate whose sources are in that folder.
#[must_use]
pub fn of_crate(src: &Path) -> Imports {
    let mut files = Vec::new();
    collect(src, &mut files);
    let modules: BTreeMap<Module, PathBuf> =
        files.into_iter().map(|file| (module_of(src, &file), file)).collect();
    let known: BTreeSet<Module> = modules.keys().cloned().collect();
    let mut imports = Imports::default();
    for (module, file) in &modules {
        let text = fs::read_to_string(file).unwrap();
        let syntax =
            syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let mut reader = Reader { module, known: &known, found: BTreeSet::new() };
        reader.visit_file(&syntax);
        imports.edges.insert(module.clone(), reader.found);
    }
    imports
}

impl Imports {
    /// Circles between folders: the folder at the top of each module's path.
    #[must_use]
    pub fn circles_of_folders(&self) -> Vec<Vec<Module>> {
        let folder = |module: &Module| module.iter().take(1).cloned().collect::<Module>();
        let mut edges: BTreeMap<Module, BTreeSet<Module>> = BTreeMap::new();
        for (from, to) in self.pairs() {
            let (from, to) = (folder(from), folder(to));
            if from != to && !from.is_empty() && !to.is_empty() {
                edges.entry(from).or_default().insert(to);
            }
        }
        circles(&edges)
    }

    /// Circles between files, but for those between a parent and its child.
    #[must_use]
    pub fn circles_of_files(&self) -> Vec<Vec<Module>> {
        let is_child = |child: &Module, parent: &Module| {
            child.split_last().is_some_and(|(_, above)| above == parent.as_slice())
        };
        let mut edges: BTreeMap<Module, BTreeSet<Module>> = BTreeMap::new();
        for (from, to) in self.pairs() {
            if from != to && !is_child(from, to) && !is_child(to, from) {
                edges.entry(from.clone()).or_default().insert(to.clone());
            }
        }
        circles(&edges)
    }

    fn pairs(&self) -> impl Iterator<Item = (&Module, &Module)> {
        self.edges.iter().flat_map(|(from, to)| to.iter().map(move |to| (from, to)))
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// `src/verify/mod.rs` and `src/verify.rs` are `verify`; `src/lib.rs` and `src/main.rs` are the root.
fn module_of(src: &Path, file: &Path) -> Module {
    let path = file.strip_prefix(src).unwrap().with_extension("");
    let mut module: Module = path.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
    if module.last().is_some_and(|last| matches!(last.as_str(), "mod" | "lib" | "main")) {
        module.pop();
    }
    module
}

struct Reader<'a> {
    module: &'a Module,
    known: &'a BTreeSet<Module>,
    found: BTreeSet<Module>,
}

impl Reader<'_> {
    /// The file that a path leads to: the longest part of it that is a module's.
    fn add(&mut self, segments: &[String]) {
        let Some(first) = segments.first() else { return };
        let supers = segments.iter().take_while(|segment| *segment == "super").count();
        let (mut at, rest): (Module, &[String]) = match first.as_str() {
            "crate" => (Vec::new(), &segments[1..]),
            "self" => (self.module.clone(), &segments[1..]),
            "super" => {
                let keep = self.module.len().saturating_sub(supers);
                (self.module[..keep].to_vec(), &segments[supers..])
            }
            // A child of this very module.
            _ => (self.module.clone(), segments),
        };
        let is_relative = !matches!(first.as_str(), "crate" | "self" | "super");
        let start = at.len();
        for segment in rest {
            at.push(segment.clone());
            if !self.known.contains(&at) {
                at.pop();
                break;
            }
        }
        if !(is_relative && at.len() == start) && at != *self.module {
            self.found.insert(at);
        }
    }

    fn add_tree(&mut self, prefix: &[String], tree: &UseTree) {
        let with = |name: String| prefix.iter().cloned().chain([name]).collect::<Vec<_>>();
        match tree {
            UseTree::Path(path) => self.add_tree(&with(path.ident.to_string()), &path.tree),
            UseTree::Name(name) if name.ident == "self" => self.add(prefix),
            UseTree::Name(name) => self.add(&with(name.ident.to_string())),
            UseTree::Rename(rename) => self.add(&with(rename.ident.to_string())),
            UseTree::Glob(_) => self.add(prefix),
            UseTree::Group(group) => {
                group.items.iter().for_each(|tree| self.add_tree(prefix, tree));
            }
        }
    }
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test"))
    })
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        match item {
            Item::Mod(module) if is_for_tests(&module.attrs) => {}
            Item::Use(item) => self.add_tree(&[], &item.tree),
            _ => visit::visit_item(self, item),
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 {
            let segments: Vec<String> =
                path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            self.add(&segments);
        }
        visit::visit_path(self, path);
    }
}

/// A circle for each module that can be reached from itself, each circle once.
fn circles(edges: &BTreeMap<Module, BTreeSet<Module>>) -> Vec<Vec<Module>> {
    let mut circles: Vec<Vec<Module>> = Vec::new();
    for start in edges.keys() {
        if let Some(circle) = way_back(edges, start)
            && !circles.iter().any(|known| known.iter().any(|module| module == start))
        {
            circles.push(circle);
        }
    }
    circles
}

fn way_back(edges: &BTreeMap<Module, BTreeSet<Module>>, start: &Module) -> Option<Vec<Module>> {
    let mut ways = vec![vec![start.clone()]];
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop() {
        for next in edges.get(way.last()?).into_iter().flatten() {
            if next == start {
                return Some(way);
            }
            if seen.insert(next.clone()) {
                ways.push(way.iter().chain([next]).cloned().collect());
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn imports(edges: &[(&str, &str)]) -> Imports {
        let module = |text: &str| text.split("::").map(str::to_owned).collect::<Module>();
        let mut imports = Imports::default();
        for (from, to) in edges {
            imports.edges.entry(module(from)).or_default().insert(module(to));
        }
        imports
    }

    #[test]
    fn circles_are_found() {
        let folders = imports(&[("a::x", "b::y"), ("b::z", "a::w")]);
        assert_eq!(folders.circles_of_folders().len(), 1);
        assert!(folders.circles_of_files().is_empty());
        let files = imports(&[("a::x", "a::y"), ("a::y", "a::z"), ("a::z", "a::x")]);
        assert!(files.circles_of_folders().is_empty());
        assert_eq!(files.circles_of_files().len(), 1);
        let parent = imports(&[("a", "a::x"), ("a::x", "a")]);
        assert!(parent.circles_of_files().is_empty() && parent.circles_of_folders().is_empty());
    }
}
