//! What the networks see of a face: the canonical crop, and the picture of each representation before it is resized and its numbers are scaled.

use image::{GrayImage, Rgb, RgbImage};

use super::part::Part;
use super::stage::Stage;
use crate::error::Result;
use crate::gpu::{Gpu, Plan, Recording, Slice, Wait};
use crate::kernels;
use crate::operators::Rect;
use crate::reference;
use crate::weights::Model;
use crate::weights::description::Representation;

/// What the networks see of a face.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Seen {
    /// The canonical crop.
    pub crop: RgbImage,
    /// One a representation that a member reads, in the order of the first such members.
    pub representations: Vec<Represented>,
}

/// A representation of a face.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Represented {
    /// Its name in the model.
    pub name: String,
    /// The Local Binary Pattern codes, where it has some.
    pub codes: Option<GrayImage>,
    /// Gray values, or colours of a table, or the crop itself.
    pub picture: RgbImage,
}

impl Model {
    /// The representation `name` in its parts.
    pub(crate) fn parts(&self, name: &str) -> Result<Representation> {
        self.description.representation(name).map_err(|(at, reason)| self.wrong(&at, reason))
    }

    /// Sizes of the one input of the network `name`.
    pub(super) fn input_of(&self, name: &str) -> Option<&[usize; 3]> {
        let sizes = self.description.networks.get(name)?.inputs.values().next()?;
        sizes.first_chunk().filter(|_| sizes.len() == 3)
    }
}

/// Names of the representations that members read, each once.
pub(super) fn names(model: &Model) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for member in &model.description.members {
        if !names.contains(&member.reads()) {
            names.push(member.reads());
        }
    }
    names
}

/// A representation by its crop, of its size, and what `bytes` gives of it: the codes of a radius, or the gray values where there is none.
fn represented(model: &Model, name: &str, crop: RgbImage, bytes: impl FnOnce() -> Result<GrayImage>) -> Result<Represented> {
    let parts = model.parts(name)?;
    let name = name.to_owned();
    if !parts.gray {
        return Ok(Represented { name, codes: None, picture: crop });
    }
    let bytes = bytes()?;
    let picture = match &parts.table {
        Some(table) => reference::lookup(&bytes, &model.table(table)?),
        None => RgbImage::from_fn(bytes.width(), bytes.height(), |x, y| Rgb([bytes.get_pixel(x, y).0[0]; 3])),
    };
    Ok(Represented { name, codes: parts.radius.map(|_| bytes), picture })
}

/// The representation `name` of a canonical crop, by the twins.
pub(super) fn twin(model: &Model, name: &str, canonical: &RgbImage) -> Result<Represented> {
    let parts = model.parts(name)?;
    let [height, width] = parts.from;
    let crop = if canonical.dimensions() == (width, height) {
        canonical.clone()
    } else {
        reference::warp(canonical, Rect::whole(canonical.width(), canonical.height()), parts.from)?
    };
    let gray = || reference::gray(&crop);
    represented(model, name, crop.clone(), || parts.radius.map_or_else(|| Ok(gray()), |radius| reference::lbp(&gray(), radius)))
}

/// What the kernels make of a face, read back; a plan for photographs up to a size.
#[derive(Debug)]
pub(super) struct Viewer {
    plan: Plan,
    faces: Slice,
    pixels: Slice,
    held: usize,
    turned: bool,
    constants: Vec<(Slice, Vec<u32>)>,
}

impl Viewer {
    /// For parts of `held` pixels at most, all turned or none.
    pub fn new(gpu: &Gpu, model: &Model, held: usize, turned: bool) -> Result<Self> {
        let mut recording = Recording::default();
        let faces = recording.upload("faces", kernels::part_bytes(turned) as u64);
        let pixels = recording.upload("pixels", 4 * held as u64);
        let mut stage = Stage::new(&mut recording, model.description.canonical.size, turned, 1, faces, pixels)?;
        let mut read = vec![stage.crop(model.description.canonical.size)?];
        for name in names(model) {
            let parts = model.parts(name)?;
            read.push(match (parts.gray, parts.radius) {
                (false, _) => stage.crop(parts.from)?,
                (true, None) => stage.gray(parts.from)?,
                (true, Some(radius)) => stage.codes(parts.from, radius)?,
            });
        }
        let constants = stage.constants;
        read.into_iter().for_each(|slice| recording.read(slice));
        Ok(Self { plan: Plan::new(gpu, recording)?, faces, pixels, held, turned, constants })
    }

    /// Whether it takes a part.
    pub fn serves(&self, part: &Part<'_>) -> bool {
        self.held >= part.pixels() && self.turned == part.turned()
    }

    /// What the kernels make of `part`.
    pub async fn see(&mut self, model: &Model, part: &Part<'_>, wait: Wait) -> Result<Seen> {
        let mut words = vec![0; part.pixels()];
        part.write(&mut words);
        let face = part.face(0, false);
        let mut uploads: Vec<(Slice, &[u8])> = vec![(self.faces, &face), (self.pixels, bytemuck::cast_slice(&words))];
        uploads.extend(self.constants.iter().map(|(slice, words)| (*slice, bytemuck::cast_slice(words))));
        let (outputs, _) = self.plan.answer(&uploads, wait).await?;
        let mut outputs = outputs.into_iter();
        let mut next = || outputs.next().unwrap_or_default();
        let crop = coloured(model.description.canonical.size, &next());
        let mut representations = Vec::new();
        for name in names(model) {
            let parts = model.parts(name)?;
            let bytes = next();
            representations.push(if parts.gray {
                let size = parts.from.map(|side| side - 2 * parts.radius.unwrap_or(0));
                represented(model, name, RgbImage::new(0, 0), || Ok(grays(size, bytes)))?
            } else {
                represented(model, name, coloured(parts.from, &bytes), || Ok(GrayImage::default()))?
            });
        }
        Ok(Seen { crop, representations })
    }
}

/// `size`: height and width; `bytes` `[H, W]` words 0xBBGGRR, and what pads them.
fn coloured([height, width]: [u32; 2], bytes: &[u8]) -> RgbImage {
    let pixels = bytes.chunks_exact(4).flat_map(|word| [word[0], word[1], word[2]]);
    let wanted = 3 * width as usize * height as usize;
    RgbImage::from_raw(width, height, pixels.take(wanted).collect()).unwrap_or_default()
}

/// `bytes` `[H, W]`, and what pads them.
fn grays([height, width]: [u32; 2], mut bytes: Vec<u8>) -> GrayImage {
    bytes.truncate(width as usize * height as usize);
    GrayImage::from_raw(width, height, bytes).unwrap_or_default()
}
