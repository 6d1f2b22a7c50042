//! The package for npm: what it holds and how large it is, of what `cargo xtask web` built.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::steps::Done;
use crate::system;

/// Bytes of its archive at most: 3.5 MB of them are the model's in eight bits, 3 to 4 those of the networks that find faces, 2 those
/// of action units, 2 those of embeddings, 0.2 those of the demuxer.
const MOST: u64 = 14_000_000;
/// What must be in it.
const NAMED: [&str; 17] = [
    "package.json",
    "README.md",
    "dist/LICENSE-APACHE",
    "dist/LICENSE-MIT",
    "dist/face/LICENSE-APACHE",
    "dist/face/NOTICE",
    "dist/mediabunny/LICENSE",
    "dist/mediabunny/NOTICE",
    "dist/mediabunny/mediabunny.js",
    "dist/index.js",
    "dist/index.d.ts",
    "dist/worker.js",
    "dist/pkg/actions.safetensors",
    "dist/pkg/embedding.safetensors",
    "dist/pkg/default.safetensors",
    "dist/pkg/face.safetensors",
    "dist/pkg/moue_bg.wasm",
];

/// `npm pack --dry-run`, against what it should say.
pub fn check(root: &Path) -> Done {
    super::done(faults(root))
}

fn faults(root: &Path) -> Result<Vec<String>, String> {
    let web = root.join("web");
    if !web.join("dist/index.js").is_file() {
        return Err("web/dist is not there: `cargo xtask web --no-serve` makes it".into());
    }
    let mut command = Command::new(system::NPM);
    let said = system::output(command.args(["pack", "--dry-run", "--json"]).current_dir(&web))
        .ok_or("`npm pack --dry-run --json` failed in web/: run it there to see why")?;
    let report: Value = serde_json::from_str(&said).map_err(|error| format!("npm pack --json: {error}"))?;
    // One package is a list's first, or, since npm 12, under its name.
    let package = report.get(0).or_else(|| report.get("moue")).ok_or("`npm pack --json` names no package")?;
    let size = package["size"].as_u64().ok_or("`npm pack --json` names no size")?;
    let files = package["files"].as_array().ok_or("`npm pack --json` names no files")?;
    let packed: Vec<&str> = files.iter().filter_map(|file| file["path"].as_str()).collect();
    println!("moue of npm: {} files, {size} bytes of at most {MOST}", packed.len());
    let missing = NAMED.iter().filter(|name| !packed.contains(name));
    let foreign = packed.iter().filter(|name| !NAMED.contains(name) && !name.starts_with("dist/"));
    let mut faults: Vec<String> = missing.map(|name| format!("npm's package lacks {name}")).collect();
    faults.extend(foreign.map(|name| format!("npm's package holds {name}: see `files` of web/package.json")));
    let (version, own) = (package["version"].as_str().unwrap_or_default(), env!("CARGO_PKG_VERSION"));
    if version != own {
        faults.push(format!("npm's package is of version {version}, the crate of {own}: see web/package.json"));
    }
    if size > MOST {
        faults.push(format!("npm's package has {size} bytes, {MOST} are allowed: make it smaller, or raise MOST"));
    }
    Ok(faults)
}
