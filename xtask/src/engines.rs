//! Ray, Spark and Dask with the Python package, in an environment of their own: their wheels are large, and where they cannot be had this step alone is left out.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::steps::Done;
use crate::{kept, python, system, wheel};

/// What Spark runs on.
const JAVA: &str = "openjdk-17-jre-headless";

/// Tests each engine on this machine with the package that [`wheel::test`] installed.
pub fn test(root: &Path, target: &Path) -> Done {
    let tests = root.join("python/tests/engines");
    let package = match package(target) {
        Ok(package) => package,
        Err(reason) if system::ci() => return Done::Failed(reason),
        Err(reason) => return Done::Skipped(reason),
    };
    let python = match python::environment_at(&kept::folder("engines"), &tests.join("requirements.txt"), false) {
        Ok(python) => python,
        Err(reason) => return Done::Skipped(format!("Ray, Spark or Dask cannot be had here: {reason}")),
    };
    let java = || system::output(Command::new("java").arg("-version")).is_some();
    if !java() && system::is_debian() && system::is_root() {
        let _ = system::install(&[JAVA], "Spark runs on it");
    }
    let spark = java();
    let mut command = Command::new(&python);
    command.args(["-m", "pytest", "--durations", "5", "-rs", "-c"]).arg(root.join("python/pyproject.toml")).arg(&tests);
    command.current_dir(target).env("PYTHONPATH", &package).env("PYTHONDONTWRITEBYTECODE", "1");
    let done = Done::of(system::run(&mut command));
    match done {
        Done::Passed if !spark => {
            Done::Skipped(format!("in part: Spark needs a Java 17 (on Debian and Ubuntu {JAVA}); Ray and Dask passed"))
        }
        done => done,
    }
}

/// A folder that has the installed package and nothing else: the engines bring versions of their own of what lies beside it.
fn package(target: &Path) -> Result<PathBuf, String> {
    let python = wheel::python(target);
    let mut asked = Command::new(&python);
    asked.args(["-c", "import moue; print(moue.__path__[0])"]).current_dir(target);
    let found = system::output(&mut asked).ok_or("the Python package is not installed: see its step")?;
    let folder = target.join("python/engines");
    let copied = folder.join("moue");
    let copy = || -> std::io::Result<()> {
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&copied)?;
        for file in system::files(Path::new(found.trim())) {
            fs::copy(&file, copied.join(file.file_name().unwrap_or_default()))?;
        }
        Ok(())
    };
    copy().map_err(|error| format!("{}: {error}", copied.display()))?;
    Ok(folder)
}
