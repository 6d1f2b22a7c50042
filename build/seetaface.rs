//! Finds the SeetaFace model that the `rustface` package carries, and embeds it from there: this repository holds no weights of others.

use std::{env, fs, path::Path, path::PathBuf, process::Command};

const MODEL: &str = "model/seeta_fd_frontal_v1.0.bin";

/// Writes `OUT_DIR/seetaface.rs`, with the constant `SEETAFACE`: the bytes of the model.
pub fn main() -> Result<(), String> {
    let out = PathBuf::from(variable("OUT_DIR")?);
    let model = rustface(&out)?.join(MODEL);
    if !model.is_file() {
        return Err(format!(
            "the package `rustface` has no {}: moue needs rustface 0.1.7, as Cargo.lock names it",
            model.display()
        ));
    }
    println!("cargo::rerun-if-changed={}", model.display());
    let text = format!(
        "/// The SeetaFace frontal face detection model (BSD 2-Clause, VIPL group, Institute of Computing Technology).\n\
         pub const SEETAFACE: &[u8] = include_bytes!({:?});\n",
        model.display().to_string()
    );
    let to = out.join("seetaface.rs");
    fs::write(&to, text).map_err(|error| format!("{}: {error}", to.display()))
}

/// The folder of the package `rustface`, wherever cargo keeps its sources: registry, vendored folder or mirror.
///
/// Cargo is asked about an empty package that depends on nothing else. Asked about moue itself, it would want the sources of every platform's
/// and every test's dependencies, which a plain build never fetched.
fn rustface(out: &Path) -> Result<PathBuf, String> {
    let asking = out.join("rustface-folder");
    let manifest = asking.join("Cargo.toml");
    let write = |path: PathBuf, text: &str| fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()));
    fs::create_dir_all(asking.join("src")).map_err(|error| format!("{}: {error}", asking.display()))?;
    write(asking.join("src/lib.rs"), "")?;
    write(
        manifest.clone(),
        "[package]\nname = \"rustface-folder\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [dependencies]\nrustface = { version = \"0.1.7\", default-features = false }\n",
    )?;
    // The working folder decides which .cargo/config.toml, and so which vendored sources, are read.
    let answer = Command::new(variable("CARGO")?)
        .args(["metadata", "--format-version", "1", "--offline", "--quiet", "--manifest-path"])
        .arg(&manifest)
        .current_dir(variable("CARGO_MANIFEST_DIR")?)
        .output()
        .map_err(|error| format!("cargo metadata: {error}"))?;
    if !answer.status.success() {
        let reason = String::from_utf8_lossy(&answer.stderr);
        return Err(format!("cargo cannot find the package `rustface`, run `cargo fetch` and build again: {}", reason.trim()));
    }
    let metadata: serde_json::Value =
        serde_json::from_slice(&answer.stdout).map_err(|error| format!("cargo metadata: {error}"))?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let found = packages.filter(|package| package["name"] == "rustface").find_map(|package| package["manifest_path"].as_str());
    found
        .and_then(|manifest| Path::new(manifest).parent())
        .map(Path::to_path_buf)
        .ok_or_else(|| "cargo metadata names no folder of the package `rustface`".to_owned())
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|error| format!("{name}: {error}"))
}
