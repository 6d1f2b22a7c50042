//! `moue groups`.

mod report;
mod sheet;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;

use super::gallery::{self, GroupArgs};
use super::outcome::{Failure, Outcome, Status};
use super::{files, terminal};
use crate::album::{Wanted, pictures};
use crate::error::Error;
use crate::groups::groups;
use report::Report;

/// Groups faces by their expression
///
/// FILE is what `moue embed` writes. Each group is shown by its medoid, the face nearest the mean of all, and the faces nearest to that one. The largest group comes
/// first.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A file of faces, as `moue embed` writes it
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    how: GroupArgs,
    /// Faces that are shown of a group: its medoid and those nearest to it
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=64))]
    top: u32,
    /// Write a picture of all groups, a row each, with as many faces as --top says
    #[arg(long, value_name = "PICTURE")]
    sheet: Option<PathBuf>,
    /// Write all groups with all of their faces: .json, or .csv with a line a face
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// One JSON object with all groups, on stdout
    #[arg(long)]
    json: bool,
}

/// A line a group, on stdout.
pub fn run(args: &Args) -> Outcome {
    terminal::stdout().check()?;
    let file = Some(args.file.as_path());
    files::apart(&[("--output", args.output.as_deref()), ("--sheet", args.sheet.as_deref())], &[("FILE", file)])?;
    let csv = match args.output.as_deref().map(|path| path.extension().and_then(|end| end.to_str())) {
        None | Some(Some("json")) => false,
        Some(Some("csv")) => true,
        Some(_) => return Err(Failure::at("--output", "end its name in .json or .csv")),
    };
    let failed = |flag: &'static str| move |error: Error| Failure::at(flag, error);
    args.output.as_deref().map_or(Ok(()), files::check_replaced).map_err(failed("--output"))?;
    if let Some(path) = &args.sheet {
        files::writable(path).and_then(|_| files::check(path)).map_err(failed("--sheet"))?;
    }
    let (gallery, folder) = gallery::load(&args.file)?;
    let points = gallery::points(&gallery)?;
    let assigned = args.how.assigned(points)?;
    let (found, alone) = groups(points, &assigned);
    let report = Report { file: &args.file, method: args.how.method.name(), gallery: &gallery, groups: &found, alone: &alone };
    let mut out = terminal::stdout();
    if args.json {
        report.json(&mut out)?;
        writeln!(out)?;
    } else {
        report.people(&mut out)?;
    }
    if let Some(path) = &args.output {
        let mut bytes = Vec::new();
        if csv {
            report.csv(&mut bytes)?
        } else {
            report.json(&mut bytes)?
        }
        files::replace(path, &bytes).map_err(failed("--output"))?;
    }
    let mut missing = 0;
    if let Some(path) = &args.sheet {
        let shown = |group: &crate::groups::Group| group.members.iter().take(args.top as usize).map(|(at, _)| *at).collect();
        let rows: Vec<Vec<usize>> = found.iter().map(shown).collect();
        let faces: BTreeSet<usize> = rows.iter().flatten().copied().collect();
        let bar = terminal::progress(faces.iter().map(|&face| gallery.image[face]).collect::<BTreeSet<_>>().len(), 0);
        let wanted = Wanted { faces, side: sheet::SIDE, ..Wanted::default() };
        let pictures = pictures(&gallery, &folder, &wanted, || bar.inc(1));
        bar.finish_and_clear();
        gallery::say_missing(&gallery, &pictures.missing);
        missing = pictures.missing.len();
        let drawn = sheet::draw(&report, &rows, &pictures)?;
        files::save(&drawn.into(), path).map_err(failed("--sheet"))?;
    }
    Ok(Status::of(missing))
}
