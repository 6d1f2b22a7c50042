//! A map as a page without a server: zoom, point at a face, leave out expressions.

use serde::Serialize;

use super::Drawn;
use crate::album::{Pictures, shares};
use crate::cli::gallery::{data_url, escaped, face_name, filled, json_in_script};
use crate::error::Result;

const PAGE: &str = include_str!("map.html");

#[derive(Serialize)]
struct Data {
    x: Vec<f32>,
    y: Vec<f32>,
    /// Position in `labels`; -1 where it is not known.
    label: Vec<i32>,
    name: Vec<String>,
    labels: Vec<Label>,
    /// A picture, or nothing.
    picture: Vec<Option<String>>,
}

#[derive(Serialize)]
struct Label {
    name: String,
    colour: String,
    count: usize,
}

/// The page, with those pictures that were found.
pub fn page(drawn: &Drawn, pictures: &Pictures) -> Result<String> {
    let count = drawn.places.len();
    let order = shares(drawn.gallery, 0..count);
    let label = |(label, count): &(usize, usize)| Label {
        name: drawn.gallery.expressions[*label].clone(),
        colour: drawn.colour(Some(*label)),
        count: *count,
    };
    let place =
        |of: &Option<usize>| of.and_then(|of| order.iter().position(|(label, _)| *label == of)).map_or(-1, |at| at as i32);
    let rounded = |value: f32| (value * 1e5).round() / 1e5;
    let picture = |index: usize| pictures.faces.get(&index).map(data_url).transpose();
    let data = Data {
        x: drawn.places.iter().map(|place| rounded(place[0])).collect(),
        y: drawn.places.iter().map(|place| rounded(place[1])).collect(),
        label: drawn.labels.iter().map(place).collect(),
        name: (0..count).map(|index| face_name(drawn.gallery, index)).collect(),
        labels: order.iter().map(label).collect(),
        picture: (0..count).map(picture).collect::<Result<_>>()?,
    };
    Ok(filled(PAGE, &[("TITLE", &escaped(&drawn.title)), ("DATA", &json_in_script(&data)?)]))
}
