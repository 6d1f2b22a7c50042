//! Bursts: photographs taken one after the other of one thing.

use image::RgbImage;
use image::imageops::{FilterType, grayscale, resize};

use crate::embed::Gallery;

/// Seconds between a photograph and the next of its burst at most.
const MOST_SECONDS: f64 = 10.0;
/// Side of the small gray pictures that are compared.
const SIDE: u32 = 16;
/// How alike two photographs of a burst are at least: the correlation of their small gray pictures.
const LEAST_ALIKE: f32 = 0.8;

/// Photographs with faces that were taken within ten seconds of the one before, in the order of their times; of two or more.
pub fn close_in_time(gallery: &Gallery) -> Vec<Vec<usize>> {
    let mut has_face = vec![false; gallery.images.len()];
    gallery.image.iter().for_each(|&image| has_face[image as usize] = true);
    let timed = |(at, image): (usize, &crate::embed::Image)| Some((image.moment()?, at)).filter(|_| has_face[at] && !image.video);
    let mut photographs: Vec<(f64, usize)> = gallery.images.iter().enumerate().filter_map(timed).collect();
    let path = |at: usize| &gallery.images[at].path;
    photographs.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| path(a.1).cmp(path(b.1))));
    let parts = photographs.chunk_by(|a, b| b.0 - a.0 <= MOST_SECONDS);
    parts.filter(|part| part.len() > 1).map(|part| part.iter().map(|&(_, at)| at).collect()).collect()
}

/// Parts the photographs of a stretch of time wherever one is not like the one before; of two or more. `small` is a picture of each, `None` where it is missing.
pub fn alike(stretch: &[usize], small: impl Fn(usize) -> Option<RgbImage>) -> Vec<Vec<usize>> {
    let seen: Vec<(usize, Vec<f32>)> = stretch.iter().filter_map(|&at| Some((at, gray(&small(at)?)))).collect();
    let parts = seen.chunk_by(|a, b| correlation(&a.1, &b.1) >= LEAST_ALIKE);
    parts.filter(|part| part.len() > 1).map(|part| part.iter().map(|(at, _)| *at).collect()).collect()
}

fn gray(picture: &RgbImage) -> Vec<f32> {
    grayscale(&resize(picture, SIDE, SIDE, FilterType::Triangle)).into_raw().into_iter().map(f32::from).collect()
}

/// Pearson's; two pictures without any difference in brightness are alike.
fn correlation(a: &[f32], b: &[f32]) -> f32 {
    let mean = |of: &[f32]| of.iter().sum::<f32>() / of.len().max(1) as f32;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let sum = |x: &[f32], mx: f32, y: &[f32], my: f32| x.iter().zip(y).map(|(x, y)| (x - mx) * (y - my)).sum::<f32>();
    let (both, own, other) = (sum(a, mean_a, b, mean_b), sum(a, mean_a, a, mean_a), sum(b, mean_b, b, mean_b));
    match own * other > 0.0 {
        true => both / (own * other).sqrt(),
        false => f32::from(own == other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(at: u32, shift: u32) -> RgbImage {
        RgbImage::from_fn(64, 48, |x, y| image::Rgb([((x * 7 + y * at * 3 + shift) % 200) as u8; 3]))
    }

    /// Time alone would put another scene into a burst.
    #[test]
    fn another_picture_ends_a_burst() {
        let small = |at: usize| (at != 2).then(|| picture([1, 1, 0, 1, 9, 9][at], at as u32));
        assert_eq!(alike(&[0, 1, 2, 3, 4, 5], small), [vec![0, 1, 3], vec![4, 5]], "the third is missing");
        assert!(alike(&[0, 4], small).is_empty());
    }
}
