//! The confusion matrix as a picture: an SVG that needs no font of its own.

use std::fmt::Write;

use super::score::Report;
use crate::cli::svg::escaped;

const CELL: usize = 64;
const LEFT: usize = 112;
const TOP: usize = 96;

/// Rows are true labels, columns given ones; each cell shows its share of the row, and its count.
pub fn confusion(report: &Report) -> String {
    let labels: Vec<&str> = report.per_class.0.iter().map(|(label, _)| *label).collect();
    let (width, height) = (LEFT + CELL * labels.len() + 24, TOP + CELL * labels.len() + 24);
    let mut svg = String::new();
    let _ = writeln!(
        svg,
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" font-family="system-ui, sans-serif" font-size="13" fill="#1c2430">
<rect width="{width}" height="{height}" fill="#ffffff"/>
<text x="24" y="34" font-size="17" font-weight="600">{:.2} % right of {} images</text>
<text x="24" y="54" fill="#667085">rows: true label, columns: label given, shades: share of the row</text>"##,
        100.0 * report.accuracy,
        report.images
    );
    for (i, label) in labels.iter().enumerate() {
        let name = escaped(label);
        let (x, y) = (LEFT + CELL * i + CELL / 2, TOP + CELL * i + CELL / 2 + 5);
        let _ = writeln!(svg, r#"<text x="{x}" y="{}" text-anchor="middle">{name}</text>"#, TOP - 10);
        let _ = writeln!(svg, r#"<text x="{}" y="{y}" text-anchor="end">{name}</text>"#, LEFT - 10);
    }
    for (row, counts) in report.confusion.iter().enumerate() {
        let whole = report.per_class.0.get(row).map_or(0, |(_, class)| class.images).max(1);
        for (column, &count) in counts.iter().enumerate() {
            cell(&mut svg, LEFT + CELL * column, TOP + CELL * row, count, count as f64 / whole as f64);
        }
    }
    svg + "</svg>\n"
}

fn cell(svg: &mut String, x: usize, y: usize, count: usize, share: f64) {
    let mix = |from: f64, to: f64| (from + (to - from) * share.clamp(0.0, 1.0).sqrt()).round() as u8;
    let (r, g, b) = (mix(244.0, 22.0), mix(247.0, 78.0), mix(251.0, 140.0));
    let ink = if share > 0.3 { "#ffffff" } else { "#1c2430" };
    let side = CELL - 3;
    let (middle, upper, lower) = (x + CELL / 2, y + CELL / 2 + 1, y + CELL / 2 + 18);
    let _ = writeln!(
        svg,
        r##"<rect x="{x}" y="{y}" width="{side}" height="{side}" rx="6" fill="rgb({r},{g},{b})"/><text x="{middle}" y="{upper}" text-anchor="middle" font-weight="600" fill="{ink}">{:.0} %</text><text x="{middle}" y="{lower}" text-anchor="middle" font-size="11" fill="{ink}" opacity="0.75">{count}</text>"##,
        100.0 * share
    );
}
