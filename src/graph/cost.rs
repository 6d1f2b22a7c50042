//! What a network costs: learned values and multiply-adds.

use super::resolve::{Graph, Kind, Node};

/// Of one operator, or of a network.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// Learned values: weights and biases, without running statistics.
    pub parameters: u64,
    /// Multiply-adds for one image, of convolutions and dense layers.
    pub multiply_adds: u64,
}

impl Graph {
    /// Of all operators.
    pub fn cost(&self) -> Cost {
        self.nodes.iter().map(|node| self.cost_of(node)).fold(Cost::default(), |sum, cost| Cost {
            parameters: sum.parameters + cost.parameters,
            multiply_adds: sum.multiply_adds + cost.multiply_adds,
        })
    }

    /// Of one operator.
    pub fn cost_of(&self, node: &Node) -> Cost {
        let [channels, ..] = self.tensors[node.inputs[0]].shape;
        let [_, height, width] = self.tensors[node.output].shape;
        let layer = |weights: usize, bias: bool, outputs: usize| Cost {
            parameters: (weights + if bias { outputs } else { 0 }) as u64,
            multiply_adds: weights as u64 * (height * width) as u64,
        };
        match &node.kind {
            Kind::Conv { channels: out, window, groups, bias, .. } => {
                layer(out * channels / groups * window.kernel[0] * window.kernel[1], *bias, *out)
            }
            Kind::Dense { channels: out, bias, .. } => layer(out * channels, *bias, *out),
            Kind::BatchNorm { .. } => Cost { parameters: 2 * channels as u64, multiply_adds: 0 },
            _ => Cost::default(),
        }
    }
}
