//! What the two-stream system for action units makes of frames and flows, in OpenCV's integers. Pictures are words 0xBBGGRR, or four bytes of any kind.

use crate::operators::ByteTap;

/// Sums, counts of those that are not 0, the least and the most of each of the four bytes of a picture's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub struct ByteSums {
    /// Of all.
    pub sum: [u32; 4],
    /// Of those that are not 0.
    pub count: [u32; 4],
    /// Inside an ellipse; 255 where nothing is inside.
    pub least: [u32; 4],
    /// Inside an ellipse; 0 where nothing is inside.
    pub most: [u32; 4],
}

fn inside(spans: &[[u32; 2]], x: usize, y: usize) -> bool {
    spans.get(y).is_some_and(|span| (span[0]..span[1]).contains(&(x as u32)))
}

fn colour(word: u32) -> [i32; 3] {
    let [r, g, b, _] = word.to_le_bytes();
    [r, g, b].map(i32::from)
}

/// Y of YCrCb.
fn luma([r, g, b]: [i32; 3]) -> i32 {
    (4899 * r + 9617 * g + 1868 * b + (1 << 13)) >> 14
}

/// The gray bytes of a picture `[H, W]`, black outside of `spans` `[H]`.
pub fn mask_gray(pixels: &[u32], width: usize, spans: &[[u32; 2]]) -> Vec<u8> {
    let gray = |(at, &word): (usize, &u32)| {
        let [r, g, b] = colour(word);
        let gray = (9798 * r + 19235 * g + 3735 * b + (1 << 14)) >> 15;
        if inside(spans, at % width, at / width) { gray as u8 } else { 0 }
    };
    pixels.iter().enumerate().map(gray).collect()
}

/// What equalises the luma of a picture `[H, W]` that is black outside of `spans` `[H]`: OpenCV's `equalizeHist`.
pub fn luma_table(pixels: &[u32], width: usize, spans: &[[u32; 2]]) -> [u32; 256] {
    let mut counts = [0_u32; 256];
    for (at, &word) in pixels.iter().enumerate() {
        let own = if inside(spans, at % width, at / width) { luma(colour(word)) } else { 0 };
        counts[own as usize] += 1;
    }
    let first = counts.iter().position(|&count| count > 0).unwrap_or(0);
    let rest = pixels.len() as u32 - counts[first];
    if rest == 0 {
        return [first as u32; 256];
    }
    let scale = 255.0 / rest as f32;
    let mut below = 0;
    std::array::from_fn(|level| {
        below += if level > first { counts[level] } else { 0 };
        (below as f32 * scale).round_ties_even().min(255.0) as u32
    })
}

/// A picture `[H, W]` whose luma goes by `table`, black outside of `spans` `[H]`, resized by `rows` and `columns`.
pub fn equalise(
    pixels: &[u32],
    width: usize,
    spans: &[[u32; 2]],
    table: &[u32; 256],
    [rows, columns]: [&[ByteTap]; 2],
) -> Vec<u32> {
    let descaled = |value: i32| (value + (1 << 13)) >> 14;
    let byte = |value: i32| value.clamp(0, 255);
    let equalised = |at: usize| {
        if !inside(spans, at % width, at / width) {
            return [0; 3];
        }
        let [r, g, b] = colour(pixels[at]);
        let old = luma([r, g, b]);
        let cr = byte(descaled((r - old) * 11682 + (128 << 14))) - 128;
        let cb = byte(descaled((b - old) * 9241 + (128 << 14))) - 128;
        let new = table[old as usize] as i32;
        [new + descaled(22987 * cr), new + descaled(-5636 * cb - 11698 * cr), new + descaled(29049 * cb)]
            .map(|value| byte(value) as u32)
    };
    let all: Vec<[u32; 3]> = (0..pixels.len()).map(equalised).collect();
    let word = |[r, g, b]: [u32; 3]| r | g << 8 | b << 16;
    resized(&all, width, rows, columns).into_iter().map(word).collect()
}

/// Displacements `[H, W]` as bytes x and y of words: 12 a pixel around 128, resized by `rows` and `columns`. `folded`: what is below 0 is made positive, as by OpenCV's
/// `convertScaleAbs`; else it is 0.
pub fn flow_bytes(flow: &[[f32; 2]], width: usize, [rows, columns]: [&[ByteTap]; 2], folded: bool) -> Vec<u32> {
    let byte = |value: f32| {
        let scaled = 12.0 * value + 128.0;
        let positive = if folded { scaled.abs() } else { scaled.max(0.0) };
        positive.min(255.0).round_ties_even() as u32
    };
    let all: Vec<[u32; 2]> = flow.iter().map(|own| own.map(byte)).collect();
    resized(&all, width, rows, columns).into_iter().map(|[x, y]| x | y << 8).collect()
}

/// Bytes of N channels between pixels.
fn resized<const N: usize>(picture: &[[u32; N]], width: usize, rows: &[ByteTap], columns: &[ByteTap]) -> Vec<[u32; N]> {
    let mut made = Vec::with_capacity(rows.len() * columns.len());
    for &[upper, lower, share_upper, share_lower] in rows {
        for &[left, right, share_left, share_right] in columns {
            let line = |row: u32, channel: usize| {
                let at = |column: u32| picture[row as usize * width + column as usize][channel];
                (share_left * at(left) + share_right * at(right)) >> 4
            };
            made.push(std::array::from_fn(|channel| {
                let (above, below) = (share_upper * line(upper, channel), share_lower * line(lower, channel));
                ((above >> 16) + (below >> 16) + 2) >> 2
            }));
        }
    }
    made
}

/// The sums of a picture's words `[H, W]`; least and most inside of `spans` `[H]`.
pub fn sum_bytes(words: &[u32], width: usize, spans: &[[u32; 2]]) -> ByteSums {
    let mut all = ByteSums { least: [255; 4], ..ByteSums::default() };
    for (at, word) in words.iter().enumerate() {
        let inside = inside(spans, at % width, at / width);
        for (byte, value) in word.to_le_bytes().into_iter().map(u32::from).enumerate() {
            all.sum[byte] += value;
            all.count[byte] += u32::from(value > 0);
            if inside {
                all.least[byte] = all.least[byte].min(value);
                all.most[byte] = all.most[byte].max(value);
            }
        }
    }
    all
}

/// Planes of images, one after another: each is a byte of one of the pictures `[pictures, H, W]`, by `places` (4 times the picture and the byte; none: all are
/// 128), less the first of its `factors` and times the second; 0 outside of `spans` `[H]`.
pub fn planes(
    words: &[u32],
    [width, height]: [usize; 2],
    places: &[Option<u32>],
    factors: &[[f32; 2]],
    spans: &[[u32; 2]],
) -> Vec<f32> {
    let size = width * height;
    let mut made = Vec::with_capacity(places.len() * size);
    for (place, &[mean, factor]) in places.iter().zip(factors) {
        for pixel in 0..size {
            let byte = place.map_or(128, |place| {
                let [picture, byte] = [place / 4, place % 4].map(|part| part as usize);
                words[picture * size + pixel].to_le_bytes()[byte]
            });
            made.push(if inside(spans, pixel % width, pixel / width) { (f32::from(byte) - mean) * factor } else { 0.0 });
        }
    }
    made
}
