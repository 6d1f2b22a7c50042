//! The machine: commands, files, who we are.

use std::env;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Node's package manager, a script on Windows.
pub const NPM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };

/// Runs a command with its output shown; whether it ended well, or why it did not start.
pub fn run(command: &mut Command) -> Result<bool, String> {
    println!("$ {}", line(command));
    match command.status() {
        Ok(status) => Ok(status.success()),
        Err(error) => Err(format!("{}: {error}", command.get_program().to_string_lossy())),
    }
}

/// Runs a command and hands each line that it prints on to `hear`, after showing it; whether it ended well, or why it did not start.
pub fn run_heard(mut command: Command, mut hear: impl FnMut(&str)) -> Result<bool, String> {
    println!("$ {}", line(&command));
    let name = command.get_program().to_string_lossy().into_owned();
    let failed = |error: std::io::Error| format!("{name}: {error}");
    let (reader, writer) = std::io::pipe().map_err(failed)?;
    let both = writer.try_clone().map_err(failed)?;
    let mut child = command.stdout(both).stderr(writer).spawn().map_err(failed)?;
    // It holds the ends to write to: the lines would not end.
    drop(command);
    for bytes in BufReader::new(reader).split(b'\n') {
        let said = String::from_utf8_lossy(&bytes.map_err(failed)?).into_owned();
        println!("{said}");
        hear(&said);
    }
    child.wait().map(|status| status.success()).map_err(failed)
}

/// Runs commands at the same time with their output shown; whether all ended well, or why one did not start.
pub fn run_together(commands: &mut [Command]) -> Result<bool, String> {
    let mut running = Vec::new();
    for command in commands {
        println!("$ {}", line(command));
        running.push(command.spawn().map_err(|error| format!("{}: {error}", command.get_program().to_string_lossy()))?);
    }
    let mut passed = true;
    for mut child in running {
        passed &= child.wait().is_ok_and(|status| status.success());
    }
    Ok(passed)
}

/// What a command prints on stdout, where it ends well.
pub fn output(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether this runs for a CI service.
pub fn ci() -> bool {
    env::var_os("CI").is_some_and(|value| value == "true" || value == "1")
}

/// Debian, Ubuntu, or what is made from them.
pub fn is_debian() -> bool {
    cfg!(target_os = "linux")
        && Path::new("/etc/debian_version").exists()
        && output(Command::new("apt-get").arg("--version")).is_some()
}

/// Whether packages may be installed.
pub fn is_root() -> bool {
    cfg!(unix) && output(Command::new("id").arg("-u")).is_some_and(|id| id.trim() == "0")
}

/// Brings the list of packages up to date. A list that cannot be had is no failure: what is done with the others decides.
pub fn update() {
    let _ = apt_get(&["update"]);
}

/// `apt-get update` and `apt-get install` of these packages, said before it is done.
pub fn install(packages: &[&str], purpose: &str) -> Result<bool, String> {
    println!("installing {} with apt-get: {purpose}", packages.join(" and "));
    update();
    apt_get(&[&["install", "-y", "--no-install-recommends"], packages].concat())
}

fn apt_get(arguments: &[&str]) -> Result<bool, String> {
    let mut command = Command::new("apt-get");
    command.args(["-q", "-o", "Dpkg::Use-Pty=0"]).args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    run(command.stdout(Stdio::null()))
}

/// Files of a folder, sorted; none where it is no folder.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    files.sort();
    files
}

fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}
