//! Archives by the system's own tar, which writes and reads ZIP on Windows.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::system;

const SUFFIX: &str = if cfg!(windows) { "zip" } else { "tar.gz" };

/// Packs the folder `name` of `folder`, beside it; the archive, which has its checksum beside it.
pub fn pack(folder: &Path, name: &str) -> Result<PathBuf, String> {
    let archive = folder.join(format!("{name}.{SUFFIX}"));
    let mut command = tar();
    command.args(if cfg!(windows) { ["-a", "-cf"] } else { ["-cz", "-f"] }).arg(&archive).arg("-C").arg(folder).arg(name);
    if !system::run(&mut command)? {
        return Err(format!("{} could not be packed: see above", archive.display()));
    }
    checksum(&archive)?;
    Ok(archive)
}

/// Unpacks it into `folder`.
pub fn unpack(archive: &Path, folder: &Path) -> Result<(), String> {
    match system::run(tar().arg("-xf").arg(archive).arg("-C").arg(folder))? {
        true => Ok(()),
        false => Err(format!("{} could not be unpacked: see above", archive.display())),
    }
}

/// ARCHIVE.sha256, a line as `sha256sum --check` reads it.
pub fn checksum(archive: &Path) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", archive.display());
    let bytes = fs::read(archive).map_err(failed)?;
    let hex: String = hmac_sha256::Hash::hash(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    let name = archive.file_name().unwrap_or_default().to_string_lossy();
    println!("{hex}  {name}, {} bytes", bytes.len());
    fs::write(archive.with_file_name(format!("{name}.sha256")), format!("{hex}  {name}\n")).map_err(failed)
}

fn tar() -> Command {
    // Git's, which comes first for some shells, takes C: for a host and writes no ZIP.
    let own = env::var_os("SystemRoot").filter(|_| cfg!(windows)).map(|root| PathBuf::from(root).join("System32/tar.exe"));
    let mut command = Command::new(own.unwrap_or_else(|| "tar".into()));
    // macOS would add a file for every attribute of its own.
    command.env("COPYFILE_DISABLE", "1");
    command
}
