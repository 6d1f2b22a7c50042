//! Crops of a resized picture.

/// Where a crop starts in the resized picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crop {
    /// Top-left corner, y then x.
    pub origin: [u32; 2],
}

impl Crop {
    /// The centre crop of an `[h, w]` window in a `resize`d picture.
    pub fn centre(resize: [u32; 2], window: [u32; 2]) -> Vec<Self> {
        vec![Self { origin: [(resize[0] - window[0]) / 2, (resize[1] - window[1]) / 2] }]
    }

    /// Top-left, top-right, bottom-left, bottom-right, centre.
    pub fn five(resize: [u32; 2], window: [u32; 2]) -> Vec<Self> {
        let (y, x) = (resize[0] - window[0], resize[1] - window[1]);
        [[0, 0], [0, x], [y, 0], [y, x], [y / 2, x / 2]].map(|origin| Self { origin }).to_vec()
    }
}
