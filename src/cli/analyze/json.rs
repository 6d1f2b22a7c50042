//! `moue.analyze/1`.

use std::collections::BTreeMap;
use std::io::Write;

use serde::{Serialize, Serializer};

use super::made::Made;
use super::record::{Record, label, order};
use crate::face::{Eyes, Landmarks, Pose};
use crate::recognizer::{AnalyzedFace, most_probable};

/// Name and version of the records.
pub const SCHEMA: &str = "moue.analyze/1";
/// How every line begins.
pub const HEAD: &str = r#"{"schema":"moue.analyze/1","input":"#;

#[derive(Serialize)]
struct Line<'a> {
    schema: &'static str,
    input: &'a str,
    width: Option<u32>,
    height: Option<u32>,
    faces: Vec<Face<'a>>,
    error: Option<&'a str>,
    /// In a file that is gone on with.
    #[serde(skip_serializing_if = "Option::is_none")]
    options: Option<&'a Made>,
}

#[derive(Serialize)]
struct Face<'a> {
    #[serde(rename = "box")]
    bounds: (i32, i32, u32, u32),
    score: Option<f64>,
    /// Degrees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pose: Option<Pose>,
    /// How far each is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    eyes: Option<Eyes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mouth: Option<f32>,
    /// x, y, z in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    landmarks: Option<Vec<[f32; 3]>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    blendshapes: Option<BTreeMap<&'static str, f32>>,
    label: &'a str,
    /// Whether the label has less than half.
    unsure: bool,
    probabilities: Probabilities<'a>,
    members: Vec<Member<'a>>,
}

/// What is written of each face.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted {
    /// The K most probable labels only.
    pub top: Option<usize>,
    /// As many landmarks: 5, 68 or 478.
    pub landmarks: Option<usize>,
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
pub fn write(
    out: &mut impl Write,
    record: &Record,
    labels: &[String],
    members: &[String],
    wanted: Wanted,
    made: Option<&Made>,
) -> std::io::Result<()> {
    let line = Line {
        schema: SCHEMA,
        input: &record.input,
        width: record.size.map(|size| size.0),
        height: record.size.map(|size| size.1),
        faces: record.faces.iter().map(|face| self::face(face, labels, members, wanted)).collect(),
        error: record.error.as_deref(),
        options: made,
    };
    let mut text = serde_json::to_vec(&line)?;
    text.push(b'\n');
    out.write_all(&text)?;
    Ok(())
}

fn face<'a>(face: &'a AnalyzedFace, labels: &'a [String], members: &'a [String], wanted: Wanted) -> Face<'a> {
    let Wanted { top, landmarks } = wanted;
    let probabilities = |values| Probabilities { labels, values, top };
    let member = |(name, values): (&'a String, &'a Vec<f32>)| Member {
        name,
        label: label(labels, most_probable(values)),
        probabilities: probabilities(values),
    };
    Face {
        bounds: (face.rect.x, face.rect.y, face.rect.width, face.rect.height),
        score: face.score,
        pose: face.pose,
        eyes: face.landmarks.as_deref().map(Landmarks::eyes),
        mouth: face.landmarks.as_deref().map(Landmarks::mouth),
        landmarks: landmarks.zip(face.landmarks.as_deref()).map(|(count, points)| match count {
            5 => points.five().to_vec(),
            68 => points.sixty_eight().to_vec(),
            _ => points.points().to_vec(),
        }),
        blendshapes: face.blendshapes.as_deref().map(|all| all.iter().collect()),
        label: &face.label,
        unsure: face.unsure(),
        probabilities: probabilities(&face.probabilities),
        members: members.iter().zip(&face.members).map(member).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_begins_alike() {
        let record = Record { input: "a.png".into(), size: None, faces: Vec::new(), error: None };
        let mut line = Vec::new();
        write(&mut line, &record, &[], &[], Wanted::default(), None).unwrap();
        assert!(line.starts_with(HEAD.as_bytes()) && line.ends_with(b"}\n"));
    }
}
