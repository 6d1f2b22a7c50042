//! The paper's claim: light that maps gray levels by a strictly increasing function leaves codes alone.
//!
//! Exactly so for the bits of the axis neighbours, which compare two pixels. A diagonal neighbour is interpolated between four, and a map that is
//! not linear moves that mean: such bits may change.

use std::path::Path;

use crate::common::Random;
use image::{GrayImage, ImageBuffer, Luma};
use moue::{photo, reference};

type Gray16 = ImageBuffer<Luma<u16>, Vec<u16>>;

/// East, North, West, South.
const AXIS: u8 = 0b0101_0101;

/// Axis bits and diagonal bits that differ between the codes of two pictures, and all bits of either kind.
fn changed(a: &GrayImage, b: &GrayImage) -> [u32; 3] {
    let differ = |mask: u8| a.pixels().zip(b.pixels()).map(|(a, b)| ((a.0[0] ^ b.0[0]) & mask).count_ones()).sum::<u32>();
    [differ(AXIS), differ(!AXIS), 4 * a.width() * a.height()]
}

fn mapped(picture: &Gray16, map: &[u16]) -> Gray16 {
    Gray16::from_fn(picture.width(), picture.height(), |x, y| Luma([map[usize::from(picture.get_pixel(x, y).0[0])]]))
}

/// A strictly increasing map of `levels` levels into 16 bits: the highest are drawn apart at random.
fn increasing(random: &mut Random, levels: usize) -> Vec<u16> {
    let mut chosen = std::collections::BTreeSet::new();
    while chosen.len() < levels {
        chosen.insert(random.next() as u16);
    }
    chosen.into_iter().collect()
}

/// 65535 (v / 255)^gamma of every 8-bit level, raised where rounding would make two levels one.
fn gamma(exponent: f64) -> Vec<u16> {
    let mut map: Vec<u16> = Vec::new();
    for level in 0..256 {
        let value = (65_535.0 * (f64::from(level) / 255.0).powf(exponent)).round() as u16;
        map.push(map.last().map_or(value, |&last: &u16| value.max(last + 1)));
    }
    map
}

#[test]
fn axis_bits_stay_under_every_strictly_increasing_map_of_16_bit_gray() {
    let mut random = Random(20);
    let levels = 4096;
    let (mut axis, mut diagonal, mut all) = (0, 0, 0);
    for (width, height) in [(61, 53), (96, 96)] {
        for radius in [1, 5, 10] {
            let picture = Gray16::from_fn(width, height, |_, _| Luma([(random.next() % levels) as u16]));
            let codes = reference::lbp(&picture, radius).unwrap();
            for _ in 0..8 {
                let map = increasing(&mut random, levels as usize);
                let found = changed(&codes, &reference::lbp(&mapped(&picture, &map), radius).unwrap());
                (axis, diagonal, all) = (axis + found[0], diagonal + found[1], all + found[2]);
            }
            let falling: Vec<u16> = (0..levels as u16).rev().collect();
            let against = changed(&codes, &reference::lbp(&mapped(&picture, &falling), radius).unwrap());
            assert!(against[0] > against[2] * 9 / 10, "a falling map must turn axis bits over: {against:?}");
        }
    }
    println!("random maps: {axis} axis and {diagonal} diagonal bits of {all} each changed");
    assert_eq!(axis, 0);
    assert!(diagonal > 0, "the diagonal neighbours are not interpolated");
}

#[test]
fn axis_bits_of_a_photograph_stay_under_gamma() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/grace_hopper.png");
    let gray = reference::gray(&photo::read(&path).unwrap());
    let levels = Gray16::from_fn(gray.width(), gray.height(), |x, y| Luma([u16::from(gray.get_pixel(x, y).0[0])]));
    for exponent in [0.4, 0.63, 1.6, 2.5] {
        for radius in [1, 5, 10] {
            let codes = reference::lbp(&levels, radius).unwrap();
            assert_eq!(codes, reference::lbp(&gray, radius).unwrap(), "8 and 16 bits differ");
            let bright = mapped(&levels, &gamma(exponent));
            let [axis, diagonal, all] = changed(&codes, &reference::lbp(&bright, radius).unwrap());
            let rounded =
                GrayImage::from_fn(gray.width(), gray.height(), |x, y| Luma([(bright.get_pixel(x, y).0[0] / 257) as u8]));
            let [axis_8, diagonal_8, _] = changed(&codes, &reference::lbp(&rounded, radius).unwrap());
            let share = |count: u32| 100.0 * f64::from(count) / f64::from(all);
            println!(
                "gamma {exponent} R {radius}: axis {axis}, diagonal {:.2} %; rounded to 8 bits: axis {:.2} %, diagonal {:.2} %",
                share(diagonal),
                share(axis_8),
                share(diagonal_8)
            );
            assert_eq!(axis, 0, "gamma {exponent} R {radius}");
        }
    }
}
