//! Similarity Procrustes: the rotation or reflection, scale and shift that bring one set of points nearest to another. Schönemann & Carroll,
//! Psychometrika 35 (1970).

use nalgebra::{Matrix3, Vector3};

use crate::error::{Error, Result};

/// x -> scale * turn * x + shift.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Similarity {
    turn: Matrix3<f64>,
    scale: f64,
    shift: Vector3<f64>,
}

impl Similarity {
    /// The similarity that brings the first of each pair nearest to the second, in least squares.
    ///
    /// # Errors
    /// [`Error::Argument`] where there are fewer than four pairs, or the first of them all coincide.
    pub fn fit(pairs: &[([f64; 3], [f64; 3])]) -> Result<Self> {
        if pairs.len() < 4 {
            return Err(Error::Argument(format!("Procrustes alignment needs four pairs of points, not {}", pairs.len())));
        }
        let count = pairs.len() as f64;
        let from_mean = pairs.iter().map(|(from, _)| Vector3::from(*from)).sum::<Vector3<f64>>() / count;
        let to_mean = pairs.iter().map(|(_, to)| Vector3::from(*to)).sum::<Vector3<f64>>() / count;
        let mut cross = Matrix3::zeros();
        let mut spread = 0.0;
        for (from, to) in pairs {
            let (from, to) = (Vector3::from(*from) - from_mean, Vector3::from(*to) - to_mean);
            cross += to * from.transpose();
            spread += from.norm_squared();
        }
        let svd = cross.svd(true, true);
        let (Some(u), Some(v), true) = (svd.u, svd.v_t, spread > 0.0) else {
            return Err(Error::Argument("Procrustes alignment needs points that do not coincide".into()));
        };
        let turn = u * v;
        let scale = svd.singular_values.sum() / spread;
        Ok(Self { turn, scale, shift: to_mean - turn * from_mean * scale })
    }

    /// Where `point` comes to lie.
    pub fn apply(&self, point: [f64; 3]) -> [f64; 3] {
        (self.turn * Vector3::from(point) * self.scale + self.shift).into()
    }
}

#[cfg(test)]
mod tests {
    use super::Similarity;

    #[test]
    fn a_reflected_scaled_shifted_set_is_brought_back() {
        let points = [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 3.0], [1.0, -1.0, 2.0]];
        let pairs = points.map(|[x, y, z]| ([x, y, z], [5.0 - 2.0 * y, 1.0 + 2.0 * x, 7.0 + 2.0 * z]));
        for pairs in [pairs, pairs.map(|(from, to)| ([-from[0], from[1], from[2]], to))] {
            let similarity = Similarity::fit(&pairs).unwrap();
            for (from, to) in pairs {
                for (got, want) in similarity.apply(from).into_iter().zip(to) {
                    assert!((got - want).abs() < 1e-12, "{got} is not {want}");
                }
            }
        }
    }

    #[test]
    fn points_that_coincide_are_refused() {
        assert!(Similarity::fit(&[([1.0; 3], [0.0; 3]); 5]).is_err());
        assert!(Similarity::fit(&[([1.0, 2.0, 3.0], [0.0; 3]); 3]).is_err());
    }
}
