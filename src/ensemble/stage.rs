//! From the pixels of faces to what networks read of them, recorded: crops, gray, codes.

use std::collections::HashMap;

use crate::error::Result;
use crate::gpu::{Recording, Slice};
use crate::kernels::{self, FacePart};
use crate::operators::Rect;

/// Crops, gray and codes of every size, each made once. Images are views of faces.
pub(crate) struct Stage<'r> {
    pub recording: &'r mut Recording,
    /// Uploads that are the same at every run.
    pub constants: Vec<(Slice, Vec<u32>)>,
    canonical: [u32; 2],
    images: usize,
    crops: HashMap<[u32; 2], Slice>,
    grays: HashMap<[u32; 2], Slice>,
    codes: HashMap<([u32; 2], u32), Slice>,
}

impl<'r> Stage<'r> {
    pub fn new(
        recording: &'r mut Recording,
        size: [u32; 2],
        turned: bool,
        images: usize,
        parts: Slice,
        pixels: Slice,
    ) -> Result<Self> {
        let canonical = recording.slab("canonical", 4 * images as u64 * u64::from(size[0]) * u64::from(size[1]));
        recording.dispatch(if turned {
            kernels::turn("canonical", images, parts, pixels, size, canonical)?
        } else {
            kernels::warp("canonical", images, parts, pixels, size, canonical)?
        });
        let crops = HashMap::from([(size, canonical)]);
        Ok(Self {
            recording,
            constants: Vec::new(),
            canonical: size,
            images,
            crops,
            grays: HashMap::new(),
            codes: HashMap::new(),
        })
    }

    /// The canonical crops, or larger ones made of them by the same rule.
    pub fn crop(&mut self, size: [u32; 2]) -> Result<Slice> {
        if let Some(&crop) = self.crops.get(&size) {
            return Ok(crop);
        }
        let [height, width] = self.canonical;
        let whole = |image: usize| FacePart::new(image as u32 * height * width, width, height, Rect::whole(width, height), false);
        let faces: Vec<FacePart> = (0..self.images).map(whole).collect();
        let slice = self.recording.upload("canonical crops", size_of_val(&faces[..]) as u64);
        self.constants.push((slice, bytemuck::cast_slice(&faces).to_vec()));
        let crop = self.recording.slab("enlarged", 4 * self.images as u64 * u64::from(size[0]) * u64::from(size[1]));
        let canonical = self.crop(self.canonical)?;
        self.recording.dispatch(kernels::warp("enlarged", self.images, slice, canonical, size, crop)?);
        self.crops.insert(size, crop);
        Ok(crop)
    }

    pub fn gray(&mut self, size: [u32; 2]) -> Result<Slice> {
        if let Some(&gray) = self.grays.get(&size) {
            return Ok(gray);
        }
        let crop = self.crop(size)?;
        let count = self.images * (size[0] * size[1]) as usize;
        let gray = self.recording.slab("gray", count as u64);
        self.recording.dispatch(kernels::gray("gray", count, crop, gray)?);
        self.grays.insert(size, gray);
        Ok(gray)
    }

    pub fn codes(&mut self, size: [u32; 2], radius: u32) -> Result<Slice> {
        if let Some(&codes) = self.codes.get(&(size, radius)) {
            return Ok(codes);
        }
        let gray = self.gray(size)?;
        let side = size.map(|side| u64::from(side - 2 * radius));
        let codes = self.recording.slab("codes", self.images as u64 * side[0] * side[1]);
        self.recording.dispatch(kernels::lbp(&format!("codes, radius {radius}"), self.images, size, radius, gray, codes)?);
        self.codes.insert((size, radius), codes);
        Ok(codes)
    }
}
