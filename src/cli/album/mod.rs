//! `moue album`.

mod chosen;
mod page;

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args as _, FromArgMatches};

use super::embed;
use super::gallery::{self, GroupArgs, counted};
use super::outcome::{Failure, Outcome, Status};
use super::{files, terminal};
use crate::album::{Names, place};
use crate::error::Error;
use chosen::Chosen;

/// The file of faces of a folder, beside the page: the next run goes on with it.
const FACES: &str = "faces.safetensors";

/// Sums up the faces of photographs in one page: groups of expressions, rare ones, and the best shot of each burst
///
/// The page needs no server, and holds the pictures of faces that it shows. Photographs that were taken within ten seconds and look alike are a burst; its best shot is
/// the one where most faces smile with open eyes. Groups are given names in the page, which saves them as a file beside it: a later run keeps those names, and every
/// face that a person put under one stays there.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A folder of photographs and videos, which are embedded first, as `moue embed` does it, or a file of faces
    #[arg(value_name = "FILE|DIR")]
    input: PathBuf,
    /// The page
    #[arg(short, long, value_name = "PAGE.html")]
    output: PathBuf,
    #[command(flatten)]
    how: GroupArgs,
    /// Faces that are shown of a group: its medoid and those nearest to it
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=64))]
    top: u32,
    /// Where names of groups stay [default: beside the page, PAGE.names.json]
    #[arg(long, value_name = "FILE")]
    names: Option<PathBuf>,
    /// Where a folder is embedded: as of `moue embed`
    #[arg(long, value_name = "DEVICE")]
    device: Option<String>,
}

/// The page and the names beside it; what it shows on stdout.
pub fn run(args: &Args) -> Outcome {
    terminal::stdout().check()?;
    if !matches!(args.output.extension().and_then(|end| end.to_str()), Some("html" | "htm")) {
        return Err(Failure::at("--output", "end its name in .html"));
    }
    let file = if args.input.is_dir() { args.output.with_extension(FACES) } else { args.input.clone() };
    let beside = args.names.clone().unwrap_or_else(|| args.output.with_extension("names.json"));
    files::apart(&[("--output", Some(&args.output)), ("--names", Some(&beside))], &[("INPUT", Some(&file))])?;
    let failed = |flag: &'static str| move |error: Error| Failure::at(flag, error);
    files::check_replaced(&args.output).map_err(failed("--output"))?;
    files::check_replaced(&beside).map_err(failed("--names"))?;
    let names = Names::load(&beside).map_err(failed("--names"))?;
    let read = if args.input.is_dir() { embedded(args, &file)? } else { Status::Complete };
    let (gallery, folder) = gallery::load(&file)?;
    let points = gallery::points(&gallery)?;
    let placed = place(&gallery, &args.how.assigned(points)?, &names);
    let (groups, alone) = crate::groups::groups(points, &placed.assigned);
    let (chosen, missing) = Chosen::new(&gallery, &folder, groups, args.top as usize, alone, &placed);
    gallery::say_missing(&gallery, &missing);
    let names = chosen.names(&names, &placed);
    let title = title(args);
    let text = page::page(&title, &chosen, &names, &file_name(&beside))?;
    files::replace(&args.output, text.as_bytes()).map_err(failed("--output"))?;
    files::replace(&beside, &names.to_bytes()?).map_err(failed("--names"))?;
    writeln!(
        terminal::stdout(),
        "{} of {} in {}, {} with a best shot; names stay in {}",
        counted(gallery.len(), "face"),
        counted(gallery.images.len(), "picture"),
        counted(chosen.groups.len(), "group"),
        counted(chosen.bursts.len(), "burst"),
        super::names::shown(&beside),
    )?;
    Ok(if missing.is_empty() { read } else { Status::Incomplete })
}

/// What `moue embed DIR -o FILE` does.
fn embedded(args: &Args, file: &Path) -> Outcome {
    let mut words = vec![OsStr::new("embed"), args.input.as_os_str(), OsStr::new("-o"), file.as_os_str()];
    if let Some(device) = &args.device {
        words.extend([OsStr::new("--device"), OsStr::new(device)]);
    }
    let command = embed::Args::augment_args(clap::Command::new("embed"));
    let read = command.try_get_matches_from(words).and_then(|matches| embed::Args::from_arg_matches(&matches));
    embed::run(&read.map_err(|error| Failure::at("DIR", error))?)
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| super::names::shown(Path::new(name))).unwrap_or_default()
}

/// The folder, or the folder of the file, or the page's own name.
fn title(args: &Args) -> String {
    let folder = if args.input.is_dir() { Some(&*args.input) } else { args.input.parent() };
    let named = folder.and_then(|folder| folder.canonicalize().ok()).map(|folder| file_name(&folder));
    named.filter(|name| !name.is_empty()).unwrap_or_else(|| file_name(&args.output.with_extension("")))
}
