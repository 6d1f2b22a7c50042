//! `cargo xtask test`: everything that CI runs, a step after the other.

use std::path::Path;
use std::process::{Command, ExitCode};

use crate::cargo::{self, CHECKED};
use crate::steps::{Done, Steps};
use crate::{adapters, engines, ffmpeg, fuzz, kept, licences, packages, python, readme, system, systems, tables, web, wheel};

/// The packages whose tests see adapters. xtask's own ask more of naga than moue does: apart, they change nothing of it.
pub const PACKAGES: [&str; 10] = [
    "--package",
    "moue",
    "--package",
    "moue-default",
    "--package",
    "moue-face",
    "--package",
    "moue-actions",
    "--package",
    "moue-embedding",
];
const XTASK: [&str; 2] = ["--package", "xtask"];
/// The native half of the Python package: no test of it runs without Python.
const PYTHON: [&str; 2] = ["--package", "moue-python"];
/// Of clippy.
const DENIED: [&str; 3] = ["--", "-D", "warnings"];

/// All steps; without an adapter they fail where one is required.
pub fn test(root: &Path, target: &Path, require_adapter: bool) -> ExitCode {
    let mut steps = Steps::new();
    kept::tidy();
    tools(&mut steps);
    formats(&mut steps, root);
    let mut variables: Vec<(&str, String)> = Vec::new();
    if require_adapter {
        variables.push(("MOUE_REQUIRE_ADAPTER", "1".into()));
    }
    // What the tests are made of, and with them the program.
    let built = steps.run("build", || cargo::run(root, &[&["test", "--no-run"], &CHECKED[..], &PACKAGES].concat(), &[]));
    steps.run("adapters", || {
        if !built {
            return Done::Failed("moue itself lists them, and it did not build".into());
        }
        let (found, done) = adapters::prepare(&cargo::checked(root), require_adapter);
        variables.extend(found);
        done
    });
    steps.run("ffmpeg", ffmpeg::prepare);
    steps.run("tests", || cargo::named(root, &[&["test", "--no-fail-fast"], &CHECKED[..], &PACKAGES].concat(), &variables));
    steps.run("tables", || {
        if built {
            tables::read(root, &cargo::checked(root))
        } else {
            Done::Failed("moue writes them, and it did not build".into())
        }
    });
    steps.run("the house", || cargo::named(root, &[&["test", "--no-fail-fast"], &XTASK[..]].concat(), &[]));
    lints(&mut steps, root);
    steps.run("licences", || licences::check(root));
    steps.run("packages", || packages::check(root, target));
    steps.run("program, benches", || {
        let arguments = ["build", "--release", "--package", "moue", "--bins", "--benches", "--example", "what_networks_see"];
        cargo::run(root, &arguments, &[])
    });
    steps.run("benches, one iteration", || {
        cargo::run(root, &["bench", "--package", "moue", "--bench", "*", "--", "--test"], &variables)
    });
    steps.run("first answer", || {
        cargo::run(root, &["test", "--release", "--package", "moue", "--test", "first_answer"], &variables)
    });
    steps.run("the README's command", || readme::first_command(root));
    steps.run("other systems", || systems::check(root, target));
    web::run(&mut steps, root, target, require_adapter);
    steps.run("documentation", || {
        cargo::run(root, &[&["doc", "--no-deps"], &PACKAGES[..]].concat(), &[("RUSTDOCFLAGS", "-D warnings".into())])
    });
    steps.run("python tests", || python::test(root));
    let program = cargo::checked(root).join(format!("moue{}", std::env::consts::EXE_SUFFIX));
    steps.run("clients of others", || python::clients(root, &program));
    steps.run("python package", || wheel::test(root, target, &program, &variables));
    steps.run_within(60.0, "python on clusters", || engines::test(root, target));
    steps.run_within(80.0, "fuzz targets", || fuzz::run(root, target, fuzz::SECONDS));
    steps.finish()
}

/// rustfmt and clippy, where they are missing.
pub fn tools(steps: &mut Steps) {
    let works = |tool: &str| system::output(kept::cargo().args([tool, "--version"])).is_some();
    if !works("fmt") || !works("clippy") {
        steps.run("tools", || Done::of(system::run(Command::new("rustup").args(["component", "add", "rustfmt", "clippy"]))));
    }
}

/// Of every workspace here.
pub fn formats(steps: &mut Steps, root: &Path) {
    let others = ["fuzz", "web/bindgen", "peers/burn", "peers/tract"].map(|folder| format!("{folder}/Cargo.toml"));
    steps.run("format", || {
        let all = others.iter().map(|manifest| vec!["fmt", "--check", "--manifest-path", manifest]);
        let commands = std::iter::once(vec!["fmt", "--all", "--check"]).chain(all);
        let run = |arguments: Vec<&str>| system::run(kept::cargo().args(arguments).current_dir(root));
        Done::of(commands.map(run).try_fold(true, |good, ran| Ok(good & ran?)))
    });
}

/// Of moue, and of xtask and the Python package apart.
pub fn lints(steps: &mut Steps, root: &Path) {
    for (name, packages) in [("lints", &PACKAGES[..]), ("lints, xtask", &XTASK), ("lints, python", &PYTHON)] {
        let variables = wheel::WITHOUT.map(|(name, value)| (name, value.to_owned()));
        steps.run(name, || cargo::run(root, &[&["clippy", "--all-targets"], packages, &DENIED].concat(), &variables));
    }
}
