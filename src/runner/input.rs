//! Tensors that go in: which is which, and what is refused.

use crate::error::{Error, Result};
use crate::graph::Graph;
use crate::tensor::{Precision, Tensor};

/// What an input is called where it is refused.
pub(super) const INPUT: &str = "input";

/// A tensor that goes in.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// The network's name for it; needed where there are several.
    pub name: Option<String>,
    /// `[N, C, H, W]`, or of whatever rank the network reads.
    pub tensor: Tensor,
}

/// Whether the networks' precision holds a tensor that came or went: a ReLU takes NaN for 0, so that a wrong input would come out as a plausible answer, and
/// what f16 does not hold is cut to its largest number, and that is no answer.
pub(super) fn held(precision: Precision, what: &str, tensor: &Tensor) -> Result<()> {
    let Some(at) = precision.refuses(&tensor.data) else { return Ok(()) };
    let value = tensor.data[at];
    Err(Error::Argument(if what == INPUT && !value.is_finite() {
        format!("input value {at} is {value}: give finite numbers, or leave that image out")
    } else {
        format!("{what}: value {at} is {value}, f16 holds less than 65,504: use f32")
    }))
}

/// The inputs in the order of the graph's.
pub(super) fn arrange<'i>(graph: &Graph, inputs: &'i [Input]) -> Result<Vec<&'i Tensor>> {
    let names: Vec<&str> = graph.tensors.iter().take(graph.inputs).map(|info| info.name.as_str()).collect();
    let list = names.join(", ");
    if let Some(stranger) = inputs.iter().filter_map(|input| input.name.as_deref()).find(|name| !names.contains(name)) {
        return Err(Error::shape(stranger, format!("no input has this name; the network reads: {list}")));
    }
    if let ([_], [only]) = (&names[..], inputs) {
        return Ok(vec![&only.tensor]);
    }
    let find = |name: &&str| {
        let mut given = inputs.iter().filter(|input| input.name.as_deref() == Some(*name));
        match (given.next(), given.next()) {
            (Some(input), None) => Ok(&input.tensor),
            (None, _) => {
                Err(Error::shape(*name, format!("this input is not given; the network reads, each by its name: {list}")))
            }
            _ => Err(Error::shape(*name, "this input is given twice")),
        }
    };
    names.iter().map(find).collect()
}
