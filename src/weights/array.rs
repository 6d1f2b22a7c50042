//! A tensor as it lies in a file.

use half::f16;
use safetensors::Dtype;
use safetensors::tensor::TensorView;

use crate::tensor::Tensor;

/// Types that version 1 knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// IEEE binary32.
    F32,
    /// IEEE binary16.
    F16,
    /// Bytes.
    U8,
}

/// A tensor as it lies in a file: little-endian, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    /// Type of its values.
    pub ty: Type,
    /// Sizes, outermost first.
    pub shape: Vec<usize>,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl Array {
    pub(super) fn new(view: &TensorView<'_>) -> Result<Self, String> {
        let ty = match view.dtype() {
            Dtype::F32 => Type::F32,
            Dtype::F16 => Type::F16,
            Dtype::U8 => Type::U8,
            other => return Err(format!("its type is {other:?}; version 1 knows f32, f16 and u8")),
        };
        Ok(Self { ty, shape: view.shape().to_vec(), bytes: view.data().to_vec() })
    }

    /// f32 values as a file holds them.
    pub fn from_floats(tensor: &Tensor) -> Self {
        Self { ty: Type::F32, shape: tensor.shape.clone(), bytes: bytemuck::cast_slice(&tensor.data).to_vec() }
    }

    /// It as safetensors sees it.
    pub(super) fn view(&self) -> Result<TensorView<'_>, String> {
        let dtype = match self.ty {
            Type::F32 => Dtype::F32,
            Type::F16 => Dtype::F16,
            Type::U8 => Dtype::U8,
        };
        TensorView::new(dtype, self.shape.clone(), &self.bytes)
            .map_err(|error| format!("{} bytes do not fill the shape {:?}: {error}", self.bytes.len(), self.shape))
    }

    /// Checks that these are weights: finite, and above `bound` where there is one. It allocates nothing.
    pub(super) fn check(&self, bound: Option<f64>) -> Result<(), String> {
        // Half floats are told apart by their bits: converting each would take longer than reading the file.
        let low = |value: f64| bound.is_some_and(|bound| value <= bound);
        let found = match self.ty {
            Type::F32 => self
                .bytes
                .chunks_exact(4)
                .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
                .enumerate()
                .find(|&(_, value)| !value.is_finite() || low(value.into())),
            Type::F16 => self
                .bytes
                .chunks_exact(2)
                .map(|b| f16::from_le_bytes([b[0], b[1]]))
                .enumerate()
                .find(|&(_, value)| !value.is_finite() || low(value.into()))
                .map(|(at, value)| (at, value.to_f32())),
            Type::U8 => return Err("it holds bytes, weights are f32 or f16".into()),
        };
        match found {
            None => Ok(()),
            Some((at, value)) if !value.is_finite() => Err(format!("value {at} is {value}, weights are finite")),
            Some((at, value)) => Err(format!("value {at} is {value}: a variance and its eps are above 0 together")),
        }
    }

    /// Its values in f32.
    ///
    /// # Errors
    /// Says so where a value is not finite, or these are bytes.
    pub fn floats(&self) -> Result<Tensor, String> {
        let data: Vec<f32> = match self.ty {
            Type::F32 => bytemuck::pod_collect_to_vec(&self.bytes),
            Type::F16 => self.bytes.chunks_exact(2).map(|b| f16::from_le_bytes([b[0], b[1]]).to_f32()).collect(),
            Type::U8 => return Err("bytes where weights are wanted".into()),
        };
        if let Some(at) = data.iter().position(|v| !v.is_finite()) {
            return Err(format!("value {at} is {}: weights are finite", data[at]));
        }
        Tensor::new(self.shape.clone(), data).map_err(|error| error.to_string())
    }
}
