//! moue beside its peers, the same networks with the same weights on one adapter, in turns: peers/compare.py does the work, this brings what it needs.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::steps::{Done, Steps};
use crate::{adapters, python, swiftshader, system};

/// Networks, and repeats of each.
type Suite = (&'static str, &'static str);

const ALL: Suite = ("alexnet,googlenet,resnet18,resnet101,vgg_s,vgg_m_4096,vgg16", "9");
/// Where one run of a peer takes many seconds.
const FEW: Suite = ("resnet18,alexnet,googlenet,vgg_s", "3");

/// On the machine's own adapter where `driver` names its Vulkan driver's JSON file; without, on lavapipe and SwiftShader.
pub fn compare(root: &Path, target: &Path, driver: Option<&str>) -> ExitCode {
    let mut steps = Steps::new();
    let folder = target.join("peers");
    let scripts = root.join("peers");
    let mut pythons = Vec::new();
    let ready = steps.run("peers", || {
        for (requirements, venv) in [("requirements.txt", "venv-peers"), ("requirements-webgpu.txt", "venv-peers-webgpu")] {
            match python::environment(&scripts.join(requirements), &target.join(venv), true) {
                Ok(python) => pythons.push(python),
                Err(reason) => return Done::Failed(reason),
            }
        }
        Done::of(std::fs::create_dir_all(&folder).map(|()| true).map_err(|error| format!("{}: {error}", folder.display())))
    }) && steps.run("build", || {
        Done::of(system::run(Command::new(system::cargo()).args(["build", "--release", "--example", "peer"]).current_dir(root)))
    });
    let [python, webgpu] = &pythons[..] else { return steps.finish() };
    let networks = ready
        && steps.run("networks", || {
            let mut command = Command::new(python);
            Done::of(system::run(command.arg(scripts.join("export.py")).arg(&folder).args(ALL.0.split(','))))
        });
    if !networks {
        return steps.finish();
    }
    let program = target.join("release/examples").join(format!("peer{}", std::env::consts::EXE_SUFFIX));
    let run = |driver: &Path, name: &str, (nets, repeats): Suite| {
        let mut command = Command::new(python);
        command.arg(scripts.join("compare.py")).arg("--moue").arg(&program).arg("--webgpu-python").arg(webgpu);
        command.arg("--folder").arg(&folder).arg("--driver").arg(driver).args(["--nets", nets, "--repeats", repeats]);
        command.arg("--json").arg(root.join(format!("benches/peers/{name}.json")));
        Done::of(system::run(&mut command))
    };
    if let Some(driver) = driver {
        steps.run("the given driver", || run(Path::new(driver), "given", ALL));
        return steps.finish();
    }
    steps.run("lavapipe", || match adapters::lavapipe() {
        Some(driver) => run(&driver, "llvmpipe", ALL),
        None => Done::Skipped("it is not installed: `cargo xtask test` says how".into()),
    });
    steps.run("SwiftShader", || match swiftshader::fetch(target) {
        Ok(driver) => run(&absolute(driver), "swiftshader", FEW),
        Err(reason) => Done::Skipped(reason),
    });
    steps.finish()
}

fn absolute(path: PathBuf) -> PathBuf {
    path.canonicalize().unwrap_or(path)
}
