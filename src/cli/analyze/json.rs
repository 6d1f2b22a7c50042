//! `moue.analyze/1`.

use std::io::Write;

use serde::{Serialize, Serializer};

use super::record::{FaceRecord, Record, best, label, order};
use crate::cli::outcome::Failure;

#[derive(Serialize)]
struct Line<'a> {
    schema: &'static str,
    input: &'a str,
    width: Option<u32>,
    height: Option<u32>,
    faces: Vec<Face<'a>>,
    error: Option<&'a str>,
}

#[derive(Serialize)]
struct Face<'a> {
    #[serde(rename = "box")]
    bounds: (i32, i32, u32, u32),
    score: Option<f64>,
    label: &'a str,
    probabilities: Probabilities<'a>,
    members: Vec<Member<'a>>,
}

#[derive(Serialize)]
struct Member<'a> {
    name: &'a str,
    label: &'a str,
    probabilities: Probabilities<'a>,
}

/// Label -> probability, in the order of the labels, or the K largest first.
struct Probabilities<'a> {
    labels: &'a [String],
    values: &'a [f32],
    top: Option<usize>,
}

impl Serialize for Probabilities<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.top {
            Some(k) => {
                serializer.collect_map(order(self.values).into_iter().take(k).map(|i| (label(self.labels, i), self.values[i])))
            }
            None => serializer.collect_map(self.labels.iter().zip(self.values)),
        }
    }
}

/// One line.
pub fn write(out: &mut impl Write, record: &Record, labels: &[String], top: Option<usize>) -> Result<(), Failure> {
    let line = Line {
        schema: "moue.analyze/1",
        input: &record.input,
        width: record.size.map(|size| size.0),
        height: record.size.map(|size| size.1),
        faces: record.faces.iter().map(|face| self::face(face, labels, top)).collect(),
        error: record.error.as_deref(),
    };
    let mut text = serde_json::to_vec(&line)?;
    text.push(b'\n');
    out.write_all(&text)?;
    Ok(())
}

fn face<'a>(face: &'a FaceRecord, labels: &'a [String], top: Option<usize>) -> Face<'a> {
    let probabilities = |values| Probabilities { labels, values, top };
    let member = |(name, values): &'a (String, Vec<f32>)| Member {
        name,
        label: label(labels, best(values)),
        probabilities: probabilities(values),
    };
    Face {
        bounds: (face.rect.x, face.rect.y, face.rect.width, face.rect.height),
        score: face.score,
        label: label(labels, best(&face.probabilities)),
        probabilities: probabilities(&face.probabilities),
        members: face.members.iter().map(member).collect(),
    }
}
