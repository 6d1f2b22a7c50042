//! The package for npm, of what `cargo xtask web` built.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{VERSION, WEB, archive, notices};
use crate::steps::{Done, Steps};
use crate::{packages, system};

/// Adds the licences of others, and packs.
pub fn pack(steps: &mut Steps, root: &Path, folder: &Path) {
    let web = root.join("web");
    let of = ["--no-default-features", "--features", "web", "--target", WEB];
    let _ = steps.run("licences", || notices::write(root, &of, &web.join("dist").join(notices::FILE)))
        && steps.run("contents", || packages::npm(root))
        && steps.run("archive", || {
            let made = || {
                fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
                let mut command = Command::new(system::NPM);
                let packed = system::run(command.args(["pack", "--pack-destination"]).arg(folder).current_dir(&web))?;
                archive::checksum(&folder.join(format!("moue-{VERSION}.tgz"))).map(|()| packed)
            };
            Done::of(made())
        });
}
