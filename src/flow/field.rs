//! A field of displacements, and one made smaller.

use crate::error::{Error, Result};

/// Dense flow from one frame to another: what lies at (x, y) in the first lies at (x + dx, y + dy) in the second.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Row by row, `[H, W]` of dx to the right and dy down, in pixels.
    pub data: Vec<[f32; 2]>,
}

impl Field {
    /// Checks that there is a displacement a pixel.
    ///
    /// # Errors
    /// [`Error::Argument`] with both sizes.
    pub fn new(width: u32, height: u32, data: Vec<[f32; 2]>) -> Result<Self> {
        if data.len() as u64 != u64::from(width) * u64::from(height) {
            return Err(Error::Argument(format!("{} displacements for a field of {width} x {height}", data.len())));
        }
        Ok(Self { width, height, data })
    }

    /// The displacement at a pixel; none beyond the field.
    pub fn at(&self, x: u32, y: u32) -> Option<[f32; 2]> {
        (x < self.width && y < self.height).then(|| self.data[y as usize * self.width as usize + x as usize])
    }

    /// Means over what each pixel of a smaller field covers, times `factor`: OpenCV's `INTER_AREA`.
    pub(super) fn smaller(&self, [width, height]: [usize; 2], factor: f32) -> Vec<[f32; 2]> {
        let (across, down) = (covered(self.width as usize, width), covered(self.height as usize, height));
        let mean = |row: &[(usize, f32)], column: &[(usize, f32)]| {
            let mut sum = [0.0; 2];
            for &(y, share_y) in row {
                for &(x, share_x) in column {
                    let own = self.data[y * self.width as usize + x];
                    (0..2).for_each(|i| sum[i] += share_y * share_x * own[i]);
                }
            }
            sum.map(|value| factor * value)
        };
        down.iter().flat_map(|row| across.iter().map(move |column| mean(row, column))).collect()
    }
}

/// Which of `from` pixels each of `to`, no more, covers, and the share of each.
fn covered(from: usize, to: usize) -> Vec<Vec<(usize, f32)>> {
    let scale = from as f64 / to as f64;
    let pixel = |i: usize| {
        let (start, end) = (i as f64 * scale, ((i + 1) as f64 * scale).min(from as f64));
        let overlap = |at: usize| (at as f64 + 1.0).min(end) - (at as f64).max(start);
        let all = (start as usize..from).map(|at| (at, overlap(at))).take_while(|(_, overlap)| *overlap > 0.0);
        // Slivers are left out there, too.
        all.filter(|(_, overlap)| *overlap > 1e-3).map(|(at, overlap)| (at, (overlap / (end - start)) as f32)).collect()
    };
    (0..to).map(pixel).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_smaller_field_has_means() {
        let field = Field::new(4, 2, (0..8).map(|i| [i as f32, -1.0]).collect()).unwrap();
        assert_eq!(field.smaller([2, 1], 0.5), [[1.25, -0.5], [2.25, -0.5]]);
        assert_eq!(field.smaller([4, 2], 1.0), field.data);
        let shares: Vec<f32> = covered(3, 2)[1].iter().map(|(_, share)| *share).collect();
        assert!((shares[0] - 1.0 / 3.0).abs() < 1e-6 && (shares[1] - 2.0 / 3.0).abs() < 1e-6, "{shares:?}");
    }
}
