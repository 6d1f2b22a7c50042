//! Where tensors lie: slabs, each shared by what is not in use at the same time. The largest are placed first, so that each finds the smallest slab that
//! holds it (Pisarchyk & Lee 2020, arXiv:2001.03288: greedy by size for shared objects).

use std::ops::RangeInclusive;

use super::resolve::TensorId;
use super::schedule::Schedule;

/// The slabs of a schedule, for tensors of certain sizes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Slabs {
    /// Bytes of each slab.
    pub sizes: Vec<u64>,
    /// Slab of each tensor; `None` for inputs, constants and what was fused away or is a part of another.
    pub tensors: Vec<Option<usize>>,
    /// Slabs that each step works with besides its tensors.
    pub work: Vec<[Option<usize>; 2]>,
    /// Bytes that are in use at once at most: what a step reads, writes and works with, and what later ones will read or somebody may see.
    pub alive: u64,
}

/// What a slab is for.
#[derive(Clone, Copy)]
enum Use {
    Tensor(TensorId),
    Work(usize, usize),
}

struct Object {
    what: Use,
    bytes: u64,
    /// The steps during which it is in use.
    span: RangeInclusive<usize>,
}

impl Slabs {
    /// `bytes` of each tensor, `work` of each step: 0 where it needs none.
    pub fn new(schedule: &Schedule, bytes: impl Fn(TensorId) -> u64, work: impl Fn(usize) -> [u64; 2]) -> Self {
        let Schedule { steps, alias, pinned, .. } = schedule;
        let mut spans: Vec<Option<RangeInclusive<usize>>> = vec![None; alias.len()];
        for (at, step) in steps.iter().enumerate() {
            for id in step.inputs.iter().chain([&step.output]).map(|&id| alias[id]) {
                // What nobody writes is an input or a constant: it lies elsewhere.
                let first = spans[id].as_ref().map(|span| *span.start()).or((id == alias[step.output]).then_some(at));
                let last = if pinned[id] { steps.len() } else { at };
                spans[id] = first.map(|first| first..=last);
            }
        }
        let mut objects = Vec::new();
        for (id, span) in spans.into_iter().enumerate() {
            objects.extend(span.map(|span| Object { what: Use::Tensor(id), bytes: bytes(id), span }));
        }
        for at in 0..steps.len() {
            let works = (0..).zip(work(at)).filter(|(_, bytes)| *bytes > 0);
            objects.extend(works.map(|(place, bytes)| Object { what: Use::Work(at, place), bytes, span: at..=at }));
        }
        let in_use = |at: usize| objects.iter().filter(|object| object.span.contains(&at)).map(|object| object.bytes).sum();
        let alive = (0..steps.len()).map(in_use).max().unwrap_or(0);
        objects.sort_by_key(|object| (std::cmp::Reverse(object.bytes), *object.span.start()));

        let mut slabs = Self { sizes: Vec::new(), tensors: vec![None; alias.len()], work: vec![[None; 2]; steps.len()], alive };
        let mut held: Vec<Vec<RangeInclusive<usize>>> = Vec::new();
        for Object { what, bytes, span } in objects {
            let meets = |other: &RangeInclusive<usize>| other.start() <= span.end() && span.start() <= other.end();
            // The last is the smallest.
            let slab = held.iter().rposition(|spans| !spans.iter().any(meets)).unwrap_or(held.len());
            if slab == held.len() {
                slabs.sizes.push(bytes);
                held.push(Vec::new());
            }
            held[slab].push(span);
            match what {
                Use::Tensor(id) => slabs.tensors[id] = Some(slab),
                Use::Work(at, place) => slabs.work[at][place] = Some(slab),
            }
        }
        slabs
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
        let slabs = Slabs::new(&schedule, bytes, |at| if at == 2 { [1000, 100] } else { [0; 2] });
        let of = |name: &str| slabs.tensors[graph.find(name).unwrap()];
        // `a` of 2048 bytes is gone when the second convolution works with 1000; `b`, `c`, `d` and `sum` are of 512.
        assert_eq!(of("a"), slabs.work[2][0]);
        assert!(of("b") != of("c") && of("b") != of("d") && of("c") != of("d") && of("a") != of("b"));
        assert_eq!((of("data"), slabs.alive), (None, 2048 + 512));
        assert_eq!(slabs.sizes.iter().sum::<u64>(), 2048 + 2 * 512 + 100);
    }
}
