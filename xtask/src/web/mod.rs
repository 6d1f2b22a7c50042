//! The browser's build, its page and its tests.

mod browser;
mod toolchain;

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use crate::cargo::{self, CHECKED};
use crate::steps::{Done, Steps};
use crate::system::NPM;
use crate::{kept, packages, swiftshader, system};

/// The oldest versions of node that vite runs on, of two lines.
const NODE: [(u32, u32); 2] = [(20, 19), (22, 12)];
/// Node's other program, a script on Windows.
const NPX: &str = if cfg!(windows) { "npx.cmd" } else { "npx" };

/// Builds the page, and serves it at a port of this machine until it is stopped, unless `port` is none.
pub fn web(root: &Path, target: &Path, port: Option<u16>) -> ExitCode {
    let mut steps = Steps::new();
    let built = build(&mut steps, root, target);
    if let (true, Some(port)) = (built, port) {
        println!("\nopen http://127.0.0.1:{port}/ in a browser; Ctrl-C ends it");
        let port = port.to_string();
        steps.run("serving", || npx(root, &["vite", "preview", "--port", &port, "--strictPort"]));
    }
    steps.finish()
}

/// Builds it and runs its tests in a browser.
pub fn test(root: &Path, target: &Path) -> ExitCode {
    let mut steps = Steps::new();
    run(&mut steps, root, target, true);
    steps.finish()
}

/// The same among other steps; a browser may be missing unless it is `required`.
pub fn run(steps: &mut Steps, root: &Path, target: &Path, required: bool) {
    if let Err(reason) = node() {
        steps.run("web", || without(reason, required));
        return;
    }
    if !build(steps, root, target) {
        return;
    }
    steps.run("web, npm's package", || packages::npm(root));
    steps.run("web, the native twin", || {
        let arguments = ["build", "--release", "--package", "moue", "--example", "what_networks_see"];
        Done::of(system::run(kept::cargo().args(arguments).current_dir(root)))
    });
    let mut browser = None;
    steps.run("web, a browser", || match browser::find() {
        Ok(found) => {
            println!("{}", found.display());
            browser = Some(found);
            Done::Passed
        }
        Err(reason) => without(reason, required),
    });
    let Some(browser) = browser else { return };
    let tested = steps.run("web, tests", || {
        let mut command = Command::new(NPM);
        command.arg("test").current_dir(root.join("web")).env("MOUE_CHROMIUM", browser).env("MOUE_TARGET", target);
        if let Ok(driver) = swiftshader::fetch() {
            command.env("MOUE_SWIFTSHADER", driver);
        }
        Done::of(system::run(&mut command))
    });
    if tested {
        steps.run("web, the report", || {
            let report = target.join("web-tests/bench.json");
            let arguments = [&["test"], &CHECKED[..], &["--package", "moue", "--test", "program", "browser"]].concat();
            cargo::run(root, &arguments, &[("MOUE_BROWSER_REPORT", report.display().to_string())])
        });
    }
}

/// What is missing fails where everything is to be checked, and is said elsewhere.
fn without(reason: String, required: bool) -> Done {
    if required { Done::Failed(reason) } else { Done::Skipped(reason) }
}

/// The WebAssembly, the package and the page; whether all of it was built.
fn build(steps: &mut Steps, root: &Path, target: &Path) -> bool {
    let web = root.join("web");
    let package = web.join("src/pkg");
    let mut module = None;
    steps.run("web, WebAssembly", || match toolchain::build(root, target) {
        Ok(built) => {
            module = Some(built);
            Done::Passed
        }
        Err(reason) => Done::Failed(reason),
    });
    let Some(module) = module else { return false };
    steps.run("web, bindings", || {
        let mut command = kept::cargo();
        command.args(["run", "--release", "--locked", "--manifest-path"]).arg(web.join("bindgen/Cargo.toml"));
        command.arg("--target-dir").arg(target.join("bindgen")).arg("--").arg(&module).arg(&package);
        Done::of(fs::create_dir_all(&package).map_err(|error| error.to_string()).and_then(|()| system::run(&mut command)))
    }) && steps.run("web, npm", || {
        if let Err(reason) = node() {
            return Done::Failed(reason);
        }
        let (lock, installed) = (web.join("package-lock.json"), web.join("node_modules/.package-lock.json"));
        let written = |path: &Path| path.metadata().and_then(|file| file.modified()).ok();
        if written(&installed).is_some_and(|time| written(&lock).is_some_and(|lock| lock <= time)) {
            return Done::Passed;
        }
        Done::of(system::run(Command::new(NPM).args(["ci", "--no-audit", "--no-fund"]).current_dir(&web)))
    }) && steps.run("web, package and page", || {
        let arguments = [
            &["node", "scripts/model.mjs"][..],
            &[NPM, "run", "-s", "package"],
            &[NPM, "run", "-s", "check"],
            &[NPM, "run", "-s", "build"],
        ];
        let each = |words: &&[&str]| system::run(Command::new(words[0]).args(&words[1..]).current_dir(&web));
        Done::of(arguments.iter().try_fold(true, |good, words| Ok(good && each(words)?)))
    })
}

fn npx(root: &Path, arguments: &[&str]) -> Done {
    Done::of(system::run(Command::new(NPX).args(arguments).current_dir(root.join("web"))))
}

/// Whether there is a node that does.
fn node() -> Result<(), String> {
    let version = system::output(Command::new("node").arg("--version")).unwrap_or_default();
    let mut numbers = version.trim().trim_start_matches('v').split('.').map_while(|text| text.parse::<u32>().ok());
    let (major, minor) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    let fits = major > NODE[1].0 || NODE.iter().any(|&(line, least)| major == line && minor >= least);
    if fits && system::output(Command::new(NPM).arg("--version")).is_some() {
        return Ok(());
    }
    let found = if major > 0 { format!("it is {}", version.trim()) } else { "it is not there".into() };
    Err(format!("the page is built by Node.js 20.19, or 22.12 and later, with npm; {found}: https://nodejs.org"))
}
