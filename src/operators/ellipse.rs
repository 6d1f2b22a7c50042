//! Which pixels an ellipse covers: those that OpenCV's `ellipse` fills, which draws a polygon of it, its outline too.

/// Bits behind the point, as there.
const SHIFT: i64 = 16;
const ONE: i64 = 1 << SHIFT;

/// Of every row of a picture the first column that is covered and the first beyond; equal where none is.
pub type Spans = Vec<[u32; 2]>;

/// An upright ellipse in a picture: all in whole pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ellipse {
    /// Columns and rows of the picture.
    pub size: [u32; 2],
    /// Column and row of its middle.
    pub centre: [u32; 2],
    /// Half its width and half its height.
    pub axes: [u32; 2],
}

/// A point, in parts of a pixel.
type Point = [i64; 2];

impl Ellipse {
    /// The rows that it covers.
    pub fn spans(&self) -> Spans {
        let [width, height] = self.size.map(i64::from);
        let mut spans = vec![[width, -1]; self.size[1] as usize];
        let mut cover = |y: i64, [first, last]: [i64; 2]| {
            if (0..height).contains(&y) && last >= 0 && first < width {
                let span = &mut spans[y as usize];
                *span = [span[0].min(first.max(0)), span[1].max(last.min(width - 1))];
            }
        };
        let polygon = self.polygon();
        let mut before = polygon.last().copied().unwrap_or_default();
        for &point in &polygon {
            if let Some(ends) = clipped([width, height], before, point) {
                line(ends, &mut cover);
            }
            before = point;
        }
        fill(&polygon, height, &mut cover);
        spans.into_iter().map(|[first, last]| if last < first { [0; 2] } else { [first as u32, last as u32 + 1] }).collect()
    }

    /// Its corners, fewer where it is small.
    fn polygon(&self) -> Vec<Point> {
        let degrees = match self.axes[0].max(self.axes[1]) {
            0..3 => 90,
            3..10 => 30,
            10..15 => 18,
            _ => 5,
        };
        let [centre, axes] = [self.centre, self.axes].map(|pair| pair.map(|value| f64::from(value) * ONE as f64));
        let corner = |angle: i32| {
            let at = [centre[0] + axes[0] * sine(450 - angle), centre[1] + axes[1] * sine(angle)];
            at.map(|value| {
                let whole = ((value / ONE as f64).round_ties_even() as i64) << SHIFT;
                whole + (value - whole as f64).round_ties_even() as i64
            })
        };
        let mut corners: Vec<Point> = (0..=360).step_by(degrees).map(corner).collect();
        corners.dedup();
        if let [only] = corners[..] {
            corners.push(only);
        }
        corners
    }
}

/// Of degrees, to seven places, as OpenCV's table has it.
fn sine(degrees: i32) -> f64 {
    f64::from(((f64::from(degrees).to_radians().sin() * 1e7).round() / 1e7) as f32)
}

/// The part of a line that lies in a picture.
fn clipped(size: [i64; 2], mut a: Point, mut b: Point) -> Option<[Point; 2]> {
    let most = size.map(|side| (side << SHIFT) - 1);
    let side = |value: i64, most: i64| i64::from(value > most) - i64::from(value < 0);
    // Along rows first: an end moves along the line to where it meets the edge.
    for axis in [1, 0] {
        let other = 1 - axis;
        let sides = [side(a[axis], most[axis]), side(b[axis], most[axis])];
        if sides[0] * sides[1] == 1 {
            return None;
        }
        for (end, side) in sides.into_iter().enumerate().filter(|(_, side)| *side != 0) {
            let edge = if side < 0 { 0 } else { most[axis] };
            let from = if end == 0 { a } else { b };
            let moved = ((edge - from[axis]) as f64 * (b[other] - a[other]) as f64 / (b[axis] - a[axis]) as f64) as i64;
            let point = if end == 0 { &mut a } else { &mut b };
            point[other] += moved;
            point[axis] = edge;
        }
    }
    Some([a, b])
}

/// The pixels of a line, a step along its longer axis at a time.
fn line([mut a, mut b]: [Point; 2], cover: &mut impl FnMut(i64, [i64; 2])) {
    let run = [0, 1].map(|axis| b[axis] - a[axis]);
    let along = usize::from(run[0].abs() <= run[1].abs());
    let across = 1 - along;
    if run[along] < 0 {
        std::mem::swap(&mut a, &mut b);
    }
    let step = ((run[across] * run[along].signum()) << SHIFT) / (run[along].abs() | 1);
    let middle = |value: i64| (value + ONE / 2) >> SHIFT;
    let mut put = |[x, y]: Point| cover(y, [x, x]);
    put(b.map(middle));
    let first = middle(a[along]);
    for place in 0..=(b[along] - a[along]) >> SHIFT {
        let beside = (a[across] + ONE / 2 + place * step) >> SHIFT;
        put(if along == 0 { [first + place, beside] } else { [beside, first + place] });
    }
}

/// One of the two sides of a polygon on the way down.
#[derive(Debug, Clone, Copy)]
struct Side {
    corner: usize,
    forward: bool,
    /// The row where it ends.
    end: i64,
    x: i64,
    slope: i64,
}

/// The rows of a polygon, between its two sides.
fn fill(polygon: &[Point], height: i64, cover: &mut impl FnMut(i64, [i64; 2])) {
    let row = |point: &Point| (point[1] + ONE / 2) >> SHIFT;
    let Some(top) = (0..polygon.len()).min_by_key(|&at| polygon[at][1]) else { return };
    if polygon.len() < 3 {
        return;
    }
    let (first, last) = (row(&polygon[top]), polygon.iter().map(row).max().unwrap_or(0).min(height - 1));
    let next = |at: usize, forward: bool| (at + if forward { 1 } else { polygon.len() - 1 }) % polygon.len();
    let mut sides = [true, false].map(|forward| Side { corner: top, forward, end: first, x: -ONE, slope: 0 });
    let mut left = polygon.len();
    for y in first..=last.max(first) {
        for side in sides.iter_mut().filter(|side| y >= side.end) {
            let mut from = side.corner;
            while left > 0 {
                left -= 1;
                let to = next(from, side.forward);
                let end = row(&polygon[to]);
                if end > y {
                    let [start, stop] = [from, to].map(|at| polygon[at][0]);
                    *side =
                        Side { corner: to, end, x: start, slope: ((stop - start) * 2 + (end - y)) / (2 * (end - y)), ..*side };
                    break;
                }
                from = to;
            }
        }
        let mut ends = sides.map(|side| side.x);
        ends.sort_unstable();
        cover(y, ends.map(|x| (x + ONE / 2) >> SHIFT));
        sides.iter_mut().for_each(|side| side.x += side.slope);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn face(width: u32, height: u32) -> Spans {
        let axes = [width * 2 / 5, height / 2];
        Ellipse { size: [width, height], centre: [width / 2, height / 2], axes }.spans()
    }

    /// What OpenCV 5.0.0 fills.
    #[test]
    fn it_covers_what_opencv_fills() {
        assert_eq!(face(1, 1), [[0, 1]]);
        assert_eq!(face(7, 5), [[3, 4], [2, 5], [1, 6], [2, 5], [3, 4]]);
        let thirteen =
            [[8, 13], [6, 15], [4, 17], [3, 18], [3, 18], [2, 19], [2, 19], [2, 19], [3, 18], [3, 18], [4, 17], [6, 15], [8, 13]];
        assert_eq!(face(20, 13), thirteen);
        // Its lowest row lies beyond the picture, and its outline is cut there.
        let large = face(41, 48);
        assert_eq!([0, 1, 17, 19, 30, 47].map(|row| large[row]), [[17, 24], [15, 26], [5, 36], [4, 37], [5, 36], [15, 26]]);
    }

    #[test]
    fn of_no_picture_it_covers_nothing() {
        assert_eq!(face(0, 0), Spans::new());
        assert_eq!(Ellipse { size: [4, 2], centre: [90, 90], axes: [3, 3] }.spans(), [[0, 0]; 2]);
    }
}
