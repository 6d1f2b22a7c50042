//! The pixels on a GPU: a submission makes faces of some frames, bytes of their flows, or planes of both.

use image::{GrayImage, RgbImage};

use super::layout::Layout;
use super::made::{Made, Planes, gray, part, words};
use crate::error::{Error, Result};
use crate::flow::Field;
use crate::gpu::{Gpu, Plan, Recording, Scratch, Slice};
use crate::kernels::{self, Pictures};
use crate::operators::Spans;
use crate::reference::ByteSums;

/// Bytes of the sums of a picture, and of the table of a frame's luma.
const SUMS: u64 = size_of::<ByteSums>() as u64;
const TABLE: u64 = 1024;

#[derive(Debug)]
pub(super) struct OnGpu {
    gpu: Gpu,
    scratch: Scratch,
}

/// A recording and what goes up before it runs.
#[derive(Default)]
struct Making {
    recording: Recording,
    uploads: Vec<(Slice, Vec<u8>)>,
}

impl Making {
    fn upload<T: bytemuck::Pod>(&mut self, label: &str, values: &[T]) -> Slice {
        let bytes: &[u8] = bytemuck::cast_slice(values);
        let slice = self.recording.upload(label, bytes.len() as u64);
        self.uploads.push((slice, bytes.to_vec()));
        slice
    }

    fn spans(&mut self, spans: &Spans) -> Slice {
        self.upload("ellipse", spans)
    }

    fn taps(&mut self, layout: &Layout) -> Slice {
        self.upload("taps", &layout.taps.concat())
    }

    /// Sums of pictures of the networks' size.
    fn sums(&mut self, layout: &Layout, count: usize, words: Slice) -> Result<Slice> {
        let [width, height] = layout.size;
        let (kept, sums) = (self.spans(&layout.kept), self.recording.slab("sums", SUMS * count as u64));
        self.recording.dispatch(kernels::sum_bytes("sums", Pictures { count, width, height }, words, kept, sums)?);
        Ok(sums)
    }
}

impl OnGpu {
    pub fn new(gpu: Gpu) -> Self {
        Self { gpu, scratch: Scratch::default() }
    }

    /// Pictures of so many bytes that one submission takes.
    fn fit(&self, bytes: usize) -> Result<usize> {
        match (self.gpu.max_binding() / bytes.max(1) as u64) as usize {
            0 => {
                let reason = "the pictures are too large for its buffers: take smaller ones, or `--device cpu`".to_owned();
                Err(Error::Limit { adapter: self.gpu.name().to_owned(), reason })
            }
            most => Ok(most),
        }
    }

    fn run(&mut self, making: Making, outputs: &[Slice]) -> Result<Vec<Vec<u8>>> {
        let Making { mut recording, uploads } = making;
        outputs.iter().for_each(|&output| recording.read(output));
        let mut plan = Plan::with(&self.gpu, recording, &mut self.scratch)?;
        let written: Vec<(Slice, &[u8])> = uploads.iter().map(|(slice, bytes)| (*slice, &bytes[..])).collect();
        plan.run(&written)
    }

    pub fn faces(&mut self, layout: &Layout, frames: &[&RgbImage]) -> Result<Vec<(GrayImage, Made)>> {
        let [columns, rows] = layout.frame;
        let largest = if layout.whole.is_some() { columns * rows } else { layout.rect.width * layout.rect.height };
        let most = self.fit(4 * largest as usize)?;
        let mut all = Vec::new();
        for frames in frames.chunks(most) {
            all.extend(self.some_faces(layout, frames)?);
        }
        Ok(all)
    }

    fn some_faces(&mut self, layout: &Layout, frames: &[&RgbImage]) -> Result<Vec<(GrayImage, Made)>> {
        let [width, height] = layout.face_size();
        let size = Pictures { count: frames.len(), width, height };
        let (count, face) = (size.count as u64, width * height);
        let mut making = Making::default();
        let cut: Vec<u32> = frames.iter().flat_map(|frame| words(frame, part(layout))).collect();
        let (pixels, spans) = (making.upload("faces", &cut), making.spans(&layout.face));
        let bytes = making.recording.slab("gray", (size.count * face) as u64);
        making.recording.dispatch(kernels::mask_gray("gray", size, pixels, spans, bytes)?);
        let tables = making.recording.slab("tables", TABLE * count);
        let dispatch = match &layout.whole {
            None => kernels::luma_table("luma", size, pixels, spans, tables)?,
            Some(whole) => {
                let [columns, rows] = layout.frame;
                let all: Vec<u32> = frames.iter().flat_map(|frame| words(frame, [0, 0, columns, rows])).collect();
                let (all, whole) = (making.upload("frames", &all), making.spans(whole));
                let size = Pictures { count: size.count, width: columns as usize, height: rows as usize };
                kernels::luma_table("luma", size, all, whole, tables)?
            }
        };
        making.recording.dispatch(dispatch);
        let taps = making.taps(layout);
        let output = making.recording.slab("equalised", 4 * count * (layout.size[0] * layout.size[1]) as u64);
        making.recording.dispatch(kernels::equalise("equalised", size, pixels, spans, tables, taps, layout.size, output)?);
        let sums = making.sums(layout, size.count, output)?;
        let answers = self.run(making, &[bytes, output, sums])?;
        let [bytes, output, sums] = &answers[..] else { return Err(lost()) };
        let grays = bytes.chunks_exact(face.max(1)).map(|bytes| gray(layout, bytes.to_vec()));
        grays.zip(made(layout, size.count, output, sums)).map(|(gray, made)| Ok((gray?, made))).collect()
    }

    pub fn flows(&mut self, layout: &Layout, flows: &[Field], folded: bool) -> Result<Vec<Made>> {
        let [width, height] = layout.face_size();
        let most = self.fit(8 * width * height)?;
        let mut all = Vec::new();
        for flows in flows.chunks(most) {
            let size = Pictures { count: flows.len(), width, height };
            let mut making = Making::default();
            let displacements: Vec<[f32; 2]> = flows.iter().flat_map(|flow| flow.data.iter().copied()).collect();
            let (flow, taps) = (making.upload("flows", &displacements), making.taps(layout));
            let output = making.recording.slab("bytes", (4 * size.count * layout.size[0] * layout.size[1]) as u64);
            making.recording.dispatch(kernels::flow_bytes("bytes", size, flow, taps, layout.size, folded, output)?);
            let sums = making.sums(layout, size.count, output)?;
            let answers = self.run(making, &[output, sums])?;
            let [output, sums] = &answers[..] else { return Err(lost()) };
            all.extend(made(layout, size.count, output, sums));
        }
        Ok(all)
    }

    pub fn planes(&mut self, layout: &Layout, planes: &Planes<'_>) -> Result<Vec<f32>> {
        let [width, height] = layout.size;
        let size = Pictures { count: planes.pictures.len(), width, height };
        let most = self.fit(4 * planes.each * width * height)?;
        let mut making = Making::default();
        let words = making.upload("pictures", &planes.pictures.concat());
        let kept = making.spans(&layout.kept);
        let mut outputs = Vec::new();
        let images = planes.places.chunks(most * planes.each).zip(planes.factors.chunks(most * planes.each));
        for (places, factors) in images {
            let place: Vec<u32> = places.iter().map(|place| place.unwrap_or(u32::MAX)).collect();
            let (count, place, factors) =
                (places.len() / planes.each.max(1), making.upload("places", &place), making.upload("factors", factors));
            let output = making.recording.slab("planes", (4 * places.len() * width * height) as u64);
            let dispatch = kernels::planes("planes", size, [count, planes.each], words, place, factors, kept, output)?;
            making.recording.dispatch(dispatch);
            outputs.push((output, places.len() * width * height));
        }
        let slices: Vec<Slice> = outputs.iter().map(|(slice, _)| *slice).collect();
        let answers = self.run(making, &slices)?;
        let values = answers.iter().zip(&outputs).flat_map(|(bytes, &(_, count))| {
            let mut values: Vec<f32> = bytemuck::pod_collect_to_vec(bytes);
            values.truncate(count);
            values
        });
        Ok(values.collect())
    }
}

/// Pictures of the networks' size and their sums.
fn made(layout: &Layout, count: usize, words: &[u8], sums: &[u8]) -> Vec<Made> {
    let words: Vec<u32> = bytemuck::pod_collect_to_vec(words);
    let sums: Vec<ByteSums> = bytemuck::pod_collect_to_vec(sums);
    let each = words.chunks_exact((layout.size[0] * layout.size[1]).max(1));
    each.zip(sums).take(count).map(|(words, sums)| Made { words: words.to_vec(), sums }).collect()
}

fn lost() -> Error {
    Error::Defect("a submission without its answers".into())
}
