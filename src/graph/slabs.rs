//! Where tensors lie: in slabs, each shared by what is not in use at the same time, or in use and never by the same dispatch.

use super::place::{Object, Place, alive, place};
use super::resolve::TensorId;
use super::schedule::Schedule;

/// The slabs of a schedule, for tensors of certain sizes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Slabs {
    /// Bytes of each slab.
    pub sizes: Vec<u64>,
    /// Where each tensor lies; `None` for inputs, constants and what was fused away or is a part of another.
    pub tensors: Vec<Option<Place>>,
    /// Where the two lie that each step works with besides its tensors.
    pub work: Vec<[Option<Place>; 2]>,
    /// Bytes that are in use at once at most: what a dispatch reads, writes and works with, and what later ones will read or somebody may see.
    pub alive: u64,
}

/// What a step works with besides its tensors.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Work {
    /// Bytes of two parts; 0 where it needs none.
    pub bytes: [u64; 2],
    /// One dispatch after the other reads all of the input, goes from the first part to the second where there are two, and writes the output: it does
    /// not need them all at once.
    pub staged: bool,
}

/// Moments of a step: its first dispatch, those between, its last.
const MOMENTS: usize = 3;

impl Slabs {
    /// `bytes` of each tensor, `work` of each step.
    pub fn new(schedule: &Schedule, bytes: impl Fn(TensorId) -> u64, work: impl Fn(usize) -> Work) -> Self {
        let (steps, count) = (&schedule.steps, schedule.alias.len());
        // Tensors, then two parts a step.
        let mut objects: Vec<Object> = Vec::new();
        objects.resize_with(count + 2 * steps.len(), Object::default);
        for (index, step) in steps.iter().enumerate() {
            let (first, last) = (MOMENTS * index, MOMENTS * (index + 1) - 1);
            let Work { bytes, staged } = work(index);
            for (place, &id) in step.inputs.iter().enumerate() {
                let moments = if !staged {
                    first..=last
                } else if place == 0 {
                    first..=first
                } else {
                    last..=last
                };
                objects[schedule.alias[id]].bound.extend(moments.map(|moment| (moment, false)));
            }
            let begin = if staged { last } else { first };
            objects[schedule.alias[step.output]].bound.extend((begin..=last).map(|moment| (moment, true)));
            let moments = match bytes {
                [_, second] if staged && second > 0 => [first..=first + 1, first + 1..=last],
                _ => [first..=last, first..=last],
            };
            for ((place, bytes), moments) in (0..).zip(bytes).zip(moments) {
                objects[count + 2 * index + place] =
                    Object { bytes, bound: moments.map(|moment| (moment, true)).collect(), pinned: false };
            }
        }
        for (id, object) in objects.iter_mut().take(count).enumerate() {
            // What nobody writes is an input or a constant: it lies elsewhere.
            if object.bound.iter().any(|(_, writes)| *writes) {
                (object.bytes, object.pinned) = (bytes(id), schedule.pinned[id]);
            }
        }
        let mut places = place(&objects);
        let work = places.places.split_off(count);
        let work = work.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect();
        Self { sizes: places.sizes, tensors: places.places, work, alive: alive(&objects) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Graph, Network};

    #[test]
    fn what_is_in_use_at_the_same_time_lies_apart() {
        let text = r#"{"inputs": {"data": [4, 8, 8]}, "outputs": ["sum"], "ops": [
            {"op": "conv", "name": "a", "in": ["data"], "out": ["a"], "channels": 8, "kernel": [1, 1]},
            {"op": "max_pool", "in": ["a"], "out": ["b"], "kernel": [2, 2], "stride": [2, 2]},
            {"op": "conv", "name": "c", "in": ["b"], "out": ["c"], "channels": 8, "kernel": [1, 1]},
            {"op": "softmax", "in": ["c"], "out": ["d"]},
            {"op": "add", "in": ["b", "d"], "out": ["sum"]}]}"#;
        let network: Network = serde_json::from_str(text).unwrap();
        let graph = Graph::new(&network).unwrap();
        let schedule = Schedule::new(&graph, &[]);
        let bytes = |id: TensorId| 4 * graph.tensors[id].shape.iter().product::<usize>() as u64;
        let slabs = Slabs::new(&schedule, bytes, |at| Work { bytes: if at == 2 { [1000, 100] } else { [0; 2] }, staged: false });
        let slab = |place: Option<Place>| place.unwrap().slab;
        let of = |slabs: &Slabs, name: &str| slab(slabs.tensors[graph.find(name).unwrap()]);
        let [a, b, c, d] = ["a", "b", "c", "d"].map(|name| of(&slabs, name));
        // `a` of 2048 bytes is gone when the second convolution works with 1000; `b`, `c`, `d` and `sum` are of 512.
        assert_eq!(slab(slabs.work[2][0]), a);
        assert!(b != c && b != d && c != d && a != b && slab(slabs.work[2][1]) != a);
        assert_eq!((slabs.tensors[graph.find("data").unwrap()], slabs.alive), (None, 2048 + 512));
        assert_eq!(slabs.sizes.iter().sum::<u64>(), 2048 + 2 * 512 + 100);

        let staged = |bytes| Work { bytes, staged: true };
        let slabs = Slabs::new(&schedule, bytes, |at| staged(if at == 0 { [600, 500] } else { [0; 2] }));
        let [first, second] = slabs.work[0].map(slab);
        assert_eq!(first, of(&slabs, "a"), "it is read for the last time before the output is written");
        assert!(second != first);
    }
}
