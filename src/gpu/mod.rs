//! The only owner of wgpu objects.

use crate::error::{Error, Result};

/// What an adapter says of itself.
#[derive(Debug, Clone)]
pub struct Adapter {
    /// Position in [`adapters`], best first: what `--device INDEX` takes.
    pub index: usize,
    /// Name as the driver gives it.
    pub name: String,
    /// `vulkan`, `metal`, `dx12`, `gl`, `webgpu`.
    pub backend: String,
    /// `discrete`, `integrated`, `virtual`, `cpu`, `other`.
    pub kind: String,
    /// Driver and version, in the driver's own words.
    pub driver: String,
    /// Smallest and largest subgroup, in lanes; 0 where the adapter does not say.
    pub subgroup: [u32; 2],
    /// Largest storage binding in bytes.
    pub max_binding_bytes: u64,
    /// Features moue can use, by name: `subgroup`, `f16`, `timestamps`, ...
    pub features: Vec<String>,
}

/// Every adapter of this machine, best first.
pub fn adapters() -> Vec<Adapter> {
    Vec::new()
}

/// An opened adapter.
#[derive(Debug)]
pub struct Gpu {
    name: String,
}

impl Gpu {
    /// Opens an adapter by index or by a part of its name; `None` takes the best.
    pub fn open(_choice: Option<&str>) -> Result<Self> {
        Err(Error::NoAdapter("no GPU adapter was found".into()))
    }

    /// Name as the driver gives it.
    pub fn name(&self) -> &str {
        &self.name
    }
}
