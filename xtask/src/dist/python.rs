//! The package for Python, one wheel for every Python of this machine's system.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{VERSION, archive, copy, notices};
use crate::steps::{Done, Steps};
use crate::{kept, python, system};

/// What builds it.
const MATURIN: &str = "maturin==1.16.0";

/// Adds the licences of others, builds, and reads a picture with what was built.
pub fn pack(steps: &mut Steps, root: &Path, target: &Path, folder: &Path) {
    let own = root.join("python/moue").join(notices::FILE);
    let built = target.join("python/wheel");
    let venv = target.join("python/dist");
    let mut wheel = None;
    let _ = steps.run("licences", || notices::write(root, &["--manifest-path", "python/Cargo.toml"], &own))
        && steps.run("wheel", || {
            let made = || {
                // What another version left.
                let _ = fs::remove_dir_all(&built);
                let python = python::fresh(&venv)?;
                let mut pip = Command::new(&python);
                if !system::run(pip.args(["-m", "pip", "install", "-q", "--disable-pip-version-check", MATURIN]))? {
                    return Ok(false);
                }
                let mut command = kept::sharing(Command::new(&python));
                command.args([
                    "-m",
                    "maturin",
                    "build",
                    "--release",
                    "--locked",
                    "--compatibility",
                    "pypi",
                    "--manifest-path",
                    "python/Cargo.toml",
                    "--out",
                ]);
                system::run(command.arg(&built).current_dir(root))
            };
            Done::of(made())
        })
        && steps.run("archive", || {
            let files = system::files(&built);
            let found = files.into_iter().find(|file| file.extension().is_some_and(|end| end == "whl"));
            let made = found.ok_or_else(|| format!("no wheel is in {}", built.display())).and_then(|file| {
                let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
                if !name.starts_with(&format!("moue-{VERSION}-")) {
                    return Err(format!("{name} is not of version {VERSION}"));
                }
                let packed = folder.join(name);
                copy(&file, &packed)?;
                archive::checksum(&packed)?;
                wheel = Some(packed);
                Ok(true)
            });
            Done::of(made)
        })
        && steps.run("the wheel's package", || {
            let tried = || {
                let python = python::fresh(&venv)?;
                let mut pip = Command::new(&python);
                pip.args(["-m", "pip", "install", "-q", "--disable-pip-version-check"]).args(&wheel);
                let mut reads = Command::new(&python);
                reads
                    .args(["-m", "moue", "analyze", "--device", "cpu"])
                    .arg(root.join("examples/astronaut.png"))
                    .current_dir(target);
                Ok(system::run(&mut pip)? && system::run(&mut reads)?)
            };
            Done::of(tried())
        });
}
