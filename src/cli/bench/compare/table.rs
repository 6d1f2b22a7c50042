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
    Ok(())
}
