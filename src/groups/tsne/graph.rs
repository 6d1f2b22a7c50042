//! Who is drawn to whom, and how much.

use crate::device::Device;
use crate::error::{Error, Result};
use crate::gpu::{Gpu, Plan, Recording};
use crate::kernels;
use crate::reference;

/// Points that are near one another.
#[derive(Debug)]
pub(super) struct Graph {
    /// Of each point the others in their order, and p: of all together the sum is 1.
    pub edges: Vec<Vec<(u32, f32)>>,
}

impl Graph {
    /// Of the nearest of each point, by squared distance, nearest first; of all the same number, 1 at least.
    pub fn new(device: &Device, near: &[Vec<(u32, f32)>], perplexity: f32) -> Result<Self> {
        let neighbours = near.first().map_or(0, Vec::len);
        let distances: Vec<f32> = near.iter().flatten().map(|&(_, distance)| distance).collect();
        let likely = match device {
            Device::Gpu(gpu) => likely(gpu, &distances, [near.len(), neighbours], perplexity)?,
            Device::Cpu(_) | Device::Reference => reference::tsne_affinities(&distances, neighbours, perplexity),
        };
        let mut edges = vec![Vec::new(); near.len()];
        for (own, (near, likely)) in (0_u32..).zip(near.iter().zip(likely.chunks_exact(neighbours.max(1)))) {
            for (&(other, _), &p) in near.iter().zip(likely) {
                let half = p / (2.0 * edges.len() as f32);
                edges[own as usize].push((other, half));
                edges[other as usize].push((own, half));
            }
        }
        for edges in &mut edges {
            edges.sort_unstable_by_key(|&(other, p)| (other, p.to_bits()));
            // Who picks each other are drawn by both.
            edges.dedup_by(|next, kept| {
                let same = next.0 == kept.0;
                kept.1 += if same { next.1 } else { 0.0 };
                same
            });
        }
        Ok(Self { edges })
    }
}

fn likely(gpu: &Gpu, distances: &[f32], shape: [usize; 2], perplexity: f32) -> Result<Vec<f32>> {
    let mut all = Vec::new();
    // A binding of a small adapter holds a part of many points.
    let rows = (gpu.max_binding() / (4 * shape[1] as u64).max(1)).clamp(1, 1 << 16) as usize;
    for part in distances.chunks((rows * shape[1]).max(1)) {
        let mut recording = Recording::default();
        let bytes = size_of_val(part) as u64;
        let (input, output) = (recording.upload("distances", bytes), recording.slab("affinities", bytes));
        let shape = [part.len() / shape[1].max(1), shape[1]];
        recording.dispatch(kernels::tsne_affinities("affinities", shape, perplexity, input, output)?);
        recording.read(output);
        let answers = Plan::new(gpu, recording)?.run(&[(input, bytemuck::cast_slice(part))])?;
        let found: Vec<f32> = answers.first().map(|bytes| bytemuck::pod_collect_to_vec(bytes)).unwrap_or_default();
        all.extend(found.get(..part.len()).ok_or_else(|| Error::Defect("affinities were cut short".into()))?);
    }
    Ok(all)
}
