//! For people: one line a face.

use std::io::{self, Write};

use super::record::{Record, label, order};
use crate::cli::palette;
use crate::cli::terminal::Paint;
use crate::recognizer::AnalyzedFace;

const BLOCKS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// The lines of one picture; with `top`, only the K most probable labels, with their percentages.
pub fn write(out: &mut impl Write, record: &Record, labels: &[String], top: Option<usize>) -> io::Result<()> {
    let paint = Paint::stdout();
    let size = record.size.map(|(width, height)| format!("  {width} x {height}")).unwrap_or_default();
    let remark = match (&record.error, record.faces.len()) {
        (Some(reason), _) => format!("  {}", paint.colour(reason, [255, 85, 85])),
        (None, 0) => "  no face found".to_string(),
        (None, _) => String::new(),
    };
    writeln!(out, "{}{}{remark}", paint.bold(&record.input), paint.dim(size))?;
    record.faces.iter().try_for_each(|face| writeln!(out, "  {}", line(face, labels, top, paint)))
}

fn line(face: &AnalyzedFace, labels: &[String], top: Option<usize>, paint: Paint) -> String {
    let values = &face.probabilities;
    let first = face.label_index;
    let coloured = |i: usize, text: String| paint.colour(text, palette::colour(label(labels, i), i));
    let width = labels.iter().map(String::len).max().unwrap_or(0);
    let head = coloured(first, format!("{:width$} {:>5.1} %", face.label, 100.0 * values[first]));
    let bars: Vec<String> = match top {
        None => labels.iter().enumerate().map(|(i, name)| format!("{} {name}", coloured(i, block(values[i]).into()))).collect(),
        Some(k) => {
            let entry =
                |i: usize| format!("{} {} {:.1} %", coloured(i, block(values[i]).into()), label(labels, i), 100.0 * values[i]);
            order(values).into_iter().take(k).map(entry).collect()
        }
    };
    let doubt = if face.unsure() { paint.dim("   unsure: people would disagree") } else { String::new() };
    format!("{head}   {}{doubt}", bars.join("  "))
}

fn block(value: f32) -> &'static str {
    BLOCKS[((value.clamp(0.0, 1.0) * 8.0) as usize).min(7)]
}
