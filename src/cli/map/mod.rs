//! `moue map`.

mod drawn;
mod html;
mod svg;
mod table;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::gallery::{self, counted};
use super::outcome::{Failure, Outcome, Status};
use super::session::{self, DeviceArgs};
use super::{files, terminal};
use crate::album::{Pictures, Wanted, expression};
use crate::error::Error;
use crate::groups::{self, PERPLEXITY};
use crate::host::Clock;
use drawn::Drawn;

/// Faces whose pictures lie in a page at most: each takes about one and a half kilobytes.
const MOST_PICTURES: usize = 2_000;
/// Their side.
const SIDE: u32 = 48;

/// Draws a map of faces on which like expressions lie side by side
///
/// FILE is what `moue embed` writes. Distances on the map are those of t-SNE: neighbours are kept as far as a plane allows, and what lies far apart need not be
/// unlike. All pairs of up to 10,000 faces are counted, on the device; more are mapped by a tree, on the processor.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A file of faces, as `moue embed` writes it
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// map.html, to zoom and point at, one page without a server; map.svg, a picture; or map.csv, a line a face
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// How many neighbours of each face count, about
    #[arg(long, value_name = "N", default_value_t = PERPLEXITY)]
    perplexity: f32,
    #[command(flatten)]
    device: DeviceArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Html,
    Svg,
    Csv,
}

/// The map in a file; how good it is on stdout.
pub fn run(args: &Args) -> Outcome {
    terminal::stdout().check()?;
    files::apart(&[("--output", Some(&args.output))], &[("FILE", Some(&args.file))])?;
    let form = match args.output.extension().and_then(|end| end.to_str()) {
        Some("html") => Form::Html,
        Some("svg") => Form::Svg,
        Some("csv") => Form::Csv,
        _ => return Err(Failure::at("--output", "end its name in .html, .svg or .csv")),
    };
    if !(1.0..=100.0).contains(&args.perplexity) {
        return Err(Failure::at("--perplexity", "give 1 to 100"));
    }
    let failed = |error: Error| Failure::at("--output", error);
    files::check_replaced(&args.output).map_err(failed)?;
    let (gallery, folder) = gallery::load(&args.file)?;
    if gallery.is_empty() {
        return Err(Failure::at(&args.file.display().to_string(), "it has no face: embed photographs with faces"));
    }
    let device = args.device.open()?;
    let patience = session::patience(&device);
    let (clock, bar) = (Clock::start(), terminal::progress(100, 0));
    let map = groups::tsne(&device, gallery::points(&gallery)?, args.perplexity, |done| bar.set_position((100.0 * done) as u64))?;
    bar.finish_and_clear();
    drop(patience);
    let seconds = clock.elapsed().as_secs_f64();
    let judged = groups::judge(&map);
    let name = args.file.file_name().unwrap_or_default();
    let drawn = Drawn {
        title: super::names::shown(Path::new(name)),
        places: scaled(&map.places),
        labels: (0..gallery.len()).map(|index| expression(&gallery, index).map(|(label, _)| label)).collect(),
        gallery: &gallery,
    };
    let mut pictures = Pictures::default();
    let text = match form {
        Form::Svg => svg::draw(&drawn),
        Form::Csv => table::write(&drawn, &map.places)?,
        Form::Html => {
            let faces: BTreeSet<usize> = spread(gallery.len()).collect();
            let photographs: BTreeSet<u32> = faces.iter().map(|&face| gallery.image[face]).collect();
            let bar = terminal::progress(photographs.len(), 0);
            let wanted = Wanted { faces, side: SIDE, ..Wanted::default() };
            pictures = crate::album::pictures(&gallery, &folder, &wanted, || bar.inc(1));
            bar.finish_and_clear();
            gallery::say_missing(&gallery, &pictures.missing);
            html::page(&drawn, &pictures)?
        }
    };
    files::replace(&args.output, text.as_bytes()).map_err(failed)?;
    let kept = 100.0 * judged.kept;
    writeln!(
        terminal::stdout(),
        "{} in {seconds:.1} s on {}: KL divergence {:.3}, {kept:.1} % of ten neighbours kept, perplexity {:.0}",
        counted(gallery.len(), "face"),
        device.name(),
        judged.divergence,
        map.perplexity,
    )?;
    Ok(Status::of(pictures.missing.len()))
}

/// Faces that have a picture, evenly spread over all.
fn spread(count: usize) -> impl Iterator<Item = usize> {
    let shown = count.min(MOST_PICTURES);
    (0..shown).map(move |at| at * count / shown.max(1))
}

/// Into 0 to 1, both axes by one factor, centred.
fn scaled(places: &[[f32; 2]]) -> Vec<[f32; 2]> {
    let range = |axis: usize| {
        let each = places.iter().map(|place| place[axis]);
        each.fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
    };
    let ranges = [range(0), range(1)];
    let widest = ranges.iter().map(|(low, high)| high - low).fold(f32::MIN_POSITIVE, f32::max);
    let along = |value: f32, (low, high): (f32, f32)| 0.5 + (value - 0.5 * (low + high)) / widest;
    places.iter().map(|place| [along(place[0], ranges[0]), along(place[1], ranges[1])]).collect()
}
