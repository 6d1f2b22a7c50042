//! What was learned, for people.

use std::io::{self, Write};

use super::report::{Figures, Report};
use crate::cli::terminal::Paint;

const BAR: f64 = 40.0;
const BLUE: [u8; 3] = [92, 170, 246];

/// Before and after, and a bar a member, heaviest first.
pub fn write(out: &mut impl Write, report: &Report) -> io::Result<()> {
    let paint = Paint::stdout();
    writeln!(out, "{}\n", paint.bold(format!("learned on {} images", report.images)))?;
    writeln!(out, "{}", paint.dim(format!("{:26}  {:>9}  {:>9}", "fused", "before", "after")))?;
    let percent = |share: f64| format!("{:.2} %", 100.0 * share);
    let plain = |value: f64| format!("{value:.4}");
    let shown =
        |figures: &Figures| [percent(figures.accuracy), plain(figures.nll), percent(figures.ece), plain(figures.temperature)];
    let names = ["accuracy", "negative log-likelihood", "expected calibration error", "temperature"];
    for (name, (before, after)) in names.iter().zip(shown(&report.before).iter().zip(&shown(&report.after))) {
        writeln!(out, "{name:26}  {before:>9}  {after:>9}")?;
    }

    let members = report.by_weight();
    let width = members.iter().map(|member| member.name.chars().count()).max().unwrap_or(0).max(6);
    let most = members.iter().fold(0.0_f64, |most, member| most.max(member.weight));
    writeln!(out, "\n{}", paint.dim(format!("{:width$}  {:>8}  {:>7}", "member", "accuracy", "weight")))?;
    for member in members {
        let bar = paint.colour(bar(member.weight / most.max(1e-9) * BAR), BLUE);
        let line = format!("{:width$}  {:>8}  {:>5.1} %  {bar}", member.name, percent(member.accuracy), 100.0 * member.weight);
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// A bar of `length` characters, in eighths.
fn bar(length: f64) -> String {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (length * 8.0).round().max(0.0) as usize;
    "█".repeat(eighths / 8) + PARTS[eighths % 8]
}

#[cfg(test)]
mod tests {
    use super::bar;

    #[test]
    fn a_bar_is_as_long_as_its_value_to_an_eighth() {
        assert_eq!([bar(0.0), bar(0.5), bar(2.125), bar(3.0)], ["", "▌", "██▏", "███"]);
    }
}
