//! What dependencies may be, by deny.toml: their licences, one version of each, from where they come.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::steps::Done;
use crate::{python, system};

const TOOL: &str = "cargo-deny";

/// A manifest, the packages of it, and what is checked of their dependencies. What is published is checked for all; code made by a tool brings that tool's
/// licences; of what only checks moue it is enough to know where it comes from.
const CHECKS: [(&str, &[&str], &[&str]); 4] = [
    ("Cargo.toml", &[], &["-D", "license-not-encountered", "-D", "unmatched-skip", "licenses", "bans", "sources"]),
    (
        "web/bindgen/Cargo.toml",
        &[],
        &["-A", "license-not-encountered", "-A", "license-exception-not-encountered", "licenses", "sources"],
    ),
    ("Cargo.toml", &["--workspace"], &["sources"]),
    ("fuzz/Cargo.toml", &[], &["sources"]),
];

/// `cargo deny check` without advisories, which need a list that only the public workflow fetches.
pub fn check(root: &Path, target: &Path) -> Done {
    let tool = match tool(root, target) {
        Ok(tool) => tool,
        Err(reason) if system::ci() => return Done::Failed(reason),
        Err(reason) => return Done::Skipped(reason),
    };
    for (manifest, packages, checks) in CHECKS {
        let mut command = Command::new(&tool);
        command.args(["--manifest-path", manifest, "--config", "deny.toml", "--locked"]);
        command.args(packages).arg("check").args(checks).current_dir(root);
        match system::run(&mut command) {
            Ok(true) => {}
            other => return Done::of(other),
        }
    }
    Done::Passed
}

/// The pinned one from PyPI, which has no program for some systems; there, one that is installed.
fn tool(root: &Path, target: &Path) -> Result<PathBuf, String> {
    let pinned = python::environment(&root.join("xtask/requirements.txt"), &target.join("venv-licences"), false)
        .map(|python| python.with_file_name(format!("{TOOL}{}", std::env::consts::EXE_SUFFIX)));
    let works = |tool: &PathBuf| system::output(Command::new(tool).arg("--version")).is_some();
    let reason = match pinned {
        Ok(tool) if works(&tool) => return Ok(tool),
        Ok(tool) => format!("{} does not run", tool.display()),
        Err(reason) => reason,
    };
    Some(PathBuf::from(TOOL))
        .filter(works)
        .ok_or_else(|| format!("{TOOL} is not there, `cargo install --locked {TOOL}` brings it: from PyPI, {reason}"))
}
