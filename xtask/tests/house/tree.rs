//! The modules of a crate, and which file's names each of its files takes.

use std::collections::BTreeMap;

use crate::source::{self, Import, Path, Scope};

/// One file names what another defines.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Use {
    pub from: String,
    pub to: String,
    pub name: String,
    /// The first that names it.
    pub line: usize,
}

/// A module, and the file that it stands in.
struct Module {
    file: String,
    parent: Option<usize>,
    children: BTreeMap<String, usize>,
    scope: Scope,
}

/// What a path leads to.
enum Found {
    Module(usize),
    Item { file: String, name: String },
}

/// All modules; the first is the root.
struct Tree {
    modules: Vec<Module>,
}

/// Of files as `src/room/file.rs` and their texts, what each takes of the others. A `pub use` of what lies below its module is no use, and whoever takes the
/// name there takes it of the file that defines it; of what lies elsewhere it is one, and defines the name. A method is not seen where no type is named with
/// it, and what a macro makes is taken for the module's in which it is looked for.
pub fn uses(files: &BTreeMap<String, String>) -> Vec<Use> {
    let tree = Tree::new(files);
    let mut found: Vec<Use> = (0..tree.modules.len()).flat_map(|module| tree.uses_of(module)).collect();
    found.sort();
    found.dedup_by(|later, first| (&later.from, &later.to, &later.name) == (&first.from, &first.to, &first.name));
    found
}

/// `src/a/mod.rs` and `src/a.rs` are both `a`.
fn path_of(file: &str) -> Vec<&str> {
    let inner = file.strip_prefix("src/").and_then(|file| file.strip_suffix(".rs")).unwrap_or(file);
    let mut path: Vec<&str> = inner.split('/').collect();
    if path.last() == Some(&"mod") || inner == "lib" {
        path.pop();
    }
    path
}

impl Tree {
    fn new(files: &BTreeMap<String, String>) -> Self {
        let mut tree = Self { modules: Vec::new() };
        tree.add("src/lib.rs".into(), None, Scope::default());
        let mut sorted: Vec<_> = files.iter().map(|(file, text)| (path_of(file), file, text)).collect();
        sorted.sort();
        for (path, file, text) in sorted {
            let mut at = 0;
            for (depth, name) in path.iter().enumerate() {
                at = match tree.modules[at].children.get(*name) {
                    Some(&child) => child,
                    None => tree.child(at, name, format!("src/{}/mod.rs", path[..=depth].join("/"))),
                };
            }
            tree.modules[at].file.clone_from(file);
            tree.hold(at, source::read(text));
        }
        tree
    }

    fn add(&mut self, file: String, parent: Option<usize>, scope: Scope) -> usize {
        self.modules.push(Module { file, parent, children: BTreeMap::new(), scope });
        self.modules.len() - 1
    }

    fn child(&mut self, parent: usize, name: &str, file: String) -> usize {
        let child = self.add(file, Some(parent), Scope::default());
        self.modules[parent].children.insert(name.to_owned(), child);
        child
    }

    fn hold(&mut self, module: usize, mut scope: Scope) {
        for (name, inner) in std::mem::take(&mut scope.inner) {
            let child = self.child(module, &name, self.modules[module].file.clone());
            self.hold(child, inner);
        }
        self.modules[module].scope = scope;
    }

    fn uses_of(&self, module: usize) -> Vec<Use> {
        let Module { file: from, scope, .. } = &self.modules[module];
        let mut found = Vec::new();
        let mut take = |path: &Path, own_below: bool| {
            if let Some(Found::Item { file, name }) = self.walk(module, &path.words, 0)
                && file != *from
                && !(own_below && self.is_below(module, &file))
            {
                found.push(Use { from: from.clone(), to: file, line: path.line, name });
            }
        };
        for Import { path, name, public } in &scope.imports {
            if name == "*" {
                let all = [&path.words[..], &["*".to_owned()]].concat();
                take(&Path { words: all, line: path.line }, *public);
            } else {
                take(path, *public);
            }
        }
        scope.names.iter().for_each(|path| take(path, false));
        found
    }

    fn is_below(&self, module: usize, file: &str) -> bool {
        let children = &self.modules[module].children;
        children.values().any(|&child| self.modules[child].file == file || self.is_below(child, file))
    }

    /// Where a path leads that is named in a module.
    fn walk(&self, module: usize, words: &[String], depth: usize) -> Option<Found> {
        let (first, mut rest) = words.split_first()?;
        let mut at = match first.as_str() {
            "crate" | "moue" => Found::Module(0),
            "self" => Found::Module(module),
            "super" => Found::Module(self.modules[module].parent?),
            name => self.look(module, name, rest.is_empty(), depth)?,
        };
        while let (Found::Module(inner), Some((word, after))) = (&at, rest.split_first()) {
            let inner = *inner;
            at = match word.as_str() {
                "super" => Found::Module(self.modules[inner].parent?),
                "self" => Found::Module(inner),
                name => self.look(inner, name, after.is_empty(), depth).unwrap_or_else(|| self.unknown(inner, name)),
            };
            rest = after;
        }
        Some(at)
    }

    fn unknown(&self, module: usize, name: &str) -> Found {
        Found::Item { file: self.modules[module].file.clone(), name: name.to_owned() }
    }

    /// A name in a module; the last one of a path is an item sooner than a module, as both may have it.
    fn look(&self, module: usize, name: &str, last: bool, depth: usize) -> Option<Found> {
        const DEEPEST: usize = 16;
        if depth > DEEPEST {
            return None;
        }
        let Module { children, scope, .. } = &self.modules[module];
        let child = || children.get(name).map(|&child| Found::Module(child));
        if !last && let Some(child) = child() {
            return Some(child);
        }
        if scope.defines.iter().any(|own| own == name) {
            return Some(self.unknown(module, name));
        }
        let mut named = scope.imports.iter().filter(|import| import.name == name);
        let named = named.find_map(|import| match self.walk(module, &import.path.words, depth + 1)? {
            Found::Item { file, .. } if import.public && !self.is_below(module, &file) => Some(self.unknown(module, name)),
            found => Some(found),
        });
        named.or_else(child).or_else(|| {
            let globs = scope.imports.iter().filter(|import| import.name == "*");
            globs.filter_map(|import| self.walk(module, &import.path.words, depth + 1)).find_map(|found| match found {
                Found::Module(inner) if inner != module => self.look(inner, name, last, depth + 1),
                _ => None,
            })
        })
    }
}
