//! The packed crates in a folder of their own: the README's example and the program are built from nothing else, and run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use super::contents::PACKAGES;
use crate::steps::{Done, Steps};
use crate::{kept, licences, system};

const PICTURE: &str = "examples/astronaut.png";
/// What is read in it.
const LABEL: &str = "happy";
const COMPILED: &str = "target";

/// Cargo looks upwards for a workspace, and would find the repository's.
const WORKSPACE: &str = "[workspace]\nmembers = [\"reader\", \"moue-*\"]\nresolver = \"3\"\n\n[patch.crates-io]\n";
const READER: &str = "[package]\nname = \"reader\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\nmoue = \"*\"\n";

/// Packs, unpacks, builds and runs.
pub fn try_out(root: &Path, target: &Path) -> ExitCode {
    let mut steps = Steps::new();
    let folder = target.join("packages");
    let mut pictures = None;
    steps.run("licences", || licences::check(root));
    if steps.run("packages", || super::check(root, target)) {
        steps.run("a fresh folder", || match lay_out(root, target, &folder) {
            Ok(unpacked) => {
                pictures = Some(unpacked);
                Done::Passed
            }
            Err(reason) => Done::Failed(reason),
        });
    }
    if let Some(place) = pictures {
        steps.run("the README's example", || reads(cargo(&folder, &["run", "--release", "--package", "reader"]), &place));
        steps.run("the program", || {
            let words = ["run", "--release", "--package", "moue", "--", "analyze", PICTURE, "--device", "cpu"];
            reads(cargo(&folder, &words), &place)
        });
    }
    steps.finish()
}

/// The archives of the step before, unpacked, and beside them a crate of the README's example; moue's own folder.
fn lay_out(root: &Path, target: &Path, folder: &Path) -> Result<PathBuf, String> {
    let archives = super::archives(target);
    // All but what was compiled before.
    for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
        match path.is_dir() {
            true if path.ends_with(COMPILED) => Ok(()),
            true => fs::remove_dir_all(&path),
            false => fs::remove_file(&path),
        }
        .map_err(|error| format!("{}: {error}", path.display()))?;
    }
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut manifest = WORKSPACE.to_string();
    let mut own = folder.to_path_buf();
    for package in &PACKAGES {
        let name = package.versioned(root)?;
        let archive = archives.join(format!("{name}.crate"));
        if !system::run(Command::new("tar").arg("-xzf").arg(&archive).arg("-C").arg(folder))? {
            return Err(format!("{} could not be unpacked", archive.display()));
        }
        manifest.push_str(&format!("{} = {{ path = \"{name}\" }}\n", package.name));
        own = folder.join(name);
    }
    let readme = own.join("README.md");
    let text = fs::read_to_string(&readme).map_err(|error| format!("{}: {error}", readme.display()))?;
    let example = example(&text).ok_or_else(|| format!("{} has no example of Rust", readme.display()))?;
    write(&folder.join("reader/src/main.rs"), example)?;
    write(&folder.join("reader/Cargo.toml"), READER)?;
    write(&folder.join("Cargo.toml"), &manifest)?;
    Ok(own)
}

/// The first block of Rust.
fn example(readme: &str) -> Option<&str> {
    let (_, rest) = readme.split_once("```rust\n")?;
    rest.split_once("```").map(|(example, _)| example)
}

fn cargo(folder: &Path, words: &[&str]) -> Command {
    let mut command = kept::cargo();
    command.args(&words[..1]).arg("--manifest-path").arg(folder.join("Cargo.toml"));
    command.arg("--target-dir").arg(folder.join(COMPILED)).args(&words[1..]);
    command
}

/// Runs it in `place`, where the picture lies; whether it printed the reading.
fn reads(mut command: Command, place: &Path) -> Done {
    command.current_dir(place);
    let mut read = false;
    match system::run_heard(command, |line| read |= line.contains(LABEL)) {
        Ok(true) if !read => Done::Failed(format!("it printed no reading: `{LABEL}` is nowhere")),
        other => Done::of(other),
    }
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(path, text)).map_err(failed)
}
