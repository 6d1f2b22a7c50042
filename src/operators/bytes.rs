//! Bytes resized between pixels, in integers: OpenCV's `resize` of 8 bits by `INTER_LINEAR`, whose numbers these are.

/// Of an output row, or column: the two that it reads, and how many 2048ths of each.
pub type ByteTap = [u32; 4];

/// The taps of `to` columns over `from`. Beyond the ends the last one stands alone.
pub fn byte_columns(from: usize, to: usize) -> Vec<ByteTap> {
    let last = from.saturating_sub(1) as u32;
    let tap = |(first, share): (i64, f32)| match u32::try_from(first) {
        Err(_) => [0, 0, 2048, 0],
        Ok(first) if first >= last => [last, last, 2048, 0],
        Ok(first) => [first, first + 1, parts(1.0 - share), parts(share)],
    };
    places(from, to).map(tap).collect()
}

/// The taps of `to` rows over `from`. Beyond the ends the last one stands twice, each with its share.
pub fn byte_rows(from: usize, to: usize) -> Vec<ByteTap> {
    let last = from.saturating_sub(1) as i64;
    let tap = |(first, share): (i64, f32)| {
        let [upper, lower] = [first, first + 1].map(|row| row.clamp(0, last) as u32);
        [upper, lower, parts(1.0 - share), parts(share)]
    };
    places(from, to).map(tap).collect()
}

/// Where each output lies between two inputs, whose middles stand at whole numbers.
fn places(from: usize, to: usize) -> impl Iterator<Item = (i64, f32)> {
    // As a division by the inverse, rounded as often as there.
    let scale = 1.0 / (to as f64 / from as f64);
    (0..to).map(move |i| {
        let place = ((i as f64 + 0.5) * scale - 0.5) as f32;
        (place.floor() as i64, place - place.floor())
    })
}

fn parts(share: f32) -> u32 {
    (2048.0 * share).round_ties_even() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_columns_end_in_different_ways() {
        assert_eq!(byte_columns(2, 4), [[0, 0, 2048, 0], [0, 1, 1536, 512], [0, 1, 512, 1536], [1, 1, 2048, 0]]);
        assert_eq!(byte_rows(2, 4), [[0, 0, 512, 1536], [0, 1, 1536, 512], [0, 1, 512, 1536], [1, 1, 1536, 512]]);
        assert_eq!(byte_rows(3, 3), [[0, 1, 2048, 0], [1, 2, 2048, 0], [2, 2, 2048, 0]]);
        assert_eq!(byte_columns(1, 2), [[0, 0, 2048, 0]; 2]);
    }
}
