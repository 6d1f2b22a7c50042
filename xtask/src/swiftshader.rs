//! SwiftShader, Chromium's Vulkan in software: a second adapter whose subgroups are half as wide as lavapipe's.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{kept, system};

const LIBRARY: &str = "libvk_swiftshader.so";
const DRIVER: &str = "vk_swiftshader_icd.json";
const INSTALLED: &str = "/usr/lib/chromium";

/// SwiftShader's driver file: that of an installed Chromium, or of Debian's package, unpacked in the cache.
pub fn fetch() -> Result<PathBuf, String> {
    let folder = kept::folder("swiftshader");
    let driver = folder.join(DRIVER);
    if driver.is_file() && folder.join(LIBRARY).is_file() {
        return Ok(driver);
    }
    let installed = Path::new(INSTALLED);
    if installed.join(LIBRARY).is_file() && installed.join(DRIVER).is_file() {
        return Ok(installed.join(DRIVER));
    }
    if !system::is_debian() {
        return Err("it is taken from Debian's package of Chromium".into());
    }
    if system::is_root() {
        system::update();
    }
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for package in ["chromium-common", "chromium"] {
        if let Some(archive) = download(package, &folder) {
            let unpacked = unpack(&archive, &folder);
            // A hundred megabytes of which two files are needed.
            let _ = fs::remove_file(&archive);
            if let Some(library) = unpacked {
                let text = format!(
                    r#"{{"file_format_version":"1.0.0","ICD":{{"library_path":"{}","api_version":"1.1"}}}}"#,
                    library.display()
                );
                fs::write(&driver, text).map_err(|error| format!("{}: {error}", driver.display()))?;
                return Ok(driver);
            }
        }
    }
    Err("no package of Chromium with it could be had from apt-get".into())
}

fn download(package: &str, folder: &Path) -> Option<PathBuf> {
    println!("getting Debian's package {package} for SwiftShader; it is unpacked in the cache, not installed");
    let mut command = Command::new("apt-get");
    command.args(["-q", "download", package]).current_dir(folder);
    if !matches!(system::run(&mut command), Ok(true)) {
        return None;
    }
    let prefix = format!("{package}_");
    let named = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&prefix));
    system::files(folder).into_iter().find(named)
}

/// The library of an archive, put into `folder`.
fn unpack(archive: &Path, folder: &Path) -> Option<PathBuf> {
    let scratch = folder.join("unpacked");
    let _ = fs::remove_dir_all(&scratch);
    fs::create_dir_all(&scratch).ok()?;
    let script = r#"dpkg-deb --fsys-tarfile "$1" | tar -x -C "$2" --wildcards "*/$3""#;
    let mut command = Command::new("sh");
    command.args(["-c", script, "sh"]).arg(archive).arg(&scratch).arg(LIBRARY);
    let unpacked = system::output(&mut command).is_some();
    let library = folder.join(LIBRARY);
    let found = unpacked && fs::rename(find(&scratch)?, &library).is_ok();
    let _ = fs::remove_dir_all(&scratch);
    found.then_some(library)
}

fn find(folder: &Path) -> Option<PathBuf> {
    fs::read_dir(folder)
        .ok()?
        .flatten()
        .map(|entry| entry.path())
        .find_map(|path| if path.is_dir() { find(&path) } else { path.ends_with(LIBRARY).then_some(path) })
}
