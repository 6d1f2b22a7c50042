//! `--plot`: a video's most probable expressions over its time, one line each, as an SVG that needs no font of its own.

use std::fmt::Write;

use crate::cli::palette;
use crate::cli::svg::escaped;
use crate::records::Summary;

const LEFT: f64 = 56.0;
const TOP: f64 = 74.0;
const WIDTH: f64 = 840.0;
const HEIGHT: f64 = 260.0;
const LEGEND: f64 = 150.0;

/// Time to the right, probability upwards. Where a frame shows no face the lines are interrupted.
pub fn over_time(summary: &Summary) -> String {
    let (width, height) = (LEFT + WIDTH + LEGEND, TOP + HEIGHT + 48.0);
    let end = summary.series.points().map(|point| point.seconds).fold(0.0, f64::max).max(1e-3);
    let x = |seconds: f64| LEFT + WIDTH * seconds / end;
    let y = |share: f64| TOP + HEIGHT * (1.0 - share.clamp(0.0, 1.0));
    let mean = if summary.tracks() > 1 { ": the mean of the faces of a frame" } else { "" };
    let mut svg = String::new();
    let _ = writeln!(
        svg,
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" font-family="system-ui, sans-serif" font-size="13" fill="#e6eaf2">
<rect width="{width}" height="{height}" fill="#12161d"/>
<text x="24" y="34" font-size="17" font-weight="600">{}</text>
<text x="24" y="54" fill="#97a3b6">the most probable expressions over time{mean}</text>"##,
        escaped(&summary.input)
    );
    for share in [0.0, 0.25, 0.5, 0.75, 1.0] {
        let _ = writeln!(
            svg,
            r##"<line x1="{LEFT}" x2="{}" y1="{:.1}" y2="{:.1}" stroke="#2b3340"/><text x="{}" y="{:.1}" text-anchor="end" fill="#97a3b6" font-size="11">{:.0} %</text>"##,
            LEFT + WIDTH,
            y(share),
            y(share),
            LEFT - 8.0,
            y(share) + 4.0,
            100.0 * share
        );
    }
    let step = step(end);
    for tick in (0..).map(|count| f64::from(count) * step).take_while(|tick| *tick <= end * 1.0001) {
        let _ = writeln!(
            svg,
            r##"<text x="{:.1}" y="{:.1}" text-anchor="middle" fill="#97a3b6" font-size="11">{}</text>"##,
            x(tick),
            TOP + HEIGHT + 20.0,
            clock(tick, step)
        );
    }
    for (row, (at, (label, mean))) in summary.best().into_iter().zip(summary.top()).enumerate() {
        let [r, g, b] = palette::colour(label, at);
        let mut path = String::new();
        let mut pen = 'M';
        for point in summary.series.points() {
            match point.means.as_ref().and_then(|means| means.get(at)) {
                Some(share) => {
                    let _ = write!(path, "{pen}{:.2} {:.1}", x(point.seconds), y(*share));
                    pen = 'L';
                }
                None => pen = 'M',
            }
        }
        let line = TOP + 14.0 + 22.0 * row as f64;
        let _ = writeln!(
            svg,
            r##"<path d="{path}" fill="none" stroke="rgb({r},{g},{b})" stroke-width="1.6" stroke-linejoin="round" stroke-linecap="round"/>
<rect x="{}" y="{}" width="14" height="4" rx="2" fill="rgb({r},{g},{b})"/><text x="{}" y="{line}">{} <tspan fill="#97a3b6">{:.0} %</tspan></text>"##,
            LEFT + WIDTH + 16.0,
            line - 6.0,
            LEFT + WIDTH + 38.0,
            escaped(label),
            100.0 * mean
        );
    }
    svg + "</svg>\n"
}

/// Seconds between two ticks: six to fifteen of them.
fn step(end: f64) -> f64 {
    let steps = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0];
    steps.into_iter().find(|step| end / step <= 12.0).unwrap_or_else(|| (end / 12.0 / 3600.0).ceil() * 3600.0)
}

/// `0.4 s`, `12 s`, `1:05`, `2:00:00`
fn clock(seconds: f64, step: f64) -> String {
    if step < 1.0 {
        return format!("{seconds:.1} s");
    }
    let whole = seconds.round() as u64;
    match (whole / 3600, whole / 60 % 60, whole % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes}:{seconds:02}"),
        (hours, minutes, seconds) => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn points_lie_at_their_true_time_and_lines_end_where_no_face_is() {
        let labels = ["happy", "a<b"].map(String::from);
        let mut summary = Summary::new("clip & co".into(), &labels, None);
        for (second, happy) in [(0.0, Some(1.0)), (0.1, Some(0.5)), (0.4, None), (2.0, Some(0.0))] {
            let face = |happy: f64| json!({"label": "happy", "probabilities": {"happy": happy, "a<b": 1.0 - happy}});
            let faces: Vec<_> = happy.map(face).into_iter().collect();
            summary.add_written(&json!({"timestamp": second, "faces": faces, "error": null})).unwrap();
        }
        let svg = over_time(&summary);
        assert!(svg.contains("clip &amp; co") && svg.contains("a&lt;b"));
        // 840 pixels are two seconds.
        assert!(svg.contains("M56.00 74.0L98.00 204.0M896.00 334.0"), "{svg}");
    }
}
