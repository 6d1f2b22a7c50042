//! The default model from its data: the one command of its card.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::steps::{Done, Steps};
use crate::{kept, python, system};

/// Members in two groups that train at the same time, on a core each. Those that see gray learn for longer, then from fewer poor pictures; from there they learn
/// from milder scenes, the wide one from mixed faces too, and are the mean of where they were and of where that leads.
const GRAY: &[&[&str]] = &[&["gray"], &["gray_wide"]];
const MAPPED: &[&[&str]] = &[&["lbp", "cyclic_lbp"], &["cyclic_lbp_5", "cyclic_lbp_10"]];
const GRAY_FIRST: &[&str] = &["--epochs", "46"];
const GRAY_LAST: &[&str] = &["--epochs", "11", "--peak", "0.02", "--poor", "0.15"];
const GRAY_MILD: &[&str] = &["--epochs", "8", "--peak", "0.02", "--poor", "0.05", "--mild"];
const WIDE_MIXED: &[&str] = &["--epochs", "13", "--peak", "0.04", "--poor", "0.15", "--mixed"];
const MAPPED_ALL: &[&str] = &["--epochs", "46", "--poor", "0.15"];

/// Trains, fuses, measures. Each step resumes or repeats: after an interruption the same command goes on.
pub fn train(root: &Path, target: &Path) -> ExitCode {
    let mut steps = Steps::new();
    let scripts = root.join("models/train");
    let python = match python::environment(&scripts.join("requirements.txt"), "venv-train", true) {
        Ok(python) => python,
        Err(reason) => {
            eprintln!("{reason}");
            return ExitCode::FAILURE;
        }
    };
    let folder = target.join("train");
    let (tables, checkpoints) = (folder.join("tables"), folder.join("checkpoints"));
    let [first, last, mild, mixed] = ["first", "last", "mild", "mixed"].map(|name| folder.join(name));
    let (validation, members) = (folder.join("validation"), folder.join("members.safetensors"));
    let default = root.join("models/default/default.safetensors");
    let begin = root.join("models/fer2013/fer2013.safetensors");
    let program = target.join("release").join(format!("moue{}", std::env::consts::EXE_SUFFIX));
    if let Err(error) = std::fs::create_dir_all(&tables) {
        eprintln!("{}: {error}", tables.display());
        return ExitCode::FAILURE;
    }
    let script = |name: &str| {
        let mut command = Command::new(&python);
        command.arg(scripts.join(name)).current_dir(root);
        command
    };
    let training = |groups: &[&[&str]], how: &[&str], begin: &Path, into: &Path| {
        let of = |members: &&[&str]| {
            let mut command = script("train.py");
            command.args(*members).args(how).arg("--begin").arg(begin);
            command.arg("--tables").arg(&tables).arg("--checkpoints").arg(into);
            command
        };
        Done::of(system::run_together(&mut groups.iter().map(of).collect::<Vec<_>>()))
    };
    let cargo = |arguments: &[&str]| Done::of(system::run(kept::cargo().args(arguments).current_dir(root)));

    let passed = steps.run("build", || cargo(&["build", "--release"]))
        && steps.run("tables", || {
            let table = |metric: &str| {
                let mut command = Command::new(&program);
                command.args(["lut", "--json", "--metric", metric, "-o"]).arg(tables.join(format!("{metric}.json")));
                system::run(&mut command)
            };
            Done::of(table("regular").and_then(|done| Ok(done && table("cyclic")?)))
        })
        && steps.run("training of the gray members", || training(GRAY, GRAY_FIRST, &begin, &first))
        && steps.run("their last epochs", || training(GRAY, GRAY_LAST, &first, &last))
        && steps.run("milder scenes", || training(GRAY, GRAY_MILD, &last, &mild))
        && steps.run("mixed faces", || training(&[&["gray_wide"]], WIDE_MIXED, &last, &mixed))
        && steps.run("their means", || {
            let mean = |member: &str, of: &[&PathBuf]| {
                let mut command = script("mean.py");
                command.arg(member).arg("--of").args(of).arg("--checkpoints").arg(&checkpoints);
                system::run(&mut command)
            };
            Done::of(mean("gray", &[&last, &mild]).and_then(|done| Ok(done && mean("gray_wide", &[&last, &mild, &mixed])?)))
        })
        && steps.run("training of the mapped members", || training(MAPPED, MAPPED_ALL, &begin, &checkpoints))
        && steps.run("model file", || {
            Done::of(system::run(
                script("export.py").arg("--eight-bits").arg("--checkpoints").arg(&checkpoints).arg("--out").arg(&members),
            ))
        })
        && steps.run("validation folder", || Done::of(system::run(script("votes.py").arg("--validation").arg(&validation))))
        && steps.run("fusion", || {
            let mut command = Command::new(&program);
            command
                .arg("fuse")
                .arg("--data")
                .arg(&validation)
                .arg("--votes")
                .arg(validation.join("votes.csv"))
                .arg("--model")
                .arg(&members)
                .arg("-o")
                .arg(&default);
            Done::of(system::run(&mut command))
        })
        && steps.run("goldens", || Done::of(system::run(&mut script("goldens.py"))))
        && steps.run("build with the new model", || cargo(&["build", "--release"]));
    if passed {
        steps.run("card", || Done::of(system::run(script("card.py").args(["--threads", "2", "--program"]).arg(&program))));
    }
    steps.finish()
}
