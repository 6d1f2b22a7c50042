//! The usual picture of a flow: its direction as a hue, its length as how far the colour is from white. S. Baker and others, "A Database and Evaluation
//! Methodology for Optical Flow", IJCV 2011.

use std::f32::consts::PI;

use image::{Rgb, RgbImage};

use crate::flow::Field;

/// From each colour of the wheel to the next: steps, and what changes of red, green and blue.
const ARCS: [(usize, [f32; 3], [f32; 3]); 6] = [
    (15, [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]),
    (6, [1.0, 1.0, 0.0], [-1.0, 0.0, 0.0]),
    (4, [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]),
    (11, [0.0, 1.0, 1.0], [0.0, -1.0, 0.0]),
    (13, [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]),
    (6, [1.0, 0.0, 1.0], [0.0, 0.0, -1.0]),
];

/// What a displacement longer than the full colour keeps of it.
const BEYOND: f32 = 0.75;

/// The picture; displacements of `full` pixels have the full colour, longer ones a darker one, what is no number is black.
pub fn picture(field: &Field, full: f32) -> RgbImage {
    let wheel = wheel();
    RgbImage::from_fn(field.width, field.height, |x, y| Rgb(colour(&wheel, field.at(x, y).unwrap_or_default(), full)))
}

/// The length in pixels that 99 of 100 displacements do not exceed, rounded up to two digits.
pub fn full_of(field: &Field) -> f32 {
    let mut lengths: Vec<f32> = field.data.iter().map(|[dx, dy]| dx.hypot(*dy)).filter(|length| length.is_finite()).collect();
    if lengths.is_empty() {
        return 1.0;
    }
    let at = (lengths.len() - 1) * 99 / 100;
    let (_, length, _) = lengths.select_nth_unstable_by(at, f32::total_cmp);
    if *length < 1e-3 {
        return 1.0;
    }
    let unit = 10_f32.powi(length.log10().floor() as i32 - 1);
    // By decimals, so that it is short to read.
    let digits = (-unit.log10().round()).max(0.0) as usize;
    format!("{:.digits$}", (*length / unit).ceil() * unit).parse().unwrap_or(*length)
}

fn wheel() -> Vec<[f32; 3]> {
    let arc = |&(steps, from, change): &(usize, [f32; 3], [f32; 3])| {
        (0..steps).map(move |step| [0, 1, 2].map(|i| from[i] + change[i] * step as f32 / steps as f32))
    };
    ARCS.iter().flat_map(arc).collect()
}

fn colour(wheel: &[[f32; 3]], [dx, dy]: [f32; 2], full: f32) -> [u8; 3] {
    let length = dx.hypot(dy) / full;
    if !length.is_finite() {
        return [0; 3];
    }
    let place = ((-dy).atan2(-dx) / PI + 1.0) / 2.0 * (wheel.len() - 1) as f32;
    let first = place as usize % wheel.len();
    let (a, b, share) = (wheel[first], wheel[(first + 1) % wheel.len()], place.fract());
    [0, 1, 2].map(|i| {
        let hue = a[i] * (1.0 - share) + b[i] * share;
        let shown = if length <= 1.0 { 1.0 - length * (1.0 - hue) } else { BEYOND * hue };
        (255.0 * shown) as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_have_their_usual_colours() {
        let wheel = wheel();
        assert_eq!(wheel.len(), 55);
        assert_eq!(colour(&wheel, [0.0, 0.0], 2.0), [255; 3], "no flow is white");
        assert_eq!(colour(&wheel, [2.0, 0.0], 2.0), [255, 0, 0], "to the right is red");
        let [r, g, b] = colour(&wheel, [0.0, 2.0], 2.0);
        assert!(r > 200 && g > 200 && b == 0, "down is yellow: {r} {g} {b}");
        let [r, g, b] = colour(&wheel, [-2.0, 0.0], 2.0);
        assert!(r == 0 && g > 150 && b > 200, "to the left is cyan to blue: {r} {g} {b}");
        assert_eq!(colour(&wheel, [4.0, 0.0], 2.0)[0], 191, "longer than the full colour is darker");
        assert_eq!(colour(&wheel, [f32::NAN, 0.0], 2.0), [0; 3]);
    }

    #[test]
    fn the_full_colour_leaves_one_of_a_hundred_beyond() {
        let field = |lengths: &[f32]| Field::new(lengths.len() as u32, 1, lengths.iter().map(|&x| [x, 0.0]).collect()).unwrap();
        let mut lengths = vec![1.234; 199];
        lengths.push(90.0);
        assert_eq!(full_of(&field(&lengths)), 1.3);
        assert_eq!(full_of(&field(&[0.0; 10])), 1.0);
        assert_eq!(full_of(&field(&[0.01234; 10])), 0.013);
        assert_eq!(full_of(&field(&[123.0; 10])), 130.0);
    }
}
