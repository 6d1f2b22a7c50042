//! The Python of models/train, tests/zoo, tests/serve, tests/tables and peers in virtual environments of its own: one for its tests, without PyTorch, one with the clients of
//! others, and larger ones.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::steps::Done;
use crate::{kept, system};

/// What only training needs: large.
const HEAVY: [&str; 2] = ["torch", "matplotlib"];
/// What is installed in an environment, in its folder.
const STAMP: &str = "moue-requirements.txt";

/// Makes the environment where it is missing or its versions changed, and runs pytest in it.
pub fn test(root: &Path) -> Done {
    let folders = ["models/train", "tests/zoo", "peers"].map(|folder| root.join(folder));
    let python = match environment(&folders[0].join("requirements.txt"), "venv", false) {
        Ok(python) => python,
        Err(reason) if system::ci() => return Done::Failed(reason),
        Err(reason) => return Done::Skipped(reason),
    };
    let mut command = pytest(root, python);
    command.args(&folders);
    for file in folders.iter().flat_map(|folder| system::files(folder)).filter(|file| needs_heavy(file)) {
        println!("left out, as it needs {}: {}", HEAVY.join(" or "), file.display());
        command.arg("--ignore").arg(file);
    }
    Done::of(system::run(&mut command))
}

/// Clients of others read by the service of this program.
pub fn clients(root: &Path, program: &Path) -> Done {
    let folder = root.join("tests/serve");
    match environment(&folder.join("requirements.txt"), "venv-clients", false) {
        Ok(python) => Done::of(system::run(pytest(root, python).arg(folder).env("MOUE_PROGRAM", program))),
        Err(reason) if system::ci() => Done::Failed(reason),
        Err(reason) => Done::Skipped(reason),
    }
}

fn pytest(root: &Path, python: PathBuf) -> Command {
    let mut command = Command::new(python);
    command.args(["-m", "pytest", "-q", "-p", "no:cacheprovider"]).current_dir(root).env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

fn needs_heavy(file: &Path) -> bool {
    let named = file.file_name().is_some_and(|name| name.to_string_lossy().starts_with("test_"));
    let imports = |line: &str| {
        let mut words = line.split_whitespace();
        words.next().is_some_and(|word| ["import", "from"].contains(&word))
            && words.next().is_some_and(|name| HEAVY.contains(&name))
    };
    named && fs::read_to_string(file).is_ok_and(|text| text.lines().any(imports))
}

/// The interpreter of the environment of that name in the cache, with the pinned packages, those that only training needs where `training` says so.
pub fn environment(requirements: &Path, name: &str, training: bool) -> Result<PathBuf, String> {
    environment_at(&kept::folder(name), requirements, training)
}

/// As [`environment`], in that folder.
pub fn environment_at(venv: &Path, requirements: &Path, training: bool) -> Result<PathBuf, String> {
    let heavy = |pin: &str| pin.split(['=', '<', '>', ' ']).next().is_some_and(|name| HEAVY.contains(&name));
    let wanted: Vec<String> = pins(requirements)?.into_iter().filter(|pin| training || !heavy(pin)).collect();
    let no_deps = no_deps(requirements);
    let apart = if no_deps.is_file() { pins(&no_deps)? } else { Vec::new() };
    let all = [wanted.clone(), apart.clone()].concat();
    if let Some(python) = installed(venv, &all) {
        return Ok(python);
    }
    create(venv)?;
    let python = interpreter(venv);
    let pip = |file: &Path, options: &[&str], pins: &[String]| -> Result<(), String> {
        let mut pip = Command::new(&python);
        pip.args(["-m", "pip", "install", "-q", "--disable-pip-version-check"]).args(options).args(pins);
        match system::run(&mut pip)? {
            true => Ok(()),
            false => Err(format!("pip could not install the packages of {}: see its message above", file.display())),
        }
    };
    pip(requirements, &[], &wanted)?;
    if !apart.is_empty() {
        pip(&no_deps, &["--no-deps"], &apart)?;
    }
    let stamp = venv.join(STAMP);
    fs::write(&stamp, all.join("\n")).map_err(|error| format!("{}: {error}", stamp.display()))?;
    Ok(python)
}

/// What stands beside `requirements.txt` for packages whose own pins contradict the others': installed after them, without what they ask for.
fn no_deps(requirements: &Path) -> PathBuf {
    requirements.with_file_name("no-deps.txt")
}

/// The same with all packages, where it is there already.
pub fn kept(requirements: &Path, name: &str) -> Option<PathBuf> {
    installed(&kept::folder(name), &pins(requirements).ok()?)
}

fn pins(requirements: &Path) -> Result<Vec<String>, String> {
    let text = fs::read_to_string(requirements).map_err(|error| format!("{}: {error}", requirements.display()))?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    Ok(lines.map(String::from).collect())
}

fn installed(venv: &Path, wanted: &[String]) -> Option<PathBuf> {
    let same = fs::read_to_string(venv.join(STAMP)).is_ok_and(|installed| installed == wanted.join("\n"));
    same.then(|| interpreter(venv))
}

/// That of an environment.
pub fn interpreter(venv: &Path) -> PathBuf {
    venv.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" })
}

/// A new environment there, with nothing installed; its interpreter.
pub fn fresh(venv: &Path) -> Result<PathBuf, String> {
    create(venv)?;
    Ok(interpreter(venv))
}

fn create(venv: &Path) -> Result<(), String> {
    let names = if cfg!(windows) { ["python", "py"] } else { ["python3", "python"] };
    let works = |name: &&str| system::output(Command::new(name).arg("--version")).is_some();
    let ready = |name: &&str| system::output(Command::new(name).args(["-c", "import ensurepip, venv"])).is_some();
    let missing =
        "no Python 3 with pip was found: install it (on Debian and Ubuntu: python3 and python3-venv), then run this again";
    if !names.iter().any(|name| works(name) && ready(name)) && system::is_debian() && system::is_root() {
        let _ = system::install(&["python3", "python3-venv"], "the Python tests of models/train");
    }
    let python = names.into_iter().find(|name| works(name) && ready(name)).ok_or(missing)?;
    if system::run(Command::new(python).args(["-m", "venv", "--clear"]).arg(venv))? {
        Ok(())
    } else {
        Err("the virtual environment could not be made: see the message above".into())
    }
}
