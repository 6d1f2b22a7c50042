//! Machines side by side, for people.

use std::io::{self, Write};

use super::file::Machine;
use super::rows::{Row, letter, short};
use crate::cli::terminal::Paint;

/// Who is who, then images a second, and how many times the first machine's that is.
pub fn write(machines: &[Machine], rows: &[Row], out: &mut impl Write) -> io::Result<()> {
    let paint = Paint::stdout();
    for (index, machine) in machines.iter().enumerate() {
        let about = paint.dim(format!("{}; {}", machine.about(), machine.path));
        writeln!(out, "{}  {}  {about}", letter(index), paint.bold(&machine.adapter.name))?;
    }
    let mut head = format!("{:<15}{:>6}  {:<4}", "images/s", "batch", "type");
    for index in 0..machines.len() {
        head += &format!("{:>10}", letter(index));
        if index > 0 {
            head += &format!("{:>9}", format!("{} / A", letter(index)));
        }
    }
    writeln!(out, "{}", paint.dim(head))?;
    for row in rows {
        write!(out, "{:<15}{:>6}  {:<4}", row.net, row.batch, row.precision)?;
        for (index, (speed, ratio)) in row.speeds.iter().zip(row.ratios()).enumerate() {
            write!(out, "{:>10}", speed.map_or("-".into(), short))?;
            if index > 0 {
                write!(out, "{:>9}", ratio.map_or("-".into(), short))?;
            }
        }
        writeln!(out)?;
    }
    if machines.iter().any(|machine| machine.score.is_some()) {
        scores(machines, out)?;
    }
    Ok(())
}

/// The scores of the fixed suite, and half of their intervals below.
fn scores(machines: &[Machine], out: &mut impl Write) -> io::Result<()> {
    let first = machines.first().and_then(|machine| machine.score);
    let mut lines = [format!("{:<27}", "score"), format!("{:<27}", "  its 95 % interval")];
    for (index, machine) in machines.iter().enumerate() {
        lines[0] += &format!("{:>10}", machine.score.map_or("-".into(), |score| short(score.value)));
        let width = machine.score.map(|score| format!("± {}", short((score.high - score.low) / 2.0)));
        lines[1] += &format!("{:>10}", width.unwrap_or_else(|| "-".into()));
        if index > 0 {
            let ratio = machine.score.zip(first).map(|(score, first)| short(score.value / first.value));
            lines[0] += &format!("{:>9}", ratio.unwrap_or_else(|| "-".into()));
            lines[1] += &" ".repeat(9);
        }
    }
    lines.iter().try_for_each(|line| writeln!(out, "{}", line.trim_end()))
}
