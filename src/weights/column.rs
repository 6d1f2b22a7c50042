//! Tensors of any type in safetensors files that are no models: tables of faces.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Write;

use safetensors::tensor::{Metadata, View};
use safetensors::{Dtype, serialize};

/// The length of the header stands before it.
const PREFIX: usize = 8;

/// A tensor as it lies in a file: little-endian, row-major.
#[derive(Debug, Clone)]
pub(crate) struct Column<'a> {
    pub dtype: Dtype,
    pub shape: Vec<usize>,
    pub bytes: Cow<'a, [u8]>,
}

impl<'a> Column<'a> {
    /// Values of the host as a file holds them.
    pub fn new<T: bytemuck::NoUninit>(dtype: Dtype, shape: Vec<usize>, values: &'a [T]) -> Self {
        Self { dtype, shape, bytes: Cow::Borrowed(bytemuck::cast_slice(values)) }
    }

    /// Its values, where it is of this type and shape.
    ///
    /// # Errors
    /// Says what it is instead.
    pub fn values<T: bytemuck::AnyBitPattern>(&self, dtype: Dtype, shape: &[usize]) -> Result<Vec<T>, String> {
        if self.dtype != dtype || self.shape != shape || self.bytes.len() != shape.iter().product::<usize>() * size_of::<T>() {
            return Err(format!("it is {:?} of {:?}, {shape:?} of {dtype:?} is wanted", self.shape, self.dtype));
        }
        Ok(self.bytes.chunks_exact(size_of::<T>().max(1)).map(bytemuck::pod_read_unaligned).collect())
    }
}

/// A column for the header of a file: its bytes are written behind it.
struct Head<'a>(&'a Column<'a>);

impl View for Head<'_> {
    fn dtype(&self) -> Dtype {
        self.0.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.0.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&[])
    }

    fn data_len(&self) -> usize {
        self.0.bytes.len()
    }
}

/// Writes a safetensors file of these columns, whose header has `text` under `key`. The same columns give the same bytes.
///
/// # Errors
/// The writer's, and where the header cannot be made.
pub(crate) fn write_columns(
    columns: &[(&str, Column<'_>)],
    key: &str,
    text: String,
    out: &mut impl Write,
) -> std::io::Result<()> {
    let entries = columns.iter().map(|(name, column)| (*name, Head(column)));
    let header = serialize(entries, Some(HashMap::from([(key.to_owned(), text)]))).map_err(std::io::Error::other)?;
    let order: Metadata = serde_json::from_slice(header.get(PREFIX..).unwrap_or(&[]))?;
    out.write_all(&header)?;
    for name in order.offset_keys() {
        if let Some((_, column)) = columns.iter().find(|(own, _)| *own == name) {
            out.write_all(&column.bytes)?;
        }
    }
    out.flush()
}
