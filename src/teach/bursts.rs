//! Which faces are of one moment: two of them must not stand on both sides of a test.

use std::collections::HashMap;

use image::RgbImage;
use image::imageops::{FilterType, grayscale, resize};
use nalgebra::DMatrix;

/// Side of the picture that is compared.
const SIDE: u32 = 24;
/// From which correlation of two faces on they are of one burst.
const LIKE: f32 = 0.9;
/// Gray levels by which no place of the same picture differs, compressed again or not.
const SAME: f32 = 4.0;
/// Columns compared at once.
const TOGETHER: usize = 512;
/// Seconds between two photographs of one burst at most.
const SECONDS: f64 = 10.0;

/// Where a face comes from.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Origin {
    /// What messages call it.
    pub name: String,
    /// Faces with the same are kept together: a person, a session, a video.
    pub together: Option<String>,
    /// Seconds since some moment at which it was taken.
    pub taken: Option<f64>,
}

/// Faces that are like each other.
#[derive(Debug, Default)]
pub struct Likeness {
    /// The burst of each face: equal numbers are of one.
    pub bursts: Vec<usize>,
    /// Pairs that are the same picture, or its mirror image, the first before the second.
    pub same: Vec<(usize, usize)>,
}

impl Likeness {
    /// Compares all faces with all others.
    pub fn of(faces: &[(&RgbImage, &Origin)]) -> Self {
        let small: Vec<[Vec<f32>; 2]> = faces.iter().map(|(crop, _)| small(crop)).collect();
        let unit: Vec<[Vec<f32>; 2]> = small.iter().map(|views| views.each_ref().map(|view| unit(view))).collect();
        let pixels = (SIDE * SIDE) as usize;
        let plain = DMatrix::from_fn(pixels, faces.len(), |row, column| unit[column][0][row]);
        let mirrored = DMatrix::from_fn(pixels, faces.len(), |row, column| unit[column][1][row]);
        let (mut sets, mut same) = (Sets((0..faces.len()).collect()), Vec::new());
        for first in (0..faces.len()).step_by(TOGETHER) {
            let own = plain.columns(first, TOGETHER.min(faces.len() - first));
            let products = [&plain, &mirrored].map(|others| others.tr_mul(&own));
            for at in 0..own.ncols() {
                let face = first + at;
                for other in 0..face {
                    for (view, product) in products.iter().enumerate() {
                        if product[(other, at)] < LIKE {
                            continue;
                        }
                        sets.join(face, other);
                        let differs = small[face][0].iter().zip(&small[other][view]).any(|(a, b)| (a - b).abs() > SAME);
                        if !differs && same.last() != Some(&(other, face)) {
                            same.push((other, face));
                        }
                    }
                }
            }
        }
        let mut named: HashMap<&str, usize> = HashMap::new();
        for (face, (_, origin)) in faces.iter().enumerate() {
            let Some(name) = &origin.together else { continue };
            sets.join(face, *named.entry(name).or_insert(face));
        }
        let mut taken: Vec<(f64, usize)> =
            faces.iter().enumerate().filter_map(|(face, (_, origin))| Some((origin.taken?, face))).collect();
        taken.sort_by(|a, b| a.0.total_cmp(&b.0));
        for pair in taken.windows(2) {
            if pair[1].0 - pair[0].0 <= SECONDS {
                sets.join(pair[0].1, pair[1].1);
            }
        }
        Self { bursts: (0..faces.len()).map(|face| sets.of(face)).collect(), same }
    }
}

/// Gray and small, and its mirror image.
fn small(crop: &RgbImage) -> [Vec<f32>; 2] {
    let gray = resize(&grayscale(crop), SIDE, SIDE, FilterType::Triangle);
    let mirrored = image::imageops::flip_horizontal(&gray);
    [gray, mirrored].map(|view| view.into_raw().into_iter().map(f32::from).collect())
}

/// Less its mean, of length 1: the product of two is their correlation.
fn unit(values: &[f32]) -> Vec<f32> {
    let mean = values.iter().sum::<f32>() / values.len().max(1) as f32;
    let length = values.iter().map(|value| (value - mean).powi(2)).sum::<f32>().sqrt().max(1e-6);
    values.iter().map(|value| (value - mean) / length).collect()
}

/// Disjoint sets, each named by its first member.
struct Sets(Vec<usize>);

impl Sets {
    fn of(&mut self, mut at: usize) -> usize {
        while self.0[at] != at {
            self.0[at] = self.0[self.0[at]];
            at = self.0[at];
        }
        at
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.of(a), self.of(b));
        self.0[a.max(b)] = a.min(b);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    fn picture(seed: u32) -> RgbImage {
        RgbImage::from_fn(48, 48, |x, y| {
            let v = ((x / 6 * 37 + y / 6 * 91 + seed * 57) * (seed + 3) % 251) as u8;
            Rgb([v, v, v])
        })
    }

    #[test]
    fn a_mirror_image_a_folder_and_seconds_join_faces_and_others_stay_apart() {
        let (a, b, c, d) = (picture(1), picture(2), picture(5), picture(9));
        let mirrored = image::imageops::flip_horizontal(&a);
        let at = |taken| Origin { taken, ..Origin::default() };
        let with = |name: &str| Origin { together: Some(name.into()), ..Origin::default() };
        let (none, first, second, early, late) = (at(None), with("x"), with("x"), at(Some(5.0)), at(Some(12.0)));
        let faces = [(&a, &none), (&b, &first), (&c, &second), (&mirrored, &early), (&d, &late)];
        let found = Likeness::of(&faces);
        assert_eq!(found.bursts, [0, 1, 1, 0, 0]);
        assert_eq!(found.same, [(0, 3)]);
    }
}
