//! Where the pixels are computed: the twins on some threads, or a GPU.

use image::{GrayImage, RgbImage};

use super::gpu::OnGpu;
use super::layout::Layout;
use super::made::{Made, Planes, gray, part, words};
use super::options::Beyond;
use crate::cpu::Cpu;
use crate::device::Device;
use crate::error::Result;
use crate::flow::Field;
use crate::operators::ByteTap;
use crate::reference;

#[derive(Debug)]
pub(super) enum Work {
    Host(Option<Cpu>),
    Gpu(Box<OnGpu>),
}

impl Work {
    pub fn new(device: &Device) -> Self {
        match device {
            Device::Reference => Self::Host(None),
            Device::Cpu(cpu) => Self::Host(Some(cpu.clone())),
            Device::Gpu(gpu) => Self::Gpu(Box::new(OnGpu::new(gpu.clone()))),
        }
    }

    /// The face of each frame: gray, as large as it is there, and of the networks' size with its luma equalised.
    pub fn faces(&mut self, layout: &Layout, frames: &[&RgbImage]) -> Result<Vec<(GrayImage, Made)>> {
        match self {
            Self::Gpu(gpu) => gpu.faces(layout, frames),
            Self::Host(cpu) => map(cpu.as_ref(), frames.to_vec(), |frame| face(layout, frame)).into_iter().collect(),
        }
    }

    /// Flows of the face's size as bytes of the networks' size.
    pub fn flows(&mut self, layout: &Layout, flows: &[Field], beyond: Beyond) -> Result<Vec<Made>> {
        let folded = beyond == Beyond::Folded;
        match self {
            Self::Gpu(gpu) => gpu.flows(layout, flows, folded),
            Self::Host(cpu) => Ok(map(cpu.as_ref(), flows.iter().collect(), |flow: &Field| {
                let words = reference::flow_bytes(&flow.data, flow.width as usize, taps(layout), folded);
                made(layout, words)
            })),
        }
    }

    /// Planes one after another.
    pub fn planes(&mut self, layout: &Layout, planes: &Planes<'_>) -> Result<Vec<f32>> {
        match self {
            Self::Gpu(gpu) => gpu.planes(layout, planes),
            Self::Host(_) => {
                Ok(reference::planes(&planes.pictures.concat(), layout.size, &planes.places, &planes.factors, &layout.kept))
            }
        }
    }
}

fn taps(layout: &Layout) -> [&[ByteTap]; 2] {
    layout.taps.each_ref().map(Vec::as_slice)
}

fn made(layout: &Layout, words: Vec<u32>) -> Made {
    Made { sums: reference::sum_bytes(&words, layout.size[0], &layout.kept), words }
}

fn face(layout: &Layout, frame: &RgbImage) -> Result<(GrayImage, Made)> {
    let (pixels, width) = (words(frame, part(layout)), layout.rect.width as usize);
    let table = match &layout.whole {
        None => reference::luma_table(&pixels, width, &layout.face),
        Some(whole) => {
            let [columns, rows] = layout.frame;
            reference::luma_table(&words(frame, [0, 0, columns, rows]), columns as usize, whole)
        }
    };
    let own = reference::equalise(&pixels, width, &layout.face, &table, taps(layout));
    Ok((gray(layout, reference::mask_gray(&pixels, width, &layout.face))?, made(layout, own)))
}

fn map<T: Send, R: Send>(cpu: Option<&Cpu>, parts: Vec<T>, work: impl Fn(T) -> R + Sync + Send) -> Vec<R> {
    match cpu {
        Some(cpu) => cpu.map(parts, work),
        None => parts.into_iter().map(work).collect(),
    }
}
