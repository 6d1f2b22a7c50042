//! Weights made of a seed: the same in Rust and in Python, so that tests and benchmarks need no files.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::array::Array;
use super::stream::Stream;
use crate::error::{Error, Result};
use crate::graph::{Graph, Kind, Weights, parameters};
use crate::operators::Binary;
use crate::tensor::Tensor;

/// Of the weight of a layer whose output a sum reads: residual branches of a deep network grow slowly, and f16 holds them.
const DAMPED: f64 = 0.25;
/// Dimensions of the weight of a locally connected layer.
const LOCAL: usize = 6;
/// Most values of one tensor.
const MOST_VALUES: usize = 1 << 31;

/// The weights of one network, each made when it is asked for.
#[derive(Debug, Clone)]
pub struct Seeded {
    seed: u64,
    shapes: BTreeMap<String, Vec<usize>>,
    norms: BTreeSet<String>,
    damped: BTreeSet<String>,
}

impl Seeded {
    /// The weights of `graph`: of convolutions, locally connected and dense layers uniform within sqrt(6 / fan-in) (He et al., "Delving Deep into Rectifiers", 2015)
    /// with biases within 0.05; constants and slopes of PReLU between 0 and 0.5; batch-norms near the identity; the weight of a layer whose output a sum reads by a quarter of that.
    pub fn new(graph: &Graph, seed: u64) -> Self {
        let shapes = parameters(graph).into_iter().map(|parameter| (parameter.name, parameter.shape)).collect();
        let sums = graph.nodes.iter().filter(|node| node.kind == Kind::Binary(Binary::Add)).flat_map(|node| &node.inputs);
        let summed: BTreeSet<_> = sums.copied().collect();
        let (mut norms, mut damped) = (BTreeSet::new(), BTreeSet::new());
        for node in &graph.nodes {
            let (name, norm) = match &node.kind {
                Kind::BatchNorm { name, .. } => (name, true),
                Kind::Conv { name, .. }
                | Kind::ConvTranspose { name, .. }
                | Kind::LocalConv { name, .. }
                | Kind::Dense { name, .. } => (name, false),
                _ => continue,
            };
            if norm {
                norms.insert(name.clone());
            }
            if summed.contains(&node.output) {
                damped.insert(name.clone());
            }
        }
        Self { seed, shapes, norms, damped }
    }

    /// Every tensor with its name, each made when it is asked for.
    ///
    /// # Errors
    /// [`Error::Shape`] where one is too large.
    pub fn arrays(&self) -> Result<BTreeMap<String, Array>> {
        let array = |name: &String| {
            let (shape, offset, scale) = self.rule(name)?;
            Ok((name.clone(), Array::seeded(Stream::new(self.seed, name), shape.to_vec(), offset, scale)))
        };
        self.shapes.keys().map(array).collect()
    }

    /// Sizes, offset and scale of the tensor `name`.
    fn rule(&self, name: &str) -> Result<(&[usize], f64, f64)> {
        let shape = self.shapes.get(name).ok_or_else(|| Error::shape(name, "the network has no such weight"))?;
        let count = shape.iter().try_fold(1_usize, |product, &n| product.checked_mul(n));
        if count.is_none_or(|count| count > MOST_VALUES) {
            return Err(Error::shape(name, format!("a weight of shape {shape:?}: at most {MOST_VALUES} values are made")));
        }
        let (layer, part) = name.rsplit_once('.').unwrap_or((name, ""));
        let damping = if part == "weight" && self.damped.contains(layer) { DAMPED } else { 1.0 };
        let (offset, scale) = match (self.norms.contains(layer), part) {
            (true, "weight" | "running_var") => (1.0, 0.25),
            (true, _) => (0.0, 0.1),
            (false, "bias") => (0.0, 0.05),
            // A constant or the slopes of a PReLU.
            (false, _) if part == "value" || shape.len() < 2 => (0.25, 0.25),
            (false, _) => {
                // Of a locally connected layer, rows and columns of the output come before what a window reads.
                let window = if shape.len() == LOCAL { 3 } else { 1 };
                let fan_in: usize = shape[window..].iter().product();
                (0.0, (6.0 / fan_in as f64).sqrt())
            }
        };
        Ok((shape, damping * offset, damping * scale))
    }
}

impl Weights for Seeded {
    fn tensor(&self, name: &str) -> Result<Tensor> {
        let (shape, offset, scale) = self.rule(name)?;
        Ok(Stream::new(self.seed, name).tensor(shape, offset, scale))
    }

    fn shape(&self, name: &str) -> Result<Vec<usize>> {
        self.rule(name).map(|(shape, ..)| shape.to_vec())
    }

    fn rows(&self, name: &str, rows: Range<usize>) -> Result<Tensor> {
        let (shape, offset, scale) = self.rule(name)?;
        let array = Array::seeded(Stream::new(self.seed, name), shape.to_vec(), offset, scale);
        array.rows(rows).map_err(|reason| Error::shape(name, reason))
    }
}
