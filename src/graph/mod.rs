//! From a network's description to a run: `network` (what to compute), `resolve` (shapes), `schedule` (fusion, order), `slabs` (where tensors lie), `record`
//! (dispatches on the GPU), `interpret` (the same by the plain-Rust twins).

mod cost;
pub mod engine;
mod folded;
mod infer;
pub mod interpret;
mod layers;
mod memory;
pub mod network;
mod pairs;
mod place;
mod prepare;
pub mod record;
pub mod resolve;
mod room;
pub mod schedule;
mod siblings;
pub mod slabs;

pub use cost::Cost;
pub use engine::Engine;
pub use interpret::interpret;
pub use layers::Method;
pub use network::{AutoPad, Network, Op, Pad, PadMode};
pub use record::Prepared;
pub use resolve::{Constant, Graph, Kind, Node, TensorId};
pub use room::Memory;
pub use schedule::{Schedule, Step};
pub use slabs::Slabs;

use std::ops::Range;

use crate::error::{Error, Result};
use crate::tensor::Tensor;

/// Where an operator finds its weights: by PyTorch's names, without the member's prefix.
pub trait Weights {
    /// The tensor `name` in f32.
    ///
    /// # Errors
    /// [`crate::Error::Model`] where there is none.
    fn tensor(&self, name: &str) -> Result<Tensor>;

    /// Its sizes.
    ///
    /// # Errors
    /// As [`Weights::tensor`].
    fn shape(&self, name: &str) -> Result<Vec<usize>> {
        self.tensor(name).map(|tensor| tensor.shape)
    }

    /// Some positions of its first dimension: weights too large to be held as a whole are read in parts.
    ///
    /// # Errors
    /// As [`Weights::tensor`]; [`crate::Error::Shape`] where it has no such positions.
    fn rows(&self, name: &str, rows: Range<usize>) -> Result<Tensor> {
        let Tensor { shape, data } = self.tensor(name)?;
        let each = shape.iter().skip(1).product::<usize>();
        let part = data.get(rows.start * each..rows.end * each);
        let data = part.ok_or_else(|| Error::shape(name, format!("positions {rows:?} of {shape:?}")))?.to_vec();
        Tensor::new([&[rows.len()], shape.get(1..).unwrap_or(&[])].concat(), data)
    }
}

/// A weight that a graph reads.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Its name, without the member's prefix.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Every value lies above this: a variance, of which the root of its sum with eps is taken.
    pub above: Option<f64>,
    /// Whether a model file may hold it in eight bits, with a scale for each position of its first dimension: the output channels of a convolution, a
    /// locally connected or a dense layer.
    pub eight_bits: bool,
}

/// The weights of `graph`, in the order of its operators; its constants last.
pub fn parameters(graph: &Graph) -> Vec<Parameter> {
    let mut all = Vec::new();
    for node in &graph.nodes {
        let [channels, ..] = graph.tensors[node.inputs[0]].shape;
        let rows = matches!(node.kind, Kind::Conv { .. } | Kind::LocalConv { .. } | Kind::Dense { .. });
        let mut put = |name: String, shape: Vec<usize>, above| {
            all.push(Parameter { eight_bits: rows && name.ends_with(".weight"), name, shape, above });
        };
        match &node.kind {
            Kind::Conv { name, channels: out, window, groups, bias } => {
                put(format!("{name}.weight"), vec![*out, channels / groups, window.kernel[0], window.kernel[1]], None);
                if *bias {
                    put(format!("{name}.bias"), vec![*out], None);
                }
            }
            Kind::ConvTranspose { name, channels: out, window, groups, bias } => {
                put(format!("{name}.weight"), vec![channels, out / groups, window.kernel[0], window.kernel[1]], None);
                if *bias {
                    put(format!("{name}.bias"), vec![*out], None);
                }
            }
            Kind::LocalConv { name, channels: out, window, bias } => {
                let [_, rows, columns] = graph.tensors[node.output].shape;
                let weight = vec![*out, rows, columns, channels, window.kernel[0], window.kernel[1]];
                put(format!("{name}.weight"), weight, None);
                if *bias {
                    put(format!("{name}.bias"), vec![*out, rows, columns], None);
                }
            }
            Kind::Prelu { name } => put(format!("{name}.weight"), vec![channels], None),
            Kind::Dense { name, channels: out, bias } => {
                put(format!("{name}.weight"), vec![*out, channels], None);
                if *bias {
                    put(format!("{name}.bias"), vec![*out], None);
                }
            }
            Kind::BatchNorm { name, eps } => {
                for (part, above) in [("weight", None), ("bias", None), ("running_mean", None), ("running_var", Some(-eps))] {
                    put(format!("{name}.{part}"), vec![channels], above);
                }
            }
            _ => {}
        }
    }
    for Constant { name, output } in &graph.constants {
        let (name, shape) = (format!("{name}.value"), graph.tensors[*output].dims.clone());
        all.push(Parameter { name, shape, above: None, eight_bits: false });
    }
    all
}

/// Checks that every weight of `graph` is there, of its shape and of possible values.
///
/// # Errors
/// [`crate::Error::Model`] and [`crate::Error::Shape`] naming the tensor.
pub fn check_weights(graph: &Graph, weights: &dyn Weights) -> Result<()> {
    for Parameter { name, shape: want, above, .. } in parameters(graph) {
        let Tensor { shape, data } = weights.tensor(&name)?;
        if shape != want {
            return Err(Error::shape(name, format!("its shape is {shape:?}, the network wants {want:?}")));
        }
        if above.is_some_and(|bound| data.iter().any(|&value| f64::from(value) <= bound)) {
            return Err(Error::shape(name, "a variance and its eps are above 0 together"));
        }
    }
    Ok(())
}
