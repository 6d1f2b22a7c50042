//! A model whose weights take half as many bytes.

use super::array::{Array, MOST_I8};
use super::dtype::Type;
use super::model::Model;
use crate::error::Result;
use crate::graph::{Graph, parameters};
use crate::tensor::Tensor;

impl Model {
    /// This model with the weights of its convolutions, locally connected and dense layers in eight bits: of every output channel integers from -127 to 127, symmetric about 0, times
    /// one scale, the largest weight's magnitude / 127. A weight differs from its own by half a scale at most. What else there is stays: biases,
    /// batch-norm, tables, depthwise convolutions, whose scales would take half of what eight bits save, and weights that are in eight bits already.
    ///
    /// # Errors
    /// [`crate::Error::Model`] where a weight cannot be read.
    pub fn quantised(&self) -> Result<Self> {
        let mut tensors = self.tensors.clone();
        for member in &self.description.members {
            let Some(network) = self.description.networks.get(&member.network) else { continue };
            // The second dimension of a locally connected layer is that of its output's rows.
            let depthwise = |shape: &[usize]| shape.get(1) == Some(&1) && shape.len() <= 4;
            for parameter in parameters(&Graph::new(network)?).iter().filter(|own| own.eight_bits && !depthwise(&own.shape)) {
                let name = format!("{}{}", member.weights, parameter.name);
                let array = self.array(&name)?;
                if array.ty != Type::I8 {
                    let array =
                        array.floats().and_then(|weights| quantised(&weights)).map_err(|reason| self.wrong(&name, reason))?;
                    tensors.insert(name, array);
                }
            }
        }
        Self { tensors, ..self.clone() }.checked()
    }
}

/// Rows of its first dimension, each by its own scale.
fn quantised(weights: &Tensor) -> Result<Array, String> {
    let each = weights.shape.iter().skip(1).product::<usize>().max(1);
    let mut values = Vec::with_capacity(weights.data.len());
    let mut scales = Vec::with_capacity(weights.data.len() / each);
    for row in weights.data.chunks_exact(each) {
        let largest = row.iter().fold(0.0_f32, |largest, weight| largest.max(weight.abs()));
        // A row of zeros has a scale too.
        let scale = (largest / MOST_I8).max(f32::MIN_POSITIVE);
        values.extend(row.iter().map(|weight| (weight / scale).round_ties_even().clamp(-MOST_I8, MOST_I8) as i8 as u8));
        scales.push(scale);
    }
    Array::new(Type::I8, weights.shape.clone(), values).with_scales(scales)
}
