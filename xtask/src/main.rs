//! What a newcomer types: `cargo xtask test` checks everything, and brings what is missing where it may.

mod adapters;
mod cargo;
mod dist;
mod engines;
mod ffmpeg;
mod fuzz;
mod guard;
mod kept;
mod licences;
mod memory;
mod packages;
mod peers;
#[cfg(feature = "protos")]
mod protos;
mod python;
mod quick;
mod readme;
mod spread;
mod steps;
mod swiftshader;
mod system;
mod systems;
mod tables;
mod test;
mod tools;
mod train;
mod web;
mod wheel;

use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use steps::Steps;

/// Where the page is served.
const PORT: u16 = 4173;

const USAGE: &str = "\
cargo xtask test [--quick | --require-adapter]
cargo xtask web [--no-serve | --port N | --test]
cargo xtask train
cargo xtask fuzz [--seconds N]
cargo xtask memory [DEVICE]
cargo xtask peers [DRIVER.json]
cargo xtask tables
cargo xtask bench-guard [--write]
cargo xtask bench-spread [RUNS [OPTION...]]
cargo xtask packages
cargo xtask dist [--target TRIPLE | --wheel]
cargo run -p xtask --features protos -- protos [--check]

    test    formatting, lints, every test on every adapter, one iteration of the benches, documentation, the Python tests, the fuzz targets.
            Where there is no Vulkan adapter, Debian and Ubuntu (as root) get one in software; elsewhere it says what to install.
            Compiled dependencies, shaders and tools are kept in the user's cache, which clones share: moue-dev there, or the folder MOUE_KEPT.
            --quick, between two edits: formatting, lints, the library's tests, and on one adapter the kernels whose shaders changed since the last commit, a
            sample of all kernels where what they share changed.
    web     the page: builds it, for the browser and with Node.js, and serves it on this machine, at port 4173 unless --port says another; --no-serve only
            builds, --test builds and runs its tests in Chromium.
    fuzz    the fuzz targets alone, on Linux: damaged models, photographs and files of other frameworks. What they try and what they find lies in fuzz/corpus and
            fuzz/artifacts.
    train   the default model from its data: training, fusion, goldens, the figures of its card. Hours; the same command goes on after an
            interruption. The data are ../shared/data/fer2013 and london-450, see models/default/README.md.
    memory  peak memory of `moue analyze` over 1,000 and 10,000 pictures, with and without detection: the larger run may take a
            tenth more than the smaller. Takes minutes on a GPU, up to an hour on a CPU adapter; DEVICE as --device.
    peers   moue beside ncnn (Vulkan), ONNX Runtime (WebGPU) and burn (wgpu), pinned, from PyPI and crates.io: the same networks with the same
            weights, in turns on one adapter, as a table and in benches/peers/. On lavapipe and SwiftShader, or on the adapter of the Vulkan driver
            DRIVER.json (those of the machine lie in /usr/share/vulkan/icd.d): on a GPU in f32 and f16 and with 1 and 64 images, on one of NVIDIA's,
            where there is nvidia-smi, also beside PyTorch and ONNX Runtime by CUDA. Half an hour on CPU adapters.
    tables  the tables of videos, read by pandas and by py-feat's own readers, which it brings into the cache (7 GB, as PyTorch comes along); from then on
            `test` reads them by py-feat too.
    bench-guard    whether a kernel has become slower: its share of the adapter's ceilings of the same run, against what benches/guard.json keeps for
            the adapter; --write keeps what is measured. Never seconds; what noise hides is called inconclusive.
    bench-spread    how far the score of `moue bench` spreads: RUNS runs (10) with OPTIONs of it, such as --quick or --device NAME, then as many beside a thread
            that counts. A table, and whether those beside the load say so. A minute to three for each run.
    packages    the crates as they would be published, unpacked in a folder of their own, where the README's example and the program are built of them and
            run. Takes minutes.
    dist    what a release offers for this machine's system, in target/dist: the program with its pages, completions and licences as an archive, and its
            checksum. For wasm32-unknown-unknown it is the package for npm, of what `cargo xtask web --no-serve` built. --wheel: the package for Python.

    protos  with `--features protos`: the Rust code of the .proto files that importers read; `--check` says whether it is theirs.

    --require-adapter    fail where no adapter was found, instead of running on the built-in reference alone; so does CI=true
    --seconds N          of each fuzz target, 25 where nobody says
";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["train"] => train::train(&root(), &target(&root())),
        ["test"] => test::test(&root(), &target(&root()), system::ci()),
        ["test", "--require-adapter"] => test::test(&root(), &target(&root()), true),
        ["test", "--quick"] => quick::quick(&root()),
        ["web"] => web::web(&root(), &target(&root()), Some(PORT)),
        ["web", "--no-serve"] => web::web(&root(), &target(&root()), None),
        ["web", "--port", port] if port.parse::<u16>().is_ok() => web::web(&root(), &target(&root()), port.parse().ok()),
        ["web", "--test"] => web::test(&root(), &target(&root())),
        ["fuzz"] => fuzz(fuzz::SECONDS),
        ["fuzz", "--seconds", seconds] if seconds.parse().is_ok_and(|n: u32| n > 0) => {
            fuzz(seconds.parse().unwrap_or(fuzz::SECONDS))
        }
        ["memory"] => memory::measure(&root(), &target(&root()), None),
        ["memory", device] => memory::measure(&root(), &target(&root()), Some(device)),
        ["packages"] => packages::try_out(&root(), &target(&root())),
        ["dist"] => dist::dist(&root(), &target(&root()), None),
        ["dist", "--wheel"] => dist::wheel(&root(), &target(&root())),
        ["dist", "--target", triple] => dist::dist(&root(), &target(&root()), Some(triple)),
        ["bench-guard"] => guard::guard(&root(), &target(&root()), false),
        ["bench-guard", "--write"] => guard::guard(&root(), &target(&root()), true),
        ["bench-spread"] => spread::spread(&root(), &target(&root()), spread::RUNS, &[]),
        ["bench-spread", runs, ref options @ ..] if runs.parse().is_ok_and(|n: usize| n > 0) => {
            spread::spread(&root(), &target(&root()), runs.parse().unwrap_or(spread::RUNS), options)
        }
        ["tables"] => tables::all(&root(), &target(&root())),
        ["peers"] => peers::compare(&root(), &target(&root()), None),
        ["peers", driver] => peers::compare(&root(), &target(&root()), Some(driver)),
        #[cfg(feature = "protos")]
        ["protos"] => protos::generate(&root(), false),
        #[cfg(feature = "protos")]
        ["protos", "--check"] => protos::generate(&root(), true),
        ["help" | "--help" | "-h"] => {
            print!("{USAGE}");
            ExitCode::SUCCESS
        }
        _ => {
            eprint!("{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn fuzz(seconds: u32) -> ExitCode {
    let root = root();
    let mut steps = Steps::new();
    steps.run("fuzz targets", || fuzz::run(&root, &target(&root), seconds));
    steps.finish()
}

fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own).to_path_buf()
}

fn target(root: &Path) -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |folder| root.join(folder))
}
