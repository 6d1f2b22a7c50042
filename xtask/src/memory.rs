//! Peak memory of `moue analyze` over 1,000 and 10,000 pictures: it must not grow with their number.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use crate::{kept, system};

const COUNTS: [usize; 2] = [1_000, 10_000];
/// By how much the larger run's peak may exceed the smaller's.
const MOST: f64 = 1.10;
/// Small pictures with a face, linked as often as is needed.
const PICTURES: [&str; 2] = ["tests/pictures/cmyk.jpg", "tests/pictures/palette.png"];

/// Runs each count with and without detection, and compares.
pub fn measure(root: &Path, target: &Path, device: Option<&str>) -> ExitCode {
    match compare(root, target, device) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(reason) => {
            eprintln!("error: {reason}");
            ExitCode::from(2)
        }
    }
}

fn compare(root: &Path, target: &Path, device: Option<&str>) -> Result<bool, String> {
    if !system::run(kept::cargo().args(["build", "--release", "--package", "moue"]).current_dir(root))? {
        return Err("moue did not build".into());
    }
    let program = target.join("release").join(format!("moue{}", std::env::consts::EXE_SUFFIX));
    let mut constant = true;
    for faces in ["none", "all"] {
        let mut peaks = Vec::new();
        for count in COUNTS {
            let folder = pictures(root, target, count)?;
            let mut command = Command::new(&program);
            command.args(["analyze", "--json", "--verbose", "--faces", faces]).arg(&folder);
            command.args(device.iter().flat_map(|device| ["--device", device]));
            let begin = Instant::now();
            let ran = command.stdin(Stdio::null()).stdout(Stdio::null()).output();
            let ran = ran.map_err(|error| format!("{}: {error}", program.display()))?;
            let said = String::from_utf8_lossy(&ran.stderr);
            if !ran.status.success() {
                return Err(format!("moue analyze failed: {said}"));
            }
            let peak = said.lines().find_map(|line| line.strip_prefix("peak memory ")?.strip_suffix(" KiB")?.parse::<f64>().ok());
            let peak = peak.ok_or("this system does not say how much memory a process had: run it on Linux")?;
            let seconds = begin.elapsed().as_secs_f64();
            println!("\n{count} pictures, --faces {faces}: peak {:.1} MiB, {seconds:.1} s\n{}", peak / 1024.0, said.trim_end());
            peaks.push(peak);
        }
        let ratio = peaks[1] / peaks[0];
        println!("\n--faces {faces}: {} pictures took {ratio:.3} of the memory of {} (at most {MOST})", COUNTS[1], COUNTS[0]);
        constant &= ratio <= MOST;
    }
    Ok(constant)
}

/// A folder of `count` pictures: links, so that they take no room.
fn pictures(root: &Path, target: &Path, count: usize) -> Result<PathBuf, String> {
    let folder = target.join("memory").join(count.to_string());
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for (number, picture) in (0..count).zip(PICTURES.iter().cycle()) {
        let (from, name) = (root.join(picture), format!("{number:05}-{}", picture.rsplit('/').next().unwrap_or(picture)));
        let to = folder.join(name);
        if !to.exists() && fs::hard_link(&from, &to).is_err() {
            fs::copy(&from, &to).map_err(|error| format!("{}: {error}", to.display()))?;
        }
    }
    Ok(folder)
}
