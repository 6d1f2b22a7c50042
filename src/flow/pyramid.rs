//! The levels of a pyramid, each made of the frame itself.

use super::parameters::Parameters;
use crate::operators::{Shrink, Tap, linear};

/// A side of a level at least, but of the frame itself.
const LEAST_SIDE: f64 = 32.0;

/// One level.
#[derive(Debug, Clone)]
pub(super) struct Level {
    pub width: usize,
    pub height: usize,
    /// How large it is beside the frame.
    pub scale: f64,
    /// What its rows are made by, and its columns.
    pub across: Shrink,
    pub down: Shrink,
    /// What the flow of the coarser level, or one that is given, is enlarged by: rows and columns.
    pub enlarge: [Vec<Tap>; 2],
}

impl Level {
    pub fn pixels(&self) -> usize {
        self.width * self.height
    }
}

/// Levels of frames of `[width, height]`, coarsest first.
pub(super) fn levels([width, height]: [usize; 2], parameters: &Parameters) -> Vec<Level> {
    let fits = |scale: f64| width as f64 * scale >= LEAST_SIDE && height as f64 * scale >= LEAST_SIDE;
    let mut scales = vec![1.0];
    for _ in 0..parameters.levels {
        let scale = scales[scales.len() - 1] * parameters.pyr_scale;
        if !fits(scale) {
            break;
        }
        scales.push(scale);
    }
    let mut made: Vec<Level> = Vec::new();
    for scale in scales.into_iter().rev() {
        let side = |length: usize| ((length as f64 * scale).round_ties_even() as usize).max(1);
        let (own_width, own_height) = (side(width), side(height));
        let (coarse_width, coarse_height) = made.last().map_or((own_width, own_height), |coarse| (coarse.width, coarse.height));
        made.push(Level {
            width: own_width,
            height: own_height,
            scale,
            across: Shrink::new(width, own_width, scale),
            down: Shrink::new(height, own_height, scale),
            enlarge: [linear(coarse_height, own_height), linear(coarse_width, own_width)],
        });
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(size: [usize; 2], levels_wanted: u32) -> Vec<[usize; 2]> {
        let made = levels(size, &Parameters { levels: levels_wanted, ..Parameters::OPENCV });
        made.iter().map(|level| [level.width, level.height]).collect()
    }

    #[test]
    fn no_level_has_a_side_below_32_pixels() {
        assert_eq!(sizes([227, 227], 3), [[57, 57], [114, 114], [227, 227]]);
        assert_eq!(sizes([227, 227], 1), [[114, 114], [227, 227]]);
        assert_eq!(sizes([40, 33], 3), [[40, 33]]);
        assert_eq!(sizes([512, 288], 5), [[64, 36], [128, 72], [256, 144], [512, 288]]);
        assert_eq!(sizes([1, 1], 5), [[1, 1]]);
    }
}
