//! The default model from its data: the one command of its card.

use std::path::Path;
use std::process::{Command, ExitCode};

use crate::steps::{Done, Steps};
use crate::{kept, python, system};

/// Members in two groups that train at the same time, on a core each.
const GROUPS: [&[&str]; 2] = [&["gray", "lbp", "cyclic_lbp"], &["gray_wide", "cyclic_lbp_5", "cyclic_lbp_10"]];
const EPOCHS: &str = "12";

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
    let (validation, members) = (folder.join("validation"), folder.join("members.safetensors"));
    let default = root.join("models/default/default.safetensors");
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
    let trainer = |members: &[&str]| {
        let mut command = script("train.py");
        command.args(members).args(["--epochs", EPOCHS]).arg("--begin").arg(&default);
        command.arg("--tables").arg(&tables).arg("--checkpoints").arg(&checkpoints);
        command
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
        && steps.run("training of the members", || Done::of(system::run_together(&mut GROUPS.map(trainer))))
        && steps.run("model file", || {
            Done::of(system::run(script("export.py").arg("--checkpoints").arg(&checkpoints).arg("--out").arg(&members)))
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
