//! Types of the values in a model file.

use safetensors::Dtype;

/// Types that version 1 knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// IEEE binary32.
    F32,
    /// IEEE binary16.
    F16,
    /// Bytes.
    U8,
    /// Integers of eight bits, -127 to 127, each times the scale of its channel: the position in the first dimension.
    I8,
}

impl Type {
    pub(super) fn of(dtype: Dtype) -> Result<Self, String> {
        match dtype {
            Dtype::F32 => Ok(Self::F32),
            Dtype::F16 => Ok(Self::F16),
            Dtype::U8 => Ok(Self::U8),
            Dtype::I8 => Ok(Self::I8),
            other => Err(format!("its type is {}; version 1 knows f32, f16, i8 and u8", format!("{other:?}").to_lowercase())),
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::U8 => "u8",
            Self::I8 => "i8",
        }
    }

    pub(super) fn dtype(self) -> Dtype {
        match self {
            Self::F32 => Dtype::F32,
            Self::F16 => Dtype::F16,
            Self::U8 => Dtype::U8,
            Self::I8 => Dtype::I8,
        }
    }

    /// Bytes of a value.
    pub fn size(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F16 => 2,
            Self::U8 | Self::I8 => 1,
        }
    }
}
