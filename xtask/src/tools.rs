//! Programs that check moue, pinned in xtask/requirements.txt: from PyPI, as cargo would compile them for minutes.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{python, system};

/// The pinned one, in the cache; where PyPI has no program for this system, one that is installed.
pub fn find(root: &Path, name: &str) -> Result<PathBuf, String> {
    let pinned = python::environment(&root.join("xtask/requirements.txt"), "venv-tools", false)
        .map(|python| python.with_file_name(format!("{name}{}", std::env::consts::EXE_SUFFIX)));
    let works = |tool: &PathBuf| system::output(Command::new(tool).arg("--version")).is_some();
    let reason = match pinned {
        Ok(tool) if works(&tool) => return Ok(tool),
        Ok(tool) => format!("{} does not run", tool.display()),
        Err(reason) => reason,
    };
    Some(PathBuf::from(name))
        .filter(works)
        .ok_or_else(|| format!("{name} is not there, `cargo install --locked {name}` brings it: from PyPI, {reason}"))
}
