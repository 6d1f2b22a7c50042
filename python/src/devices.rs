//! The adapters of this machine.

use moue::gpu;
use pyo3::prelude::*;
use serde::Serialize;

use crate::failure::{argument, failure};

#[derive(Serialize)]
struct Device {
    index: usize,
    name: String,
    backend: String,
    kind: String,
    driver: String,
    pci_bus: String,
    subgroup: [u32; 2],
    max_binding_bytes: u64,
    features: Vec<String>,
}

/// `() -> JSON`, a list of them, best first.
pub fn devices(py: Python<'_>) -> PyResult<String> {
    let found = py.detach(|| gpu::environment().map(|_| gpu::adapters())).map_err(|error| failure(&error))?;
    let each = found.into_iter().map(|adapter| Device {
        index: adapter.index,
        name: adapter.name,
        backend: adapter.backend,
        kind: adapter.kind,
        driver: adapter.driver,
        pci_bus: adapter.pci_bus,
        subgroup: adapter.subgroup,
        max_binding_bytes: adapter.max_binding_bytes,
        features: adapter.features,
    });
    serde_json::to_string(&each.collect::<Vec<_>>()).map_err(|error| argument(error.to_string()))
}
