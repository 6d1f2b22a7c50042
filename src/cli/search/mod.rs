//! `moue search`.

mod found;
mod sheet;

use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::embed::{EmbeddingArgs, Faces, row};
use super::outcome::{Failure, Outcome, Status};
use super::session::{self, DeviceArgs, ModelArgs};
use super::{files, names, terminal};
use crate::embed::{DIMENSIONS, Face, Gallery, Index, MOST_NEIGHBOURS, Metric, Neighbour};
use crate::photo;
use found::{Found, expression};

/// Looks for faces whose expression is like that in a picture
///
/// Of every face in the picture the nearest ones of a file of `moue embed` are told, nearest first. The answer is exact, and the same on every device.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The picture
    #[arg(value_name = "QUERY")]
    query: PathBuf,
    /// A file of `moue embed`
    #[arg(long = "in", value_name = "FACES.safetensors")]
    gallery: PathBuf,
    /// So many faces
    #[arg(long, value_name = "K", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=MOST_NEIGHBOURS as i64))]
    top: u32,
    /// Which faces of the picture are looked for
    #[arg(long, value_enum, default_value_t = Faces::All)]
    faces: Faces,
    /// How far two faces are apart
    #[arg(long, value_enum, default_value_t = Distance::Euclidean)]
    metric: Distance,
    /// Draw the faces, cut out of their pictures and videos, in rows below what was looked for
    #[arg(long, value_name = "FILE.png")]
    sheet: Option<PathBuf>,
    /// One JSON object a face of the picture, one a line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    embedding: EmbeddingArgs,
    #[command(flatten)]
    device: DeviceArgs,
}

/// Distances of `--metric`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Distance {
    /// The length of the difference of their numbers
    Euclidean,
    /// 1 less the cosine of the angle between them
    Cosine,
}

impl From<Distance> for Metric {
    fn from(distance: Distance) -> Self {
        match distance {
            Distance::Euclidean => Self::Euclidean,
            Distance::Cosine => Self::Cosine,
        }
    }
}

/// A table, or JSON, on stdout.
pub fn run(args: &Args) -> Outcome {
    terminal::stdout().check()?;
    if let Some(path) = &args.sheet {
        files::check(path).and_then(|()| files::writable(path).map(drop)).map_err(|error| Failure::at("--sheet", error))?;
        files::apart(&[("--sheet", Some(path))], &[("QUERY", Some(&args.query)), ("--in", Some(&args.gallery))])?;
    }
    let gallery = Gallery::load(&args.gallery).map_err(|error| Failure::at("--in", error))?;
    let network = args.embedding.load()?;
    gallery.made_by(network.id()).map_err(|error| Failure::at("--in", error))?;
    if gallery.is_empty() {
        return Err(Failure::at("--in", format!("{}: there is no face in it", args.gallery.display())));
    }
    let photo = photo::read(&args.query)?;
    let device = args.device.open()?;
    let (mut recognizer, patience) = session::recognizer(args.model.load()?, &args.device, |builder| {
        builder.device(device.clone()).faces(args.faces.into()).embedding(network).build()
    })?;
    let faces: Vec<Face> = recognizer.analyze(&photo)?.faces.iter().map(|face| row(face, None)).collect();
    drop(patience);
    if faces.is_empty() {
        terminal::error(format!("{}: no face was found in it", names::shown(&args.query)));
        return Ok(Status::Incomplete);
    }
    let queries: Vec<f32> = faces.iter().flat_map(|face| face.embedding.iter().copied()).collect();
    let mut index = Index::new(&device, gallery.embedding.clone(), DIMENSIONS, args.metric.into())?;
    let nearest = index.nearest(&queries, args.top as usize)?;
    let found: Vec<Found> = faces.into_iter().zip(nearest).map(|(face, nearest)| Found { face, nearest }).collect();
    if args.json {
        json(args, &gallery, &found)?
    } else {
        table(args, &gallery, &found)?
    }
    let Some(path) = &args.sheet else { return Ok(Status::Complete) };
    let (sheet, missing) = sheet::draw(&photo, &gallery, args.gallery.parent().unwrap_or(Path::new("")), &found)?;
    files::save(&sheet.into(), path).map_err(|error| Failure::at("--sheet", error))?;
    missing.iter().for_each(|reason| terminal::warning(format!("--sheet: {reason}")));
    Ok(Status::of(missing.len()))
}

/// Where a face of the gallery is, in words.
fn place(gallery: &Gallery, index: usize) -> String {
    let path = gallery.image_of(index).map_or("", |image| &image.path);
    let [x, y, width, height] = gallery.boxes.get(index).copied().unwrap_or_default();
    let time = gallery.time.get(index).filter(|time| !time.is_nan()).map_or_else(String::new, |time| format!(" at {time:.2} s"));
    format!("{path}{time}, {width:.0} x {height:.0} at {x:.0}, {y:.0}")
}

fn table(args: &Args, gallery: &Gallery, found: &[Found]) -> Result<(), Failure> {
    let mut out = terminal::stdout();
    for (number, Found { face, nearest }) in found.iter().enumerate() {
        let [x, y, width, height] = face.bounds;
        let of = if found.len() > 1 { format!(", face {} of {}", number + 1, found.len()) } else { String::new() };
        let (name, own) = (names::shown(&args.query), expression(gallery, &face.probabilities));
        writeln!(out, "{name}{of}, {width:.0} x {height:.0} at {x:.0}, {y:.0}: {own}")?;
        for (rank, one) in nearest.iter().enumerate() {
            let label = gallery.label_of(one.index).map_or_else(String::new, |label| format!("  [{label}]"));
            let own = expression(gallery, gallery.expression(one.index));
            writeln!(out, "  {:>2}  {:8.4}  {own:<9}  {}{label}", rank + 1, one.distance, place(gallery, one.index))?;
        }
    }
    Ok(())
}

#[derive(Serialize)]
struct Line<'a> {
    schema: &'static str,
    query: String,
    #[serde(rename = "box")]
    bounds: [f32; 4],
    neighbours: Vec<Near<'a>>,
}

#[derive(Serialize)]
struct Near<'a> {
    index: usize,
    input: &'a str,
    #[serde(rename = "box")]
    bounds: [f32; 4],
    /// Seconds, of a video.
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
    distance: f64,
}

fn json(args: &Args, gallery: &Gallery, found: &[Found]) -> Result<(), Failure> {
    let mut out = terminal::stdout();
    for Found { face, nearest } in found {
        let near = |one: &Neighbour| Near {
            index: one.index,
            input: gallery.image_of(one.index).map_or("", |image| &image.path),
            bounds: gallery.boxes.get(one.index).copied().unwrap_or_default(),
            timestamp: gallery.time.get(one.index).copied().filter(|time| !time.is_nan()),
            label: gallery.label_of(one.index),
            distance: one.distance,
        };
        let neighbours = nearest.iter().map(near).collect();
        let line = Line { schema: "moue.search/1", query: names::shown(&args.query), bounds: face.bounds, neighbours };
        writeln!(out, "{}", serde_json::to_string(&line)?)?;
    }
    Ok(())
}
