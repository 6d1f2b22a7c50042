//! Galleries of no pictures, for tests and benches.

use super::gallery::{DIMENSIONS, Face, Gallery, Image, ModelId};
use crate::weights::Stream;

/// Labels of the default model.
const EXPRESSIONS: [&str; super::gallery::EXPRESSIONS] =
    ["angry", "disgust", "fear", "happy", "neutral", "sad", "surprise", "contempt"];
/// How far faces of a class lie from its centre, which lies within 1 of 0 along every axis.
const SPREAD: f64 = 0.25;

impl Gallery {
    /// Faces that nobody has, the same for the same seed: face i is of class i modulo `classes`, near the centre of its class, and its picture is `made-up/i.png`.
    pub fn made_up(faces: usize, classes: usize, seed: u64) -> Self {
        let classes = classes.max(1);
        let model = ModelId { name: "made up".into(), sha256: "00".repeat(32) };
        let mut gallery = Self::new(model, EXPRESSIONS.map(str::to_owned).to_vec());
        gallery.labels = (0..classes).map(|class| format!("class {class}")).collect();
        let (centres, noise, others) = (Stream::new(seed, "centres"), Stream::new(seed, "noise"), Stream::new(seed, "others"));
        for index in 0..faces {
            let class = index % classes;
            let taken = 1.7e9 + 60.0 * index as f64;
            gallery.images.push(Image {
                path: format!("made-up/{index}.png"),
                width: 640,
                height: 480,
                size: 1,
                modified: Some(taken),
                taken: Some(taken),
                video: false,
            });
            let at = |stream: Stream, row: usize, place: usize| stream.symmetric((row * DIMENSIONS + place) as u64);
            let value = |place: usize| (at(centres, class, place) + SPREAD * at(noise, index, place)) as f32;
            let one = |place: usize| others.unit((index * 4 + place) as u64) as f32;
            let sure = 0.3 + 0.6 * one(0);
            let rest = (1.0 - sure) / (EXPRESSIONS.len() - 1) as f32;
            let probability = |label: usize| if label == class % EXPRESSIONS.len() { sure } else { rest };
            let face = Face {
                embedding: (0..DIMENSIONS).map(value).collect(),
                bounds: [200.0 + 100.0 * one(1), 100.0, 120.0, 120.0],
                time: None,
                image: index,
                label: Some(class),
                probabilities: (0..EXPRESSIONS.len()).map(probability).collect(),
                eyes_open: Some(one(2)),
                smile: Some(one(3)),
            };
            // It fits by construction.
            let _ = gallery.push(&face);
        }
        gallery
    }
}
