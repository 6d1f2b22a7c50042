//! Running the binary, in a folder of its own.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// What a run of the binary left behind.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: Vec<u8>,
    pub stderr: String,
}

impl Ran {
    pub fn of(output: Output) -> Self {
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        Self { code: output.status.code(), stdout: output.stdout, stderr }
    }

    #[allow(dead_code)]
    pub fn text(&self) -> String {
        String::from_utf8(self.stdout.clone()).unwrap()
    }

    /// The JSON objects of stdout, one a line.
    #[allow(dead_code)]
    pub fn records(&self) -> Vec<Value> {
        self.text()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}\n{}", self.stderr)))
            .collect()
    }
}

/// A run of `moue` with these arguments, to be started.
pub fn command(arguments: &[impl AsRef<OsStr>]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_moue"));
    command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).env_remove("MOUE_DEVICE").env("MOUE_TUNING", "");
    command
}

/// Runs `moue` with these arguments.
pub fn moue(arguments: &[impl AsRef<OsStr>]) -> Ran {
    Ran::of(command(arguments).stdin(Stdio::null()).output().unwrap())
}

/// Runs `moue` with these bytes on standard input.
#[allow(dead_code)]
pub fn moue_reading(arguments: &[impl AsRef<OsStr>], bytes: &[u8]) -> Ran {
    let mut child = command(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(bytes).unwrap();
    drop(stdin);
    Ran::of(child.wait_with_output().unwrap())
}

/// Runs `moue` and closes its stdout after the first line.
#[allow(dead_code)]
pub fn moue_head(arguments: &[impl AsRef<OsStr>]) -> Ran {
    use std::io::{BufRead, BufReader, Read};
    let mut child = command(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = Vec::new();
    BufReader::with_capacity(64, child.stdout.take().unwrap()).read_until(b'\n', &mut line).unwrap();
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    Ran { code: child.wait().unwrap().code(), stdout: line, stderr }
}

/// An empty folder for one test.
pub fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// A path as an argument.
pub fn text(path: impl AsRef<Path>) -> String {
    path.as_ref().display().to_string()
}

/// The devices every answer is wanted from: `cpu`, and the best adapter where there is one.
#[allow(dead_code)]
pub fn devices() -> Vec<String> {
    let best = moue::gpu::adapters().into_iter().next().map(|adapter| adapter.index.to_string());
    assert!(
        best.is_some() || std::env::var_os("MOUE_REQUIRE_ADAPTER").is_none(),
        "no GPU adapter, and MOUE_REQUIRE_ADAPTER is set"
    );
    std::iter::once("cpu".to_string()).chain(best).collect()
}

/// Writes an `.npy` file of float32.
#[allow(dead_code)]
pub fn write_npy(path: &Path, shape: &[usize], values: &[f32]) {
    let sizes: String = shape.iter().map(|n| format!("{n}, ")).collect();
    let header = format!("{:<117}\n", format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({sizes}), }}"));
    let length = (header.len() as u16).to_le_bytes();
    let values: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    std::fs::write(path, [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), &values].concat()).unwrap();
}

/// The values of an `.npy` file of float32.
#[allow(dead_code)]
pub fn read_npy(path: &Path) -> Vec<f32> {
    let bytes = std::fs::read(path).unwrap();
    let length = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    assert!(String::from_utf8_lossy(&bytes[10..10 + length]).contains("'<f4'"));
    bytes[10 + length..].chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
}
