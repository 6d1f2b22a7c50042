//! Means of a video's channels, the first of two passes: sums in integers, so that they are the same everywhere.

use super::options::Counted;
use super::window::Window;

/// Means of channels, 0 to 255.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Means {
    /// Of red, green and blue of the faces.
    pub colours: [f64; 3],
    /// Of flows to the right and down, 12 a pixel around 128.
    pub flows: [f64; 2],
}

/// A flow that is missing.
pub(super) const MISSING: u8 = 128;

/// Sums of all bytes so far, and how many they are.
#[derive(Debug, Default)]
pub(super) struct Totals {
    colours: [[u64; 2]; 3],
    flows: [[u64; 2]; 2],
}

impl Totals {
    /// The frames of a window that are ready, and their stacks.
    pub fn add(&mut self, window: &Window, pixels: usize, counted: Counted) {
        let pixels = pixels as u64;
        let add = |total: &mut [u64; 2], sum: u32, count: u32| {
            total[0] += u64::from(sum);
            total[1] += if counted == Counted::All { pixels } else { u64::from(count) };
        };
        let ready = window.ready();
        for (at, (_, face)) in window.frames(ready).enumerate() {
            for (channel, total) in self.colours.iter_mut().enumerate() {
                add(total, face.sums.sum[channel], face.sums.count[channel]);
            }
            for flow in window.stack(at) {
                for (axis, total) in self.flows.iter_mut().enumerate() {
                    match flow {
                        Some((_, made)) => add(total, made.sums.sum[axis], made.sums.count[axis]),
                        None => {
                            total[0] += u64::from(MISSING) * pixels;
                            total[1] += pixels;
                        }
                    }
                }
            }
        }
    }

    pub fn means(&self) -> Means {
        let mean = |[sum, count]: [u64; 2]| sum as f64 / count.max(1) as f64;
        Means { colours: self.colours.map(mean), flows: self.flows.map(mean) }
    }
}
