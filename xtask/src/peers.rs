//! moue beside its peers, the same networks with the same weights on one adapter, in turns: peers/compare.py does the work, this brings what it needs.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use serde_json::Value;

use crate::steps::{Done, Steps};
use crate::{adapters, kept, python, swiftshader, system};

/// Networks, and how compare.py goes about them.
type Suite = (&'static str, &'static [&'static str]);

/// AlexNet's convolutions are in groups.
const NETWORKS: &str = "alexnet,googlenet,resnet18,resnet101,vgg_s,vgg_m_4096,vgg16";
const ALL: Suite = (NETWORKS, &["--warm-up", "1", "--repeats", "9"]);
/// Where one run of a peer takes many seconds.
const FEW: Suite = ("resnet18,alexnet,googlenet,vgg_s", &["--warm-up", "1", "--repeats", "3"]);
const GPU: Suite = (
    NETWORKS,
    &["--batch", "1,64", "--precision", "f32,f16", "--together", "--burst", "16", "--seconds", "3", "--minutes", MINUTES],
);

const PEERS: &str = "ncnn-vulkan,burn-wgpu,ort-webgpu,ort-cpu";
const PEERS_WITH_CUDA: &str = "ncnn-vulkan,burn-wgpu,ort-webgpu,ort-cuda,torch-cuda,torch-compile,tensorrt,ort-cpu";
/// Of one run on a GPU: compiling and tuning take most of it. The same command goes on where it ended.
const MINUTES: &str = "10";

/// What the given driver's adapter decides.
struct Given {
    driver: PathBuf,
    /// Of its report.
    name: String,
    hardware: bool,
    cuda: bool,
}

/// On the machine's own adapter where `driver` names its Vulkan driver's JSON file; without, on lavapipe and SwiftShader.
pub fn compare(root: &Path, target: &Path, driver: Option<&str>) -> ExitCode {
    let mut steps = Steps::new();
    let folder = target.join("peers");
    let scripts = root.join("peers");
    let built = steps.run("build", || {
        let arguments = ["build", "--release", "--package", "moue", "--bin", "moue", "--example", "peer"];
        Done::of(system::run(kept::cargo().args(arguments).current_dir(root)))
    });
    let mut given = None;
    let known = built
        && driver.is_none_or(|driver| {
            steps.run("adapter", || match describe(&program(target, "release/moue"), driver) {
                Ok(found) => {
                    given = Some(found);
                    Done::Passed
                }
                Err(reason) => Done::Failed(reason),
            })
        });
    if !known {
        return steps.finish();
    }
    let hardware = given.as_ref().is_some_and(|given| given.hardware);
    let cuda = given.as_ref().is_some_and(|given| given.cuda);
    let mut environments = vec![("requirements.txt", "venv-peers"), ("requirements-webgpu.txt", "venv-peers-webgpu")];
    environments.extend(cuda.then_some(("requirements-cuda.txt", "venv-peers-cuda")));
    let mut pythons = Vec::new();
    let ready = steps.run("peers", || {
        for (requirements, venv) in environments {
            match python::environment(&scripts.join(requirements), venv, true) {
                Ok(python) => pythons.push(python),
                Err(reason) => return Done::Failed(reason),
            }
        }
        Done::of(std::fs::create_dir_all(&folder).map(|()| true).map_err(|error| format!("{}: {error}", folder.display())))
    }) && steps.run("build of burn", || {
        let mut command = kept::cargo();
        command.args(["build", "--release", "--locked", "--manifest-path"]).arg(scripts.join("burn/Cargo.toml"));
        command.args(if hardware { &["--features", "vulkan"][..] } else { &[] });
        Done::of(system::run(command.arg("--target-dir").arg(target.join("peers-burn"))))
    });
    let [python, webgpu, with_cuda @ ..] = &pythons[..] else { return steps.finish() };
    let (peer, burn) = (program(target, "release/examples/peer"), program(target, "peers-burn/release/moue-peer-burn"));
    let networks = ready
        && steps.run("networks", || {
            let mut command = Command::new(python);
            command.arg(scripts.join("export.py")).arg(&folder).args(NETWORKS.split(','));
            Done::of(system::run(command.args(["--precision", if hardware { "f32,f16" } else { "f32" }])))
        })
        && steps.run("model files", || {
            Done::of(NETWORKS.split(',').try_fold(true, |good, net| Ok(good && model_file(&peer, &folder, net)?)))
        });
    if !networks {
        return steps.finish();
    }
    let mut reports = Vec::new();
    let mut run = |driver: &Path, name: &str, (nets, how): Suite| {
        let mut command = Command::new(python);
        command.arg(scripts.join("compare.py")).arg("--moue").arg(&peer).arg("--burn").arg(&burn);
        command.arg("--webgpu-python").arg(webgpu);
        if let [python] = with_cuda {
            command.arg("--cuda-python").arg(python);
        }
        command.args(["--peers", if cuda { PEERS_WITH_CUDA } else { PEERS }]);
        command.arg("--folder").arg(&folder).arg("--driver").arg(driver).args(["--nets", nets]).args(how);
        reports.push(root.join(format!("benches/peers/{name}.json")));
        Done::of(system::run(command.arg("--json").args(reports.last())))
    };
    if let Some(given) = &given {
        steps.run("the given driver", || run(&given.driver, &given.name, if hardware { GPU } else { ALL }));
    } else {
        steps.run("lavapipe", || match adapters::lavapipe() {
            Some(driver) => run(&driver, "llvmpipe", ALL),
            None => Done::Skipped("it is not installed: `cargo xtask test` says how".into()),
        });
        steps.run("SwiftShader", || match swiftshader::fetch() {
            Ok(driver) => run(&absolute(driver), "swiftshader", FEW),
            Err(reason) => Done::Skipped(reason),
        });
    }
    steps.run("tables", || Done::of(system::run(Command::new(python).arg(scripts.join("table.py")).args(&reports))));
    steps.finish()
}

/// The adapter of a Vulkan driver, as moue sees it.
fn describe(moue: &Path, driver: &str) -> Result<Given, String> {
    let driver = absolute(PathBuf::from(driver));
    let mut command = Command::new(moue);
    command.args(["devices", "--json"]).env("WGPU_BACKEND", "vulkan");
    command.env("VK_DRIVER_FILES", &driver).env("VK_ICD_FILENAMES", &driver);
    let text = system::output(&mut command).unwrap_or_default();
    let none = || format!("{}: moue finds no Vulkan adapter by it", driver.display());
    let first: Value = text.lines().next().and_then(|line| serde_json::from_str(line).ok()).ok_or_else(none)?;
    let said = |field: &str| first[field].as_str().unwrap_or_default().to_string();
    println!("{}, {}; driver {}", said("name"), said("kind"), said("driver"));
    let nvidia = [said("name"), said("driver")].iter().any(|text| text.to_lowercase().contains("nvidia"));
    Ok(Given {
        name: file_name(&said("name")),
        hardware: said("kind") != "cpu",
        cuda: nvidia && said("kind") != "cpu" && system::output(&mut Command::new("nvidia-smi")).is_some(),
        driver,
    })
}

/// An adapter's name in lower case, with dashes for all that is no letter and no digit.
fn file_name(adapter: &str) -> String {
    let lower = adapter.to_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

fn program(target: &Path, name: &str) -> PathBuf {
    target.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// `NET.safetensors` of seed 1 in `folder`, unless it is younger than what export.py last wrote of the network; whether moue wrote it.
fn model_file(peer: &Path, folder: &Path, net: &str) -> Result<bool, String> {
    let written = |name: String| folder.join(name).metadata().and_then(|file| file.modified()).ok();
    let file = written(format!("{net}.safetensors"));
    if file.is_some() && file >= written(format!("{net}.made_of")) {
        return Ok(true);
    }
    let (part, whole) = (folder.join(format!("{net}.part")), folder.join(format!("{net}.safetensors")));
    if !system::run(Command::new(peer).arg(net).arg(&part))? {
        return Ok(false);
    }
    std::fs::rename(&part, &whole).map(|()| true).map_err(|error| format!("{}: {error}", whole.display()))
}

fn absolute(path: PathBuf) -> PathBuf {
    path.canonicalize().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn a_report_is_named_by_its_adapter() {
        assert_eq!(file_name("NVIDIA H200"), "nvidia-h200");
        assert_eq!(file_name("AMD Radeon RX 7900 XTX (RADV NAVI31)"), "amd-radeon-rx-7900-xtx-radv-navi31");
    }
}
