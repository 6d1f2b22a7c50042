//! The pixels of a photograph that one face needs.

use image::RgbImage;

use crate::host::offload;
use crate::kernels::{FacePart, TurnedPart};
use crate::operators::Region;

/// Pixels that are worth threads.
const MANY: usize = 1 << 19;

/// Part of a photograph that goes up for one face, and the region in it.
pub(crate) struct Part<'p> {
    picture: &'p RgbImage,
    /// Left, top, width, height of the part.
    area: [u32; 4],
    region: Region,
}

impl<'p> Part<'p> {
    /// What a crop of `size` of `region` reads.
    pub fn new(picture: &'p RgbImage, region: Region, size: [u32; 2]) -> Self {
        Self { picture, area: region.area(picture.width(), picture.height(), size), region }
    }

    /// Whether its region is turned.
    pub fn turned(&self) -> bool {
        matches!(self.region, Region::Turned(_))
    }

    pub fn pixels(&self) -> usize {
        self.area[2] as usize * self.area[3] as usize
    }

    /// What the kernel is told of it, whose first pixel is `first`.
    pub fn face(&self, first: u32, mirrored: bool) -> Vec<u8> {
        let [left, top, width, height] = self.area;
        match self.region.within(left, top) {
            Region::Rect(rect) => bytemuck::bytes_of(&FacePart::new(first, width, height, rect, mirrored)).to_vec(),
            Region::Turned(turned) => bytemuck::bytes_of(&TurnedPart::new(first, width, height, turned, mirrored)).to_vec(),
        }
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
pub(crate) fn pack(parts: &[Part<'_>]) -> (Vec<u32>, Vec<u32>) {
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
