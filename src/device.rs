//! Where the work runs: a GPU adapter, or the plain-Rust twins.

use crate::error::{Error, Result};
use crate::gpu::Gpu;
use crate::tensor::Precision;

/// A place to run: an opened adapter or the built-in reference. Clones share the adapter.
#[derive(Debug, Clone)]
pub enum Device {
    /// The plain-Rust twins; no adapter needed.
    Cpu,
    /// An opened GPU adapter.
    Gpu(Gpu),
}

impl Device {
    /// Opens what `--device` asks for: an index or a part of a name from [`crate::gpu::adapters`], `cpu`, or,
    /// with `None`, the best adapter. Where there is no adapter and none was asked for, the answer is
    /// [`Device::Cpu`] and a sentence of warning.
    ///
    /// # Errors
    /// [`crate::Error::NoAdapter`] where an adapter was asked for that is not there or cannot be opened, [`crate::Error::Argument`] where `WGPU_BACKEND` names
    /// no backend.
    pub fn select(choice: Option<&str>) -> Result<(Self, Option<String>)> {
        pollster::block_on(Self::select_async(choice))
    }

    /// As [`Device::select`], for the browser, where nothing may block.
    ///
    /// # Errors
    /// As [`Device::select`].
    pub async fn select_async(choice: Option<&str>) -> Result<(Self, Option<String>)> {
        match choice {
            Some(name) if name.eq_ignore_ascii_case("cpu") => Ok((Self::Cpu, None)),
            Some(name) => Ok((Self::Gpu(Gpu::open_async(Some(name)).await?), None)),
            None => match Gpu::open_async(None).await {
                Ok(gpu) => Ok((Self::Gpu(gpu), None)),
                // What the environment asks for cannot be meant.
                Err(error @ Error::Argument(_)) => Err(error),
                Err(error) => Ok((Self::Cpu, Some(format!("{error}; running on `cpu`, the slow built-in reference")))),
            },
        }
    }

    /// Whether tensors can lie in `precision` there.
    pub(crate) fn check(&self, precision: Precision) -> Result<()> {
        match self {
            Self::Cpu if precision != Precision::F32 => Err(Error::Argument(format!(
                "the built-in reference computes in f32 only: choose an adapter for {}",
                precision.name()
            ))),
            Self::Gpu(gpu) if precision == Precision::F16 && !gpu.capabilities().f16 => Err(Error::Limit {
                adapter: gpu.name().to_owned(),
                reason: "its driver does not read and write f16: use f32".into(),
            }),
            _ => Ok(()),
        }
    }

    /// Bytes of the largest tensor it can read or write.
    pub(crate) fn max_tensor(&self) -> u64 {
        match self {
            Self::Cpu => u64::MAX,
            Self::Gpu(gpu) => gpu.max_tensor(),
        }
    }

    /// The adapter's name, or `cpu`.
    pub fn name(&self) -> &str {
        match self {
            Self::Cpu => "cpu",
            Self::Gpu(gpu) => gpu.name(),
        }
    }
}
