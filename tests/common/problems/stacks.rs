//! Problems of stacks of flow.

use moue::Precision;
use moue::gpu::Gpu;
use moue::kernels::{self, NO_FLOW};
use moue::operators::FlowLevels;
use moue::reference;

use super::text;
use crate::common::{Bench, Random, Tolerance, close_in, packed};
use moue::tensor::Tensor;

/// Of whole quarters of a level, so that nothing is rounded before the levels are.
const HOW: FlowLevels = FlowLevels { times: 8.0, plus: 100.0, missing: 77 };

pub(super) fn flow_levels(gpu: &Gpu, _: Precision) -> Result<(), String> {
    let mut random = Random(91);
    for (pairs, pixels) in [(1, 1), (3, 35), (7, 64), (2, 257)] {
        let moved = |_| [0; 2].map(|_| (random.unit() * 1600.0 - 800.0).round() / 32.0);
        let flows: Vec<[f32; 2]> = (0..pairs * pixels).map(moved).collect();
        // The last pair goes to the first slot.
        let slots: Vec<u32> = (0..pairs as u32).rev().collect();
        let want: Vec<u32> = flows
            .chunks_exact(pixels)
            .rev()
            .flat_map(|flow| reference::flow_levels(flow, &HOW))
            .map(|[across, down]| u32::from(across) + 256 * u32::from(down))
            .collect();
        let mut bench = Bench::of(gpu, Precision::F32);
        let (flow, slots) = (bench.floats(flows.as_flattened()), bench.words(&slots));
        let levels = bench.recording.slab("levels", 4 * want.len() as u64);
        bench.recording.dispatch(kernels::flow_levels("levels", pairs, pixels, &HOW, flow, slots, levels).map_err(text)?);
        let got: Vec<u32> = bench.run_floats(levels)?.iter().map(|word| word.to_bits()).collect();
        if got[..want.len()] != want[..] {
            return Err(format!("levels of {pairs} pairs of {pixels} pixels"));
        }
    }
    Ok(())
}

pub(super) fn flow_stack(gpu: &Gpu, precision: Precision) -> Result<(), String> {
    let mut random = Random(92);
    for ([images, height, width], flows, slots) in [([1, 1, 1], 1, 1), ([7, 3, 5], 10, 4), ([2, 9, 7], 5, 12)] {
        let pixels = height * width;
        let levels: Vec<Vec<[u8; 2]>> =
            (0..slots).map(|_| random.bytes(2 * pixels).chunks_exact(2).map(|both| [both[0], both[1]]).collect()).collect();
        // Every third is missing.
        let place = |at: usize| if at % 3 == 1 { NO_FLOW } else { (at * 5 % slots) as u32 };
        let stacks: Vec<u32> = (0..images * flows).map(place).collect();
        let norm = [100.0, 0.0625];
        let stack = |own: &[u32]| {
            let flows: Vec<_> = own.iter().map(|&slot| levels.get(slot as usize).map(Vec::as_slice)).collect();
            reference::flow_stack(&flows, pixels, &HOW, norm)
        };
        let shape = [images, 2 * flows, height, width];
        let want = Tensor::new(shape.to_vec(), stacks.chunks_exact(flows).flat_map(stack).collect()).map_err(text)?;
        let words: Vec<u32> = levels.concat().iter().map(|&[x, y]| u32::from(x) + 256 * u32::from(y)).collect();
        let mut bench = Bench::of(gpu, precision);
        let (levels, stacks) = (bench.words(&words), bench.words(&stacks));
        let output = bench.output(&shape);
        bench.recording.dispatch(kernels::flow_stack("stack", &HOW, norm, levels, stacks, output).map_err(text)?);
        let got = bench.run_tensor(output)?;
        close_in(precision, &format!("stack of {flows}"), &got, &packed(&want), Tolerance::Exact)?;
    }
    Ok(())
}
