//! `moue lbp`.

use std::path::PathBuf;

use image::DynamicImage;

use super::inputs::{self, Wanted};
use super::outcome::{Failure, Outcome, Status};
use super::{files, terminal};
use crate::lbp::{self, Metric};
use crate::reference;

/// Writes a picture's LBP codes, or its mapped picture
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A picture, or `-` for standard input
    image: PathBuf,
    /// Where to write the codes (gray) or the mapped picture (RGB): (H - 2R) x (W - 2R) pixels
    #[arg(short, long, value_name = "OUT.png")]
    output: PathBuf,
    /// Distance to the neighbours in whole pixels
    #[arg(short, long)]
    radius: u32,
    /// The codes themselves, or their colours in the computed table of a metric
    #[arg(long, value_enum, default_value_t = Map::Codes)]
    map: Map,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Map {
    Codes,
    Regular,
    Cyclic,
}

/// Writes [`Args::output`].
pub fn run(args: &Args) -> Outcome {
    let failed = |error| Failure::at("--output", error);
    files::writable(&args.output).and_then(|_| files::check(&args.output)).map_err(failed)?;
    files::apart(&[("--output", Some(&args.output))], &[("IMAGE", Some(&args.image))])?;
    let [input] = inputs::expand(std::slice::from_ref(&args.image), Wanted::Pictures)
        .try_into()
        .map_err(|_| Failure::at(&args.image.display().to_string(), "`moue lbp` takes one picture"))?;
    let codes = match input.read().and_then(|photo| reference::lbp(&reference::gray(&photo), args.radius)) {
        Ok(codes) => codes,
        Err(error) => {
            terminal::error(format!("{}: {error}", input.name));
            return Ok(Status::Incomplete);
        }
    };
    let mapped = match args.map {
        Map::Codes => DynamicImage::ImageLuma8(codes),
        Map::Regular => reference::lookup(&codes, &lbp::computed(Metric::Regular).colours).into(),
        Map::Cyclic => reference::lookup(&codes, &lbp::computed(Metric::Cyclic).colours).into(),
    };
    files::save(&mapped, &args.output).map_err(failed)?;
    Ok(Status::Complete)
}
