//! Values that are known at import: weights, and the integers that exporters compute shapes with.

use half::{bf16, f16};

use super::proto;
use super::types;
pub(super) use crate::weights::constant::{Constant, Numbers};

/// Bytes that lie in a file beside the model's.
pub(super) type External<'f> = dyn Fn(&str, u64, Option<u64>) -> Result<Vec<u8>, String> + 'f;

impl Constant {
    /// Reads a tensor of the file.
    pub fn read(tensor: &proto::Tensor, external: &External<'_>) -> Result<Self, String> {
        let shape = tensor
            .dims
            .iter()
            .map(|&n| usize::try_from(n).map_err(|_| format!("a size of {n}")))
            .collect::<Result<Vec<_>, _>>()?;
        let count = shape
            .iter()
            .try_fold(1_usize, |product, &n| product.checked_mul(n))
            .ok_or_else(|| format!("a shape of {shape:?}"))?;
        let outside;
        let raw: Option<&[u8]> = if tensor.data_location == Some(1) {
            outside = read_external(tensor, external)?;
            Some(&outside)
        } else {
            tensor.raw_data.as_deref()
        };
        let wrong = |bytes: usize| Err(format!("{bytes} bytes for the shape {shape:?}"));
        let numbers = match (tensor.data_type.unwrap_or(0), raw) {
            (1, Some(raw)) if raw.len() == count * 4 => {
                Numbers::Float(raw.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect())
            }
            (1, None) => Numbers::Float(tensor.float_data.clone()),
            (11, Some(raw)) if raw.len() == count * 8 => {
                Numbers::Float(words(raw).map(|word| f64::from_bits(word) as f32).collect())
            }
            (11, None) => Numbers::Float(tensor.double_data.iter().map(|&value| value as f32).collect()),
            (10, Some(raw)) if raw.len() == count * 2 => {
                Numbers::Float(halves(raw).map(|bits| f16::from_bits(bits).to_f32()).collect())
            }
            (10, None) => Numbers::Float(tensor.int32_data.iter().map(|&bits| f16::from_bits(bits as u16).to_f32()).collect()),
            (16, Some(raw)) if raw.len() == count * 2 => {
                Numbers::Float(halves(raw).map(|bits| bf16::from_bits(bits).to_f32()).collect())
            }
            (16, None) => Numbers::Float(tensor.int32_data.iter().map(|&bits| bf16::from_bits(bits as u16).to_f32()).collect()),
            (7, Some(raw)) if raw.len() == count * 8 => Numbers::Int(words(raw).map(|word| word as i64).collect()),
            (7, None) => Numbers::Int(tensor.int64_data.clone()),
            (6, Some(raw)) if raw.len() == count * 4 => {
                Numbers::Int(raw.chunks_exact(4).map(|b| i64::from(i32::from_le_bytes([b[0], b[1], b[2], b[3]]))).collect())
            }
            (2 | 9, Some(raw)) if raw.len() == count => Numbers::Int(raw.iter().map(|&byte| i64::from(byte)).collect()),
            (3, Some(raw)) if raw.len() == count => Numbers::Int(raw.iter().map(|&byte| i64::from(byte as i8)).collect()),
            (2 | 3 | 6 | 9, None) => Numbers::Int(tensor.int32_data.iter().map(|&value| i64::from(value)).collect()),
            (1 | 2 | 3 | 6 | 7 | 9 | 10 | 11 | 16, Some(raw)) => return wrong(raw.len()),
            (other, _) => {
                return Err(format!(
                    "its numbers are {}: float32, float64, float16, bfloat16, int64, int32, int8, uint8 and bool are read",
                    types::name(other)
                ));
            }
        };
        let constant = Self { shape, numbers };
        if constant.count() == count {
            Ok(constant)
        } else {
            Err(format!("{} values for the shape {:?}", constant.count(), constant.shape))
        }
    }
}

fn words(raw: &[u8]) -> impl Iterator<Item = u64> + '_ {
    raw.chunks_exact(8).map(|b| u64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]))
}

fn halves(raw: &[u8]) -> impl Iterator<Item = u16> + '_ {
    raw.chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]]))
}

fn read_external(tensor: &proto::Tensor, external: &External<'_>) -> Result<Vec<u8>, String> {
    let entry = |key: &str| {
        tensor.external_data.iter().find(|entry| entry.key.as_deref() == Some(key)).and_then(|entry| entry.value.as_deref())
    };
    let number = |key: &str| {
        entry(key).map(|text| text.parse::<u64>().map_err(|_| format!("external data with the {key} `{text}`"))).transpose()
    };
    let location = entry("location").ok_or("external data without a location")?;
    external(location, number("offset")?.unwrap_or(0), number("length")?)
}
