//! Farneback's dense flow: a pyramid, polynomial expansions, equations, windows. What OpenCV keeps in f32 is f32 here, and its sums are f64.

use crate::operators::{BORDER, Expansion, FLOW_DAMPING, FlowWindow, Shrink, Tap};

/// A pixel's polynomial: coefficients of y, x, y^2, x^2, xy.
pub type Polynomial = [f32; 5];

/// What a pixel says of its displacement d, G d = h: g11, g12, g22, h1, h2.
pub type Equations = [f32; 5];

/// Where position `i` of a line lies that is mirrored at its ends, which stand there once.
fn mirrored(i: i64, length: usize) -> usize {
    let last = length as i64 - 1;
    let mut at = i;
    while last > 0 && !(0..=last).contains(&at) {
        at = if at < 0 { -at } else { 2 * last - at };
    }
    if last == 0 { 0 } else { at as usize }
}

/// A line of values by `how`; `padded` is memory for it.
fn shrink<'v>(
    line: impl ExactSizeIterator<Item = f64>,
    how: &'v Shrink,
    padded: &'v mut Vec<f64>,
) -> impl Iterator<Item = f32> + 'v {
    let (length, reach) = (line.len(), how.reach());
    padded.clear();
    padded.resize(reach, 0.0);
    padded.extend(line);
    for beyond in 1..=reach as i64 {
        padded.push(padded[reach + mirrored(length as i64 - 1 + beyond, length)]);
        padded[reach - beyond as usize] = padded[reach + mirrored(-beyond, length)];
    }
    let blurred = |at: usize| -> f64 { how.gaussian.iter().zip(&padded[at..]).map(|(&tap, value)| f64::from(tap) * value).sum() };
    how.taps.iter().map(move |&Tap { first, second, share }| match share {
        0.0 => blurred(first) as f32,
        share => (blurred(first) * (1.0 - f64::from(share)) + blurred(second) * f64::from(share)) as f32,
    })
}

/// The rows of `picture` `[H, W]` blurred and resized: `[H, taps]`.
pub fn shrink_across(picture: &[u8], width: usize, how: &Shrink) -> Vec<f32> {
    let (mut all, mut padded) = (Vec::new(), Vec::new());
    for row in picture.chunks_exact(width.max(1)) {
        all.extend(shrink(row.iter().map(|&value| f64::from(value)), how, &mut padded));
    }
    all
}

/// The columns of `picture` `[H, W]` blurred and resized: `[taps, W]`.
pub fn shrink_down(picture: &[f32], width: usize, how: &Shrink) -> Vec<f32> {
    let (height, rows) = (picture.len() / width.max(1), how.taps.len());
    let (mut out, mut padded) = (vec![0.0; rows * width], Vec::new());
    for x in 0..width {
        let column = (0..height).map(|y| f64::from(picture[y * width + x]));
        for (y, value) in shrink(column, how, &mut padded).enumerate() {
            out[y * width + x] = value;
        }
    }
    out
}

/// The polynomial of every pixel of `picture` `[H, W]`, values 0 to 255. Beyond the picture its last row and column stand.
pub fn expand(picture: &[f32], width: usize, how: &Expansion) -> Vec<Polynomial> {
    let (height, n) = (picture.len() / width.max(1), how.reach());
    let row = |y: usize| &picture[y * width..(y + 1) * width];
    let mut all = Vec::with_capacity(picture.len());
    for y in 0..height {
        let own = row(y);
        // Values, slopes and curvatures along columns.
        let mut lines = [how.g[0], 0.0, 0.0].map(|g| own.iter().map(|value| g * value).collect::<Vec<f32>>());
        for k in 1..=n {
            let (up, down) = (row(y.saturating_sub(k)), row((y + k).min(height - 1)));
            for x in 0..width {
                lines[0][x] += how.g[k] * (up[x] + down[x]);
                lines[1][x] += how.xg[k] * (down[x] - up[x]);
                lines[2][x] += how.xxg[k] * (up[x] + down[x]);
            }
        }
        let padded = lines.each_ref().map(|line| {
            let ends = [line[0], line[width - 1]].map(|end| vec![f64::from(end); n]);
            [&ends[0][..], &line.iter().map(|&v| f64::from(v)).collect::<Vec<_>>(), &ends[1]].concat()
        });
        all.extend((n..n + width).map(|x| {
            let [value, slope, bend] = &padded;
            let g = f64::from(how.g[0]);
            let [mut one, mut along_x, mut along_y, mut xx, mut yy, mut xy] =
                [g * value[x], 0.0, g * slope[x], 0.0, g * bend[x], 0.0];
            for k in 1..=n {
                let [g, xg, xxg] = [how.g[k], how.xg[k], how.xxg[k]].map(f64::from);
                one += g * (value[x - k] + value[x + k]);
                along_x += xg * (value[x + k] - value[x - k]);
                xx += xxg * (value[x - k] + value[x + k]);
                along_y += g * (slope[x - k] + slope[x + k]);
                xy += xg * (slope[x + k] - slope[x - k]);
                yy += g * (bend[x - k] + bend[x + k]);
            }
            let level = one * how.inverse_one;
            [
                along_y * how.inverse_x,
                along_x * how.inverse_x,
                level + yy * how.inverse_xx,
                level + xx * how.inverse_xx,
                xy * how.inverse_xy,
            ]
            .map(|coefficient| coefficient as f32)
        }));
    }
    all
}

/// `coarse` `[CH, CW]` of displacements enlarged to `[rows, columns]`, times `factor`.
pub fn enlarge(coarse: &[[f32; 2]], coarse_width: usize, [rows, columns]: [&[Tap]; 2], factor: f32) -> Vec<[f32; 2]> {
    let along = |row: usize, tap: &Tap| {
        let [left, right] = [tap.first, tap.second].map(|x| coarse[row * coarse_width + x]);
        [0, 1].map(|i| left[i] * (1.0 - tap.share) + right[i] * tap.share)
    };
    let mut all = Vec::with_capacity(rows.len() * columns.len());
    for down in rows {
        all.extend(columns.iter().map(|across| {
            let [above, below] = [down.first, down.second].map(|row| along(row, across));
            [0, 1].map(|i| factor * (above[i] * (1.0 - down.share) + below[i] * down.share))
        }));
    }
    all
}

/// The equations of every pixel, of the polynomials of both frames `[H, W]` and the flow so far. What leads out of the last row or column is outside.
pub fn equations(first: &[Polynomial], second: &[Polynomial], width: usize, flow: &[[f32; 2]]) -> Vec<Equations> {
    let height = first.len() / width.max(1);
    let border = |i: usize, length: usize| {
        let near = |i: usize| BORDER.get(i).copied().unwrap_or(1.0);
        near(i) * near(length - 1 - i)
    };
    let mut all = Vec::with_capacity(first.len());
    for y in 0..height {
        let weight_y = border(y, height);
        for x in 0..width {
            let at = y * width + x;
            let ([own_y, own_x, own_yy, own_xx, own_xy], [dx, dy]) = (first[at], flow[at]);
            let (to_x, to_y) = (x as f32 + dx, y as f32 + dy);
            let (left, top) = (to_x.floor(), to_y.floor());
            let inside = left >= 0.0 && left < (width - 1) as f32 && top >= 0.0 && top < (height - 1) as f32;
            let (by, bx, a, c, d) = if inside {
                let (s, t) = (to_x - left, to_y - top);
                let from = top as usize * width + left as usize;
                let corners = [&second[from], &second[from + 1], &second[from + width], &second[from + width + 1]];
                let weights = [(1.0 - s) * (1.0 - t), s * (1.0 - t), (1.0 - s) * t, s * t];
                let there = |i: usize| {
                    weights[0] * corners[0][i]
                        + weights[1] * corners[1][i]
                        + weights[2] * corners[2][i]
                        + weights[3] * corners[3][i]
                };
                (
                    own_y - there(0),
                    own_x - there(1),
                    0.5 * (own_yy + there(2)),
                    0.5 * (own_xx + there(3)),
                    0.25 * (own_xy + there(4)),
                )
            } else {
                (own_y, own_x, own_yy, own_xx, 0.5 * own_xy)
            };
            let weight = weight_y * border(x, width);
            let (p, q) = (weight * (0.5 * by + a * dy + d * dx), weight * (0.5 * bx + d * dy + c * dx));
            let (a, c, d) = (weight * a, weight * c, weight * d);
            all.push([a * a + d * d, (a + c) * d, c * c + d * d, a * p + d * q, d * p + c * q]);
        }
    }
    all
}

/// Equations `[H, W]` summed over a window along columns. Beyond the picture its last row stands.
pub fn window_down(equations: &[Equations], width: usize, window: &FlowWindow) -> Vec<[f64; 5]> {
    let (height, reach) = (equations.len() / width.max(1), window.reach() as i64);
    let row = |y: i64| &equations[y.clamp(0, height as i64 - 1) as usize * width..][..width];
    let mut all: Vec<[f64; 5]> = Vec::with_capacity(equations.len());
    let mut sums = vec![[0.0; 5]; width];
    for y in 0..height as i64 {
        if window.is_box && y > 0 {
            // A row comes and another goes: f64 keeps what they leave below anything that is seen.
            for ((sum, comes), goes) in sums.iter_mut().zip(row(y + reach)).zip(row(y - reach - 1)) {
                (0..5).for_each(|i| sum[i] += f64::from(comes[i]) - f64::from(goes[i]));
            }
        } else {
            sums.fill([0.0; 5]);
            for (&weight, y) in window.weights.iter().zip(y - reach..) {
                for (sum, own) in sums.iter_mut().zip(row(y)) {
                    (0..5).for_each(|i| sum[i] += f64::from(weight) * f64::from(own[i]));
                }
            }
        }
        all.extend_from_slice(&sums);
    }
    all
}

/// What [`window_down`] gives summed along rows, too, and solved: the displacements `[H, W]`, x and y in pixels.
pub fn flow_solve(sums: &[[f64; 5]], width: usize, window: &FlowWindow) -> Vec<[f32; 2]> {
    let reach = window.reach() as i64;
    let mut flow = Vec::with_capacity(sums.len());
    for row in sums.chunks_exact(width.max(1)) {
        let at = |x: i64| &row[x.clamp(0, width as i64 - 1) as usize];
        let mut sum = [0.0; 5];
        for x in 0..width as i64 {
            if window.is_box && x > 0 {
                let (comes, goes) = (at(x + reach), at(x - reach - 1));
                (0..5).for_each(|i| sum[i] += comes[i] - goes[i]);
            } else {
                sum = [0.0; 5];
                for (&weight, x) in window.weights.iter().zip(x - reach..) {
                    (0..5).for_each(|i| sum[i] += f64::from(weight) * at(x)[i]);
                }
            }
            let [g11, g12, g22, h1, h2] = sum.map(|sum| window.scale * sum);
            // G is a sum of squares: less than nothing its determinant is by rounding alone.
            let inverse = 1.0 / ((g11 * g22 - g12 * g12).max(0.0) + FLOW_DAMPING);
            flow.push([((g11 * h2 - g12 * h1) * inverse) as f32, ((g22 * h1 - g12 * h2) * inverse) as f32]);
        }
    }
    flow
}
