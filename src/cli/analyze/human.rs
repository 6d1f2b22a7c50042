//! For people: one line a face of a picture, and of a video what its frames say together.

use std::io::{self, Write};

use super::emotions;
use crate::actions::{Actions, column, words};
use crate::cli::palette;
use crate::cli::terminal::Paint;
use crate::recognizer::AnalyzedFace;
use crate::records::{Record, Summary, TOP, label, order};

const BLOCKS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// The lines of one picture; with `top`, only the K most probable labels, with their percentages.
pub fn write(
    out: &mut impl Write,
    record: &Record,
    labels: &[String],
    units: Option<&[String]>,
    top: Option<usize>,
) -> io::Result<()> {
    let paint = Paint::stdout();
    let size = record.size.map(|(width, height)| format!("  {width} x {height}")).unwrap_or_default();
    let remark = match (&record.error, record.faces.len()) {
        (Some(reason), _) => format!("  {}", paint.colour(reason, [255, 85, 85])),
        (None, 0) => "  no face found".to_string(),
        (None, _) => String::new(),
    };
    writeln!(out, "{}{}{remark}", paint.bold(&record.input), paint.dim(size))?;
    for face in &record.faces {
        writeln!(out, "  {}", line(face, labels, top, paint))?;
        if let (Some(units), Some(actions)) = (units, &face.actions) {
            writeln!(out, "  {}", paint.dim(shown(actions, units)))?;
            if let Some(text) = emotions::words(actions, units, &face.label) {
                writeln!(out, "  {}", paint.dim(text))?;
            }
        }
    }
    Ok(())
}

/// What is at the end of a video.
pub fn video(out: &mut impl Write, summary: &Summary) -> io::Result<()> {
    let paint = Paint::stdout();
    let size = summary.size.map(|(width, height)| format!("  {width} x {height}")).unwrap_or_default();
    let count = |count: u64, of: &str| if count == 1 { format!("1 {of}") } else { format!("{count} {of}s") };
    let [frames, faces, tracks] =
        [count(summary.frames, "frame"), count(summary.faces, "face"), count(summary.tracks() as u64, "track")];
    let smoothed = summary.smoothed.map(|seconds| format!(", smoothed over {seconds} s")).unwrap_or_default();
    let found = format!("  {frames} in {:.2} s, {faces}, {tracks}{smoothed}", summary.seconds);
    let reason = summary.error.as_ref().map(|reason| format!("  {}", paint.colour(reason, [255, 85, 85]))).unwrap_or_default();
    writeln!(out, "{}{}{found}{reason}", paint.bold(&summary.input), paint.dim(size))?;
    let labels = summary.labels();
    let shares: Vec<f64> = summary.shares().map(|(_, share)| share).collect();
    let width = labels.iter().map(String::len).max().unwrap_or(0);
    for (at, (name, mean)) in summary.best().into_iter().zip(summary.top()) {
        let share = shares.get(at).copied().unwrap_or(0.0);
        let text = paint.colour(format!("{name:width$} {:>5.1} %", 100.0 * mean), palette::colour(name, at));
        writeln!(out, "  {text}   {}", paint.dim(format!("label of {:.1} % of the faces", 100.0 * share)))?;
    }
    for unit in summary.units() {
        let name = words(&unit.label).unwrap_or(&unit.label);
        let share = paint.dim(format!("in {:.1} % of the faces", 100.0 * unit.present));
        writeln!(out, "  {name} ({}) {:.1} %   {share}", column(&unit.label), 100.0 * unit.probability)?;
    }
    Ok(())
}

/// The units that are present, the strongest first.
fn shown(actions: &Actions, labels: &[String]) -> String {
    let unit = |at: usize| {
        let unit = actions.units.get(at).copied().flatten().filter(|unit| unit.present)?;
        let label = label(labels, at);
        Some(format!("{} ({}) {:.0} %", words(label).unwrap_or(label), column(label), 100.0 * unit.probability))
    };
    let present: Vec<String> = actions.strongest().into_iter().filter_map(unit).take(TOP).collect();
    if present.is_empty() { "no action unit".to_owned() } else { present.join(", ") }
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
