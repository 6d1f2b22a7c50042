//! What each crate's package holds, and how large it may be.

use std::fs;
use std::path::Path;

use crate::{kept, system};

/// A crate that is published.
pub struct Package {
    pub name: &'static str,
    /// Its folder, below the repository's root.
    folder: &'static str,
    /// Bytes of its archive at most: the registry takes 10 MiB. More is a decision.
    most: u64,
    /// Folders of which every file is in it.
    whole: &'static [&'static str],
    /// What else must be in it.
    named: &'static [&'static str],
    /// What else may be in it, as the beginnings and the ends of names.
    allowed: &'static [(&'static str, &'static str)],
}

/// In the order in which they are published: each needs those before it.
pub const PACKAGES: [Package; 5] = [
    Package {
        name: "moue-default",
        folder: "models/default",
        most: 8_000_000,
        whole: &["src"],
        named: &["README.md", "default.safetensors", "LICENSE-APACHE", "LICENSE-MIT"],
        allowed: &[("card/", ".svg")],
    },
    Package {
        name: "moue-face",
        folder: "models/face",
        most: 5_500_000,
        whole: &["src"],
        named: &["README.md", "face.safetensors", "LICENSE-APACHE", "NOTICE"],
        allowed: &[],
    },
    Package {
        name: "moue-actions",
        folder: "models/actions",
        most: 2_500_000,
        whole: &["src"],
        named: &["README.md", "actions.safetensors", "LICENSE-APACHE", "LICENSE-MIT"],
        allowed: &[],
    },
    Package {
        name: "moue-embedding",
        folder: "models/embedding",
        most: 3_000_000,
        whole: &["src"],
        named: &["README.md", "embedding.safetensors", "LICENSE-APACHE", "LICENSE-MIT"],
        allowed: &[],
    },
    Package {
        name: "moue",
        folder: ".",
        most: 1_500_000,
        whole: &["src", "shaders", "build"],
        named: &[
            "README.md",
            "CHANGELOG.md",
            "LICENSE-APACHE",
            "LICENSE-MIT",
            "build.rs",
            "examples/README.md",
            "examples/astronaut.png",
            "examples/recognize.rs",
        ],
        allowed: &[("examples/", ".rs")],
    },
];

/// What cargo adds to every package.
const BY_CARGO: [&str; 4] = [".cargo_vcs_info.json", "Cargo.lock", "Cargo.toml", "Cargo.toml.orig"];

impl Package {
    /// What is wrong with the package whose archive lies in `archives`; one sentence each.
    pub fn faults(&self, root: &Path, archives: &Path) -> Result<Vec<String>, String> {
        let packed = self.packed(root)?;
        let archive = archives.join(format!("{}.crate", self.versioned(root)?));
        let bytes = fs::metadata(&archive).map_err(|error| format!("{}: {error}", archive.display()))?.len();
        println!("{}: {} files, {bytes} bytes of at most {}", self.name, packed.len(), self.most);
        let own = root.join(self.folder);
        let mut wanted: Vec<String> = self.named.iter().map(|name| name.to_string()).collect();
        for folder in self.whole {
            below(&own, folder, &mut wanted)?;
        }
        let missing = wanted.iter().filter(|name| !packed.contains(name));
        let foreign = packed.iter().filter(|name| !wanted.contains(name) && !self.allows(name));
        let mut faults: Vec<String> = missing.map(|name| format!("{} lacks {name}: see its `include`", self.name)).collect();
        faults.extend(foreign.map(|name| format!("{} holds {name}, which nobody expects: see its `include`", self.name)));
        if bytes > self.most {
            let most = self.most;
            faults.push(format!("{} has {bytes} bytes, {most} are allowed: make it smaller, or raise `most`", archive.display()));
        }
        Ok(faults)
    }

    /// Its name and version, as its archive is called.
    pub fn versioned(&self, root: &Path) -> Result<String, String> {
        let mut command = kept::cargo();
        // path+file:///FOLDER#NAME@VERSION, without NAME@ where FOLDER ends in it.
        let said = system::output(command.args(["pkgid", "--offline", "--package", self.name]).current_dir(root));
        let version = said.as_deref().and_then(|id| id.trim().rsplit(['#', '@']).next());
        version.map(|version| format!("{}-{version}", self.name)).ok_or_else(|| format!("cargo pkgid knows no {}", self.name))
    }

    fn packed(&self, root: &Path) -> Result<Vec<String>, String> {
        let mut command = kept::cargo();
        command.args(["package", "--list", "--allow-dirty", "--package", self.name]).current_dir(root);
        let said = system::output(&mut command).ok_or_else(|| format!("cargo package --list --package {} failed", self.name))?;
        Ok(said.lines().map(|name| name.replace('\\', "/")).collect())
    }

    fn allows(&self, name: &str) -> bool {
        let fits = |(begin, end): &(&str, &str)| name.starts_with(begin) && name.ends_with(end);
        BY_CARGO.contains(&name) || self.allowed.iter().any(fits)
    }
}

/// The files of `folder` and what is below it, as paths from `own`.
fn below(own: &Path, folder: &str, files: &mut Vec<String>) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", own.join(folder).display());
    for entry in fs::read_dir(own.join(folder)).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() { below(own, &name, files)? } else { files.push(name) }
    }
    Ok(())
}
