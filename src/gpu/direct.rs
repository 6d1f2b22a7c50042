//! What is read through textures alone is written there, by the form of its shader that does so: nothing is copied, and no buffer is written.

use super::recording::{Recording, Slice, Source};
use super::shader::{Binding, BindingKind};
use crate::tensor::Precision;

/// What lies in a part of a slab from its first writer to its last reader. What is written after others read is something else: of what lay there before nothing
/// is read any more.
struct Life {
    slice: Slice,
    texels: Precision,
    first: usize,
    last: usize,
    bound: Vec<Bound>,
    read: bool,
    /// Somebody needs the buffer.
    buffer: bool,
}

/// A dispatch that reads or writes it, and by which of its bindings.
struct Bound {
    at: usize,
    binding: usize,
    writes: bool,
}

/// A texture for lives that follow one another.
struct Texture {
    texels: Precision,
    bytes: u64,
    last: usize,
}

impl Recording {
    /// Has dispatches write into textures what others read there, where nobody needs the buffer; slabs shrink to what is still used of them.
    pub(super) fn write_textures(&mut self) {
        let mut lives = self.lives();
        lives.retain(|life| life.read && !life.buffer);
        let mut textures: Vec<Texture> = Vec::new();
        let places: Vec<usize> = lives.iter().map(|life| place(&mut textures, life)).collect();
        let made: Vec<Slice> = textures.iter().map(|texture| self.texels(texture.texels, texture.bytes)).collect();
        for (life, place) in lives.iter().zip(places) {
            for &Bound { at, binding, writes } in &life.bound {
                let dispatch = &mut self.dispatches[at];
                dispatch.buffers[binding] = Slice { size: life.slice.size, ..made[place] };
                dispatch.shader = dispatch.shader.texels.filter(|_| writes).unwrap_or(dispatch.shader);
            }
        }
        if !lives.is_empty() {
            self.shrink();
        }
    }

    fn lives(&self) -> Vec<Life> {
        let mut all: Vec<Life> = Vec::new();
        let mut open: Vec<usize> = Vec::new();
        for (at, dispatch) in self.dispatches.iter().enumerate() {
            let storage = |bindings: &'static [Binding]| bindings.iter().filter(|binding| binding.kind != BindingKind::Params);
            let bound = || storage(dispatch.shader.bindings).zip(dispatch.buffers.iter().copied()).enumerate();
            for (binding, (own, slice)) in bound().filter(|(_, (own, _))| own.kind != BindingKind::ReadWrite) {
                for &index in open.iter().filter(|&&index| all[index].slice.meets(slice)).collect::<Vec<_>>() {
                    let life = &mut all[index];
                    life.buffer |= !own.kind.texels() || own.texels != life.texels || slice != life.slice;
                    (life.read, life.last) = (true, at);
                    life.bound.push(Bound { at, binding, writes: false });
                }
            }
            for (binding, (_, slice)) in bound().filter(|(_, (own, _))| own.kind == BindingKind::ReadWrite) {
                let form = dispatch.shader.texels.and_then(|form| storage(form.bindings).nth(binding));
                let form = form.filter(|own| own.kind == BindingKind::Store);
                let slab = matches!(self.buffers.get(slice.buffer.0), Some((_, Source::Slab(_))));
                let texels = form.filter(|_| slab).map(|own| own.texels);
                let bound = Bound { at, binding, writes: true };
                // One of several that write it.
                if let Some(&index) = open.iter().find(|&&index| all[index].slice == slice && !all[index].read) {
                    let life = &mut all[index];
                    life.buffer |= texels != Some(life.texels);
                    life.bound.push(bound);
                    continue;
                }
                open.retain(|&index| !all[index].slice.meets(slice));
                open.push(all.len());
                let (buffer, texels) = (texels.is_none(), texels.unwrap_or_default());
                all.push(Life { slice, texels, first: at, last: at, bound: vec![bound], read: false, buffer });
            }
        }
        for index in open {
            let life = &mut all[index];
            life.buffer |= self.outputs.iter().any(|output| output.meets(life.slice));
        }
        all
    }

    fn shrink(&mut self) {
        let used = self.dispatches.iter().flat_map(|dispatch| &dispatch.buffers).chain(&self.outputs);
        let mut ends = vec![0; self.buffers.len()];
        used.for_each(|slice| ends[slice.buffer.0] = (slice.offset + slice.size).max(ends[slice.buffer.0]));
        for ((_, source), end) in self.buffers.iter_mut().zip(ends) {
            if let Source::Slab(size) = source {
                *size = end.max(16).min(*size);
            }
        }
    }
}

/// Where `life` lies: in the smallest that is free and holds it, or else in the largest, which grows, or in one more.
fn place(textures: &mut Vec<Texture>, life: &Life) -> usize {
    let bytes = life.slice.size;
    let free = |(_, texture): &(usize, &Texture)| texture.texels == life.texels && texture.last < life.first;
    let best = textures.iter().enumerate().filter(free).min_by_key(|(_, had)| (had.bytes < bytes, had.bytes.abs_diff(bytes)));
    let place = best.map_or(textures.len(), |(place, _)| place);
    match textures.get_mut(place) {
        Some(had) => (had.bytes, had.last) = (had.bytes.max(bytes), life.last),
        None => textures.push(Texture { texels: life.texels, bytes, last: life.last }),
    }
    place
}
