//! Where the work runs: a GPU adapter, the processor, or the plain-Rust twins.

use crate::cpu::Cpu;
use crate::error::{Error, Result};
use crate::gpu::{Gpu, Hardware};
use crate::tensor::Precision;

/// A place to run: an opened adapter, the processor, or the twins. Clones share the adapter, or the threads.
#[derive(Debug, Clone)]
pub enum Device {
    /// The plain-Rust twins: slow, exact sums, what the others are held against.
    Reference,
    /// The processor: the same schedule as on a GPU, by vector instructions on some threads.
    Cpu(Cpu),
    /// An opened GPU adapter.
    Gpu(Gpu),
}

impl Device {
    /// The processor, with as many threads as the machine has.
    ///
    /// # Errors
    /// [`Error::Defect`] where the system gives no threads.
    pub fn cpu() -> Result<Self> {
        Cpu::new(None).map(Self::Cpu)
    }

    /// Opens what `--device` asks for: an index or a part of a name from [`crate::gpu::adapters`], a place on the PCI bus, `cuda:N`, `cpu`, `reference`, or, with `None`, the best GPU. Where there is
    /// no GPU and nothing was asked for, the answer is the processor and a sentence of warning: adapters in software are slower, and are taken where they are
    /// named. Of NVIDIA's GPUs those are taken that `CUDA_VISIBLE_DEVICES` names, where it is there. `threads` are those of the processor at most.
    ///
    /// # Errors
    /// [`crate::Error::NoAdapter`] where an adapter was asked for that is not there or cannot be opened, [`crate::Error::Argument`] where `WGPU_BACKEND` names
    /// no backend, or for an impossible number of threads.
    pub fn select(choice: Option<&str>, threads: Option<usize>) -> Result<(Self, Option<String>)> {
        pollster::block_on(Self::select_async(choice, threads))
    }

    /// As [`Device::select`], for the browser, where nothing may block.
    ///
    /// # Errors
    /// As [`Device::select`].
    pub async fn select_async(choice: Option<&str>, threads: Option<usize>) -> Result<(Self, Option<String>)> {
        match choice {
            Some(name) if name.eq_ignore_ascii_case("cpu") => Ok((Self::Cpu(Cpu::new(threads)?), None)),
            Some(name) if name.eq_ignore_ascii_case("reference") => Ok((Self::Reference, None)),
            Some(name) => Ok((Self::Gpu(Gpu::open_async(Some(name)).await?), None)),
            None => {
                let reason = match Gpu::open_hardware().await {
                    Ok(Hardware::Opened(gpu)) => return Ok((Self::Gpu(gpu), None)),
                    Ok(Hardware::Software(names)) => format!("no GPU was found, only {names}, which `--device` takes by name"),
                    // What the environment asks for cannot be meant.
                    Err(error @ Error::Argument(_)) => return Err(error),
                    Err(error) => error.to_string(),
                };
                let cpu = Cpu::new(threads)?;
                let sentence = format!("{reason}; running on the processor, {}", cpu.words());
                Ok((Self::Cpu(cpu), Some(sentence)))
            }
        }
    }

    /// Whether tensors can lie in `precision` there.
    pub(crate) fn check(&self, precision: Precision) -> Result<()> {
        match self {
            Self::Reference | Self::Cpu(_) if precision != Precision::F32 => Err(Error::Argument(format!(
                "`{}` computes in f32 only: choose an adapter for {}",
                self.name(),
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
            Self::Reference | Self::Cpu(_) => u64::MAX,
            Self::Gpu(gpu) => gpu.max_tensor(),
        }
    }

    /// The adapter's name, `cpu` or `reference`.
    pub fn name(&self) -> &str {
        match self {
            Self::Reference => "reference",
            Self::Cpu(_) => "cpu",
            Self::Gpu(gpu) => gpu.name(),
        }
    }
}
