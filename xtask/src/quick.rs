//! `cargo xtask test --quick`: what one runs between two edits, on one adapter.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::cargo::{self, CHECKED};
use crate::steps::{Done, Steps};
use crate::test::{PACKAGES, formats, lints, tools};
use crate::{adapters, system};

/// Below these every kernel's way to the device goes.
const SHARED: [&str; 5] = ["shaders/common/", "build/", "src/gpu/", "src/kernels/", "src/reference/"];

/// Formatting, lints, the library's own tests, and kernels: those whose shaders changed, and a sample of all where what they share did or nothing did.
pub fn quick(root: &Path) -> ExitCode {
    let mut steps = Steps::new();
    tools(&mut steps);
    formats(&mut steps, root);
    let library = [&PACKAGES[..], &["--lib", "--bins"]].concat();
    let mut variables = Vec::new();
    let built = steps.run("build", || cargo::run(root, &[&["build"], &CHECKED[..], &["--package", "moue"]].concat(), &[]));
    let adapter = built
        && steps.run("adapter", || {
            let (found, done) = adapters::prepare(&cargo::checked(root), false);
            variables.extend(found);
            done
        });
    steps.run("library", || cargo::named(root, &[&["test"], &CHECKED[..], &library].concat(), &variables));
    if adapter {
        variables.push(("MOUE_TEST_ADAPTERS", "1".to_owned()));
        steps.run("kernels", || {
            let chosen = match chosen(root) {
                Ok(chosen) => chosen,
                Err(reason) => return Done::Failed(reason),
            };
            println!("{} of them: {}", chosen.len(), chosen.join(" "));
            let names: Vec<&str> = chosen.iter().map(String::as_str).collect();
            let arguments =
                [&["test"], &CHECKED[..], &["--package", "moue", "--test", "kernels", "--", "--exact"], &names].concat();
            cargo::named(root, &arguments, &variables)
        });
    }
    lints(&mut steps, root);
    steps.finish()
}

/// Names of kernels.
fn chosen(root: &Path) -> Result<Vec<String>, String> {
    let changed = changed(root)?;
    let files = shaders(&root.join("shaders"));
    let relative = |file: &PathBuf| file.strip_prefix(root).map(|path| path.display().to_string().replace('\\', "/"));
    let edited: Vec<&PathBuf> = files.iter().filter(|file| relative(file).is_ok_and(|file| changed.contains(&file))).collect();
    let shared = changed.iter().any(|file| SHARED.iter().any(|folder| file.starts_with(folder)));
    let mut chosen = Vec::new();
    for file in &files {
        let names = variants(file)?;
        let all = edited.contains(&file);
        // Of a file's variants the first says most of what they share.
        let count = if all { names.len() } else { usize::from(shared || edited.is_empty()) };
        for name in names.into_iter().take(count) {
            chosen.extend(all.then(|| format!("twins::{name}_f16")));
            chosen.push(format!("twins::{name}"));
        }
    }
    Ok(chosen)
}

/// Files that differ from the last commit, new ones too.
fn changed(root: &Path) -> Result<BTreeSet<String>, String> {
    let mut command = Command::new("git");
    command.args(["status", "--porcelain", "--no-renames", "--untracked-files=all"]).current_dir(root);
    let said = system::output(&mut command).ok_or("git does not say what changed: run this in a checkout")?;
    Ok(said.lines().filter_map(|line| line.get(3..)).map(str::to_owned).collect())
}

/// The shaders' files, of every folder but `common`.
fn shaders(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> =
        system::files(folder).into_iter().filter(|file| file.extension().is_some_and(|e| e == "wgsl")).collect();
    let folders = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    for inner in folders.filter(|path| path.is_dir() && path.file_name().is_some_and(|name| name != "common")) {
        found.extend(shaders(&inner));
    }
    found.sort();
    found
}

/// The shaders that a file makes.
fn variants(file: &Path) -> Result<Vec<String>, String> {
    let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let named = text.lines().filter_map(|line| line.strip_prefix("#variant ")?.split_whitespace().next());
    let names: Vec<String> = named.map(str::to_owned).collect();
    let own = || file.file_stem().map(|stem| vec![stem.to_string_lossy().into_owned()]).unwrap_or_default();
    Ok(if names.is_empty() { own() } else { names })
}
