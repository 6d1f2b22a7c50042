//! Where the work is to run: on the GPU that the browser gives, or on the processor.

use wasm_bindgen::prelude::*;

use crate::device::Device;
use crate::error::Result;
use crate::gpu::{Adapter, Gpu, is_integrated};

/// What JavaScript chose.
#[wasm_bindgen]
pub struct Place(Choice);

enum Choice {
    Processor,
    Gpu { power: Option<String>, said: Said },
}

/// What the browser says of the adapter that it gives, and wgpu does not.
struct Said {
    name: String,
    vendor: String,
    architecture: String,
    software: bool,
}

#[wasm_bindgen]
impl Place {
    /// The processor, on the thread that calls.
    pub fn processor() -> Place {
        Self(Choice::Processor)
    }

    /// The GPU that the browser gives for `power`: `high-performance`, `low-power` or nothing. `name`, `vendor`, `architecture`, and whether it is `software`:
    /// what the browser says of it.
    pub fn gpu(power: Option<String>, name: String, vendor: String, architecture: String, software: bool) -> Place {
        Self(Choice::Gpu { power, said: Said { name, vendor, architecture, software } })
    }
}

impl Place {
    /// Opens it.
    pub(super) async fn open(self) -> Result<Device> {
        match self.0 {
            Choice::Processor => Device::cpu(),
            Choice::Gpu { power, said } => {
                let gpu = Gpu::open_described(power.as_deref(), |adapter| said.describe(adapter)).await;
                gpu.map(Device::Gpu)
            }
        }
    }
}

impl Said {
    fn describe(self, adapter: &mut Adapter) {
        if self.software {
            "cpu".clone_into(&mut adapter.kind);
        } else if adapter.kind == "other" && is_integrated(&self.vendor, &self.architecture) {
            "integrated".clone_into(&mut adapter.kind);
        }
        if !self.name.is_empty() {
            adapter.name = self.name;
        }
    }
}
