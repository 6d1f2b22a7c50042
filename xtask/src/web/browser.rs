//! A browser with WebGPU for the tests.

use std::path::PathBuf;
use std::process::Command;

use crate::system;

const PLACES: [&str; 5] = [
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
];

/// Chromium or Chrome: that of MOUE_CHROMIUM, one that is installed, or Debian's, installed now where that may be done.
pub fn find() -> Result<PathBuf, String> {
    if let Some(named) = std::env::var_os("MOUE_CHROMIUM").map(PathBuf::from) {
        return if named.is_file() { Ok(named) } else { Err(format!("MOUE_CHROMIUM: {} is no program", named.display())) };
    }
    if let Some(found) = installed() {
        return Ok(found);
    }
    if system::is_debian() && system::is_root() {
        let _ = system::install(&["chromium"], "a browser for the tests of the page");
    }
    installed().ok_or_else(|| {
        "the page is tested in Chromium or Chrome, and neither was found: install one, or name it in MOUE_CHROMIUM".into()
    })
}

fn installed() -> Option<PathBuf> {
    // Ubuntu's program of that name asks for a snap where there is none.
    let runs =
        |path: &PathBuf| path.is_file() && (cfg!(windows) || system::output(Command::new(path).arg("--version")).is_some());
    PLACES.iter().map(PathBuf::from).find(runs)
}
