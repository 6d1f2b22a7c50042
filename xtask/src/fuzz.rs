//! The fuzz targets of fuzz/, each for a bounded time, as many together as there are cores. No sanitizer: the crate and its decoders are safe Rust, overflow checks and debug assertions
//! are on, and without one a stable toolchain does.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::steps::Done;
use crate::{kept, system, tools};

/// Seconds a target, where nobody says.
pub const SECONDS: u32 = 25;

/// Lines of a failed target's log that are shown.
const REPORT: usize = 60;

/// Names, and the bytes of an input at most: the longest seed is whole.
const TARGETS: [(&str, u32); 6] =
    [("model", 16_384), ("photo", 8192), ("onnx", 8192), ("caffe", 8192), ("state_dict", 4096), ("tflite", 8192)];

/// Builds the targets and runs each for `seconds`.
pub fn run(root: &Path, target: &Path, seconds: u32) -> Done {
    if !cfg!(target_os = "linux") {
        return missing("libFuzzer is built and run on Linux only".into());
    }
    if let Err(reason) = compiler() {
        return missing(reason);
    }
    let tool = match tools::find(root, "cargo-fuzz") {
        Ok(tool) => tool,
        Err(reason) => return missing(reason),
    };
    let fuzz = |arguments: &[&str]| {
        let mut command = kept::sharing(Command::new(&tool));
        command.arg("fuzz").args(arguments).current_dir(root);
        system::run(&mut command)
    };
    let folder = target.join("fuzz").display().to_string();
    let common = ["--sanitizer", "none", "--target-dir", folder.as_str()];
    match fuzz(&[&["build"][..], &common[..]].concat()) {
        Ok(true) => {}
        other => return Done::of(other),
    }
    let one = |(name, longest): (&str, u32)| {
        let words = root.join("fuzz").join(format!("{name}.dict"));
        let mut options = vec![format!("-max_total_time={seconds}"), format!("-max_len={longest}")];
        options.extend(["-timeout=25", "-rss_limit_mb=2048", "-print_final_stats=1"].map(String::from));
        options.extend(words.is_file().then(|| format!("-dict={}", words.display())));
        let log = target.join("fuzz").join(format!("{name}.log"));
        let mut command = kept::sharing(Command::new(&tool));
        command.args(["fuzz", "run", name]).args(common).arg("--").args(&options).current_dir(root);
        let ran = logged(&mut command, &log);
        match &ran {
            Ok(true) => println!("{name}: passed, {}", last(&log, "Done ").unwrap_or_default()),
            Ok(false) => println!("{name}: FAILED\n{}", end(&log)),
            Err(reason) => println!("{name}: FAILED, {reason}"),
        }
        ran == Ok(true)
    };
    // A target keeps one core busy.
    let waiting = Mutex::new(TARGETS.iter());
    let next = || waiting.lock().ok().and_then(|mut targets| targets.next().copied());
    let failed = AtomicUsize::new(0);
    let cores = thread::available_parallelism().map_or(1, usize::from).min(TARGETS.len());
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some(target) = next() {
                    failed.fetch_add(usize::from(!one(target)), Ordering::Relaxed);
                }
            });
        }
    });
    let failed = failed.into_inner();
    println!("fuzz targets: {} passed, {failed} failed", TARGETS.len() - failed);
    Done::of(Ok(failed == 0))
}

/// Runs a command with all it prints in a file: libFuzzer writes thousands of lines.
fn logged(command: &mut Command, log: &Path) -> Result<bool, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", log.display());
    let file = fs::File::create(log).map_err(failed)?;
    let second = file.try_clone().map_err(failed)?;
    system::run(command.stdout(file).stderr(second))
}

/// The last line of a log that begins so.
fn last(log: &Path, begin: &str) -> Option<String> {
    let text = String::from_utf8_lossy(&fs::read(log).ok()?).into_owned();
    text.lines().rev().find(|line| line.starts_with(begin)).map(|line| line[begin.len()..].to_string())
}

/// The last lines of a log: libFuzzer ends with what was found and the file that holds it.
fn end(log: &Path) -> String {
    let text = fs::read(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(REPORT)..].join("\n")
}

/// What cannot be had is skipped, and required of a CI service.
fn missing(reason: String) -> Done {
    if system::ci() { Done::Failed(reason) } else { Done::Skipped(reason) }
}

/// libfuzzer-sys compiles libFuzzer, which is C++.
fn compiler() -> Result<(), String> {
    let works = || ["c++", "g++", "clang++"].iter().any(|name| system::output(Command::new(name).arg("--version")).is_some());
    if !works() && system::is_debian() && system::is_root() {
        let _ = system::install(&["g++"], "libFuzzer is C++");
    }
    if works() {
        Ok(())
    } else {
        Err("no C++ compiler was found: install one (on Debian and Ubuntu: g++), then run this again".into())
    }
}
