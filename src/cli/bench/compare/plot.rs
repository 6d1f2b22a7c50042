//! Machines side by side as a picture: images a second on a logarithmic axis, since adapters differ by orders of magnitude. Dots and no bars, which
//! such an axis would give lengths that mean nothing; shapes beside colours, for those who see few of them.

use std::fmt::Write;

use super::file::Machine;
use super::rows::{Row, letter, short};
use crate::cli::svg::escaped;

const ROW: f64 = 26.0;
const LEFT: f64 = 200.0;
const CHART: f64 = 440.0;
const COLUMN: f64 = 92.0;
const LEGEND: f64 = 22.0;
/// Width of a letter of the legend, generously.
const LETTER: f64 = 7.5;

/// Legible on white and on the dark ground alike.
const COLOURS: [&str; 6] = ["#3b82d6", "#d9652b", "#2a9d78", "#a35fc9", "#b8890b", "#d1477f"];

/// Colours follow the reader's preference; the ground is the picture's own, so that it can be read on any page and where nothing knows `@media`.
const STYLE: &str = "<style>.ground{fill:#ffffff}.text{fill:#1c2430}.weak{fill:#667085}.line{stroke:#e3e7ee}\
@media (prefers-color-scheme: dark){.ground{fill:#12161d}.text{fill:#e6eaf2}.weak{fill:#97a3b6}.line{stroke:#2b3340}}</style>";

/// A row a measurement, a dot a machine; the numbers beside it.
pub fn speeds(machines: &[Machine], rows: &[Row]) -> String {
    let axis = Axis::over(rows);
    let top = 62.0 + LEGEND * machines.len() as f64 + 26.0;
    let bottom = top + ROW * rows.len() as f64;
    let legend = |machine: &Machine| (machine.adapter.name.chars().count() + machine.about().chars().count()) as f64 * LETTER;
    let longest = machines.iter().map(legend).fold(0.0, f64::max);
    let width = (LEFT + CHART + 20.0 + COLUMN * machines.len() as f64 + 20.0).max(80.0 + longest);
    let height = bottom + 24.0;
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" font-family="system-ui, sans-serif" font-size="13">
{STYLE}
<rect class="ground" width="{width}" height="{height}"/>
<text class="text" x="24" y="36" font-size="17" font-weight="600">Images a second, at the median</text>
"#
    );
    for (index, machine) in machines.iter().enumerate() {
        let y = 62.0 + LEGEND * index as f64;
        mark(&mut svg, index, 31.0, y - 4.5);
        let _ = writeln!(
            svg,
            r#"<text class="text" x="46" y="{y}">{} &#160;{} <tspan class="weak">{}</tspan></text>"#,
            letter(index),
            escaped(&machine.adapter.name),
            escaped(&machine.about())
        );
        let x = LEFT + CHART + 20.0 + COLUMN * (index as f64 + 1.0);
        let _ = writeln!(svg, r#"<text class="weak" x="{x}" y="{}" text-anchor="end">{}</text>"#, top - 10.0, letter(index));
    }
    for tick in axis.ticks() {
        let x = axis.place(tick);
        let _ = writeln!(
            svg,
            r#"<line class="line" x1="{x:.1}" x2="{x:.1}" y1="{top}" y2="{bottom}"/><text class="weak" x="{x:.1}" y="{}" text-anchor="middle" font-size="11">{}</text>"#,
            top - 10.0,
            number(tick)
        );
    }
    let mut last = "";
    for (index, row) in rows.iter().enumerate() {
        let y = top + ROW * (index as f64 + 0.5);
        let text = y + 4.5;
        if row.net != last {
            let line = y - ROW / 2.0;
            let _ = writeln!(
                svg,
                r#"<line class="line" x1="24" x2="{}" y1="{line}" y2="{line}"/><text class="text" x="24" y="{text}" font-weight="600">{}</text>"#,
                width - 20.0,
                escaped(&row.net)
            );
        }
        last = &row.net;
        let _ = writeln!(
            svg,
            r#"<text class="weak" x="{}" y="{text}" text-anchor="end">{} &#160;{}</text>"#,
            LEFT - 14.0,
            row.batch,
            escaped(&row.precision)
        );
        measured(&mut svg, row, &axis, y);
    }
    svg + "</svg>\n"
}

/// The dots of a row, and the numbers.
fn measured(svg: &mut String, row: &Row, axis: &Axis, y: f64) {
    let places: Vec<f64> = row.speeds.iter().flatten().map(|&speed| axis.place(speed)).collect();
    let (low, high) = places.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &x| (low.min(x), high.max(x)));
    if low < high {
        let _ = writeln!(svg, r#"<line class="line" x1="{low:.1}" x2="{high:.1}" y1="{y}" y2="{y}" stroke-width="3"/>"#);
    }
    // The first machine's mark lies on top: the others are held against it.
    for (index, (speed, ratio)) in row.speeds.iter().zip(row.ratios()).enumerate().rev() {
        if let Some(speed) = speed {
            mark(svg, index, axis.place(*speed), y);
        }
        let times =
            ratio.filter(|_| index > 0).map(|ratio| format!(r#" <tspan class="weak" font-size="11">{}×</tspan>"#, short(ratio)));
        let _ = writeln!(
            svg,
            r#"<text class="text" x="{}" y="{}" text-anchor="end">{}{}</text>"#,
            LEFT + CHART + 20.0 + COLUMN * (index as f64 + 1.0),
            y + 4.5,
            speed.map_or("–".into(), short),
            times.unwrap_or_default()
        );
    }
}

/// A machine's mark.
fn mark(svg: &mut String, index: usize, x: f64, y: f64) {
    let colour = COLOURS[index % COLOURS.len()];
    let shape = match index % 4 {
        0 => format!(r#"<circle cx="{x:.1}" cy="{y:.1}" r="5.5" fill="{colour}"/>"#),
        1 => format!(r#"<rect x="{:.1}" y="{:.1}" width="10" height="10" fill="{colour}"/>"#, x - 5.0, y - 5.0),
        2 => format!(r#"<path d="M{x:.1} {:.1}l6.5 6.5l-6.5 6.5l-6.5-6.5z" fill="{colour}"/>"#, y - 6.5),
        _ => format!(r#"<path d="M{x:.1} {:.1}l6.5 11h-13z" fill="{colour}"/>"#, y - 6.5),
    };
    let _ = writeln!(svg, "{shape}");
}

/// A tick's number as it is written.
fn number(value: f64) -> String {
    if value >= 1.0 { format!("{value:.0}") } else { format!("{value}") }
}

/// From a power of ten to a power of ten.
#[derive(Debug, Clone, Copy)]
struct Axis {
    /// Exponents.
    low: i32,
    high: i32,
}

impl Axis {
    /// Over every speed.
    fn over(rows: &[Row]) -> Self {
        let speeds = || rows.iter().flat_map(|row| row.speeds.iter().flatten().map(|speed| speed.log10()));
        let (low, high) = speeds().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        if low > high {
            return Self { low: 0, high: 1 };
        }
        let low = low.floor() as i32;
        Self { low, high: (high.ceil() as i32).max(low + 1) }
    }

    fn place(&self, value: f64) -> f64 {
        LEFT + CHART * (value.log10() - f64::from(self.low)) / f64::from(self.high - self.low)
    }

    /// Powers of ten; with 2 and 5 between them where they are few.
    fn ticks(&self) -> Vec<f64> {
        let between: &[f64] = if self.high - self.low <= 2 { &[1.0, 2.0, 5.0] } else { &[1.0] };
        let power = |exponent: i32| 10_f64.powi(exponent);
        let inner = (self.low..self.high).flat_map(|exponent| between.iter().map(move |factor| factor * power(exponent)));
        inner.chain([power(self.high)]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_holds_every_speed_between_powers_of_ten() {
        let row = |speeds: &[f64]| {
            let speeds = speeds.iter().map(|&speed| Some(speed)).collect();
            Row { net: "a".into(), batch: 1, precision: "f32".into(), speeds }
        };
        let axis = Axis::over(&[row(&[3.0, 20.0])]);
        assert_eq!((axis.low, axis.high, axis.ticks()), (0, 2, vec![1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0]));
        assert_eq!((axis.place(1.0), axis.place(100.0)), (LEFT, LEFT + CHART));
        let axis = Axis::over(&[row(&[0.04, 5000.0])]);
        assert_eq!((axis.low, axis.high, axis.ticks().len()), (-2, 4, 7));
        assert_eq!((Axis::over(&[]).low, Axis::over(&[row(&[10.0])]).high), (0, 2));
    }
}
