//! `cargo xtask protos`: the Rust code of the protobuf messages that importers read.

use std::path::Path;
use std::process::ExitCode;

const FOLDERS: [&str; 2] = ["src/weights/onnx", "src/weights/caffe"];

/// Writes `proto.rs` beside every .proto, or with `check` says which differs.
pub fn generate(root: &Path, check: bool) -> ExitCode {
    let mut stale = Vec::new();
    for folder in FOLDERS {
        match one(&root.join(folder), check) {
            Ok(true) => {}
            Ok(false) => stale.push(folder),
            Err(reason) => {
                eprintln!("{folder}: {reason}");
                return ExitCode::from(2);
            }
        }
    }
    for folder in &stale {
        eprintln!("{folder}/proto.rs is not what its .proto gives: run `cargo run -p xtask --features protos -- protos`");
    }
    if stale.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn one(folder: &Path, check: bool) -> Result<bool, Box<dyn std::error::Error>> {
    let name = folder.file_name().and_then(|name| name.to_str()).ok_or("a folder without a name")?;
    let out = tempfile::tempdir()?;
    let descriptors = protox::compile([folder.join(format!("{name}.proto"))], [folder])?;
    let mut config = prost_build::Config::new();
    config.out_dir(out.path()).bytes(["."]).skip_protoc_run();
    config.compile_fds(descriptors)?;
    let text = std::fs::read_to_string(out.path().join(format!("{name}.rs")))?;
    let path = folder.join("proto.rs");
    if check {
        return Ok(std::fs::read_to_string(path)? == text);
    }
    std::fs::write(path, text)?;
    Ok(true)
}
