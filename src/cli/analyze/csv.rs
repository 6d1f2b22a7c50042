//! One line a face; a picture without a face, or one that could not be read, has a line too.

use std::io::{self, Write};

use super::record::{Record, order};

/// The column names.
pub fn header(out: &mut impl Write, labels: &[String]) -> io::Result<()> {
    let mut columns: Vec<String> =
        ["input", "width", "height", "face", "x", "y", "w", "h", "score", "label"].map(String::from).into();
    columns.extend(labels.iter().map(|label| quoted(label)));
    columns.push("error".into());
    writeln!(out, "{}", columns.join(","))
}

/// The lines of one picture; probabilities beyond the `top` largest are left empty.
pub fn write(out: &mut impl Write, record: &Record, labels: &[String], top: usize) -> io::Result<()> {
    let number = |n: Option<u32>| n.map(|n| n.to_string()).unwrap_or_default();
    let picture = [quoted(&record.input), number(record.size.map(|s| s.0)), number(record.size.map(|s| s.1))];
    for (i, face) in record.faces.iter().enumerate() {
        let rect = face.rect;
        let mut cells = picture.to_vec();
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
        cells.push(String::new());
        writeln!(out, "{}", cells.join(","))?;
    }
    if record.faces.is_empty() {
        let mut cells = picture.to_vec();
        cells.extend(vec![String::new(); 7 + labels.len()]);
        cells.push(record.error.as_deref().map(quoted).unwrap_or_default());
        writeln!(out, "{}", cells.join(","))?;
    }
    Ok(())
}

/// A cell as RFC 4180 writes it.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operators::Rect;
    use crate::recognizer::AnalyzedFace;

    fn lines(record: &Record, top: usize) -> Vec<String> {
        let labels = ["happy".to_string(), "sad".to_string()];
        let mut out = Vec::new();
        header(&mut out, &labels).unwrap();
        write(&mut out, record, &labels, top).unwrap();
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
            label_index: 1,
            label: "sad".into(),
            probabilities: vec![0.25, 0.75],
            members: Vec::new(),
        };
        let record = Record { input: "a, b.png".into(), size: Some((3, 4)), faces: vec![face], error: None };
        let found = lines(&record, 1);
        assert_eq!(found[0], "input,width,height,face,x,y,w,h,score,label,happy,sad,error");
        assert_eq!(found[1], "\"a, b.png\",3,4,1,0,0,3,4,,sad,,0.75,");
    }

    #[test]
    fn a_broken_picture_has_its_reason_in_the_last_column() {
        let record = Record { input: "x".into(), size: None, faces: Vec::new(), error: Some("a \"b\"".into()) };
        assert_eq!(lines(&record, 2)[1], "x,,,,,,,,,,,,\"a \"\"b\"\"\"");
    }
}
