//! The pixels of a photograph that one face needs.

use image::RgbImage;

use crate::host::offload;
use crate::kernels::FacePart;
use crate::operators::Rect;

/// Pixels that are worth threads.
const MANY: usize = 1 << 19;

/// Part of a photograph that goes up for one face, and the rectangle in it.
pub(super) struct Part<'p> {
    picture: &'p RgbImage,
    /// Left, top, width, height of the part.
    area: [u32; 4],
    rect: Rect,
}

impl<'p> Part<'p> {
    pub fn new(picture: &'p RgbImage, rect: Rect) -> Self {
        Self { picture, area: area(picture, rect), rect }
    }

    pub fn pixels(&self) -> usize {
        self.area[2] as usize * self.area[3] as usize
    }

    pub fn face(&self, first: u32, mirrored: bool) -> FacePart {
        let [left, top, width, height] = self.area;
        let rect =
            Rect { x: self.rect.x.saturating_sub_unsigned(left), y: self.rect.y.saturating_sub_unsigned(top), ..self.rect };
        FacePart::new(first, width, height, rect, mirrored)
    }

    /// Its pixels as words 0xBBGGRR, as many as `words` are.
    pub fn write(&self, words: &mut [u32]) {
        let [left, top, width, _] = self.area.map(|v| v as usize);
        let stride = 3 * self.picture.width() as usize;
        let rows = self.picture.as_raw().chunks_exact(stride).skip(top);
        for (row, out) in rows.zip(words.chunks_exact_mut(width)) {
            for (pixel, word) in row[3 * left..3 * (left + width)].chunks_exact(3).zip(out) {
                *word = u32::from_le_bytes([pixel[0], pixel[1], pixel[2], 0]);
            }
        }
    }
}

/// The pixels of all `parts`, one after another, and where each begins.
pub(super) fn pack(parts: &[Part<'_>]) -> (Vec<u32>, Vec<u32>) {
    let mut starts = Vec::with_capacity(parts.len());
    let mut count = 0;
    for part in parts {
        starts.push(count as u32);
        count += part.pixels();
    }
    let mut words = vec![0; count];
    let mut rest = &mut words[..];
    let mut places = Vec::with_capacity(parts.len());
    for part in parts {
        let (own, later) = rest.split_at_mut(part.pixels());
        places.push((part, own));
        rest = later;
    }
    let threads = if count < MANY { 1 } else { offload::COPIERS };
    offload::shared(places, threads, |(part, own)| part.write(own));
    (words, starts)
}

/// Left, top, width and height of the pixels that `rect` of `picture` reads: its intersection with the photograph, or the edge nearest to it.
pub(super) fn area(picture: &RgbImage, rect: Rect) -> [u32; 4] {
    let axis = |start: i32, length: u32, limit: u32| {
        let last = i64::from(limit) - 1;
        let first = i64::from(start).clamp(0, last);
        let end = (i64::from(start) + i64::from(length) - 1).clamp(0, last);
        (first as u32, (end - first + 1) as u32)
    };
    let (left, width) = axis(rect.x, rect.width, picture.width());
    let (top, height) = axis(rect.y, rect.height, picture.height());
    [left, top, width, height]
}
