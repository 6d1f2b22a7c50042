//! ffmpeg, which makes the clips of the tests and decodes videos for moue.

use std::process::Command;

use crate::steps::Done;
use crate::system;

/// Brings it where that may be done. Without it the tests of videos say that they are skipped.
pub fn prepare() -> Done {
    if !there() && system::is_debian() && system::is_root() {
        let _ = system::install(&["ffmpeg"], "what makes the clips of the tests, and decodes them");
    }
    if there() {
        return Done::Passed;
    }
    let missing =
        "ffmpeg is not there: install it (Debian, Ubuntu: ffmpeg; macOS: brew install ffmpeg; Windows: winget install ffmpeg)";
    if system::ci() { Done::Failed(missing.into()) } else { Done::Skipped(format!("{missing}; tests of videos are skipped")) }
}

pub fn there() -> bool {
    system::output(Command::new("ffmpeg").arg("-version")).is_some()
}
