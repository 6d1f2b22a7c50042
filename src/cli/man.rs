//! `moue man`.

use std::io::Write;
use std::path::PathBuf;

use clap_mangen::Man;

use super::outcome::{Failure, Outcome, Status};
use super::{files, terminal};
use crate::error::Error;

/// Prints the manual page, or writes that of every subcommand
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Write moue.1, moue-analyze.1 and so on into this folder
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

/// The page of `moue` on stdout, or all of them in [`Args::folder`].
pub fn run(args: &Args, moue: clap::Command) -> Outcome {
    let mut moue = moue.disable_help_subcommand(true);
    // Names of subcommands and inherited settings are there once it is built.
    moue.build();
    let Some(folder) = &args.folder else {
        terminal::stdout().write_all(&page(&moue)?)?;
        return Ok(Status::Complete);
    };
    let failed = |error: Error| Failure::at("DIR", error);
    if folder.exists() && !folder.is_dir() {
        return Err(Failure::at("DIR", format!("{} is a file: name a folder", folder.display())));
    }
    files::check_folder(folder).map_err(failed)?;
    write(&moue, "moue", folder).map_err(failed)
}

fn write(command: &clap::Command, name: &str, folder: &std::path::Path) -> Result<Status, Error> {
    let path = folder.join(format!("{name}.1"));
    files::write(&path, &page(command).map_err(|error| Error::io(&path, error))?)?;
    for below in command.get_subcommands() {
        write(below, &format!("{name}-{}", below.get_name()), folder)?;
    }
    Ok(Status::Complete)
}

fn page(command: &clap::Command) -> std::io::Result<Vec<u8>> {
    let title = command.get_display_name().unwrap_or(command.get_name()).to_owned();
    let mut page = Vec::new();
    Man::new(command.clone()).title(title).source(concat!("moue ", env!("CARGO_PKG_VERSION"))).render(&mut page)?;
    Ok(page)
}
