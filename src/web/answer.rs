//! Answers as JSON, in the shapes of web/src/types/.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::asked::Points;
use crate::actions::Named;
use crate::ensemble::Times;
use crate::error::{Error, Result};
use crate::face::{Eyes, Landmarks, Pose};
use crate::operators;
use crate::recognizer::{Analysis, AnalyzedFace, Recognizer};

#[derive(Serialize)]
struct Answer<'a> {
    width: u32,
    height: u32,
    faces: Vec<Face<'a>>,
    times: Stages,
}

#[derive(Serialize)]
struct Face<'a> {
    #[serde(rename = "box")]
    rect: Rect,
    score: Option<f64>,
    /// Whose it is, in a stream.
    track: Option<u64>,
    /// Degrees.
    pose: Option<Pose>,
    /// How far each is open.
    eyes: Option<Eyes>,
    mouth: Option<f32>,
    /// x, y, z in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    landmarks: Option<Vec<[f32; 3]>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    blendshapes: Option<BTreeMap<&'static str, f32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actions: Option<Named<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    embedding: Option<&'a [f32]>,
    label: &'a str,
    #[serde(rename = "labelIndex")]
    label_index: usize,
    unsure: bool,
    probabilities: &'a [f32],
    members: &'a [Vec<f32>],
}

#[derive(Serialize)]
pub struct Rect {
    x: i32,
    y: i32,
    width: u32,
    height: u32,
}

impl From<operators::Rect> for Rect {
    fn from(operators::Rect { x, y, width, height }: operators::Rect) -> Self {
        Self { x, y, width, height }
    }
}

/// In milliseconds.
#[derive(Clone, Copy, Serialize)]
struct Stages {
    detect: f64,
    prepare: f64,
    upload: f64,
    compute: f64,
    readback: f64,
    actions: f64,
}

/// Where time went so far.
#[derive(Clone, Copy)]
pub struct Spent {
    searched: Duration,
    acted: Duration,
    times: Times,
}

impl Spent {
    pub fn by(recognizer: &Recognizer) -> Self {
        Self { searched: recognizer.searched(), acted: recognizer.acted(), times: recognizer.times() }
    }

    fn until(self, after: Self) -> Stages {
        let ms = |time: Duration| 1e3 * time.as_secs_f64();
        let (before, times) = (self.times, after.times);
        Stages {
            detect: ms(after.searched - self.searched),
            prepare: ms(times.prepare - before.prepare),
            upload: ms(times.upload - before.upload),
            compute: ms(times.compute - before.compute),
            readback: ms(times.readback - before.readback),
            actions: ms(after.acted - self.acted),
        }
    }
}

/// What is told of a picture beside its faces: which landmarks are given, and where its time went.
#[derive(Clone, Copy)]
pub struct Told {
    points: Option<Points>,
    times: Stages,
}

impl Told {
    /// Of what was read between two moments.
    pub fn new(points: Option<Points>, before: Spent, after: Spent) -> Self {
        Self { points, times: before.until(after) }
    }
}

/// The answers for some pictures. `units`: the labels of the model of action units.
pub fn json(all: &[(Told, Analysis)], units: &[String]) -> String {
    let answers: Vec<Answer<'_>> = all.iter().map(|(told, analysis)| Answer::new(told, analysis, units)).collect();
    serde_json::to_string(&answers).unwrap_or_default()
}

/// Anything as JSON.
pub fn text(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::Defect(error.to_string()))
}

impl<'a> Answer<'a> {
    fn new(told: &Told, analysis: &'a Analysis, units: &'a [String]) -> Self {
        let faces = analysis.faces.iter().map(|face| Face::new(face, told.points, units)).collect();
        Self { width: analysis.width, height: analysis.height, faces, times: told.times }
    }
}

impl<'a> Face<'a> {
    fn new(face: &'a AnalyzedFace, points: Option<Points>, units: &'a [String]) -> Self {
        let landmarks = face.landmarks.as_deref();
        Self {
            rect: face.rect.into(),
            score: face.score,
            track: face.track.map(|track| track.0),
            pose: face.pose,
            eyes: landmarks.map(Landmarks::eyes),
            mouth: landmarks.map(Landmarks::mouth),
            landmarks: landmarks.zip(points).map(|(all, points)| match points {
                Points::Five => all.five().to_vec(),
                Points::SixtyEight => all.sixty_eight().to_vec(),
                Points::All => all.points().to_vec(),
            }),
            blendshapes: face.blendshapes.as_deref().map(|all| all.iter().collect()),
            actions: face.actions.as_deref().map(|actions| Named::new(actions, units, &face.label)),
            embedding: face.embedding.as_deref(),
            label: &face.label,
            label_index: face.label_index,
            unsure: face.unsure(),
            probabilities: &face.probabilities,
            members: &face.members,
        }
    }
}
