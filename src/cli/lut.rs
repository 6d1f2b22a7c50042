//! `moue lut`.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;

use serde::Serialize;

use super::outcome::{Failure, Outcome, Status};
use super::{files, terminal};
use crate::error::Error;
use crate::lbp::{self, Metric, Table};

/// Prints the 256 x 3 table that gives an LBP code its colour, or the distances it is made from
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Earth Mover's Distance along the bits, or around the circle
    #[arg(long, value_parser = ["regular", "cyclic"])]
    metric: String,
    /// Computed by nonmetric scaling, or recovered from the published pictures
    #[arg(long, value_enum, default_value_t = Source::Computed, conflicts_with = "distances")]
    source: Source,
    /// The 256 x 256 matrix of distances instead of the table
    #[arg(long)]
    distances: bool,
    /// One JSON object
    #[arg(long)]
    json: bool,
    /// Write to a file instead of stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Source {
    Computed,
    Published,
}

#[derive(Serialize)]
struct TableReport<'a> {
    schema: &'static str,
    metric: String,
    stress: Option<f64>,
    table: &'a [[u8; 3]],
    /// Codes the published pictures do not show, filled from the computed table.
    #[serde(skip_serializing_if = "<[u8]>::is_empty")]
    filled: &'a [u8],
}

#[derive(Serialize)]
struct DistanceReport<'a> {
    schema: &'static str,
    metric: String,
    distances: Vec<&'a [u32]>,
}

const SCHEMA: &str = "moue.lut/1";

/// The table or the matrix, on stdout or in a file.
pub fn run(args: &Args) -> Outcome {
    let failed = |error: Error| Failure::at("--output", error);
    args.output.as_deref().map_or(Ok(()), files::check).map_err(failed)?;
    let metric: Metric = args.metric.parse()?;
    let text = if args.distances {
        distances(metric, args.json)?
    } else {
        let table = match args.source {
            Source::Computed => lbp::computed(metric),
            Source::Published => lbp::published(metric),
        };
        self::table(metric, &table, args.json)?
    };
    match &args.output {
        Some(path) => files::write(path, text.as_bytes()).map_err(failed)?,
        None => terminal::stdout().write_all(text.as_bytes())?,
    }
    Ok(Status::Complete)
}

fn table(metric: Metric, table: &Table, json: bool) -> serde_json::Result<String> {
    if json {
        let report = TableReport {
            schema: SCHEMA,
            metric: metric.to_string(),
            stress: table.stress,
            table: &table.colours,
            filled: &table.filled,
        };
        return Ok(serde_json::to_string(&report)? + "\n");
    }
    let mut text = String::new();
    for (code, [r, g, b]) in table.colours.iter().enumerate() {
        let mark = if table.filled.iter().any(|&filled| usize::from(filled) == code) { "  filled" } else { "" };
        let _ = writeln!(text, "{code:3}  {r:3} {g:3} {b:3}{mark}");
    }
    Ok(text)
}

fn distances(metric: Metric, json: bool) -> serde_json::Result<String> {
    let matrix = lbp::distances(metric);
    if json {
        let rows = matrix.iter().map(|row| row.as_slice()).collect();
        return Ok(serde_json::to_string(&DistanceReport { schema: SCHEMA, metric: metric.to_string(), distances: rows })? + "\n");
    }
    let line = |row: &[u32]| row.iter().map(|d| format!("{d:2}")).collect::<Vec<_>>().join(" ") + "\n";
    Ok(matrix.iter().map(|row| line(row)).collect())
}
