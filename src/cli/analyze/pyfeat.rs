//! The columns of py-feat's detector (cosanlab/py-feat): frames from 0, degrees, 68 points in pixels, seven emotions that sum to 1. `approx_time` is in seconds,
//! `Identity` the track. Action units are probabilities, where they are read (`--actions`). What moue does not measure, the head's place, is empty; gaze and the numbers of identities are left out.

use std::io::{self, Write};

use super::csv::quoted;
use crate::actions::Unit;
use crate::recognizer::AnalyzedFace;
use crate::records::{Record, of_unit};

const UNITS: [u8; 20] = [1, 2, 4, 5, 6, 7, 9, 10, 11, 12, 14, 15, 17, 20, 23, 24, 25, 26, 28, 43];
/// X, Y and Z of the head.
const PLACE: usize = 3;
/// Its emotions, and what models call them.
const EMOTIONS: [[&str; 3]; 7] = [
    ["anger", "angry", "anger"],
    ["disgust", "disgust", "disgusted"],
    ["fear", "fear", "fearful"],
    ["happiness", "happy", "happiness"],
    ["sadness", "sad", "sadness"],
    ["surprise", "surprise", "surprised"],
    ["neutral", "neutral", "neutrality"],
];

/// The column names.
pub fn header(out: &mut impl Write) -> io::Result<()> {
    let mut columns: Vec<String> =
        ["FaceRectX", "FaceRectY", "FaceRectWidth", "FaceRectHeight", "FaceScore"].map(String::from).into();
    columns.extend(["x", "y"].iter().flat_map(|axis| (0..68).map(move |at| format!("{axis}_{at}"))));
    columns.extend(["Pitch", "Roll", "Yaw", "X", "Y", "Z"].map(String::from));
    columns.extend(UNITS.iter().map(|unit| format!("AU{unit:02}")));
    columns.extend(EMOTIONS.map(|[name, ..]| name.to_owned()));
    columns.extend(["input", "frame", "approx_time", "FrameHeight", "FrameWidth", "Identity"].map(String::from));
    writeln!(out, "{}", columns.join(","))
}

/// A row a face; one of nothing but its time for a frame without.
pub fn write(out: &mut impl Write, record: &Record, labels: &[String], units: Option<&[String]>) -> io::Result<()> {
    let frame = record.at.map_or(0, |at| at.frame);
    let seconds = record.at.map_or(0.0, |at| at.timestamp.as_secs_f64());
    let side = |side: Option<u32>| side.map(|side| side.to_string()).unwrap_or_default();
    let last = [
        quoted(&record.input),
        frame.to_string(),
        seconds.to_string(),
        side(record.size.map(|size| size.1)),
        side(record.size.map(|size| size.0)),
    ];
    let mut row = |face: Option<&AnalyzedFace>| {
        let mut cells = face.map_or_else(
            || vec![String::new(); 5],
            |face| {
                let rect = face.rect;
                let score = face.score.map(|score| score.to_string()).unwrap_or_default();
                vec![rect.x.to_string(), rect.y.to_string(), rect.width.to_string(), rect.height.to_string(), score]
            },
        );
        match face.and_then(|face| face.landmarks.as_deref()) {
            Some(points) => {
                let points = points.sixty_eight();
                cells.extend((0..2).flat_map(|axis| points.map(|point| point[axis].to_string())));
            }
            None => cells.extend(vec![String::new(); 136]),
        }
        match face.and_then(|face| face.pose) {
            Some(pose) => cells.extend([pose.pitch, pose.roll, pose.yaw].map(|angle| angle.to_string())),
            None => cells.extend([const { String::new() }; 3]),
        }
        cells.extend([const { String::new() }; PLACE]);
        let value = |unit: Unit| unit.probability.to_string();
        cells.extend(UNITS.map(|unit| of_unit(face, units, unit).map(value).unwrap_or_default()));
        cells.extend(face.map_or_else(Default::default, |face| emotions(face, labels)));
        cells.extend(last.iter().cloned());
        cells.push(face.and_then(|face| face.track).map(|track| format!("Person_{}", track.0)).unwrap_or_default());
        writeln!(out, "{}", cells.join(","))
    };
    if record.faces.is_empty() { row(None) } else { record.faces.iter().try_for_each(|face| row(Some(face))) }
}

/// The seven, made to sum to 1: a model may have others beside them. Empty where it lacks one.
fn emotions(face: &AnalyzedFace, labels: &[String]) -> [String; 7] {
    let value = |names: &[&str; 3]| {
        let at = labels.iter().position(|label| names.iter().any(|name| label.eq_ignore_ascii_case(name)))?;
        face.probabilities.get(at).copied().map(f64::from)
    };
    let values = EMOTIONS.each_ref().map(value);
    let sum: f64 = values.iter().flatten().sum();
    values.map(|value| value.filter(|_| sum > 0.0).map(|value| (value / sum).to_string()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operators::Rect;

    #[test]
    fn the_seven_sum_to_1_whatever_else_the_model_answers() {
        let labels = ["angry", "disgust", "fear", "happy", "neutral", "sad", "surprise", "contempt"].map(String::from);
        let probabilities = vec![0.1, 0.1, 0.1, 0.2, 0.1, 0.1, 0.05, 0.25];
        let face = AnalyzedFace {
            rect: Rect::whole(3, 4),
            score: None,
            landmarks: None,
            pose: None,
            blendshapes: None,
            track: None,
            actions: None,
            embedding: None,
            label_index: 7,
            label: "contempt".into(),
            probabilities,
            members: Vec::new(),
        };
        let record = Record { input: "a.png".into(), at: None, size: Some((3, 4)), faces: vec![face], error: None };
        let mut out = Vec::new();
        header(&mut out).unwrap();
        write(&mut out, &record, &labels, None).unwrap();
        let text = String::from_utf8(out).unwrap();
        let [names, cells] = [0, 1].map(|line| text.lines().nth(line).unwrap().split(',').collect::<Vec<_>>());
        assert_eq!(names.len(), cells.len());
        let value = |name: &str| cells[names.iter().position(|other| *other == name).unwrap()].parse::<f64>().unwrap();
        let sum: f64 = EMOTIONS.iter().map(|[name, ..]| value(name)).sum();
        assert!((sum - 1.0).abs() < 1e-6 && (value("happiness") - 0.2 / 0.75).abs() < 1e-6, "{text}");
    }
}
