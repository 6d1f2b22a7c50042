//! The order of the house: no circle between files of `src/`, and no use of a room that the table of CONTRIBUTING.md does not have below it.

#![allow(clippy::unwrap_used, clippy::panic)]

mod planted;
mod rules;
mod source;
mod tree;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use rules::{Floor, circles, floors, misplaced, upwards};
use tree::uses;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Every file of `src/` by its path from the root, and its text.
fn files() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root().join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let words: Vec<_> = path.strip_prefix(root()).unwrap().iter().map(|word| word.to_str().unwrap()).collect();
                found.insert(words.join("/"), fs::read_to_string(&path).unwrap());
            }
        }
    }
    found
}

fn told() -> Vec<Floor> {
    floors(&fs::read_to_string(root().join("CONTRIBUTING.md")).unwrap())
}

#[test]
fn the_table_of_contributing_has_every_room_above_those_that_use_it() {
    let wrong = misplaced(files().keys(), &told());
    assert!(wrong.is_empty(), "the table of CONTRIBUTING.md:\n  {}", wrong.join("\n  "));
}

#[test]
fn no_file_uses_what_its_room_may_not() {
    let wrong = upwards(&uses(&files()), &told());
    assert!(wrong.is_empty(), "uses that the table of CONTRIBUTING.md does not allow:\n  {}", wrong.join("\n  "));
}

#[test]
fn no_files_use_each_other() {
    let found: Vec<String> = circles(&uses(&files())).iter().map(|circle| circle.join("\n  ")).collect();
    assert!(found.is_empty(), "circles: move what they share to a file below them\n  {}", found.join("\n\n  "));
}
