//! Whether the crate compiles for the systems that this machine is not.

use std::path::Path;
use std::process::Command;

use crate::steps::Done;
use crate::{kept, system};

/// With what is checked of the crate, without the default model, which every other step has. On Windows a dependency of the command line asks for that
/// system's C headers.
const TARGETS: [(&str, &[&str]); 2] = [
    ("x86_64-pc-windows-msvc", &["--lib", "--no-default-features"]),
    ("aarch64-apple-darwin", &["--no-default-features", "--features", "serve"]),
];

/// `cargo check` for Windows and macOS, from Linux: what a compiler says without those systems' linkers. What cannot be had for it is said.
pub fn check(root: &Path, target: &Path) -> Done {
    if !cfg!(target_os = "linux") {
        return Done::Skipped("it is done on Linux".into());
    }
    // An assembler for their object files, which one dependency asks for.
    if clang().is_none() && system::is_debian() && system::is_root() {
        let _ = system::install(&["clang"], "an assembler for other systems");
    }
    if clang().is_none() {
        return Done::Skipped("clang is not there, which assembles for other systems".into());
    }
    let mut left_out = Vec::new();
    for (name, what) in TARGETS {
        if !has(name) {
            left_out.push(name);
            continue;
        }
        let mut command = kept::cargo();
        command
            .args(["check", "--package", "moue", "--target", name])
            .args(what)
            .current_dir(root)
            .env(format!("CC_{}", name.replace('-', "_")), "clang");
        // Apart: build scripts see another compiler.
        match system::run(command.arg("--target-dir").arg(target.join("others"))) {
            Ok(true) => {}
            other => return Done::of(other),
        }
    }
    if left_out.is_empty() {
        Done::Passed
    } else {
        Done::Skipped(format!("rustup has no standard library for {}", left_out.join(" and ")))
    }
}

fn clang() -> Option<String> {
    system::output(Command::new("clang").arg("--version"))
}

/// Whether the compiler has this target, after asking rustup for it.
pub fn has(target: &str) -> bool {
    let there = || {
        let printed = system::output(Command::new("rustc").args(["--print", "target-libdir", "--target", target]));
        printed.is_some_and(|folder| Path::new(folder.trim()).is_dir())
    };
    there() || {
        let _ = system::run(Command::new("rustup").args(["target", "add", target]));
        there()
    }
}
