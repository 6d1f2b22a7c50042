//! The descent without a GPU: by the twins alone, or with what takes the time, all pairs, by vectors and threads.

use pulp::{Simd, WithSimd};

use super::graph::Graph;
use super::steps::{STRETCHES, TOGETHER};
use crate::cpu::Cpu;
use crate::reference;

/// Pairs that are counted side by side.
const LANES: usize = 16;
/// Points of a thread's part.
const PART: usize = 64;
/// Beyond the last point: so far that its pull is nothing.
const FAR: f32 = 1e18;

pub(super) fn descend(cpu: Option<&Cpu>, graph: &Graph, start: Vec<[f32; 2]>, told: &mut dyn FnMut()) -> Vec<[f32; 2]> {
    let mut places = start;
    let mut motion = vec![[0.0, 0.0, 1.0, 1.0]; places.len()];
    for stretch in STRETCHES {
        let step = stretch.step(places.len());
        for _ in 0..stretch.times {
            for _ in 0..TOGETHER {
                let sums = match cpu {
                    Some(cpu) => repulse(cpu, &places),
                    None => reference::tsne_repulse(&places),
                };
                places = reference::tsne_move(step, &places, &graph.edges, &sums, &mut motion);
            }
            told();
        }
    }
    places
}

/// As [`reference::tsne_repulse`].
fn repulse(cpu: &Cpu, places: &[[f32; 2]]) -> Vec<[f32; 3]> {
    let plane = |axis: usize| {
        let mut plane: Vec<f32> = places.iter().map(|place| place[axis]).collect();
        plane.resize(plane.len().next_multiple_of(LANES), FAR);
        plane
    };
    let [xs, ys] = [plane(0), plane(1)];
    let parts: Vec<&[[f32; 2]]> = places.chunks(PART).collect();
    cpu.map(parts, |part| cpu.vectors(Pairs { part, xs: &xs, ys: &ys })).concat()
}

struct Pairs<'a> {
    part: &'a [[f32; 2]],
    xs: &'a [f32],
    ys: &'a [f32],
}

impl WithSimd for Pairs<'_> {
    type Output = Vec<[f32; 3]>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Self::Output {
        let one = |&[x, y]: &[f32; 2]| {
            let mut sums = [[0.0_f32; LANES]; 3];
            for (xs, ys) in self.xs.chunks_exact(LANES).zip(self.ys.chunks_exact(LANES)) {
                for lane in 0..LANES {
                    let (dx, dy) = (x - xs[lane], y - ys[lane]);
                    let w = 1.0 / (1.0 + dx * dx + dy * dy);
                    sums[0][lane] += w * w * dx;
                    sums[1][lane] += w * w * dy;
                    sums[2][lane] += w;
                }
            }
            sums.map(|lanes| lanes.iter().sum())
        };
        let mut found = Vec::with_capacity(self.part.len());
        for own in self.part {
            found.push(one(own));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All pairs by vectors are what the twin says: nothing else holds the processor's way against it. Milliseconds.
    #[test]
    fn all_pairs_are_counted_once() {
        let places: Vec<[f32; 2]> = (0..203_u8).map(|at| [f32::from(at % 17) * 0.3, f32::from(at % 29) * 0.2 - 1.0]).collect();
        let cpu = Cpu::new(Some(2)).unwrap();
        let (got, want) = (repulse(&cpu, &places), reference::tsne_repulse(&places));
        let largest = want.iter().flatten().fold(0.0_f32, |most, value| most.max(value.abs()));
        for (got, want) in got.as_flattened().iter().zip(want.as_flattened()) {
            assert!((got - want).abs() < 211.0 * f32::EPSILON * largest, "{got} and {want}");
        }
    }
}
