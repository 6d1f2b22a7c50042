//! Class-activation maps: what a network that ends in the mean over its last map answers at each place of it (Zhou et al., "Learning Deep Features for
//! Discriminative Localization", CVPR 2016).

use super::Model;
use crate::error::Result;
use crate::graph::{Network, Op, Pad};

/// The map, and the convolution that makes it.
pub(crate) const MAP: &str = "class_activation_map";

/// Where a network ends in: the operator that takes the mean, the map that it is of, and the dense layer behind it.
struct End {
    mean: usize,
    map: String,
    dense: String,
    labels: usize,
}

impl Model {
    /// The network of `member` without its end: the weights of the dense layer, as a 1 x 1 convolution of the last map, answer [`MAP`] `[labels, h, w]`, whose mean
    /// over the places is the logits without their bias. `None` where a network ends otherwise.
    ///
    /// # Errors
    /// [`crate::Error::Model`] where it has no such member, or the network has a tensor of that name.
    pub(crate) fn activation_maps(&self, member: &str) -> Result<Option<Self>> {
        let mut model = self.only(member)?;
        let Some((own, network)) = model.description.members.first().zip(model.description.networks.values_mut().next()) else {
            return Ok(None);
        };
        let Some(End { mean, map, dense, labels }) = end(network) else { return Ok(None) };
        let weight = format!("{}{dense}.weight", own.weights);
        let conv = Op::Conv {
            name: MAP.into(),
            r#in: [map],
            out: [MAP.into()],
            channels: labels,
            kernel: [1, 1],
            stride: [1, 1],
            pad: Pad::default(),
            dilation: [1, 1],
            groups: 1,
            bias: false,
        };
        let filter = format!("{}{MAP}.weight", own.weights);
        network.ops.truncate(mean);
        network.ops.push(conv);
        network.outputs = vec![MAP.into()];
        model.description.labels.clear();
        let array = model.array(&weight)?;
        let filters = array.shaped([&array.shape[..], &[1, 1]].concat());
        model.tensors.insert(filter, filters);
        model.checked().map(Some)
    }
}

/// Softmax of a dense layer of the mean over a map, and nothing else that counts between them.
fn end(network: &Network) -> Option<End> {
    let maker = |tensor: &str| network.ops.iter().position(|op| op.tensors().1 == tensor);
    let mut at = maker(network.outputs.first()?)?;
    let mut dense = None;
    loop {
        let op = network.ops.get(at)?;
        let input = op.tensors().0.first()?;
        match (op, dense) {
            (Op::Softmax { .. }, None) => {}
            (Op::Dense { name, channels, .. }, None) => dense = Some((name, *channels)),
            (Op::Dropout { .. } | Op::Flatten { .. }, _) => {}
            (Op::GlobalAveragePool { .. }, Some((name, labels))) => {
                return Some(End { mean: at, map: input.clone(), dense: name.clone(), labels });
            }
            _ => return None,
        }
        at = maker(input)?;
    }
}
