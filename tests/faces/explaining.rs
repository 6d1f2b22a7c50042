//! What the networks looked at. Costs two seconds; nothing else says whether a map lies where the face does, and whether it tells the truth.

use std::path::Path;

use crate::common::devices;
use image::RgbImage;
use moue::ensemble::{Ensemble, Explanation};
use moue::{Device, Model, Recognizer, photo};

fn portrait() -> RgbImage {
    photo::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/astronaut.png")).unwrap()
}

/// The smile of the portrait, explained.
fn smile(device: Device) -> (Recognizer, RgbImage, Explanation) {
    let mut recognizer = Recognizer::builder().device(device).build().unwrap();
    let photo = portrait();
    let analysis = recognizer.analyze(&photo).unwrap();
    let face = analysis.faces.first().unwrap();
    assert_eq!(&*face.label, "happy");
    let explanation = recognizer.explain(&photo, face).unwrap();
    (recognizer, photo, explanation)
}

#[test]
fn every_device_looks_at_the_same_places() {
    let mut all = devices().into_iter().map(smile);
    let (_, _, first) = all.next().unwrap();
    assert_eq!(first.members.len(), 6);
    for (_, _, other) in all {
        assert_eq!(first.crop, other.crop);
        for (a, b) in first.members.iter().zip(&other.members) {
            let (a, b) = (a.as_ref().unwrap(), b.as_ref().unwrap());
            assert!(a.values.iter().zip(&b.values).all(|(a, b)| (a - b).abs() < 1e-3), "{a:?} {b:?}");
        }
    }
}

#[test]
fn the_fused_map_is_the_weighted_mean_of_the_members() {
    let (recognizer, _, explanation) = smile(Device::cpu().unwrap());
    let weights = &recognizer.description().fusion.weights;
    for (at, fused) in explanation.fused.values.iter().enumerate() {
        let member = |(heat, weight): (&Option<moue::ensemble::Heat>, &f64)| heat.as_ref().unwrap().values[at] * *weight as f32;
        let mean: f32 = explanation.members.iter().zip(weights).map(member).sum();
        assert!((mean - fused).abs() < 1e-4 * (1.0 + mean.abs()), "{at}: {fused}, not {mean}");
    }
}

/// Where a member's map is hot there is what its answer comes from: covered, the label loses more there than where it is cold, in the mean of three portraits.
#[test]
fn what_is_hot_matters_more_than_what_is_cold() {
    let goldens = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens");
    let mut recognizer = Recognizer::builder().device(Device::cpu().unwrap()).build().unwrap();
    let mut ensemble = Ensemble::new(Model::embedded().unwrap(), Device::cpu().unwrap()).unwrap();
    let (mut hot, mut cold) = (Vec::new(), Vec::new());
    for photo in [
        portrait(),
        photo::read(&goldens.join("grace_hopper.png")).unwrap(),
        photo::read(&goldens.join("london_001.png")).unwrap(),
    ] {
        let face = recognizer.analyze(&photo).unwrap().faces.remove(0);
        let explanation = recognizer.explain(&photo, &face).unwrap();
        let label = face.label_index;
        let mut read = |crop: &RgbImage| -> Vec<f32> {
            let rect = moue::Rect { x: 0, y: 0, width: crop.width(), height: crop.height() };
            let own = ensemble.read(&[(crop, rect)], false).unwrap().remove(0).members;
            own.iter().map(|own| odds(own, label)).collect()
        };
        let whole = read(&explanation.crop);
        let squares: Vec<(Vec<f32>, Vec<f32>)> = covered(&explanation.crop)
            .into_iter()
            .map(|(crop, within)| {
                let heat = |heat: &Option<moue::ensemble::Heat>| within.iter().map(|&at| heat.as_ref().unwrap().values[at]).sum();
                let lost = read(&crop).iter().zip(&whole).map(|(left, whole)| whole - left).collect();
                (explanation.members.iter().map(heat).collect(), lost)
            })
            .collect();
        for member in 0..explanation.members.len() {
            let mut own: Vec<(f32, f32)> = squares.iter().map(|(heat, lost)| (heat[member], lost[member])).collect();
            own.sort_by(|a, b| b.0.total_cmp(&a.0));
            let mean = |part: &[(f32, f32)]| part.iter().map(|(_, lost)| lost).sum::<f32>() / part.len() as f32;
            let quarter = own.len() / 4;
            hot.push(mean(&own[..quarter]));
            cold.push(mean(&own[own.len() - quarter..]));
        }
    }
    println!("lost where it is hot {hot:.2?}, where it is cold {cold:.2?}");
    let mean = |all: &[f32]| all.iter().sum::<f32>() / all.len() as f32;
    assert!(mean(&hot) > mean(&cold) + 0.2, "{} and {}", mean(&hot), mean(&cold));
}

/// The label's logit over the mean of the others'.
fn odds(probabilities: &[f32], label: usize) -> f32 {
    let all: f32 = probabilities.iter().map(|p| p.max(1e-12).ln()).sum();
    let own = probabilities[label].max(1e-12).ln();
    own - (all - own) / (probabilities.len() - 1) as f32
}

/// The crop with a square of a third of its side covered by its mean gray, at every sixth of it, and the pixels that each covers.
fn covered(crop: &RgbImage) -> Vec<(RgbImage, Vec<usize>)> {
    let (side, width) = (crop.width() / 3, crop.width());
    let gray = crop.as_raw().iter().map(|&value| u64::from(value)).sum::<u64>() / crop.as_raw().len() as u64;
    let starts = || (0..=width - side).step_by(side as usize / 2);
    let places = starts().flat_map(|top| starts().map(move |left| (top, left)));
    let one = |(top, left): (u32, u32)| {
        let (mut picture, mut within) = (crop.clone(), Vec::new());
        for (row, column) in (0..side * side).map(|at| (top + at / side, left + at % side)) {
            picture.put_pixel(column, row, image::Rgb([gray as u8; 3]));
            within.push((row * width + column) as usize);
        }
        (picture, within)
    };
    places.map(one).collect()
}

/// The map lies in the photograph where the crop does: the smile is hottest in the lower half of the face, and not beside it.
#[test]
fn the_hottest_place_of_a_smile_is_in_the_face() {
    let (mut recognizer, photo, explanation) = smile(Device::cpu().unwrap());
    let face = recognizer.analyze(&photo).unwrap().faces.remove(0);
    let values = &explanation.fused.values;
    let hottest = (0..values.len()).max_by(|&a, &b| values[a].total_cmp(&values[b])).unwrap();
    let [height, width] = explanation.fused.size;
    let place = [hottest as u32 % width, hottest as u32 / width].map(|at| f64::from(at) + 0.5);
    let [x, y] = explanation.region.to_photo([height, width], place);
    let rect = face.rect;
    let within = |at: f64, start: i32, length: u32| (f64::from(start)..f64::from(start) + f64::from(length)).contains(&at);
    assert!(within(x, rect.x, rect.width) && within(y, rect.y, rect.height), "{x} {y} of {rect:?}");
}
