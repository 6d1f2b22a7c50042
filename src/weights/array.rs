//! A tensor as it lies in a file.

use std::borrow::Cow;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use half::f16;
use safetensors::Dtype;
use safetensors::tensor::View;

use super::dtype::Type;
use super::stream::Stream;
use crate::tensor::Tensor;

/// Bytes looked at together: a tensor of a large file is never in memory as a whole just to be checked or copied.
const CHUNK: usize = 1 << 23;
/// The largest value in eight bits, on both sides of 0; and the byte of the one below, which has no counterpart and stands for nothing.
pub(super) const MOST_I8: f32 = 127.0;
const LEFT_OUT: u8 = i8::MIN as u8;

/// A tensor as it lies in a file: little-endian, row-major. Those of a large file stay there until they are asked for.
#[derive(Debug, Clone)]
pub struct Array {
    /// Type of its values.
    pub ty: Type,
    /// Sizes, outermost first.
    pub shape: Vec<usize>,
    /// One a channel of [`Type::I8`], finite and above 0.
    scales: Option<Arc<Vec<f32>>>,
    data: Data,
}

#[derive(Clone)]
enum Data {
    Memory(Arc<Vec<u8>>),
    File {
        file: Arc<Mutex<File>>,
        offset: u64,
        length: usize,
    },
    /// offset + scale * s of a stream of f32, made when it is asked for.
    Seeded {
        stream: Stream,
        offset: f64,
        scale: f64,
        length: usize,
    },
}

impl std::fmt::Debug for Data {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Memory(bytes) => write!(f, "{} bytes", bytes.len()),
            Self::Seeded { length, .. } => write!(f, "{length} bytes of random numbers"),
            Self::File { offset, length, .. } => write!(f, "{length} bytes of a file from {offset} on"),
        }
    }
}

impl PartialEq for Array {
    /// The same type, sizes, scales and bytes; one that cannot be read equals none.
    fn eq(&self, other: &Self) -> bool {
        let kind = |array: &Self| (array.ty, array.length());
        let alike = kind(self) == kind(other) && self.shape == other.shape && self.scales == other.scales;
        alike && self.chunks().all(|range| matches!((self.bytes(range.clone()), other.bytes(range)), (Ok(a), Ok(b)) if a == b))
    }
}

impl Array {
    /// A tensor in memory; [`super::Model::new`] refuses it where the bytes do not fill its shape. One of [`Type::I8`] also needs [`Array::with_scales`].
    pub fn new(ty: Type, shape: Vec<usize>, bytes: Vec<u8>) -> Self {
        Self { ty, shape, scales: None, data: Data::Memory(Arc::new(bytes)) }
    }

    /// A tensor of [`Type::I8`] with what its values are times: a scale for each position of its first dimension.
    ///
    /// # Errors
    /// Says so where they are not as many, or one of them is not above 0, or so large that a value would not be finite.
    pub fn with_scales(self, scales: Vec<f32>) -> Result<Self, String> {
        if let Some(at) = scales.iter().position(|&scale| !(scale > 0.0 && (scale * MOST_I8).is_finite())) {
            return Err(format!("value {at} is {}: a scale is above 0, and {MOST_I8} times it is finite", scales[at]));
        }
        let scaled = Self { scales: Some(Arc::new(scales)), ..self };
        scaled.check_scales().map(|()| scaled)
    }

    /// The same values with other sizes.
    pub(super) fn shaped(&self, shape: Vec<usize>) -> Self {
        Self { shape, ..self.clone() }
    }

    /// What the values of [`Type::I8`] are times, a number a channel.
    pub fn scales(&self) -> Option<&[f32]> {
        self.scales.as_deref().map(Vec::as_slice)
    }

    /// A tensor that stays in `file`.
    pub(super) fn of_file(ty: Type, shape: Vec<usize>, file: Arc<Mutex<File>>, offset: u64, length: usize) -> Self {
        Self { ty, shape, scales: None, data: Data::File { file, offset, length } }
    }

    /// offset + scale x [`Stream::symmetric`], as [`Stream::tensor`] makes it, without holding it.
    pub(super) fn seeded(stream: Stream, shape: Vec<usize>, offset: f64, scale: f64) -> Self {
        let length = shape.iter().fold(4_usize, |product, &n| product.saturating_mul(n));
        Self { ty: Type::F32, shape, scales: None, data: Data::Seeded { stream, offset, scale, length } }
    }

    /// f32 values as a file holds them.
    pub fn from_floats(tensor: &Tensor) -> Self {
        Self::new(Type::F32, tensor.shape.clone(), bytemuck::cast_slice(&tensor.data).to_vec())
    }

    /// Number of its bytes, without scales.
    pub fn length(&self) -> usize {
        match &self.data {
            Data::Memory(bytes) => bytes.len(),
            Data::File { length, .. } | Data::Seeded { length, .. } => *length,
        }
    }

    /// The bytes `range`.
    ///
    /// # Errors
    /// Says why they cannot be read.
    pub fn bytes(&self, range: Range<usize>) -> Result<Cow<'_, [u8]>, String> {
        let beyond = || format!("bytes {range:?} of {}", self.length());
        match &self.data {
            Data::Memory(bytes) => bytes.get(range.clone()).map(Cow::Borrowed).ok_or_else(beyond),
            Data::Seeded { stream, offset, scale, length } => {
                if range.start > range.end || range.end > *length {
                    return Err(beyond());
                }
                let values = range.start / 4..range.end.div_ceil(4);
                let value = |index: usize| ((offset + scale * stream.symmetric(index as u64)) as f32).to_le_bytes();
                let bytes: Vec<u8> = values.clone().flat_map(value).collect();
                let skipped = range.start - 4 * values.start;
                Ok(Cow::Owned(if skipped == 0 && bytes.len() == range.len() {
                    bytes
                } else {
                    bytes[skipped..skipped + range.len()].to_vec()
                }))
            }
            Data::File { file, offset, length } => {
                if range.start > range.end || range.end > *length {
                    return Err(beyond());
                }
                let mut bytes = vec![0; range.len()];
                let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
                let read = file.seek(SeekFrom::Start(offset + range.start as u64)).and_then(|_| file.read_exact(&mut bytes));
                read.map_err(|error| format!("the file was changed or cut while it was in use: {error}"))?;
                Ok(Cow::Owned(bytes))
            }
        }
    }

    /// Checks that the bytes fill the shape, and that there are scales where they are wanted.
    pub(super) fn fits(&self) -> Result<(), String> {
        let values = self.shape.iter().try_fold(self.ty.size(), |product, &n| product.checked_mul(n));
        if values == Some(self.length()) {
            self.check_scales()
        } else {
            Err(format!("{} bytes do not fill the shape {:?}", self.length(), self.shape))
        }
    }

    fn check_scales(&self) -> Result<(), String> {
        match (self.ty, &self.scales, &self.shape[..]) {
            (Type::I8, None, _) => Err("its type is i8 and it has no scales".into()),
            (Type::I8, Some(scales), &[channels, _, ..]) if scales.len() == channels => Ok(()),
            (Type::I8, Some(scales), shape) => {
                Err(format!("{} scales for the shape {shape:?}: of i8 are matrices and more, with one a row", scales.len()))
            }
            (_, None, _) => Ok(()),
            (ty, Some(_), _) => Err(format!("its type is {}: scales are for i8", ty.name())),
        }
    }

    pub(super) fn chunks(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let length = self.length();
        (0..length).step_by(CHUNK).map(move |first| first..(first + CHUNK).min(length))
    }

    /// Checks that these are weights: finite, and above `bound` where there is one.
    pub(super) fn check(&self, bound: Option<f64>) -> Result<(), String> {
        self.fits()?;
        if let Data::Seeded { offset, scale, .. } = &self.data
            && bound.is_none_or(|bound| offset - scale > bound)
        {
            return Ok(());
        }
        let low = |value: f64| bound.is_some_and(|bound| value <= bound);
        for range in self.chunks() {
            let first = range.start / self.ty.size();
            let bytes = self.bytes(range)?;
            // Half floats are told apart by their bits: converting each would take longer than reading the file.
            let found = match self.ty {
                Type::F32 => bytes
                    .chunks_exact(4)
                    .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
                    .enumerate()
                    .find(|&(_, value)| !value.is_finite() || low(value.into())),
                Type::F16 => bytes
                    .chunks_exact(2)
                    .map(|b| f16::from_le_bytes([b[0], b[1]]))
                    .enumerate()
                    .find(|&(_, value)| !value.is_finite() || low(value.into()))
                    .map(|(at, value)| (at, value.to_f32())),
                Type::I8 => match bytes.iter().position(|&byte| byte == LEFT_OUT) {
                    Some(at) => return Err(format!("value {} is -128: eight bits hold -127 to 127", first + at)),
                    None => None,
                },
                Type::U8 => return Err("it holds bytes, weights are f32 or f16, or i8 with scales".into()),
            };
            if let Some((at, value)) = found {
                let at = first + at;
                return Err(if value.is_finite() {
                    format!("value {at} is {value}: a variance and its eps are above 0 together")
                } else {
                    format!("value {at} is {value}, weights are finite")
                });
            }
        }
        Ok(())
    }

    /// Its values in f32.
    ///
    /// # Errors
    /// Says so where a value is not finite, or these are bytes, or they cannot be read.
    pub fn floats(&self) -> Result<Tensor, String> {
        let rows = self.shape.first().copied();
        let mut tensor = self.rows(0..rows.unwrap_or(1))?;
        if rows.is_none() {
            tensor.shape.clear();
        }
        Ok(tensor)
    }

    /// The values in f32 of some positions of its first dimension.
    ///
    /// # Errors
    /// As [`Array::floats`]; where there are no such positions.
    pub fn rows(&self, rows: Range<usize>) -> Result<Tensor, String> {
        self.fits()?;
        let count = self.shape.first().copied().unwrap_or(1);
        if rows.start > rows.end || rows.end > count {
            return Err(format!("positions {rows:?} of {count}"));
        }
        let each = self.length() / count.max(1);
        let bytes = self.bytes(rows.start * each..rows.end * each)?;
        let data: Vec<f32> = match self.ty {
            Type::F32 => bytemuck::pod_collect_to_vec(&bytes),
            Type::F16 => bytes.chunks_exact(2).map(|b| f16::from_le_bytes([b[0], b[1]]).to_f32()).collect(),
            Type::I8 => {
                let scales = self.scales().and_then(|scales| scales.get(rows.clone())).unwrap_or(&[]);
                let mut values = Vec::with_capacity(bytes.len());
                for (row, scale) in bytes.chunks_exact(each.max(1)).zip(scales) {
                    values.extend(row.iter().map(|&byte| f32::from(byte as i8) * scale));
                }
                values
            }
            Type::U8 => return Err("bytes where weights are wanted".into()),
        };
        if let Some(at) = data.iter().position(|v| !v.is_finite()) {
            return Err(format!("value {at} is {}: weights are finite", data[at]));
        }
        let shape = [&[rows.len()], self.shape.get(1..).unwrap_or(&[])].concat();
        Tensor::new(shape, data).map_err(|error| error.to_string())
    }
}

/// An array for the header of a file: its bytes are written behind it, a part at a time.
pub(super) struct Entry<'a>(pub &'a Array);

impl View for Entry<'_> {
    fn dtype(&self) -> Dtype {
        self.0.ty.dtype()
    }

    fn shape(&self) -> &[usize] {
        &self.0.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&[])
    }

    fn data_len(&self) -> usize {
        self.0.length()
    }
}
