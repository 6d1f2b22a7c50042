//! Depthwise convolutions that only a 1 x 1 convolution reads: the processor computes both at once, and never writes what lies between.

use super::resolve::{Graph, TensorId};
use super::schedule::{Schedule, Step, StepKind};
use crate::operators::Window;

/// Pixels of an image below which both are computed apart: panels of weights are then shared among threads.
const LEAST_PIXELS: usize = 100;

/// Takes the depthwise steps of pairs out of a schedule; of every step that is left, the one that went into it, whose input it reads instead.
pub(super) fn pairs(graph: &Graph, schedule: &mut Schedule) -> Vec<Option<Step>> {
    let mut before: Vec<Option<Step>> = vec![None; schedule.steps.len()];
    let mut gone = vec![false; schedule.steps.len()];
    for (index, gone) in gone.iter_mut().enumerate() {
        let Some(reader) = reader(graph, schedule, index) else { continue };
        let depthwise = schedule.steps[index].clone();
        schedule.steps[reader].inputs[0] = depthwise.inputs[0];
        (before[reader], *gone) = (Some(depthwise), true);
    }
    let mut left = gone.iter().map(|gone| !gone);
    schedule.steps.retain(|_| left.next().unwrap_or(true));
    let mut left = gone.iter().map(|gone| !gone);
    before.retain(|_| left.next().unwrap_or(true));
    before
}

/// The step that computes a depthwise one with itself.
fn reader(graph: &Graph, schedule: &Schedule, index: usize) -> Option<usize> {
    let step = &schedule.steps[index];
    let shape = |id: TensorId| graph.tensors[id].shape;
    let (StepKind::Conv { channels, groups, .. }, [input], 0) = (&step.kind, &step.inputs[..], step.channel) else { return None };
    let output = step.output;
    let [made, height, width] = shape(output);
    let alone = made == *channels && schedule.alias[output] == output && schedule.channels[output] == *channels;
    let depthwise = *groups > 1 && *groups == *channels && shape(*input)[0] == *channels;
    if !alone || !depthwise || schedule.pinned[output] || height * width < LEAST_PIXELS {
        return None;
    }
    let readers =
        schedule.steps.iter().enumerate().filter(|(_, step)| step.inputs.iter().any(|&id| schedule.alias[id] == output));
    let [(at, next)] = readers.collect::<Vec<_>>()[..] else { return None };
    let StepKind::Conv { window, groups: 1, .. } = &next.kind else { return None };
    let first = next.inputs[0] == output && next.inputs[1..].iter().all(|&id| schedule.alias[id] != output);
    (first && *window == Window::square(1, 1)).then_some(at)
}
