//! Alignment: the similarity transform that takes a template's points to a face's, by least squares (Umeyama, "Least-squares estimation of transformation
//! parameters between two point patterns", PAMI 1991, in the plane and without reflection, where it has a closed form).

use crate::error::{Error, Result};
use crate::operators::Similarity;

/// Parts of a pixel that points are rounded to: adapters that differ in a last bit read the same bytes.
const ROUNDED: f64 = 16.0;

/// Where the crop of `size` = `[height, width]` pixels lies in which `template`, `[x, y]` in parts of its width and height, falls on `points` `[x, y, z]` of a
/// photograph.
///
/// # Errors
/// [`Error::Argument`] where they are not as many, where the points fall together, or lie too far away.
pub fn align(points: &[[f32; 3]], template: &[[f64; 2]], [height, width]: [u32; 2]) -> Result<Similarity> {
    if points.len() != template.len() {
        return Err(Error::Argument(format!("{} points of a face for {} of a template", points.len(), template.len())));
    }
    let rounded = |&[x, y, _]: &[f32; 3]| [x, y].map(|at| (f64::from(at) * ROUNDED).round() / ROUNDED);
    let to: Vec<[f64; 2]> = points.iter().map(rounded).collect();
    let from: Vec<[f64; 2]> = template.iter().map(|[x, y]| [x * f64::from(width), y * f64::from(height)]).collect();
    let mean = |all: &[[f64; 2]]| [0, 1].map(|axis| all.iter().map(|point| point[axis]).sum::<f64>() / all.len() as f64);
    let (middle, centre) = (mean(&from), mean(&to));
    let (mut spread, mut along, mut across) = (0.0, 0.0, 0.0);
    for (f, t) in from.iter().zip(&to) {
        let ([x, y], [u, v]) = ([f[0] - middle[0], f[1] - middle[1]], [t[0] - centre[0], t[1] - centre[1]]);
        spread += x * x + y * y;
        along += x * u + y * v;
        across += x * v - y * u;
    }
    let [a, b] = [along / spread, across / spread];
    // Also where they are no numbers.
    if a.hypot(b).partial_cmp(&1e-3) != Some(std::cmp::Ordering::Greater) {
        return Err(Error::Argument("a face whose points fall together".into()));
    }
    Similarity::new([centre[0] - a * middle[0] + b * middle[1], centre[1] - b * middle[0] - a * middle[1]], [a, b])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turned_and_grown_template_is_found_again() {
        let template = [[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.8], [0.65, 0.8]];
        let place = Similarity::square([300.0, 200.0], 96.0, [0.8, 0.6], 48).unwrap();
        let points = template.map(|[x, y]| place.point([48.0 * x, 48.0 * y])).map(|[x, y]| [x as f32, y as f32, 0.0]);
        let found = align(&points, &template, [48, 48]).unwrap();
        let corner = |of: Similarity| of.point([48.0, 48.0]);
        assert!((corner(found)[0] - corner(place)[0]).abs() < 0.1 && (corner(found)[1] - corner(place)[1]).abs() < 0.1);
        assert!((found.scale() - 2.0).abs() < 2e-3);
        assert!(align(&[[1.0, 2.0, 3.0]; 5], &template, [48, 48]).is_err());
    }
}
