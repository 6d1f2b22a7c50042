//! Memory that the processor's engines work in: rooms that whoever runs next finds as the last one left them.

use std::iter::once;

use crate::cpu::Aligned;

/// Memory that a run works in, of one engine after the other. It is kept for the next run, and is as large as the largest so far needed.
#[derive(Debug, Default)]
pub struct Memory {
    /// Of the last run, in all rooms.
    pub(super) images: usize,
    /// Where images are computed by one thread, or by all of them together.
    pub(super) first: Room,
    /// Of more threads that compute whole images at the same time.
    others: Vec<Room>,
}

/// What some images need at a time.
#[derive(Debug, Default)]
pub(super) struct Room {
    pub slabs: Vec<Aligned>,
    /// Inputs, channels last.
    pub inputs: Vec<Aligned>,
}

impl Memory {
    /// Fills it with numbers that are none: what a run reads before it wrote it shows in its answers.
    #[doc(hidden)]
    pub fn poison(&mut self) {
        let rooms = once(&mut self.first).chain(&mut self.others);
        rooms.flat_map(|room| room.slabs.iter_mut().chain(&mut room.inputs)).for_each(|held| held.fill(f32::NAN));
    }

    /// Bytes that it holds.
    pub fn bytes(&self) -> u64 {
        self.rooms().flat_map(|room| room.slabs.iter().chain(&room.inputs)).map(|held| 4 * held.len() as u64).sum()
    }

    /// Bytes of its slabs.
    pub(super) fn slab_bytes(&self) -> u64 {
        self.rooms().flat_map(|room| &room.slabs).map(|slab| 4 * slab.len() as u64).sum()
    }

    /// A room for each of `threads`.
    pub(super) fn of(&mut self, threads: usize) -> impl Iterator<Item = &mut Room> {
        if self.others.len() + 1 < threads {
            self.others.resize_with(threads - 1, Room::default);
        }
        once(&mut self.first).chain(&mut self.others).take(threads)
    }

    fn rooms(&self) -> impl Iterator<Item = &Room> {
        once(&self.first).chain(&self.others)
    }
}

impl Room {
    /// Room for slabs and inputs of so many floats.
    pub fn hold(&mut self, slabs: impl Iterator<Item = usize>, inputs: impl Iterator<Item = usize>) {
        hold(&mut self.slabs, slabs);
        hold(&mut self.inputs, inputs);
    }
}

fn hold(held: &mut Vec<Aligned>, wanted: impl Iterator<Item = usize>) {
    for (at, floats) in wanted.enumerate() {
        match held.get_mut(at) {
            None => held.push(Aligned::zeros(floats)),
            Some(held) if held.len() < floats => {
                // Never both at once.
                *held = Aligned::default();
                *held = Aligned::zeros(floats);
            }
            Some(_) => {}
        }
    }
}
