//! The licences of everything that is compiled in, with their texts, by cargo-about.

use std::path::Path;
use std::process::Command;

use crate::steps::Done;
use crate::system;

/// What they are called beside a program.
pub const FILE: &str = "THIRD-PARTY.md";

/// Writes them to `file`, for the target and features that `of` says. Without cargo-about what is packed is for trying only, and CI refuses it.
pub fn write(root: &Path, of: &[&str], file: &Path) -> Done {
    if system::output(Command::new("cargo-about").arg("--version")).is_none() {
        let reason = format!("{FILE} needs cargo-about, `cargo install --locked --features cli cargo-about` brings it");
        return if system::ci() { Done::Failed(reason) } else { Done::Skipped(format!("not for publication: {reason}")) };
    }
    let mut command = Command::new("cargo-about");
    command.args(["generate", "--locked", "--fail"]).args(of).arg("--output-file").arg(file).arg("about.hbs").current_dir(root);
    Done::of(system::run(&mut command))
}
