//! What a graph takes on the device: its weights, the slabs of its tensors, and what single steps work with.

use super::prepare::{DensePart, DenseRows, StepWeights, winograd_shape};
use super::record::Prepared;
use super::resolve::{Graph, Kind, TensorId};
use super::schedule::{Schedule, Step, StepKind};
use crate::gpu::{Buffer, Slice};
use crate::kernels::{Dense, View};
use crate::precision::Precision;
use crate::window::Window;

impl Graph {
    /// Bytes of the largest tensor of one image, as f32.
    pub fn largest(&self) -> u64 {
        self.tensors.iter().map(|t| View::bytes(Precision::F32, 1, t.shape[0], t.shape[1], t.shape[2])).max().unwrap_or(0)
    }
}

impl Prepared {
    /// Bytes of the largest packed weight of a convolution, for one member. Those of all members lie in one binding.
    pub fn largest_weight(graph: &Graph) -> u64 {
        let packed = |kind: &Kind, channels: usize| match kind {
            Kind::Conv { channels: out, window, groups, .. } | Kind::ConvTranspose { channels: out, window, groups, .. } => {
                Self::packed_weight([channels, *out], *window, *groups)
            }
            _ => 0,
        };
        graph.nodes.iter().map(|node| packed(&node.kind, graph.tensors[node.inputs[0]].shape[0])).max().unwrap_or(0)
    }

    /// Bytes of a packed weight, at most.
    pub(super) fn packed_weight([channels, out]: [usize; 2], window: Window, groups: usize) -> u64 {
        let sides = [out.next_multiple_of(64), (channels / groups).next_multiple_of(4), window.kernel[0], window.kernel[1]];
        sides.iter().fold(4_u64, |product, &n| product.saturating_mul(n as u64))
    }

    /// Bytes on the device: weights as the kernels read them, and constants.
    pub fn bytes(&self) -> u64 {
        let weights = self.weights.iter().flat_map(StepWeights::buffers);
        weights.chain(self.constants.iter().map(|(_, buffer)| buffer)).map(Buffer::size).sum()
    }

    /// Bytes of the largest tensor, as f32, for one image of every member.
    pub fn largest(&self) -> u64 {
        // Sums of parts are bounded, and do not grow with the images.
        let between = self.schedule.steps.iter().zip(&self.weights).filter_map(|(step, weights)| match weights {
            StepWeights::Winograd { method, .. } => Some(method.grows(winograd_shape(&self.graph, step)?)),
            _ => None,
        });
        let between = between.max();
        self.members as u64 * self.graph.largest().max(between.unwrap_or(0))
    }

    /// Bytes of two more slabs that a step works with, for `images` of all members; none where it needs no such.
    fn step_workspace(&self, step: &Step, weights: &StepWeights, images: usize) -> Option<[u64; 2]> {
        let [channels, ..] = self.graph.tensors[step.inputs[0]].shape;
        let [_, height, width] = self.graph.tensors[step.output].shape;
        let only = |bytes: u64| (bytes > 0).then_some([bytes, 16]);
        match weights {
            StepWeights::Winograd { method, .. } => {
                winograd_shape(&self.graph, step).map(|shape| method.workspace(shape, self.members, images / self.members.max(1)))
            }
            StepWeights::Conv { variant, .. } => {
                only(self.convolution(step, images)?.workspace(*variant, images, [height, width], channels))
            }
            StepWeights::Dense(parts) => {
                let pixels = if let StepKind::Dense { pixels, .. } = step.kind { pixels } else { 1 };
                let bytes = |part: &DensePart| {
                    let DenseRows { variant, outputs, tile, .. } = part.rows;
                    let (members, relu) = (self.members, step.relu);
                    let anywhere = Slice::default();
                    let tiles = self.tiles;
                    let layer = Dense { variant, tiles, members, outputs, tile, weights: anywhere, bias: anywhere, relu };
                    layer.workspace(images, pixels * channels.div_ceil(4))
                };
                only(parts.iter().map(bytes).max().unwrap_or(0))
            }
            _ => None,
        }
    }

    /// Bytes of two more slabs for `images` of all members, where a step works with them.
    fn workspace(&self, images: usize) -> Option<[u64; 2]> {
        let steps = self.schedule.steps.iter().zip(&self.weights);
        let each = steps.filter_map(|(step, weights)| self.step_workspace(step, weights, images));
        each.reduce(|most, own| [most[0].max(own[0]), most[1].max(own[1])])
    }

    /// Bytes that are in use at once at most, for `images` of all members: what a step reads, writes and works with, and what later ones will read or
    /// the graph answers. What [`Prepared::slabs`] asks for is to be little more.
    pub fn alive(&self, images: usize) -> u64 {
        let Schedule { steps, alias, slabs, .. } = &self.schedule;
        let mut spans: Vec<Option<(usize, usize)>> = vec![None; alias.len()];
        for (at, step) in steps.iter().enumerate() {
            for id in step.inputs.iter().chain([&step.output]).map(|&id| alias[id]) {
                let (first, _) = spans[id].unwrap_or((at, at));
                spans[id] = Some((first, at));
            }
        }
        for &id in &self.graph.outputs {
            if let Some((_, last)) = &mut spans[alias[id]] {
                *last = steps.len();
            }
        }
        let tensors = |at: usize| -> u64 {
            let there = |&id: &TensorId| slabs[id].is_some() && spans[id].is_some_and(|(first, last)| first <= at && at <= last);
            (0..alias.len()).filter(there).map(|id| self.bytes_of(id, images)).sum()
        };
        let worked = |at: usize| self.step_workspace(&steps[at], &self.weights[at], images).map_or(0, |bytes| bytes.iter().sum());
        (0..steps.len()).map(|at| tensors(at) + worked(at)).max().unwrap_or(0)
    }

    /// Bytes of what lies under the name of a tensor, for `images` of all members.
    pub(super) fn bytes_of(&self, id: TensorId, images: usize) -> u64 {
        let [channels, height, width] = self.schedule.shape(&self.graph, id);
        View::bytes(self.precision, images, channels, height, width)
    }

    /// Bytes of each slab that [`Prepared::record`] needs for `images`, all members counted.
    pub fn slabs(&self, images: usize) -> Vec<u64> {
        let of = |slab| {
            let tensors = (0..self.graph.tensors.len()).filter(|&id| self.schedule.slabs[id] == Some(slab));
            tensors.map(|id| self.bytes_of(id, images)).max().unwrap_or(16)
        };
        let workspace = self.workspace(images).into_iter().flatten();
        (0..self.schedule.slab_count).map(of).chain(workspace).collect()
    }
}
