//! The Python package: built by what `pip install ./python` runs, into an environment of its own, and tested there.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::steps::Done;
use crate::{ffmpeg, kept, python, system};

/// What plain cargo commands need, so that pyo3 asks for no Python: the package is built by maturin alone.
pub const WITHOUT: [(&str, &str); 2] = [("PYO3_NO_PYTHON", "1"), ("PYO3_BUILD_EXTENSION_MODULE", "1")];

/// Installs and tests it. `program` is the command line that numbers are held against, `variables` say where adapters are.
pub fn test(root: &Path, target: &Path, program: &Path, variables: &[(&str, String)]) -> Done {
    let tests = root.join("python/tests");
    let python = match python::environment_at(&folder(target), &tests.join("requirements.txt"), false) {
        Ok(python) => python,
        Err(reason) if system::ci() => return Done::Failed(reason),
        Err(reason) => return Done::Skipped(reason),
    };
    match install(root, &python) {
        Ok(true) => {}
        other => return Done::of(other),
    }
    let mut command = Command::new(&python);
    command.args(["-m", "pytest", "--durations", "5", "-rs", "-c"]).arg(root.join("python/pyproject.toml")).arg(&tests);
    // They have an environment and a step of their own.
    command.arg("--ignore").arg(tests.join("engines"));
    // Beside the sources Python would find those, without the native half.
    command.current_dir(target).env("MOUE_PROGRAM", program).env("PYTHONDONTWRITEBYTECODE", "1");
    command.envs(variables.iter().map(|(name, value)| (*name, value)));
    if !ffmpeg::there() {
        println!("ffmpeg is not there: its videos are read by that of moue[video]");
    }
    Done::of(system::run(&mut command))
}

/// The interpreter that has the package.
pub fn python(target: &Path) -> PathBuf {
    python::interpreter(&folder(target))
}

fn folder(target: &Path) -> PathBuf {
    target.join("python/venv")
}

/// As the README says it; what builds it is in the environment already.
fn install(root: &Path, python: &Path) -> Result<bool, String> {
    let mut pip = kept::sharing(Command::new(python));
    pip.args([
        "-m",
        "pip",
        "install",
        "-q",
        "--disable-pip-version-check",
        "--no-build-isolation",
        "--no-deps",
        "--force-reinstall",
    ]);
    pip.arg("./python").current_dir(root);
    // maturin is found beside the interpreter.
    let mut path: Vec<_> = python.parent().map(Path::to_path_buf).into_iter().collect();
    path.extend(std::env::var_os("PATH").iter().flat_map(std::env::split_paths));
    pip.env("PATH", std::env::join_paths(path).map_err(|error| format!("PATH: {error}"))?);
    system::run(&mut pip)
}
