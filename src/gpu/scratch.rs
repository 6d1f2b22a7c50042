//! Memory of plans that never run at the same time: they lend each other buffers and textures, the largest of one to the largest of another. What is too small
//! makes place for what is larger, and goes when no plan has it any more: where the owner of the plans lets go of them first ([`Scratch::holds`] says when),
//! all of them together take little more than the largest.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::buffer::{Buffer, Held};
use super::device::Gpu;
use super::mirror::Mirror;
use super::recording::Recording;
use crate::error::Result;
use crate::tensor::Precision;

/// Buffers that dispatches or the host write, textures that mirror them, and those that dispatches write. What a run wrote lasts until another plan runs.
#[derive(Debug, Default)]
pub struct Scratch {
    buffers: Vec<Arc<Held>>,
    mirrors: BTreeMap<Precision, Vec<Arc<Mirror>>>,
}

impl Scratch {
    /// Whether a plan of `recording` needs no more than there is, and lets the other plans keep what they have.
    pub fn holds(&self, recording: &mut Recording) -> bool {
        recording.write_textures();
        let copied = recording.mirrored().into_iter().map(|(of, size)| (of.texels, size));
        let textures: Vec<(Precision, u64)> = copied.chain(recording.written()).collect();
        let texels = |precision: Precision| {
            let had = self.mirrors.get(&precision).into_iter().flatten().map(|had| had.size()).collect();
            let wanted = textures.iter().filter(|(of, _)| *of == precision).map(|(_, size)| *size).collect();
            fits(had, wanted)
        };
        let own: Vec<u64> = recording.own().into_iter().map(|(_, size)| size).collect();
        fits(self.buffers.iter().map(|had| had.size()).collect(), own) && texels(Precision::F32) && texels(Precision::F16)
    }

    /// Frees what no plan has.
    pub(super) fn trim(&mut self) {
        self.buffers.retain(|had| Arc::strong_count(had) > 1);
        self.mirrors.values_mut().for_each(|pool| pool.retain(|had| Arc::strong_count(had) > 1));
    }

    /// Bytes of all of it.
    pub fn bytes(&self) -> u64 {
        let mirrors = self.mirrors.values().flatten().map(|mirror| mirror.size());
        self.buffers.iter().map(|buffer| buffer.size()).chain(mirrors).sum()
    }

    /// A buffer of at least each of `sizes`, no two the same.
    pub(super) fn buffers(&mut self, gpu: &Gpu, sizes: &[(&str, u64)]) -> Result<Vec<Buffer>> {
        let taken = take(&mut self.buffers, sizes, Held::size, |label, size| Ok(gpu.reserve(label, size)?.held))?;
        Ok(taken.into_iter().map(|held| Buffer { held }).collect())
    }

    /// A mirror of at least each of `sizes`, no two the same.
    pub(super) fn mirrors(&mut self, gpu: &Gpu, wanted: &[(Precision, u64)]) -> Result<Vec<Arc<Mirror>>> {
        let mut taken: Vec<Option<Arc<Mirror>>> = vec![None; wanted.len()];
        for precision in [Precision::F32, Precision::F16] {
            let own: Vec<usize> = (0..wanted.len()).filter(|&index| wanted[index].0 == precision).collect();
            let sizes: Vec<(&str, u64)> = own.iter().map(|&index| ("mirror", wanted[index].1)).collect();
            let pool = self.mirrors.entry(precision).or_default();
            let made = take(pool, &sizes, Mirror::size, |label, size| Mirror::new(gpu, precision, label, size).map(Arc::new))?;
            own.into_iter().zip(made).for_each(|(index, mirror)| taken[index] = Some(mirror));
        }
        Ok(taken.into_iter().flatten().collect())
    }
}

/// Whether each of `sizes` finds one of `pool` that is no smaller, no two the same.
fn fits(mut pool: Vec<u64>, mut sizes: Vec<u64>) -> bool {
    pool.sort_unstable_by(|a, b| b.cmp(a));
    sizes.sort_unstable_by(|a, b| b.cmp(a));
    sizes.len() <= pool.len() && pool.iter().zip(&sizes).all(|(had, size)| had >= size)
}

/// The largest of `pool` go to the largest of `sizes`; one that is too small makes place for another.
fn take<T>(
    pool: &mut Vec<Arc<T>>,
    sizes: &[(&str, u64)],
    size: fn(&T) -> u64,
    mut make: impl FnMut(&str, u64) -> Result<Arc<T>>,
) -> Result<Vec<Arc<T>>> {
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by_key(|&index| std::cmp::Reverse(sizes[index].1));
    pool.sort_by_key(|had| std::cmp::Reverse(size(had)));
    let mut had: Vec<Option<Arc<T>>> = pool.drain(..).map(Some).collect();
    had.resize(had.len().max(sizes.len()), None);
    // Before anything is made, the memory of what is too small is free.
    for (had, &index) in had.iter_mut().zip(&order) {
        had.take_if(|had| size(had) < sizes[index].1);
    }
    let mut taken: Vec<Option<Arc<T>>> = vec![None; sizes.len()];
    let mut failure = None;
    for (had, &index) in had.iter_mut().zip(&order) {
        let (label, size) = sizes[index];
        if had.is_none() && failure.is_none() {
            match make(label, size) {
                Ok(made) => *had = Some(made),
                Err(error) => failure = Some(error),
            }
        }
        taken[index].clone_from(had);
    }
    pool.extend(had.into_iter().flatten());
    failure.map_or_else(|| Ok(taken.into_iter().flatten().collect()), Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pool: &mut Vec<Arc<u64>>, sizes: &[u64]) -> Vec<Arc<u64>> {
        let sizes: Vec<(&str, u64)> = sizes.iter().map(|&size| ("", size)).collect();
        take(pool, &sizes, |&size| size, |_, size| Ok(Arc::new(size))).unwrap()
    }

    fn sizes(taken: &[Arc<u64>]) -> Vec<u64> {
        taken.iter().map(|size| **size).collect()
    }

    #[test]
    fn plans_that_come_in_turns_make_nothing_anew() {
        let mut pool = Vec::new();
        let large = of(&mut pool, &[40, 100, 60]);
        // More of them, and smaller.
        let small = of(&mut pool, &[50, 20, 30, 10]);
        assert_eq!((sizes(&large), sizes(&small)), (vec![40, 100, 60], vec![100, 40, 60, 10]));
        drop((large, small));
        assert_eq!(sizes(&of(&mut pool, &[40, 100, 60])), [40, 100, 60]);
        assert_eq!(sizes(&of(&mut pool, &[50, 20, 30, 10])), [100, 40, 60, 10]);
        assert_eq!(pool.len(), 4);
    }

    #[test]
    fn what_is_too_small_makes_place() {
        let mut pool = Vec::new();
        let small = of(&mut pool, &[10, 20]);
        let large = of(&mut pool, &[30, 15]);
        assert_eq!(sizes(&large), [30, 15]);
        drop((small, large));
        assert_eq!(sizes(&of(&mut pool, &[5, 25])), [15, 30]);
        assert_eq!(pool.len(), 2, "what was too small was kept");
    }

    #[test]
    fn what_cannot_be_made_leaves_what_there_is() {
        let mut pool = vec![Arc::new(20_u64)];
        let refuse = |_: &str, _: u64| Err(crate::error::Error::Defect("no memory".into()));
        assert!(take(&mut pool, &[("", 10), ("", 5)], |&size| size, refuse).is_err());
        assert_eq!(pool.iter().map(|had| **had).collect::<Vec<_>>(), [20]);
    }
}
