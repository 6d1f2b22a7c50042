//! The figures of each unit as a picture: an SVG that needs no font of its own. F1 has a length; what it is made of, and the area, have marks of other shapes.

use std::fmt::Write;

use super::score::{LabelReport, Report};
use crate::cli::svg::escaped;

const ROW: f64 = 22.0;
const LEFT: f64 = 290.0;
const CHART: f64 = 440.0;
const TOP: f64 = 118.0;
const COUNTS: f64 = 116.0;

/// A row a unit, in the order of the table.
pub fn units(report: &Report) -> String {
    let bottom = TOP + ROW * report.per_label.0.len() as f64;
    let (width, height) = (LEFT + CHART + COUNTS, bottom + 44.0);
    let number = |value: Option<f64>| value.map_or("-".to_string(), |value| format!("{value:.3}"));
    let mut svg = String::new();
    let _ = writeln!(
        svg,
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" font-family="system-ui, sans-serif" font-size="13" fill="#1c2430">
<rect width="{width}" height="{height}" fill="#ffffff"/>
<text x="24" y="34" font-size="17" font-weight="600">Action units of {} faces: mean F1 {}, mean AUC {}</text>
<text x="24" y="54" fill="#667085">multi-label accuracy {}; present from intensity {} on, said from probability {} on</text>"##,
        report.faces,
        number(report.mean.f1),
        number(report.mean.auc),
        number(report.multi_label_accuracy),
        report.present_from,
        escaped(&report.threshold)
    );
    legend(&mut svg);
    for tick in [0.0, 0.25, 0.5, 0.75, 1.0] {
        let x = place(tick);
        let _ = writeln!(
            svg,
            r##"<line x1="{x}" x2="{x}" y1="{TOP}" y2="{bottom}" stroke="#e3e7ee"/><text x="{x}" y="{}" text-anchor="middle" font-size="11" fill="#667085">{tick}</text>"##,
            bottom + 18.0
        );
    }
    let right = width - 24.0;
    let _ =
        writeln!(svg, r##"<text x="{right}" y="{}" text-anchor="end" font-size="11" fill="#667085">present</text>"##, TOP - 8.0);
    for (at, (label, own)) in report.per_label.0.iter().enumerate() {
        let y = TOP + ROW * (at as f64 + 0.5);
        let _ = writeln!(
            svg,
            r##"<text x="24" y="{0}" font-weight="600">{1}</text><text x="80" y="{0}" font-size="12" fill="#667085">{2}</text><text x="{right}" y="{0}" text-anchor="end" font-size="12">{3} of {4}</text>"##,
            y + 4.5,
            escaped(label),
            escaped(own.words),
            own.present,
            own.faces
        );
        row(&mut svg, y, own);
    }
    svg + "</svg>\n"
}

fn place(share: f64) -> f64 {
    LEFT + CHART * share.clamp(0.0, 1.0)
}

fn row(svg: &mut String, y: f64, own: &LabelReport) {
    if let Some(f1) = own.f1 {
        bar(svg, LEFT, y, CHART * f1);
    }
    for (value, mark) in [(own.auc, diamond as fn(&mut String, f64, f64)), (own.recall, ring), (own.precision, dot)] {
        if let Some(value) = value {
            mark(svg, place(value), y);
        }
    }
}

fn legend(svg: &mut String) {
    let y = 80.0;
    bar(svg, 24.0, y, 18.0);
    dot(svg, 96.0, y);
    ring(svg, 196.0, y);
    diamond(svg, 276.0, y);
    for (x, text) in [(50.0, "F1"), (108.0, "precision"), (208.0, "recall"), (288.0, "AUC: one half is chance")] {
        let _ = writeln!(svg, r#"<text x="{x}" y="{}">{text}</text>"#, y + 4.5);
    }
}

fn bar(svg: &mut String, x: f64, y: f64, length: f64) {
    let _ = writeln!(svg, r##"<rect x="{x}" y="{}" width="{length:.1}" height="12" rx="2" fill="#c9dcf4"/>"##, y - 6.0);
}

fn dot(svg: &mut String, x: f64, y: f64) {
    let _ = writeln!(svg, r##"<circle cx="{x:.1}" cy="{y}" r="3.6" fill="#164e8c"/>"##);
}

fn ring(svg: &mut String, x: f64, y: f64) {
    let _ = writeln!(svg, r##"<circle cx="{x:.1}" cy="{y}" r="5.2" fill="none" stroke="#164e8c" stroke-width="1.6"/>"##);
}

fn diamond(svg: &mut String, x: f64, y: f64) {
    let _ = writeln!(
        svg,
        r##"<rect x="-4.2" y="-4.2" width="8.4" height="8.4" transform="translate({x:.1} {y}) rotate(45)" fill="#d9652b"/>"##
    );
}
