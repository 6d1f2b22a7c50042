//! What would be published: whether the registries would take it, what it holds, how large it is, and whether it does without this repository.

mod contents;
mod npm;
mod trial;

use std::path::{Path, PathBuf};

use crate::steps::Done;
use crate::{kept, system};

use contents::PACKAGES;
pub use npm::check as npm;
pub use trial::try_out;

/// Whether `check` also compiles what is packed. `try_out` does, and runs it.
const VERIFY: bool = false;

/// `cargo publish --dry-run` of all crates, as one alone cannot resolve a neighbour that is not published; then what their archives hold.
pub fn check(root: &Path, target: &Path) -> Done {
    let mut command = kept::cargo();
    command.args(["publish", "--dry-run", "--workspace", "--locked", "--quiet"]).args(dirty()).current_dir(root);
    command.args((!VERIFY).then_some("--no-verify")).arg("--target-dir").arg(target);
    match system::run(&mut command).and_then(|good| Ok(good && pack(root, target)?)) {
        Ok(true) => {}
        other => return Done::of(other),
    }
    let each = PACKAGES.iter().map(|package| package.faults(root, &archives(target)));
    done(each.collect::<Result<Vec<_>, _>>().map(|faults| faults.concat()))
}

/// Every fault on a line of its own; the first for the summary.
fn done(faults: Result<Vec<String>, String>) -> Done {
    let faults = match faults {
        Ok(faults) => faults,
        Err(reason) => return Done::Failed(reason),
    };
    for fault in &faults {
        println!("{fault}");
    }
    match &faults[..] {
        [] => Done::Passed,
        [only] => Done::Failed(only.clone()),
        [first, more @ ..] => Done::Failed(format!("{first}; and {} more", more.len())),
    }
}

/// Packs the crates: what `cargo publish` packs it keeps to itself.
fn pack(root: &Path, target: &Path) -> Result<bool, String> {
    let mut command = kept::cargo();
    command.args(["package", "--no-verify", "--locked", "--quiet"]).args(dirty()).current_dir(root);
    command.args(PACKAGES.iter().flat_map(|package| ["--package", package.name])).arg("--target-dir").arg(target);
    system::run(&mut command)
}

/// Where cargo packs.
fn archives(target: &Path) -> PathBuf {
    target.join("package")
}

/// Between two edits what is packed is what lies there; what CI packs is a commit.
fn dirty() -> Option<&'static str> {
    (!system::ci()).then_some("--allow-dirty")
}
