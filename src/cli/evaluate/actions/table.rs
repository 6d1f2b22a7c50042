//! The figures, for people.

use std::io::{self, Write};

use super::score::Report;
use crate::cli::terminal::Paint;

/// What was read, a line a unit, their means, and what is undefined.
pub fn write(out: &mut impl Write, report: &Report) -> io::Result<()> {
    let paint = Paint::stdout();
    let number = |value: Option<f64>| value.map_or("-".to_string(), |value| format!("{value:.3}"));
    let Report { faces, images, without_face, .. } = report;
    let accuracy = number(report.multi_label_accuracy);
    writeln!(out, "{}", paint.bold(format!("multi-label accuracy {accuracy} on {faces} faces of {images} pictures")))?;
    let said = format!("present from intensity {} on, said from probability {} on", report.present_from, report.threshold);
    writeln!(out, "{}\n", paint.dim(said))?;
    let head = |name: &str, counts: [&str; 3], shares: [&str; 4]| {
        let [faces, present, said] = counts;
        let [precision, recall, f1, auc] = shares;
        format!("{name:6}  {faces:>6}  {present:>7}  {said:>6}  {precision:>9}  {recall:>6}  {f1:>5}  {auc:>5}")
    };
    writeln!(out, "{}", paint.dim(head("unit", ["faces", "present", "said"], ["precision", "recall", "F1", "AUC"])))?;
    for (label, own) in &report.per_label.0 {
        let counts = [own.faces, own.present, own.said].map(|count| count.to_string());
        let shares = [own.precision, own.recall, own.f1, own.auc].map(number);
        let line = head(label, counts.each_ref().map(String::as_str), shares.each_ref().map(String::as_str));
        writeln!(out, "{line}  {}", paint.dim(own.words))?;
    }
    let mean = &report.mean;
    let shares = [mean.precision, mean.recall, mean.f1, mean.auc].map(number);
    let line = head("mean", ["", "", ""], shares.each_ref().map(String::as_str));
    writeln!(out, "{}  {}", paint.bold(line), paint.dim(format!("of the {} that are there", mean.labels)))?;
    writeln!(out, "\nwrong answers (Hamming loss) {}", number(report.hamming_loss))?;
    for (what, names) in [
        ("never there, so that recall and AUC are undefined", &report.never_present),
        ("not read by the model", &report.not_read),
    ] {
        if !names.is_empty() {
            writeln!(out, "{what}: {}", names.join(", "))?;
        }
    }
    if *without_face > 0 {
        writeln!(out, "without a face, left out of all figures: {without_face} of {images} pictures")?;
    }
    Ok(())
}
