//! A map as a table.

use serde::Serialize;

use super::drawn::Drawn;
use crate::cli::outcome::Failure;

#[derive(Serialize)]
struct Line<'a> {
    index: usize,
    input: &'a str,
    x: f32,
    y: f32,
    label: Option<&'a str>,
}

/// A line a face; `places` as t-SNE has them.
pub fn write(drawn: &Drawn, places: &[[f32; 2]]) -> Result<String, Failure> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let failed = |error: csv::Error| Failure::at("--output", error);
    for (index, ([x, y], label)) in places.iter().copied().zip(&drawn.labels).enumerate() {
        let input = drawn.gallery.image_of(index).map_or("", |image| &image.path);
        let label = label.map(|label| &*drawn.gallery.expressions[label]);
        writer.serialize(Line { index, input, x, y, label }).map_err(failed)?;
    }
    let bytes = writer.into_inner().map_err(|error| Failure::at("--output", error.error()))?;
    String::from_utf8(bytes).map_err(|error| Failure::at("--output", error))
}
