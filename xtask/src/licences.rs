//! What dependencies may be, by deny.toml: their licences, one version of each, from where they come.

use std::path::Path;
use std::process::Command;

use crate::steps::Done;
use crate::{system, tools};

/// A manifest, the packages of it, and what is checked of their dependencies. What is published is checked for all; code made by a tool brings that tool's
/// licences; of what only checks moue it is enough to know where it comes from.
const CHECKS: [(&str, &[&str], &[&str]); 5] = [
    ("Cargo.toml", &[], &["-D", "license-not-encountered", "-D", "unmatched-skip", "licenses", "bans", "sources"]),
    (
        "python/Cargo.toml",
        &[],
        &[
            "-A",
            "license-not-encountered",
            "-A",
            "license-exception-not-encountered",
            "-A",
            "unmatched-skip",
            "licenses",
            "bans",
            "sources",
        ],
    ),
    (
        "web/bindgen/Cargo.toml",
        &[],
        &["-A", "license-not-encountered", "-A", "license-exception-not-encountered", "licenses", "sources"],
    ),
    ("Cargo.toml", &["--workspace"], &["sources"]),
    ("fuzz/Cargo.toml", &[], &["sources"]),
];

/// `cargo deny check` without advisories, which need a list that only the public workflow fetches.
pub fn check(root: &Path) -> Done {
    let tool = match tools::find(root, "cargo-deny") {
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
