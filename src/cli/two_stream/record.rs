//! `moue.two-stream/1` of a video and `moue.two-stream-frame/1` of its frames.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use crate::operators::Rect;
use crate::two_stream::{Means, Reading};

/// A video; what is not known is null.
#[derive(Debug, Default, Serialize)]
pub struct Head {
    schema: &'static str,
    input: String,
    /// Frames a second, of their times.
    frame_rate: Option<f64>,
    /// The face's left, top, width and height in pixels.
    rect: Option<[i64; 4]>,
    means: Option<Channels>,
    error: Option<String>,
}

/// Means of channels, 0 to 255.
#[derive(Debug, Serialize)]
struct Channels {
    red: f64,
    green: f64,
    blue: f64,
    x: f64,
    y: f64,
}

impl Head {
    pub fn new(input: &str, frame_rate: Option<f64>, rect: Rect, means: Means) -> Self {
        let Means { colours: [red, green, blue], flows: [x, y] } = means;
        Self {
            frame_rate,
            rect: Some([rect.x.into(), rect.y.into(), rect.width.into(), rect.height.into()]),
            means: Some(Channels { red, green, blue, x, y }),
            ..Self::failed(input, None)
        }
    }

    /// Of what could not be answered.
    pub fn failed(input: &str, error: Option<String>) -> Self {
        Self { schema: "moue.two-stream/1", input: input.to_owned(), error, ..Self::default() }
    }

    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "{}", serde_json::to_string(self).map_err(io::Error::from)?)
    }
}

#[derive(Debug, Serialize)]
struct Best<'l> {
    label: &'l str,
    probability: f32,
}

#[derive(Debug, Serialize)]
struct Line<'l> {
    schema: &'static str,
    input: &'l str,
    frame: u64,
    pts: Option<i64>,
    timestamp: f64,
    best: Vec<Best<'l>>,
    present: Vec<&'l str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    probabilities: Option<BTreeMap<&'l str, f32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    still: Option<BTreeMap<&'l str, f32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    motion: Option<BTreeMap<&'l str, f32>>,
}

/// How frames are written.
#[derive(Debug, Clone, Copy)]
pub struct Form<'l> {
    pub input: &'l str,
    pub labels: &'l [String],
    pub top: usize,
    pub json: bool,
    pub all: bool,
}

impl Form<'_> {
    /// A frame's line.
    pub fn write(&self, out: &mut impl Write, reading: &Reading) -> io::Result<()> {
        let label = |at: usize| self.labels.get(at).map_or("", String::as_str);
        let best = reading.best(self.top).into_iter().map(|at| Best { label: label(at), probability: reading.probabilities[at] });
        let timestamp = reading.timestamp.as_secs_f64();
        if !self.json {
            let best: Vec<String> = best.map(|best| format!("{} {:.3}", best.label, best.probability)).collect();
            return writeln!(out, "{}, frame {} at {timestamp:.3} s: {}", self.input, reading.index, best.join(", "));
        }
        let every = |values: &[f32]| {
            let values = self.labels.iter().map(String::as_str).zip(values.iter().copied());
            self.all.then(|| values.collect::<BTreeMap<_, _>>())
        };
        let line = Line {
            schema: "moue.two-stream-frame/1",
            input: self.input,
            frame: reading.index,
            pts: reading.pts,
            timestamp,
            best: best.collect(),
            present: reading.present().into_iter().map(label).collect(),
            probabilities: every(&reading.probabilities),
            still: every(&reading.still),
            motion: every(&reading.motion),
        };
        writeln!(out, "{}", serde_json::to_string(&line).map_err(io::Error::from)?)
    }
}
