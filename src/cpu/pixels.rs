//! How tensors lie for the processor: channels last.

use super::threads::Cpu;

/// Images to be read. Channel `c` of pixel `p`, all images counted through, is `data[p * stride + c]`.
#[derive(Debug, Clone, Copy)]
pub struct Pixels<'d> {
    /// From the first channel that is read on.
    pub data: &'d [f32],
    /// Number of images.
    pub images: usize,
    /// Rows and columns.
    pub size: [usize; 2],
    /// Channels that are read.
    pub channels: usize,
    /// Channels that lie there.
    pub stride: usize,
}

/// Images to be written: some of the channels that lie there.
#[derive(Debug)]
pub struct PixelsMut<'d> {
    /// From channel 0 of what lies there on.
    pub data: &'d mut [f32],
    /// Number of images.
    pub images: usize,
    /// Rows and columns.
    pub size: [usize; 2],
    /// The first channel that is written.
    pub first: usize,
    /// Channels that are written.
    pub channels: usize,
    /// Channels that lie there.
    pub stride: usize,
}

impl<'d> Pixels<'d> {
    /// Images of `channels` alone.
    pub fn new(data: &'d [f32], images: usize, size: [usize; 2], channels: usize) -> Self {
        Self { data, images, size, channels, stride: channels }
    }

    /// Pixels of an image.
    pub fn area(&self) -> usize {
        self.size[0] * self.size[1]
    }

    /// Pixels of all images.
    pub fn count(&self) -> usize {
        self.images * self.area()
    }

    /// The channels of a pixel.
    #[inline(always)]
    pub fn pixel(&self, index: usize) -> &'d [f32] {
        &self.data[index * self.stride..][..self.channels]
    }

    /// Some images of them.
    pub fn part(&self, first: usize, images: usize) -> Self {
        Self { data: &self.data[first * self.area() * self.stride..], images, ..*self }
    }
}

impl PixelsMut<'_> {
    /// Pixels of an image.
    pub fn area(&self) -> usize {
        self.size[0] * self.size[1]
    }

    /// Pixels of all images.
    pub fn count(&self) -> usize {
        self.images * self.area()
    }

    /// The floats of its pixels, whole.
    pub fn whole(&mut self) -> &mut [f32] {
        let count = self.count() * self.stride;
        &mut self.data[..count]
    }
}

/// `[images, channels, area]` as they lie for the processor, `[images, area, channels]`, by several threads.
pub fn channels_last(cpu: &Cpu, logical: &[f32], channels: usize, area: usize, to: &mut [f32]) {
    let image = (channels * area).max(1);
    for (from, to) in logical.chunks_exact(image).zip(to.chunks_exact_mut(image)) {
        let each = cpu.share(area, BLOCK, BLOCK);
        cpu.each(to, each * channels, image, |index, to| pixels_of(from, channels, area, index * each, to));
    }
}

/// Some pixels of an image, from `first` on.
fn pixels_of(from: &[f32], channels: usize, area: usize, first: usize, to: &mut [f32]) {
    let count = to.len() / channels.max(1);
    let plane = |channel: usize| &from[channel * area + first..][..count];
    match channels {
        1 => to.copy_from_slice(plane(0)),
        3 => {
            let planes = plane(0).iter().zip(plane(1)).zip(plane(2));
            for (to, ((&a, &b), &c)) in to.chunks_exact_mut(3).zip(planes) {
                to.copy_from_slice(&[a, b, c]);
            }
        }
        _ => {
            for start in (0..count).step_by(BLOCK) {
                let end = count.min(start + BLOCK);
                for channel in 0..channels {
                    let plane = &plane(channel)[start..end];
                    let pixels = to[start * channels..end * channels].chunks_exact_mut(channels);
                    pixels.zip(plane).for_each(|(to, &value)| to[channel] = value);
                }
            }
        }
    }
}

/// The inverse of [`channels_last`].
pub fn channels_first(pixels: &[f32], channels: usize, area: usize, to: &mut [f32]) {
    transposed(pixels, area, channels, to);
}

/// Rows and columns of a block that is transposed at a time, so that its cache lines are used as a whole.
const BLOCK: usize = 16;

/// Each `[rows, columns]` as `[columns, rows]`.
fn transposed(from: &[f32], rows: usize, columns: usize, to: &mut [f32]) {
    let each = (rows * columns).max(1);
    for (from, to) in from.chunks_exact(each).zip(to.chunks_exact_mut(each)) {
        if rows == 1 || columns == 1 {
            to.copy_from_slice(from);
            continue;
        }
        for row in (0..rows).step_by(BLOCK) {
            for column in (0..columns).step_by(BLOCK) {
                for r in row..rows.min(row + BLOCK) {
                    for c in column..columns.min(column + BLOCK) {
                        to[c * rows + r] = from[r * columns + c];
                    }
                }
            }
        }
    }
}
