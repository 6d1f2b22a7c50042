//! The WebAssembly, by whatever on this machine compiles to it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{kept, system, systems};

const TARGET: &str = "wasm32-unknown-unknown";

/// Debian's compiler, and the source of the standard library for it.
const PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld-22"];
const LINKER: &str = "/usr/bin/wasm-ld-22";

/// Builds the crate for the browser; the module.
pub fn build(root: &Path, target: &Path) -> Result<PathBuf, String> {
    let arguments = [
        "rustc",
        "--profile",
        "web",
        "--lib",
        "--crate-type",
        "cdylib",
        "--target",
        TARGET,
        "--no-default-features",
        "--features",
        "web",
    ];
    let (mut command, folder) = if systems::has(TARGET) {
        let mut command = kept::cargo();
        command.args(arguments);
        (command, target.to_path_buf())
    } else {
        debian()?;
        let mut command = Command::new("/usr/bin/cargo");
        // Those of this process name another compiler.
        for name in ["RUSTUP_TOOLCHAIN", "CARGO", "RUSTC_WRAPPER"] {
            command.env_remove(name);
        }
        command.env("RUSTC", "/usr/bin/rustc").env("RUSTDOC", "/usr/bin/rustdoc").env("RUSTC_BOOTSTRAP", "1");
        command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", LINKER);
        command.args(arguments).args(["-Z", "build-std=std,panic_abort"]);
        // It may be too old to know of a folder for what is built on the way: all of it lies there.
        (command, kept::folder("debian"))
    };
    // Every browser since 2023 has them: what the processor computes, and the detector, is loops over vectors.
    command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", "-C target-feature=+simd128");
    command.arg("--target-dir").arg(&folder).current_dir(root);
    if !system::run(&mut command)? {
        return Err("the crate did not build for the browser: see above".into());
    }
    let module = folder.join(TARGET).join("web/moue.wasm");
    fs::metadata(&module).map(|_| module.clone()).map_err(|error| format!("{}: {error}", module.display()))
}

/// Brings Debian's compiler where it is missing and may be brought.
fn debian() -> Result<(), String> {
    let there = || ["/usr/bin/cargo", "/usr/bin/rustc", LINKER].iter().all(|path| Path::new(path).exists());
    if there() {
        return Ok(());
    }
    if system::is_debian() && system::is_root() {
        let _ = system::install(
            &PACKAGES,
            &format!("rustup has no {TARGET} here, and Debian's compiler builds its library from source"),
        );
    }
    if there() {
        return Ok(());
    }
    Err(format!(
        "the compiler has no {TARGET}: `rustup target add {TARGET}`, or on Debian `apt-get install {}`",
        PACKAGES.join(" ")
    ))
}
