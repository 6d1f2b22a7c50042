//! `moue.flow/1`: what is said of a flow.

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use crate::cli::names;
use crate::flow::Field;
use crate::video::Frame;

const SCHEMA: &str = "moue.flow/1";

/// How records are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    People,
    Json,
    Csv,
}

/// One flow; in pixels.
#[derive(Debug, Serialize)]
pub struct Record {
    schema: &'static str,
    /// A picture, or a video.
    input: String,
    /// The other picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    /// Both frames of a video.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    frames: Option<Between>,
    width: Option<u32>,
    height: Option<u32>,
    /// Of the lengths of all displacements.
    mean: Option<f64>,
    largest: Option<f64>,
    /// The length that has the full colour in the picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    full: Option<f32>,
    /// The file that holds it.
    output: Option<String>,
    error: Option<String>,
}

/// Times are seconds since the first frame.
#[derive(Debug, Serialize)]
struct Between {
    frame: u64,
    pts: Option<i64>,
    timestamp: f64,
    next_frame: u64,
    next_pts: Option<i64>,
    next_timestamp: f64,
}

impl Record {
    /// Of two pictures.
    pub fn pictures(input: &str, to: &str, made: &Made<'_>) -> Self {
        Self { to: Some(to.to_owned()), ..Self::of(input, made) }
    }

    /// Of two frames of a video.
    pub fn frames(input: &str, [from, to]: [&Frame; 2], made: &Made<'_>) -> Self {
        let between = Between {
            frame: from.index,
            pts: from.pts,
            timestamp: from.timestamp.as_secs_f64(),
            next_frame: to.index,
            next_pts: to.pts,
            next_timestamp: to.timestamp.as_secs_f64(),
        };
        Self { frames: Some(between), ..Self::of(input, made) }
    }

    /// Of what could not be answered.
    pub fn failed(input: &str, to: Option<&str>, error: String) -> Self {
        Self {
            schema: SCHEMA,
            input: input.to_owned(),
            to: to.map(str::to_owned),
            frames: None,
            width: None,
            height: None,
            mean: None,
            largest: None,
            full: None,
            output: None,
            error: Some(error),
        }
    }

    fn of(input: &str, made: &Made<'_>) -> Self {
        let lengths = made.field.data.iter().map(|[dx, dy]| f64::from(*dx).hypot((*dy).into()));
        let (sum, largest) = lengths.fold((0.0, 0.0_f64), |(sum, largest), length| (sum + length, largest.max(length)));
        Self {
            width: Some(made.field.width),
            height: Some(made.field.height),
            mean: Some(sum / made.field.data.len().max(1) as f64),
            largest: Some(largest),
            full: made.full,
            output: Some(names::shown(made.path)),
            error: None,
            ..Self::failed(input, None, String::new())
        }
    }

    /// One line of it.
    pub fn write(&self, out: &mut impl Write, form: Form) -> io::Result<()> {
        match form {
            Form::Json => writeln!(out, "{}", serde_json::to_string(self).map_err(io::Error::from)?),
            Form::Csv => csv_line(out, &self.cells()),
            Form::People => match (self.mean, self.largest) {
                (Some(mean), Some(largest)) => {
                    let name = match (&self.to, &self.frames) {
                        (Some(to), _) => format!("{} -> {to}", self.input),
                        (None, Some(at)) => format!("{}, frame {} at {:.3} s", self.input, at.frame, at.timestamp),
                        (None, None) => self.input.clone(),
                    };
                    let full = self.full.map(|full| format!(", the full colour is {full} px")).unwrap_or_default();
                    writeln!(out, "{name}: {mean:.3} px in the mean, {largest:.3} px at most{full}")
                }
                // It was said on stderr.
                _ => Ok(()),
            },
        }
    }

    fn cells(&self) -> Vec<String> {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let between = self.frames.as_ref();
        let number = |value: Option<String>| value.unwrap_or_default();
        vec![
            self.input.clone(),
            text(&self.to),
            number(between.map(|at| at.frame.to_string())),
            number(between.and_then(|at| at.pts).map(|pts| pts.to_string())),
            number(between.map(|at| at.timestamp.to_string())),
            number(between.map(|at| at.next_frame.to_string())),
            number(between.and_then(|at| at.next_pts).map(|pts| pts.to_string())),
            number(between.map(|at| at.next_timestamp.to_string())),
            number(self.width.map(|side| side.to_string())),
            number(self.height.map(|side| side.to_string())),
            number(self.mean.map(|length| length.to_string())),
            number(self.largest.map(|length| length.to_string())),
            number(self.full.map(|length| length.to_string())),
            text(&self.output),
            text(&self.error),
        ]
    }
}

/// Cells as RFC 4180 writes them.
fn csv_line(out: &mut impl Write, cells: &[String]) -> io::Result<()> {
    let mut line = csv::Writer::from_writer(out);
    line.write_record(cells).map_err(io::Error::other)?;
    line.flush()
}

/// The names of the columns.
pub fn header(out: &mut impl Write, form: Form) -> io::Result<()> {
    match form {
        Form::Csv => writeln!(
            out,
            "input,to,frame,pts,timestamp,next_frame,next_pts,next_timestamp,width,height,mean,largest,full,output,error"
        ),
        Form::People | Form::Json => Ok(()),
    }
}

/// A flow that was written.
#[derive(Debug)]
pub struct Made<'m> {
    pub field: &'m Field,
    pub path: &'m Path,
    pub full: Option<f32>,
}
