//! `moue.analyze/1`, `moue.frame/1` and `moue.video/1`.

use std::collections::BTreeMap;
use std::io::Write;

use serde::{Serialize, Serializer};

use super::{Often, Record, Summary, label, order};
use crate::actions::{Named, column};
use crate::face::{Eyes, Landmarks, Pose};
use crate::recognizer::{AnalyzedFace, most_probable};

/// Name and version of the records of pictures.
pub const SCHEMA: &str = "moue.analyze/1";
/// Of the frames of videos.
pub const FRAME: &str = "moue.frame/1";
/// Of what is at the end of a video.
pub const VIDEO: &str = "moue.video/1";
/// How lines begin.
pub const HEADS: [&str; 3] =
    [r#"{"schema":"moue.analyze/1","input":"#, r#"{"schema":"moue.frame/1","input":"#, r#"{"schema":"moue.video/1","input":"#];

#[derive(Serialize)]
struct Line<'a, M> {
    schema: &'static str,
    input: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    frame: Option<u64>,
    /// In the file's own units; none is said of pictures, and null of frames without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pts: Option<Option<i64>>,
    /// Seconds since the first frame.
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<f64>,
    /// Over how many seconds probabilities were smoothed; members say what they said.
    #[serde(skip_serializing_if = "Option::is_none")]
    smoothed: Option<f64>,
    width: Option<u32>,
    height: Option<u32>,
    faces: Vec<Face<'a>>,
    error: Option<&'a str>,
    /// In a file that is gone on with.
    #[serde(skip_serializing_if = "Option::is_none")]
    options: Option<&'a M>,
}

#[derive(Serialize)]
struct Face<'a> {
    /// Whose it is, of a video.
    #[serde(skip_serializing_if = "Option::is_none")]
    track: Option<u64>,
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
    /// Action units: the five strongest, and all that are read.
    #[serde(skip_serializing_if = "Option::is_none")]
    actions: Option<Named<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    embedding: Option<&'a [f32]>,
    label: &'a str,
    /// Whether the label has less than half.
    unsure: bool,
    probabilities: Probabilities<'a>,
    members: Vec<Member<'a>>,
}

fn top_unit(unit: Often) -> TopUnit {
    TopUnit { unit: column(&unit.label), probability: unit.probability, present: unit.present }
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

/// One line: a picture's, or a frame's. `labels` and `members` are those of the model, `units` those of the model of action units, `made` what the record was made by,
/// where that is told.
///
/// # Errors
/// Those of `out`.
pub fn write(
    out: &mut impl Write,
    record: &Record,
    labels: &[String],
    members: &[String],
    units: Option<&[String]>,
    wanted: Wanted,
    made: Option<&impl Serialize>,
) -> std::io::Result<()> {
    let line = Line {
        schema: if record.at.is_some() { FRAME } else { SCHEMA },
        input: &record.input,
        frame: record.at.map(|at| at.frame),
        pts: record.at.map(|at| at.pts),
        timestamp: record.at.map(|at| at.timestamp.as_secs_f64()),
        smoothed: record.at.and_then(|at| at.smoothed),
        width: record.size.map(|size| size.0),
        height: record.size.map(|size| size.1),
        faces: record.faces.iter().map(|face| self::face(face, labels, members, units, wanted)).collect(),
        error: record.error.as_deref(),
        options: made,
    };
    put(out, &line)
}

fn put(out: &mut impl Write, line: &impl Serialize) -> std::io::Result<()> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    out.write_all(&text)
}

#[derive(Serialize)]
struct Video<'a, M> {
    schema: &'static str,
    input: &'a str,
    frames: u64,
    faces: u64,
    tracks: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    smoothed: Option<f64>,
    /// Of the faces, how many have the label.
    shares: Shares<'a>,
    /// The labels that are most probable on the mean of all faces.
    top: Vec<Top<'a>>,
    /// The action units that are most probable on the mean of all faces, and the share of the faces that show each.
    #[serde(skip_serializing_if = "Option::is_none")]
    actions: Option<Vec<TopUnit>>,
    /// Frames of a camera that came while others were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    dropped: Option<u64>,
    error: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    options: Option<&'a M>,
}

#[derive(Serialize)]
struct Top<'a> {
    label: &'a str,
    probability: f64,
}

#[derive(Serialize)]
struct TopUnit {
    unit: String,
    probability: f64,
    present: f64,
}

struct Shares<'a>(&'a Summary);

impl Serialize for Shares<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.shares())
    }
}

/// What is at the end of a video.
///
/// # Errors
/// Those of `out`.
pub fn video(out: &mut impl Write, summary: &Summary, made: Option<&impl Serialize>) -> std::io::Result<()> {
    let top = summary.top().into_iter().map(|(label, probability)| Top { label, probability }).collect();
    let line = Video {
        schema: VIDEO,
        input: &summary.input,
        frames: summary.frames,
        faces: summary.faces,
        tracks: summary.tracks(),
        smoothed: summary.smoothed,
        shares: Shares(summary),
        top,
        actions: summary.reads_units().then(|| summary.units().into_iter().map(top_unit).collect()),
        dropped: summary.dropped,
        error: summary.error.as_deref(),
        options: made,
    };
    put(out, &line)
}

fn face<'a>(
    face: &'a AnalyzedFace,
    labels: &'a [String],
    members: &'a [String],
    units: Option<&'a [String]>,
    wanted: Wanted,
) -> Face<'a> {
    let Wanted { top, landmarks } = wanted;
    let probabilities = |values| Probabilities { labels, values, top };
    let member = |(name, values): (&'a String, &'a Vec<f32>)| Member {
        name,
        label: label(labels, most_probable(values)),
        probabilities: probabilities(values),
    };
    Face {
        track: face.track.map(|track| track.0),
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
        actions: face.actions.as_deref().zip(units).map(|(actions, labels)| Named::new(actions, labels, &face.label)),
        embedding: face.embedding.as_deref(),
        label: &face.label,
        unsure: face.unsure(),
        probabilities: probabilities(&face.probabilities),
        members: members.iter().zip(&face.members).map(member).collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::records::At;

    #[test]
    fn every_line_begins_alike() {
        let picture = Record { input: "a.png".into(), at: None, size: None, faces: Vec::new(), error: None };
        let at = At { frame: 3, pts: None, timestamp: Duration::from_millis(120), smoothed: None };
        let frame = Record { input: "a.mp4".into(), at: Some(at), size: None, faces: Vec::new(), error: None };
        let mut lines = [const { Vec::new() }; 3];
        write(&mut lines[0], &picture, &[], &[], None, Wanted::default(), None::<&()>).unwrap();
        write(&mut lines[1], &frame, &[], &[], None, Wanted::default(), None::<&()>).unwrap();
        video(&mut lines[2], &Summary::new("a.mp4".into(), &[], None), None::<&()>).unwrap();
        for (line, head) in lines.iter().zip(HEADS) {
            assert!(line.starts_with(head.as_bytes()) && line.ends_with(b"}\n"), "{}", String::from_utf8_lossy(line));
        }
        assert!(String::from_utf8_lossy(&lines[1]).contains(r#""frame":3,"pts":null,"timestamp":0.12,"width""#));
    }
}
