//! The members' weights as a picture, as Levi and Hassner show theirs.

use std::fmt::Write;

use super::report::Report;
use crate::cli::svg::escaped;

const ROW: usize = 34;
const LEFT: usize = 190;
const BAR: f64 = 380.0;
const TOP: usize = 76;

/// A bar a member, heaviest first.
pub fn weights(report: &Report) -> String {
    let members = report.by_weight();
    let most = members.iter().fold(1e-9_f64, |most, member| most.max(member.weight));
    let (width, height) = (LEFT + BAR as usize + 90, TOP + ROW * members.len() + 20);
    let mut svg = String::new();
    let _ = writeln!(
        svg,
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" font-family="system-ui, sans-serif" font-size="13" fill="#1c2430">
<rect width="{width}" height="{height}" fill="#ffffff"/>
<text x="24" y="34" font-size="17" font-weight="600">Weights of the members, learned on {} images</text>
<text x="24" y="54" fill="#667085">fused {:.2} %, temperature {:.3}; behind each name its accuracy alone</text>"##,
        report.images,
        100.0 * report.after.accuracy,
        report.temperature
    );
    for (i, member) in members.iter().enumerate() {
        let (y, length) = (TOP + ROW * i, member.weight / most * BAR);
        let (text, number) = (y + 17, LEFT as f64 + length + 8.0);
        let _ = writeln!(
            svg,
            r##"<text x="{}" y="{text}" text-anchor="end">{} <tspan fill="#667085">{:.1} %</tspan></text><rect x="{LEFT}" y="{y}" width="{length:.1}" height="24" rx="4" fill="#164e8c"/><text x="{number:.1}" y="{text}" font-weight="600">{:.1} %</text>"##,
            LEFT - 10,
            escaped(&member.name),
            100.0 * member.accuracy,
            100.0 * member.weight
        );
    }
    svg + "</svg>\n"
}
