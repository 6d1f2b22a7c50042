//! The tables of videos (`moue analyze --csv`), read by those for whom they are written: pandas, and py-feat's own readers where that is to be had.

use std::path::Path;
use std::process::{Command, ExitCode};

use crate::steps::{Done, Steps};
use crate::{ffmpeg, kept, python, system};

/// Of tests/tables.
const PANDAS: (&str, &str) = ("requirements.txt", "venv-tables");
const PY_FEAT: (&str, &str) = ("requirements-py-feat.txt", "venv-py-feat");

/// Reads them with py-feat too, which it brings: PyTorch comes with it.
pub fn all(root: &Path, target: &Path) -> ExitCode {
    let mut steps = Steps::new();
    let built = steps.run("build", || {
        Done::of(system::run(kept::cargo().args(["build", "--release", "--package", "moue", "--bin", "moue"]).current_dir(root)))
    });
    if built && steps.run("ffmpeg", ffmpeg::prepare) {
        steps.run("py-feat", || match python::environment(&root.join("tests/tables").join(PY_FEAT.0), PY_FEAT.1, true) {
            Ok(python) => {
                println!("{}", python.display());
                Done::Passed
            }
            Err(reason) => Done::Skipped(reason),
        });
        steps.run("tables", || read(root, &target.join("release")));
    }
    steps.finish()
}

/// Reads what the program in `programs` writes, by py-feat where the cache has it; what was left out is said.
pub fn read(root: &Path, programs: &Path) -> Done {
    let folder = root.join("tests/tables");
    if !ffmpeg::there() {
        return Done::Skipped("ffmpeg is not there, which makes the clip".into());
    }
    let py_feat = python::kept(&folder.join(PY_FEAT.0), PY_FEAT.1);
    let python = match &py_feat {
        Some(python) => python.clone(),
        None => match python::environment(&folder.join(PANDAS.0), PANDAS.1, false) {
            Ok(python) => python,
            Err(reason) if system::ci() => return Done::Failed(reason),
            Err(reason) => return Done::Skipped(reason),
        },
    };
    let mut command = Command::new(python);
    command.args(["-m", "pytest", "-q", "-p", "no:cacheprovider"]).arg(folder.join("test_pandas.py"));
    command.args(py_feat.iter().map(|_| folder.join("test_py_feat.py"))).current_dir(root);
    command
        .env("MOUE_PROGRAM", programs.join(format!("moue{}", std::env::consts::EXE_SUFFIX)))
        .env("PYTHONDONTWRITEBYTECODE", "1");
    match system::run(&mut command) {
        Ok(true) if py_feat.is_none() => {
            let left_out = "pandas read them; read_feat and read_openface did not: py-feat is not in the cache (`cargo xtask tables` brings it, 7 GB)";
            Done::Skipped(left_out.into())
        }
        other => Done::of(other),
    }
}
