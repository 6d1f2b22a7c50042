//! Blocks of pixels that become channels, channels that become blocks, and constants beside what every image has, as importers build them.

use super::assembly::{Assembly, Shaped};
use crate::graph::Op;

/// Which way, and how the channels of a block are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blocks {
    SpaceToDepth,
    /// The place in the block first, then the channel: ONNX's DCR.
    DepthToSpace,
    /// The channel first: ONNX's CRD.
    DepthToSpaceChannelFirst,
}

impl Assembly {
    /// Blocks of `b` x `b` pixels of `input`, as the tensor `out`.
    pub fn blocks(&mut self, how: Blocks, input: &Shaped, b: usize, out: String) -> Result<Shaped, String> {
        let &[c, h, w] = &input.dims[..] else { return Err(format!("it reads {:?} and not [C, H, W]", input.dims)) };
        let square = b.checked_mul(b).filter(|&square| square > 0).ok_or_else(|| format!("blocks of {b}"))?;
        let divides =
            if how == Blocks::SpaceToDepth { h.is_multiple_of(b) && w.is_multiple_of(b) } else { c.is_multiple_of(square) };
        if !divides {
            return Err(format!("blocks of {b} do not divide {:?}", input.dims));
        }
        let (split, axes, dims) = match how {
            Blocks::SpaceToDepth => (vec![c, h / b, b, w / b, b], vec![2, 4, 0, 1, 3], vec![c * square, h / b, w / b]),
            Blocks::DepthToSpaceChannelFirst => {
                (vec![c / square, b, b, h, w], vec![0, 3, 1, 4, 2], vec![c / square, h * b, w * b])
            }
            Blocks::DepthToSpace => (vec![b, b, c / square, h, w], vec![2, 3, 0, 4, 1], vec![c / square, h * b, w * b]),
        };
        let split = self.viewed(&out, input, split);
        let turned = self.turned(&out, &split, axes);
        Ok(self.reshape(out, &turned, dims))
    }

    /// Values in the sizes `dims` as a tensor of every image: added to a value of `like`, of as many dimensions, that was made 0.
    pub fn of_each(&mut self, near: &str, dims: Vec<usize>, values: Vec<f32>, like: &Shaped) -> Shaped {
        let mut single = like.clone();
        for axis in 0..like.dims.len() {
            if single.dims[axis] > 1 {
                let inner = self.fresh(&format!("{near}/single"));
                single = self.slice(inner, &single, axis, 0, 1, 1);
            }
        }
        let zero = self.fresh(&format!("{near}/zero"));
        let from = single.name.clone();
        let zero = self.push(zero, single.dims, |out| Op::Clip { name: None, r#in: [from], out, min: 0.0, max: 0.0 });
        let inner = self.fresh(&format!("{near}/constant_of_each"));
        let operand = self.constant(near, dims, values);
        self.push(inner, operand.dims, |out| Op::Add { name: None, r#in: [zero.name, operand.name], out })
    }
}
