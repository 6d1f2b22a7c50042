//! The figures, for people.

use std::io::{self, Write};

use super::score::Report;
use crate::cli::palette;
use crate::cli::terminal::Paint;

/// Accuracy, then a line a class, the confusion matrix, and a line a member.
pub fn write(out: &mut impl Write, report: &Report) -> io::Result<()> {
    let paint = Paint::stdout();
    let percent = |share: Option<f64>| share.map_or("-".to_string(), |share| format!("{:.2} %", 100.0 * share));
    let width = report.per_class.0.iter().map(|(label, _)| label.len()).max().unwrap_or(0).max(5);
    let headline = format!("accuracy {} on {} images", percent(Some(report.accuracy)), report.images);
    writeln!(out, "{}\n", paint.bold(headline))?;

    let shown: Vec<String> = report.per_class.0.iter().map(|(label, _)| format!("{:>9}", shortened(label, 9))).collect();
    let head = format!(
        "{:width$}  {:>6}  {:>8}  {:>9}   given: {}",
        "class",
        "images",
        "recall",
        "precision",
        shown.join(" ").trim_start()
    );
    writeln!(out, "{}", paint.dim(head))?;
    for (i, (label, class)) in report.per_class.0.iter().enumerate() {
        let name = paint.colour(format!("{label:width$}"), palette::colour(label, i));
        let (accuracy, precision) = (percent(class.accuracy), percent(class.precision));
        let row = report.confusion.get(i).map(Vec::as_slice).unwrap_or_default();
        let cells: Vec<String> = row.iter().map(|count| format!("{count:>9}")).collect();
        writeln!(out, "{name}  {:>6}  {accuracy:>8}  {precision:>9}   {}", class.images, cells.join(" "))?;
    }

    let width = report.members.iter().map(|member| member.name.len()).max().unwrap_or(0).max(6);
    writeln!(out, "\n{}", paint.dim(format!("{:width$}  {:>8}  {:>6}", "member", "accuracy", "weight")))?;
    for member in &report.members {
        writeln!(out, "{:width$}  {:>8}  {:>6.3}", member.name, percent(Some(member.accuracy)), member.weight)?;
    }
    let Some(votes) = &report.votes else { return Ok(()) };
    writeln!(out, "\n{}", paint.dim(format!("votes on {} images", votes.images)))?;
    let majority = &votes.majority;
    let best = majority.members.iter().max_by(|a, b| a.1.total_cmp(&b.1));
    for (name, value) in [
        (
            "the majority's label, where there is one",
            format!("{} of {} images", percent(Some(majority.accuracy)), majority.images),
        ),
        ("  the best member of it", best.map_or(String::new(), |(name, share)| format!("{} {name}", percent(Some(*share))))),
        ("  macro F1", format!("{:.4}", majority.macro_f1)),
        ("a label that a third of the people gave", percent(Some(votes.third))),
        ("negative log-likelihood, divergence", format!("{:.4}, {:.4}", votes.nll, votes.divergence)),
    ] {
        writeln!(out, "{name:42}  {value}")?;
    }
    Ok(())
}

fn shortened(text: &str, length: usize) -> String {
    text.chars().take(length).collect()
}
