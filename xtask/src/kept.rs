//! What clones share, in the user's cache: compiled dependencies, compiled shaders, tools. Cargo decides by its fingerprints what of it fits; without it
//! everything is made anew.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Bytes at which cargo's part is thrown away: what clones left that are no more is never used again, and nothing else takes it away.
const MOST_BYTES: u64 = 30 << 30;

/// Where cargo keeps what it compiled on the way to a program. Programs themselves lie in the clone's own `target`, as after a plain `cargo build`.
const BUILD: &str = "build";
/// Cargo's name for it.
const VARIABLE: &str = "CARGO_BUILD_BUILD_DIR";

/// `name` in the cache: that of MOUE_KEPT, or of the user.
pub fn folder(name: &str) -> PathBuf {
    let home = || env::var_os(if cfg!(windows) { "USERPROFILE" } else { "HOME" }).map(PathBuf::from);
    let of_user = if cfg!(windows) {
        env::var_os("LOCALAPPDATA").map(PathBuf::from)
    } else if cfg!(target_os = "macos") {
        home().map(|home| home.join("Library/Caches"))
    } else {
        env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or_else(|| home().map(|home| home.join(".cache")))
    };
    let named = env::var_os("MOUE_KEPT").filter(|name| !name.is_empty()).map(PathBuf::from);
    // A machine that names no home has a folder for what is passing.
    named.unwrap_or_else(|| of_user.unwrap_or_else(env::temp_dir).join("moue-dev")).join(name)
}

/// The cargo that runs this, compiling into the cache.
pub fn cargo() -> Command {
    sharing(Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into())))
}

/// A command that runs cargo, which then compiles into the cache, unless the environment says where else.
pub fn sharing(mut command: Command) -> Command {
    if env::var_os(VARIABLE).is_none() && env::var_os("CARGO_TARGET_DIR").is_none() {
        command.env(VARIABLE, folder(BUILD));
    }
    command
}

/// Empties cargo's part where it has grown too large.
pub fn tidy() {
    let build = folder(BUILD);
    let bytes = size(&build);
    println!("{}: {:.1} GB", build.display(), bytes as f64 / 1e9);
    if bytes > MOST_BYTES {
        println!("more than {} GB: it is emptied", MOST_BYTES >> 30);
        if let Err(error) = fs::remove_dir_all(&build) {
            println!("{}: {error}", build.display());
        }
    }
}

/// Bytes of the files below a folder; those that two names share count once a name.
fn size(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let each = entries.map(|entry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => size(&entry.path()),
        Ok(kind) if kind.is_file() => entry.metadata().map_or(0, |file| file.len()),
        _ => 0,
    });
    each.sum()
}
