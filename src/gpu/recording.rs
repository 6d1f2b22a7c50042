//! What to run, as data: buffers, dispatches and what comes back. Kernels write it, [`super::Plan`] turns it into commands.

use std::collections::BTreeMap;

use super::buffer::Buffer;
use super::shader::{BindingKind, Shader};
use crate::error::{Error, Result};
use crate::tensor::Precision;

/// A buffer of a recording.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BufferId(pub(super) usize);

/// A part of a buffer, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Slice {
    /// The buffer.
    pub buffer: BufferId,
    /// First byte.
    pub offset: u64,
    /// Number of bytes.
    pub size: u64,
}

impl Slice {
    /// Whether they have a byte in common.
    pub(super) fn meets(self, other: Self) -> bool {
        self.buffer == other.buffer && self.offset < other.offset + other.size && other.offset < self.offset + self.size
    }
}

/// What a dispatch costs, for benchmarks.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Work {
    /// Floating-point operations: 2 a multiply-add.
    pub flops: u64,
    /// Bytes read and written, each once.
    pub bytes: u64,
}

/// One dispatch of one shader.
#[derive(Debug, Clone)]
pub struct Dispatch {
    /// What it computes, for profiles.
    pub label: String,
    /// The shader.
    pub shader: &'static Shader,
    /// Its parameter struct.
    pub params: Vec<u8>,
    /// Its storage buffers, in the order of the bindings.
    pub buffers: Vec<Slice>,
    /// Workgroups.
    pub grid: [u32; 3],
    /// Cost.
    pub work: Work,
}

impl Dispatch {
    /// What it does with which part of which buffer.
    pub(super) fn bound(&self) -> impl Iterator<Item = (BindingKind, Slice)> + '_ {
        let storage = self.shader.bindings.iter().map(|binding| binding.kind).filter(|kind| *kind != BindingKind::Params);
        storage.zip(self.buffers.iter().copied())
    }

    /// What it reads and writes through textures.
    pub(super) fn textures(&self) -> Vec<Mirrored> {
        let storage = self.shader.bindings.iter().filter(|binding| binding.kind != BindingKind::Params);
        let mut found: Vec<Mirrored> = Vec::new();
        for (at, (binding, &slice)) in storage.zip(&self.buffers).enumerate().filter(|(_, (binding, _))| binding.kind.texels()) {
            let same = |other: &&Mirrored| other.of.buffer == slice.buffer && other.of.texels == binding.texels;
            let (alike, others): (Vec<&Mirrored>, Vec<_>) = found.iter().filter(same).partition(|other| other.slice == slice);
            let nth = alike.first().map_or(others.iter().map(|other| other.of.nth + 1).max().unwrap_or(0), |other| other.of.nth);
            found.push(Mirrored { at, slice, of: MirrorOf { buffer: slice.buffer, texels: binding.texels, nth } });
        }
        found
    }
}

/// One of the mirrors of a buffer: as many as the different parts of it that one dispatch reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct MirrorOf {
    pub buffer: BufferId,
    pub texels: Precision,
    pub nth: usize,
}

/// What a dispatch reads or writes through a texture: its place among the storage bindings, the part, and the mirror that holds it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mirrored {
    pub at: usize,
    pub slice: Slice,
    pub of: MirrorOf,
}

#[derive(Debug)]
pub(super) enum Source {
    /// Written by dispatches.
    Slab(u64),
    /// Written by the host before every run.
    Upload(u64),
    /// Written by dispatches, through a texture.
    Texels(Precision, u64),
    /// Lives beyond the plan.
    Shared(Buffer),
}

/// Buffers, dispatches in order, and what is read back.
#[derive(Debug, Default)]
pub struct Recording {
    pub(super) buffers: Vec<(String, Source)>,
    pub(super) dispatches: Vec<Dispatch>,
    pub(super) outputs: Vec<Slice>,
}

impl Recording {
    /// Slabs of the sizes of each list, every one as large as the largest of its place.
    pub fn pool(&mut self, lists: impl IntoIterator<Item = Vec<u64>>) -> Vec<Slice> {
        let mut sizes: Vec<u64> = Vec::new();
        for list in lists {
            sizes.resize(sizes.len().max(list.len()), 16);
            sizes.iter_mut().zip(list).for_each(|(size, wanted)| *size = wanted.max(*size));
        }
        sizes.into_iter().enumerate().map(|(index, size)| self.slab(&format!("slab {index}"), size)).collect()
    }

    /// A buffer that dispatches write; `bytes` is rounded up to a vec4.
    pub fn slab(&mut self, label: &str, bytes: u64) -> Slice {
        self.push(label, Source::Slab(bytes.next_multiple_of(16).max(16)))
    }

    /// A buffer that the host writes before every run; `bytes` is rounded up to a vec4.
    pub fn upload(&mut self, label: &str, bytes: u64) -> Slice {
        self.push(label, Source::Upload(bytes.next_multiple_of(16).max(16)))
    }

    /// A buffer that lives beyond the plan.
    pub fn shared(&mut self, label: &str, buffer: &Buffer) -> Slice {
        self.push(label, Source::Shared(buffer.clone()))
    }

    /// A texture that dispatches write.
    pub(super) fn texels(&mut self, precision: Precision, bytes: u64) -> Slice {
        self.push("texels", Source::Texels(precision, bytes))
    }

    fn push(&mut self, label: &str, source: Source) -> Slice {
        let size = match &source {
            Source::Slab(size) | Source::Upload(size) | Source::Texels(_, size) => *size,
            Source::Shared(buffer) => buffer.size(),
        };
        self.buffers.push((label.to_owned(), source));
        Slice { buffer: BufferId(self.buffers.len() - 1), offset: 0, size }
    }

    /// The buffers that a plan of it makes or is lent, and their bytes.
    pub(super) fn own(&self) -> Vec<(BufferId, u64)> {
        let size = |(index, (_, source)): (usize, &(String, Source))| match source {
            Source::Slab(size) | Source::Upload(size) => Some((BufferId(index), *size)),
            Source::Texels(..) | Source::Shared(_) => None,
        };
        self.buffers.iter().enumerate().filter_map(size).collect()
    }

    /// The buffers that are read through textures and do not lie in one: each needs a mirror, as large as the largest part that is read of it, or several.
    pub(super) fn mirrored(&self) -> BTreeMap<MirrorOf, u64> {
        let mut sizes = BTreeMap::new();
        for Mirrored { slice, of, .. } in self.dispatches.iter().flat_map(Dispatch::textures) {
            let texture = |(_, source): &(String, Source)| match source {
                Source::Shared(buffer) => buffer.bytes().is_none(),
                Source::Texels(..) => true,
                Source::Slab(_) | Source::Upload(_) => false,
            };
            if !self.buffers.get(slice.buffer.0).is_some_and(texture) {
                let size = sizes.entry(of).or_default();
                *size = slice.size.max(*size);
            }
        }
        sizes
    }

    /// The textures that dispatches write, and their bytes.
    pub(super) fn written(&self) -> Vec<(Precision, u64)> {
        let texels =
            |source: &Source| if let Source::Texels(precision, size) = source { Some((*precision, *size)) } else { None };
        self.buffers.iter().filter_map(|(_, source)| texels(source)).collect()
    }

    /// Appends a dispatch; one with an empty grid is left out.
    pub fn dispatch(&mut self, dispatch: Dispatch) {
        if !dispatch.grid.contains(&0) {
            self.dispatches.push(dispatch);
        }
    }

    /// Has `slice` read back after every run; the answers come in the order of these calls.
    pub fn read(&mut self, slice: Slice) {
        self.outputs.push(slice);
    }

    /// The dispatches so far.
    pub fn dispatches(&self) -> &[Dispatch] {
        &self.dispatches
    }

    /// What all dispatches cost.
    pub fn work(&self) -> Work {
        self.dispatches
            .iter()
            .fold(Work::default(), |sum, d| Work { flops: sum.flops + d.work.flops, bytes: sum.bytes + d.work.bytes })
    }

    /// Bytes read back by a run.
    pub fn read_bytes(&self) -> u64 {
        self.outputs.iter().map(|slice| slice.size).sum()
    }

    /// Bytes of the buffers and textures that dispatches write, and how many there are.
    pub fn slabs(&self) -> (u64, usize) {
        let written = |source: &Source| match source {
            Source::Slab(size) | Source::Texels(_, size) => Some(*size),
            Source::Upload(_) | Source::Shared(_) => None,
        };
        let sizes = self.buffers.iter().filter_map(|(_, source)| written(source));
        (sizes.clone().sum(), sizes.count())
    }
}

/// Layers of a grid at most, and workgroups of its other dimensions: WebGPU's default.
pub const MOST_LAYERS: usize = 65_535;

/// Workgroups for `count` invocations in workgroups of `workgroup`, folded into two dimensions where one would exceed 65,535, times `layers`.
pub fn grid(count: u64, workgroup: u32, layers: u64) -> Result<[u32; 3]> {
    let groups = count.div_ceil(u64::from(workgroup));
    let most = MOST_LAYERS as u64;
    let x = groups.min(most);
    let y = if x == 0 { 0 } else { groups.div_ceil(x) };
    // Kernels count invocations in u32.
    if count >= 1 << 32 || y > most || layers > most {
        return Err(Error::Argument(format!("{count} invocations x {layers} are more than a grid holds: use a smaller batch")));
    }
    Ok([x as u32, y as u32, layers as u32])
}
