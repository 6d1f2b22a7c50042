//! What a release offers for one system, in target/dist: an archive and its checksum. The release workflow runs the same command on each.

mod archive;
mod notices;
mod npm;
mod python;

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use crate::steps::{Done, Steps};
use crate::{kept, system};

const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The system of browsers.
const WEB: &str = "wasm32-unknown-unknown";
/// What is copied as it is, at the places where README links to it.
const COPIED: [&str; 5] = ["README.md", "CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT", "models/default/README.md"];
/// The pictures of the default model's card.
const CARD: &str = "models/default/card";
/// Shells, and how each calls a file of completions for a program.
const SHELLS: [(&str, &str); 5] =
    [("bash", "moue.bash"), ("zsh", "_moue"), ("fish", "moue.fish"), ("powershell", "_moue.ps1"), ("elvish", "moue.elv")];

/// The wheel for this machine's own system.
pub fn wheel(root: &Path, target: &Path) -> ExitCode {
    let mut steps = Steps::new();
    python::pack(&mut steps, root, target, &target.join("dist"));
    steps.finish()
}

/// Builds for `triple`, or for this machine's own system, and packs.
pub fn dist(root: &Path, target: &Path, triple: Option<&str>) -> ExitCode {
    let mut steps = Steps::new();
    let folder = target.join("dist");
    match triple {
        Some(WEB) => npm::pack(&mut steps, root, &folder),
        named => program(&mut steps, root, target, &folder, named),
    }
    steps.finish()
}

fn program(steps: &mut Steps, root: &Path, target: &Path, folder: &Path, named: Option<&str>) {
    let Some(triple) = named.map(str::to_string).or_else(host) else {
        steps.run("system", || Done::Failed("`rustc -vV` names no host: give --target".into()));
        return;
    };
    let name = format!("moue-{VERSION}-{triple}");
    let staged = folder.join(&name);
    let built = target.join(named.unwrap_or_default()).join("release").join(file());
    let made = steps.run("program", || {
        let mut command = kept::cargo();
        command.args(["build", "--release", "--locked", "--package", "moue", "--bin", "moue"]).current_dir(root);
        command.args(named.iter().flat_map(|triple| ["--target", triple])).arg("--target-dir").arg(target);
        Done::of(system::run(&mut command))
    }) && steps.run("what goes along", || Done::of(stage(root, &built, &staged).map(|()| true)))
        && steps.run("licences", || notices::write(root, &["--target", &triple], &staged.join(notices::FILE)));
    let mut packed = None;
    if made {
        steps.run("archive", || match archive::pack(folder, &name) {
            Ok(archive) => {
                packed = Some(archive);
                Done::Passed
            }
            Err(reason) => Done::Failed(reason),
        });
    }
    if let Some(packed) = packed {
        steps.run("the archive's program", || Done::of(try_out(root, folder, &packed, &name)));
    }
}

/// The program and everything that is read beside it, but the licences of others.
fn stage(root: &Path, built: &Path, staged: &Path) -> Result<(), String> {
    // What another version left.
    let _ = fs::remove_dir_all(staged);
    copy(built, &staged.join(file()))?;
    for name in COPIED {
        copy(&root.join(name), &staged.join(name))?;
    }
    for picture in system::files(&root.join(CARD)).iter().filter(|file| file.extension().is_some_and(|found| found == "svg")) {
        copy(picture, &staged.join(CARD).join(picture.file_name().unwrap_or_default()))?;
    }
    let runs = "it must run here: pack on a machine of its own system";
    for (shell, name) in SHELLS {
        let script = system::output(Command::new(built).args(["completions", shell]));
        let script = script.ok_or_else(|| format!("{} completions {shell} failed; {runs}", built.display()))?;
        write(&staged.join("completions").join(name), script.as_bytes())?;
    }
    match system::run(Command::new(built).arg("man").arg(staged.join("man")))? {
        true => Ok(()),
        false => Err(format!("{} man failed; {runs}", built.display())),
    }
}

/// The program out of the archive reads a picture.
fn try_out(root: &Path, folder: &Path, packed: &Path, name: &str) -> Result<bool, String> {
    let fresh = folder.join("unpacked");
    let _ = fs::remove_dir_all(&fresh);
    fs::create_dir_all(&fresh).map_err(|error| format!("{}: {error}", fresh.display()))?;
    archive::unpack(packed, &fresh)?;
    let mut command = Command::new(fresh.join(name).join(file()));
    system::run(command.args(["analyze", "--device", "cpu"]).arg(root.join("examples/astronaut.png")))
}

/// The program's file.
fn file() -> String {
    format!("moue{}", std::env::consts::EXE_SUFFIX)
}

/// What this machine's compiler builds for.
fn host() -> Option<String> {
    let said = system::output(Command::new("rustc").arg("-vV"))?;
    said.lines().find_map(|line| line.strip_prefix("host: ")).map(str::to_string)
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{} to {}: {error}", from.display(), to.display());
    to.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::copy(from, to)).map(drop).map_err(failed)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(path, bytes)).map_err(failed)
}
