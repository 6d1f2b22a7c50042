//! What a network costs: learned values and multiply-adds.

use super::resolve::{Graph, Kind, Node};

/// Of one operator, or of a network.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// Learned values: weights and biases, without running statistics.
    pub parameters: u64,
    /// Multiply-adds for one image, of convolutions, dense layers and products of matrices.
    pub multiply_adds: u64,
}

impl Graph {
    /// Of all operators.
    pub fn cost(&self) -> Cost {
        let constants = self.constants.iter().map(|constant| self.tensors[constant.output].values() as u64).sum();
        let start = Cost { parameters: constants, multiply_adds: 0 };
        self.nodes.iter().map(|node| self.cost_of(node)).fold(start, |sum, cost| Cost {
            parameters: sum.parameters.saturating_add(cost.parameters),
            multiply_adds: sum.multiply_adds.saturating_add(cost.multiply_adds),
        })
    }

    /// Of one operator.
    pub fn cost_of(&self, node: &Node) -> Cost {
        let [channels, ..] = self.tensors[node.inputs[0]].shape;
        let [_, height, width] = self.tensors[node.output].shape;
        // A description may say sizes whose products no file holds.
        let layer = |sizes: &[usize], bias: bool, outputs: usize| {
            let weights = sizes.iter().fold(1_u64, |product, &size| product.saturating_mul(size as u64));
            Cost {
                parameters: weights.saturating_add(if bias { outputs as u64 } else { 0 }),
                multiply_adds: weights.saturating_mul((height * width) as u64),
            }
        };
        match &node.kind {
            Kind::Conv { channels: out, window, groups, bias, .. } => {
                layer(&[*out, channels / groups, window.kernel[0], window.kernel[1]], *bias, *out)
            }
            Kind::Dense { channels: out, bias, .. } => layer(&[*out, channels], *bias, *out),
            Kind::ConvTranspose { channels: out, window, groups, bias, .. } => {
                // Every input pixel is multiplied with the whole window.
                let [_, rows, columns] = self.tensors[node.inputs[0]].shape;
                let cost = layer(&[channels, out / groups, window.kernel[0], window.kernel[1]], *bias, *out);
                let weights = cost.parameters - if *bias { *out as u64 } else { 0 };
                Cost { multiply_adds: weights.saturating_mul((rows * columns) as u64), ..cost }
            }
            Kind::LocalConv { channels: out, window, bias, .. } => {
                // Every weight is multiplied once.
                let cost = layer(&[*out, channels, window.kernel[0], window.kernel[1]], false, 0);
                let weights = cost.multiply_adds;
                let biases = if *bias { (out * height * width) as u64 } else { 0 };
                Cost { parameters: weights.saturating_add(biases), multiply_adds: weights }
            }
            Kind::Matmul => {
                let [_, _, depth] = self.tensors[node.inputs[0]].shape;
                let places = (channels * height).saturating_mul(width) as u64;
                Cost { parameters: 0, multiply_adds: places.saturating_mul(depth as u64) }
            }
            Kind::Prelu { .. } => Cost { parameters: channels as u64, multiply_adds: 0 },
            Kind::BatchNorm { .. } => Cost { parameters: 2 * channels as u64, multiply_adds: 0 },
            _ => Cost::default(),
        }
    }
}
