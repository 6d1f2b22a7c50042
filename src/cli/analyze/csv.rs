//! One line a face; a picture or a frame without a face, or one that could not be read, has a line too.

use std::io::{self, Write};

use crate::actions::column;
use crate::face::TrackId;
use crate::records::{Record, order};

/// Columns beside those that there always are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Columns {
    /// Those of frames: there are videos among the inputs.
    pub videos: bool,
    /// Over how many seconds probabilities were smoothed.
    pub smoothed: bool,
}

/// The column names.
pub fn header(out: &mut impl Write, labels: &[String], units: Option<&[String]>, wanted: Columns) -> io::Result<()> {
    let mut columns = vec!["input".to_owned()];
    if wanted.videos {
        columns.extend(["frame", "pts", "timestamp", "track"].map(String::from));
    }
    if wanted.smoothed {
        columns.push("smoothed".into());
    }
    columns.extend(["width", "height", "face", "x", "y", "w", "h", "score", "label"].map(String::from));
    columns.extend(labels.iter().map(|label| quoted(label)));
    columns.extend(
        units
            .into_iter()
            .flatten()
            .flat_map(|unit| [column(unit), format!("{}_intensity", column(unit))])
            .map(|name| quoted(&name)),
    );
    columns.push("error".into());
    writeln!(out, "{}", columns.join(","))
}

/// The lines of one picture; probabilities beyond the `top` largest are left empty.
pub fn write(
    out: &mut impl Write,
    record: &Record,
    labels: &[String],
    units: Option<&[String]>,
    top: usize,
    wanted: Columns,
) -> io::Result<()> {
    let number = |n: Option<u32>| n.map(|n| n.to_string()).unwrap_or_default();
    let size = [number(record.size.map(|s| s.0)), number(record.size.map(|s| s.1))];
    let first = |track: Option<TrackId>| {
        let mut cells = vec![quoted(&record.input)];
        if wanted.videos {
            cells.push(record.at.map(|at| at.frame.to_string()).unwrap_or_default());
            cells.push(record.at.and_then(|at| at.pts).map(|pts| pts.to_string()).unwrap_or_default());
            cells.push(record.at.map(|at| at.timestamp.as_secs_f64().to_string()).unwrap_or_default());
            cells.push(track.map(|track| track.0.to_string()).unwrap_or_default());
        }
        if wanted.smoothed {
            cells.push(record.at.and_then(|at| at.smoothed).map(|seconds| seconds.to_string()).unwrap_or_default());
        }
        cells.extend_from_slice(&size);
        cells
    };
    for (i, face) in record.faces.iter().enumerate() {
        let rect = face.rect;
        let mut cells = first(face.track);
        cells.extend([
            (i + 1).to_string(),
            rect.x.to_string(),
            rect.y.to_string(),
            rect.width.to_string(),
            rect.height.to_string(),
        ]);
        cells.push(face.score.map(|score| score.to_string()).unwrap_or_default());
        cells.push(quoted(&face.label));
        let mut shown = vec![String::new(); labels.len()];
        for i in order(&face.probabilities).into_iter().take(top) {
            shown[i] = face.probabilities[i].to_string();
        }
        cells.extend(shown);
        for at in 0..units.map_or(0, <[String]>::len) {
            let unit = face.actions.as_ref().and_then(|actions| actions.units.get(at).copied().flatten());
            cells.push(unit.map(|unit| unit.probability.to_string()).unwrap_or_default());
            cells.push(unit.and_then(|unit| unit.intensity).map(|intensity| intensity.to_string()).unwrap_or_default());
        }
        cells.push(String::new());
        writeln!(out, "{}", cells.join(","))?;
    }
    if record.faces.is_empty() {
        let mut cells = first(None);
        cells.extend(vec![String::new(); 7 + labels.len() + 2 * units.map_or(0, <[String]>::len)]);
        cells.push(record.error.as_deref().map(quoted).unwrap_or_default());
        writeln!(out, "{}", cells.join(","))?;
    }
    Ok(())
}

/// A cell as RFC 4180 writes it.
pub fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_string() }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::operators::Rect;
    use crate::recognizer::AnalyzedFace;
    use crate::records::At;

    fn lines(record: &Record, top: usize) -> Vec<String> {
        let labels = ["happy".to_string(), "sad".to_string()];
        let mut out = Vec::new();
        let wanted = Columns { videos: record.at.is_some(), smoothed: record.at.is_some_and(|at| at.smoothed.is_some()) };
        header(&mut out, &labels, None, wanted).unwrap();
        write(&mut out, record, &labels, None, top, wanted).unwrap();
        String::from_utf8(out).unwrap().lines().map(String::from).collect()
    }

    #[test]
    fn every_line_has_a_cell_for_every_column() {
        let face = AnalyzedFace {
            rect: Rect::whole(3, 4),
            score: None,
            landmarks: None,
            pose: None,
            blendshapes: None,
            track: None,
            actions: None,
            embedding: None,
            label_index: 1,
            label: "sad".into(),
            probabilities: vec![0.25, 0.75],
            members: Vec::new(),
        };
        let record = Record { input: "a, b.png".into(), at: None, size: Some((3, 4)), faces: vec![face], error: None };
        let found = lines(&record, 1);
        assert_eq!(found[0], "input,width,height,face,x,y,w,h,score,label,happy,sad,error");
        assert_eq!(found[1], "\"a, b.png\",3,4,1,0,0,3,4,,sad,,0.75,");
    }

    #[test]
    fn a_frame_has_its_number_and_its_times_and_a_line_without_a_face_too() {
        let at = At { frame: 7, pts: Some(-3), timestamp: Duration::from_millis(280), smoothed: None };
        let record = Record { input: "a.mp4".into(), at: Some(at), size: Some((3, 4)), faces: Vec::new(), error: None };
        let found = lines(&record, 2);
        assert_eq!(found[0], "input,frame,pts,timestamp,track,width,height,face,x,y,w,h,score,label,happy,sad,error");
        assert_eq!(found[1], "a.mp4,7,-3,0.28,,3,4,,,,,,,,,,");
    }

    #[test]
    fn a_broken_picture_has_its_reason_in_the_last_column() {
        let record = Record { input: "x".into(), at: None, size: None, faces: Vec::new(), error: Some("a \"b\"".into()) };
        assert_eq!(lines(&record, 2)[1], "x,,,,,,,,,,,,\"a \"\"b\"\"\"");
    }
}
