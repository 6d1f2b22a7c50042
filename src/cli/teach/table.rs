//! What was taught, for people.

use std::io::{self, Write};

use crate::cli::palette;
use crate::cli::terminal::Paint;
use crate::teach::Report;

/// A line a label with what was answered, and what the answer is worth.
pub fn write(out: &mut impl Write, report: &Report) -> io::Result<()> {
    let paint = Paint::stdout();
    let labels = &report.labels;
    let width = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0).max(5);
    let (faces, bursts) = (report.faces.iter().sum::<usize>(), report.bursts);
    let of =
        format!("{faces} faces of {} labels, {bursts} bursts that stay together, {} features", labels.len(), report.features);
    writeln!(out, "{}\n", paint.bold(of))?;
    let cell = |text: &str| format!("{:>9}", text.chars().take(9).collect::<String>());
    let heads: Vec<String> = labels.iter().map(|label| cell(label)).collect();
    let heads = if report.tested.is_some() {
        format!("  {:>8}   answered: {}", "recall", heads.join(" ").trim_start())
    } else {
        String::new()
    };
    writeln!(out, "{}", paint.dim(format!("{:width$}  {:>5}{heads}", "label", "faces")))?;
    for (at, (label, count)) in labels.iter().zip(&report.faces).enumerate() {
        let name = paint.colour(format!("{label:width$}"), palette::colour(label, at));
        let cells = report.tested.as_ref().map(|tested| {
            let row = &tested.confusion[at];
            let recall = format!("{:.1} %", 100.0 * row[at] as f64 / (*count).max(1) as f64);
            let cells: Vec<String> = row.iter().map(|count| cell(&count.to_string())).collect();
            format!("  {recall:>8}   {}", cells.join(" "))
        });
        writeln!(out, "{name}  {count:>5}{}", cells.unwrap_or_default())?;
    }
    writeln!(out)?;
    match &report.tested {
        None => writeln!(
            out,
            "not tested: without the faces of one burst a label would have none. Add pictures of other moments or people"
        )?,
        Some(tested) => {
            writeln!(
                out,
                "tested in {} parts, each by what was learned of the others: {:.1} % right, labels counting the same {:.1} %, loss {:.3}",
                tested.parts,
                100.0 * tested.accuracy,
                100.0 * tested.balanced,
                tested.loss
            )?;
            writeln!(out, "{}", paint.bold(tested.sentence()))?;
        }
    }
    writeln!(out, "penalty {:.3}, gradient {:.0e}, temperature {:.2}", report.strength, report.gradient, report.temperature)
}
