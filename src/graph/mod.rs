//! From a network's description to a run: `network` (what to compute), `resolve` (shapes), `schedule` (fusion, order, slabs), `record`
//! (dispatches on the GPU), `interpret` (the same by the plain-Rust twins).

pub mod interpret;
pub mod network;
pub mod record;
pub mod resolve;
pub mod schedule;

pub use interpret::interpret;
pub use network::{Network, Op, Pad};
pub use record::Prepared;
pub use resolve::{Graph, Kind, Node, TensorId};
pub use schedule::{Schedule, Step};

use crate::error::Result;
use crate::tensor::Tensor;

/// Where an operator finds its weights: by PyTorch's names, without the member's prefix.
pub trait Weights {
    /// The tensor `name` in f32.
    ///
    /// # Errors
    /// [`crate::Error::Model`] where there is none.
    fn tensor(&self, name: &str) -> Result<Tensor>;
}

/// Checks that every weight of `graph` is there and of its shape.
///
/// # Errors
/// [`crate::Error::Model`] and [`crate::Error::Shape`] naming the tensor.
pub fn check_weights(graph: &Graph, weights: &dyn Weights) -> Result<()> {
    let check = |name: String, want: Vec<usize>| {
        let shape = weights.tensor(&name)?.shape;
        if shape == want {
            Ok(())
        } else {
            Err(crate::Error::shape(name, format!("its shape is {shape:?}, the network wants {want:?}")))
        }
    };
    for node in &graph.nodes {
        let [channels, ..] = graph.tensors[node.inputs[0]].shape;
        match &node.kind {
            Kind::Conv { name, channels: out, window, groups, bias } => {
                check(format!("{name}.weight"), vec![*out, channels / groups, window.kernel[0], window.kernel[1]])?;
                if *bias {
                    check(format!("{name}.bias"), vec![*out])?;
                }
            }
            Kind::Dense { name, channels: out, bias } => {
                check(format!("{name}.weight"), vec![*out, channels])?;
                if *bias {
                    check(format!("{name}.bias"), vec![*out])?;
                }
            }
            Kind::BatchNorm { name, .. } => {
                for part in ["weight", "bias", "running_mean", "running_var"] {
                    check(format!("{name}.{part}"), vec![channels])?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}
