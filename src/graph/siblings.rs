//! Siblings: convolutions of one window that read the same tensor, as the 1 x 1 of an inception do, are one convolution, whose channels are theirs one
//! after another. Only convolutions can read a part of them.

use super::resolve::{Graph, Kind, TensorId};
use super::schedule::{Builder, ConvLayer, Norm, Step, StepKind};
use crate::graph::Prepared;
use crate::kernels::View;
use crate::operators::{Activation, Binary, Window};
use crate::tensor::Precision;

/// A convolution with what is fused into it.
struct Sibling {
    layer: ConvLayer,
    activation: Activation,
    output: TensorId,
    /// The nodes that it takes in.
    nodes: Vec<usize>,
}

impl Builder<'_> {
    /// Pushes the convolution of node `index` and its siblings as one step; whether it has any.
    pub fn siblings(&mut self, index: usize) -> bool {
        let graph = self.graph;
        let node = &graph.nodes[index];
        let (input, Some(window)) = (node.inputs[0], window(&node.kind)) else { return false };
        // Zeros around what a convolution reads are its pads.
        if self.waiting[self.alias[input]].is_some() {
            return false;
        }
        let Some(first) = self.sibling(index) else { return false };
        let activation = first.activation;
        let mut siblings = vec![first];
        for &other in self.readers[self.alias[input]].iter().filter(|&&other| other > index) {
            let node = &graph.nodes[other];
            let alike = self::window(&node.kind) == Some(window) && shape(graph, node.inputs[0]) == shape(graph, input);
            if let Some(sibling) =
                self.sibling(other).filter(|sibling| alike && sibling.activation == activation && !self.done[other])
            {
                let channels = siblings.iter().chain([&sibling]).map(|sibling| sibling.layer.channels).sum();
                if fits(graph, window, shape(graph, input)[0], [channels, sibling.output]) {
                    siblings.push(sibling);
                }
            }
        }
        if siblings.len() == 1 {
            return false;
        }
        let outputs: Vec<TensorId> = siblings.iter().map(|sibling| sibling.output).collect();
        for sibling in &siblings {
            self.made[sibling.output] = true;
            sibling.nodes.iter().for_each(|&node| self.done[node] = true);
        }
        let channels = siblings.iter().map(|sibling| sibling.layer.channels).sum();
        let layers = siblings.into_iter().map(|sibling| sibling.layer).collect();
        let kind = StepKind::Conv { layers, channels, window, groups: 1 };
        self.steps.push(Step::new(kind, vec![input], outputs[0], (activation, None)));
        self.siblings.push(outputs);
        true
    }

    /// The convolution of a node where it can be one of siblings: its channels are whole vec4s, and only convolutions without groups read them.
    fn sibling(&self, index: usize) -> Option<Sibling> {
        let node = &self.graph.nodes[index];
        let Kind::Conv { name, channels, bias, groups: 1, .. } = &node.kind else { return None };
        let (mut output, mut norm, mut nodes) = (node.output, None, vec![index]);
        if let Some((next, Kind::BatchNorm { name, eps })) = self.only_reader(output) {
            norm = Some(Norm { name: name.clone(), eps: *eps });
            output = self.graph.nodes[next].output;
            nodes.push(next);
        }
        if let Some((_, Kind::Binary(Binary::Add))) = self.only_reader(output) {
            return None;
        }
        let mut activation = Activation::None;
        if let Some((next, Kind::Unary(function))) = self.only_reader(output)
            && let Some(function) = Activation::of(*function)
        {
            activation = function;
            output = self.graph.nodes[next].output;
            nodes.push(next);
        }
        let readers = &self.readers[output];
        let convolves = |&reader: &usize| {
            let reader = &self.graph.nodes[reader];
            let same = shape(self.graph, reader.inputs[0]) == shape(self.graph, output);
            same && matches!(reader.kind, Kind::Conv { groups: 1, .. })
        };
        let layer = ConvLayer { name: name.clone(), channels: *channels, bias: *bias, norm };
        let good = channels.is_multiple_of(4) && !self.pinned[output] && !readers.is_empty() && readers.iter().all(convolves);
        good.then_some(Sibling { layer, activation, output, nodes })
    }
}

fn window(kind: &Kind) -> Option<Window> {
    if let Kind::Conv { window, groups: 1, .. } = kind { Some(*window) } else { None }
}

fn shape(graph: &Graph, id: TensorId) -> [usize; 3] {
    graph.tensors[id].shape
}

/// Whether `channels` of what `one` is a part of, and their weights, are no larger than what the network has anyway.
fn fits(graph: &Graph, window: Window, from: usize, [channels, one]: [usize; 2]) -> bool {
    let [_, height, width] = shape(graph, one);
    View::bytes(Precision::F32, 1, channels, height, width) <= graph.largest()
        && Prepared::packed_weight([from, channels], window, 1) <= Prepared::largest_weight(graph)
}
