//! One number of the values along some dimensions, as importers build it.

use super::assembly::{Assembly, Shaped, volume};
use crate::graph::{Op, Pad};

/// Which number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reduction {
    Mean,
    Sum,
    /// Of the absolute values.
    L1,
    /// The root of the sum of squares.
    L2,
    SumSquare,
    Max,
    Min,
}

impl Assembly {
    /// -1 times `input`, on the way to `near`.
    pub fn negated(&mut self, near: &str, input: &Shaped) -> Shaped {
        let minus = self.constant(near, vec![1; input.dims.len()], vec![-1.0]);
        let out = self.fresh(&format!("{near}/negated"));
        let from = input.name.clone();
        self.push(out, input.dims.clone(), |out| Op::Mul { name: None, r#in: [from, minus.name], out })
    }

    /// The values along the dimensions `axes` (without the batch), which are kept with size 1 where `keep` says so: they become the pixels of a channel
    /// for each of the others.
    pub fn reduced(&mut self, how: Reduction, input: &Shaped, axes: &[usize], keep: bool, out: String) -> Result<Shaped, String> {
        let reduced = |dim: usize| axes.contains(&dim);
        let kept: Vec<usize> = (0..input.dims.len()).filter(|&dim| !reduced(dim)).collect();
        let order: Vec<usize> = kept.iter().copied().chain((0..input.dims.len()).filter(|&dim| reduced(dim))).collect();
        let dims: Vec<usize> = if keep {
            input.dims.iter().enumerate().map(|(dim, &n)| if reduced(dim) { 1 } else { n }).collect()
        } else {
            kept.iter().map(|&dim| input.dims[dim]).collect()
        };
        let channels = volume(&kept.iter().map(|&dim| input.dims[dim]).collect::<Vec<_>>());
        let count = volume(&input.dims) / channels.max(1);
        let mut data = input.clone();
        match how {
            Reduction::L2 | Reduction::SumSquare => {
                let inner = self.fresh(&format!("{out}/squares"));
                data =
                    self.push(inner, data.dims.clone(), |out| Op::Mul { name: None, r#in: [data.name.clone(), data.name], out });
            }
            Reduction::L1 => {
                let inner = self.fresh(&format!("{out}/sizes"));
                data = self.push(inner, data.dims.clone(), |out| Op::Abs { name: None, r#in: [data.name], out });
            }
            Reduction::Min => data = self.negated(&out, &data),
            _ => {}
        }
        let turned = self.turned(&out, &data, order);
        let flat = self.viewed(&out, &turned, vec![channels, count, 1]);
        let inner = self.fresh(&format!("{out}/reduced"));
        if matches!(how, Reduction::Max | Reduction::Min) {
            let op = Op::MaxPool {
                name: None,
                r#in: [flat.name.clone()],
                out: [inner],
                kernel: [count, 1],
                stride: [1, 1],
                pad: Pad::default(),
                dilation: [1, 1],
                ceil: false,
            };
            let mut made = self.append(op, &[&flat])?;
            if how == Reduction::Min {
                made = self.negated(&out, &made);
            }
            return Ok(self.reshape(out, &made, dims));
        }
        let mut made = self.push(inner, vec![channels, 1, 1], |out| Op::GlobalAveragePool { name: None, r#in: [flat.name], out });
        if how != Reduction::Mean {
            let factor = self.constant(&out, vec![1; 3], vec![count as f32]);
            let inner = self.fresh(&format!("{out}/sum"));
            made = self.push(inner, made.dims.clone(), |out| Op::Mul { name: None, r#in: [made.name, factor.name], out });
        }
        if how == Reduction::L2 {
            let inner = self.fresh(&format!("{out}/root"));
            made = self.push(inner, made.dims.clone(), |out| Op::Sqrt { name: None, r#in: [made.name], out });
        }
        Ok(self.reshape(out, &made, dims))
    }
}
