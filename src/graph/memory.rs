//! What a graph takes on the device: its weights, the slabs of its tensors, and what single steps work with.

use super::prepare::{DensePart, DenseRows, StepWeights, winograd_shape};
use super::record::Prepared;
use super::resolve::{Graph, Kind, TensorId};
use super::schedule::StepKind;
use super::slabs::{Slabs, Work};
use crate::gpu::{Buffer, Slice};
use crate::kernels::{Dense, View};
use crate::operators::Window;
use crate::tensor::Precision;

impl Graph {
    /// Bytes of the largest tensor of one image, as f32.
    pub fn largest(&self) -> u64 {
        self.tensors.iter().map(|t| View::bytes(Precision::F32, 1, t.shape[0], t.shape[1], t.shape[2])).max().unwrap_or(0)
    }
}

impl Prepared {
    /// Bytes of the largest packed weight of a convolution, for one member. Those of all members lie in one binding.
    pub fn largest_weight(graph: &Graph) -> u64 {
        let packed = |kind: &Kind, channels: usize, [_, height, width]: [usize; 3]| match kind {
            Kind::Conv { channels: out, window, groups, .. } | Kind::ConvTranspose { channels: out, window, groups, .. } => {
                Self::packed_weight([channels, *out], *window, *groups)
            }
            // The least part of it that lies in a binding by itself.
            Kind::LocalConv { window, .. } => {
                let sides = [channels.next_multiple_of(4), window.kernel[0], window.kernel[1], height * width];
                sides.iter().fold(16_u64, |product, &n| product.saturating_mul(n as u64))
            }
            _ => 0,
        };
        let each = graph.nodes.iter();
        let each = each.map(|node| packed(&node.kind, graph.tensors[node.inputs[0]].shape[0], graph.tensors[node.output].shape));
        each.max().unwrap_or(0)
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

    /// Bytes that a step works with besides its tensors, for `images` of all members.
    fn work(&self, at: usize, images: usize) -> Work {
        let (step, weights) = (&self.schedule.steps[at], &self.weights[at]);
        let [channels, ..] = self.graph.tensors[step.inputs[0]].shape;
        let [_, height, width] = self.graph.tensors[step.output].shape;
        match weights {
            StepWeights::Winograd { method, .. } => winograd_shape(&self.graph, step).map_or(Work::default(), |shape| {
                let each = images / self.members.max(1);
                Work { bytes: method.workspace(shape, self.members, each), staged: method.at_once(shape, self.members, each) }
            }),
            StepWeights::Conv { variant, .. } => {
                let conv = self.convolution(step, images);
                let bytes = conv.map_or(0, |conv| conv.workspace(*variant, images, [height, width], channels));
                Work { bytes: [bytes, 0], staged: bytes > 0 }
            }
            StepWeights::Dense(parts) => {
                let pixels = if let StepKind::Dense { pixels, .. } = step.kind { pixels } else { 1 };
                let bytes = |part: &DensePart| {
                    let DenseRows { variant, outputs, tile, .. } = part.rows;
                    let (members, activation) = (self.members, step.activation);
                    let anywhere = Slice::default();
                    let tiles = self.tiles;
                    let layer = Dense { variant, tiles, members, outputs, tile, weights: anywhere, bias: anywhere, activation };
                    layer.workspace(images, pixels * channels.div_ceil(4))
                };
                Work { bytes: [parts.iter().map(bytes).max().unwrap_or(0), 0], staged: false }
            }
            _ => Work::default(),
        }
    }

    /// Where everything lies, for `images` of all members.
    pub fn layout(&self, images: usize) -> Slabs {
        Slabs::new(&self.schedule, |id| self.bytes_of(id, images), |at| self.work(at, images))
    }

    /// Bytes of what lies under the name of a tensor, for `images` of all members.
    pub(super) fn bytes_of(&self, id: TensorId, images: usize) -> u64 {
        let [channels, height, width] = self.schedule.shape(&self.graph, id);
        View::bytes(self.precision, images, channels, height, width)
    }

    /// Bytes of each slab that [`Prepared::record`] needs for `images`, all members counted.
    pub fn slabs(&self, images: usize) -> Vec<u64> {
        self.layout(images).sizes
    }
}
