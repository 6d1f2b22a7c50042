//! `moue bench compare`.

mod file;
mod plot;
mod rows;
mod table;

use std::path::PathBuf;

use crate::cli::outcome::{Failure, Outcome, Status};
use crate::cli::{files, terminal};

/// Puts reports of several machines side by side
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Reports that `moue bench --json FILE` wrote; ratios are to the first
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Draw them
    #[arg(long, value_name = "FILE.svg")]
    plot: Option<PathBuf>,
}

/// A table on stdout: a row a network, batch and precision, a column a machine.
pub fn run(args: &Args) -> Outcome {
    let reports: Vec<_> = args.files.iter().map(|path| ("FILE", Some(path.as_path()))).collect();
    files::apart(&[("--plot", args.plot.as_deref())], &reports)?;
    let machines = args.files.iter().map(|path| file::read(path)).collect::<Result<Vec<_>, _>>()?;
    let rows = rows::rows(&machines);
    if let Some(path) = &args.plot {
        let drawn = files::make_room(path).and_then(|()| files::write(path, plot::speeds(&machines, &rows).as_bytes()));
        drawn.map_err(|error| Failure::at("--plot", error))?;
    }
    table::write(&machines, &rows, &mut terminal::stdout())?;
    Ok(Status::Complete)
}
