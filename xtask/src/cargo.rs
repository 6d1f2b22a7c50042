//! Cargo's commands as the test run gives them.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::steps::Done;
use crate::{kept, system};

/// Where checked programs lie, below the root.
const CHECKED_TARGET: &str = "target/checked";

/// The one profile of tests and programs. Dependencies are compiled once for both; moue itself once more with the checks of overflow and of its own
/// assertions, which no test goes without; that program lies apart, where nobody takes it for the one that is measured.
pub const CHECKED: [&str; 7] = [
    "--release",
    "--target-dir",
    CHECKED_TARGET,
    "--config",
    "profile.release.package.moue.overflow-checks=true",
    "--config",
    "profile.release.package.moue.debug-assertions=true",
];
/// The folder of checked programs.
pub fn checked(root: &Path) -> PathBuf {
    root.join(CHECKED_TARGET).join("release")
}

/// A cargo command with these variables.
pub fn run(root: &Path, arguments: &[&str], variables: &[(&str, String)]) -> Done {
    Done::of(system::run(&mut with(root, arguments, variables)))
}

fn with(root: &Path, arguments: &[&str], variables: &[(&str, String)]) -> Command {
    let mut command = kept::cargo();
    command.args(arguments).current_dir(root).envs(variables.iter().map(|(name, value)| (*name, value)));
    command
}

/// `cargo test`, with what failed as the reason, tests and then targets by cargo's list: the summary repeats them below all other output.
pub fn named(root: &Path, arguments: &[&str], variables: &[(&str, String)]) -> Done {
    let mut failed = Vec::new();
    let ran = system::run_heard(with(root, arguments, variables), |line| {
        let test = line.strip_prefix("test ").and_then(|rest| rest.strip_suffix(" ... FAILED"));
        let target = line.strip_prefix("    `").and_then(|rest| rest.strip_suffix('`'));
        failed.extend(test.or(target).map(str::to_string));
    });
    match ran {
        Ok(false) if !failed.is_empty() => Done::Failed(failed.join(", ")),
        other => Done::of(other),
    }
}
