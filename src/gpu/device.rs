//! An opened adapter: its device, what it is capable of, and what plans share of it.

use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::sync::{Arc, OnceLock};

use super::adapter::Adapter;
use super::choices::Choices;
use super::failure::Failures;
use super::found;
use super::pipelines::Pipelines;
use super::shader;
use crate::error::{Error, Result};

/// What decides the variant of a kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// The adapter is a CPU (lavapipe, SwiftShader).
    pub cpu: bool,
    /// The adapter shares the processor's memory.
    pub integrated: bool,
    /// Lanes of a subgroup where its size is fixed and subgroup operations are there; else 0.
    pub lanes: u32,
    /// Timestamps can be written.
    pub timestamps: bool,
    /// Tensors can lie in f16: shaders convert pairs of them to f32 and back.
    pub f16: bool,
    /// Shaders can compute with f16.
    pub arithmetic_f16: bool,
    /// Bytes of the largest storage binding.
    pub binding: u64,
    /// Cooperative matrices of 16 x 16 x 16, products of f16 and sums of f32, held by 32 lanes.
    pub matrices: bool,
}

/// An opened adapter. Clones share it.
#[derive(Debug, Clone)]
pub struct Gpu {
    pub(super) shared: Arc<Shared>,
}

#[derive(Debug)]
pub(super) struct Shared {
    pub adapter: Adapter,
    pub device: wgpu::Device,
    pub queue: wgpu::Queue,
    pub limits: wgpu::Limits,
    pub capabilities: Capabilities,
    pub failures: Failures,
    pub pipelines: Pipelines,
    pub choices: OnceLock<Arc<Choices>>,
    /// Bytes written to buffers since they were last sent.
    pub unsent: AtomicUsize,
    /// Bytes of staging memory that plans keep.
    pub staged: Arc<AtomicU64>,
    /// It is the caller's, who may use it after all of moue is gone.
    pub lent: bool,
}

impl Drop for Shared {
    fn drop(&mut self) {
        // As with buffers, a browser would keep it until garbage is collected.
        if cfg!(target_family = "wasm") && !self.lent {
            self.device.destroy();
        }
    }
}

/// What the machine has.
#[derive(Debug)]
pub enum Hardware {
    /// A GPU.
    Opened(Gpu),
    /// Adapters in software only, the best of which has this name.
    Software(String),
}

/// What kernels with cooperative matrices need.
const MATRICES: wgpu::Features = wgpu::Features::EXPERIMENTAL_COOPERATIVE_MATRIX.union(wgpu::Features::SHADER_F16);
/// A device with what moue uses of the adapter, and `more` of it.
fn wanted(
    adapter: &wgpu::Adapter,
    more: wgpu::Features,
    experimental_features: wgpu::ExperimentalFeatures,
) -> wgpu::DeviceDescriptor<'static> {
    let features = wgpu::Features::SUBGROUP | wgpu::Features::TIMESTAMP_QUERY | wgpu::Features::SHADER_F16 | more;
    wgpu::DeviceDescriptor {
        label: Some("moue"),
        required_features: adapter.features() & features,
        required_limits: adapter.limits(),
        experimental_features,
        ..Default::default()
    }
}

impl Gpu {
    /// Opens an adapter by index or by a part of its name; `None` takes the best.
    ///
    /// # Errors
    /// [`Error::NoAdapter`] where there is none of that name, or it cannot be opened.
    pub fn open(choice: Option<&str>) -> Result<Self> {
        pollster::block_on(Self::open_async(choice))
    }

    /// As [`Gpu::open`], of an adapter that is taken for one of `kind` (see [`Adapter::kind`]): tests run what a GPU would on a CPU.
    #[doc(hidden)]
    pub fn open_as(choice: Option<&str>, kind: &str) -> Result<Self> {
        pollster::block_on(async {
            let (mut adapter, inner) = found::choose(choice).await?;
            kind.clone_into(&mut adapter.kind);
            Self::open_chosen(adapter, &inner).await
        })
    }

    /// As [`Gpu::open`], for the browser, where nothing may block.
    ///
    /// # Errors
    /// As [`Gpu::open`].
    pub async fn open_async(choice: Option<&str>) -> Result<Self> {
        let (adapter, inner) = found::choose(choice).await?;
        Self::open_chosen(adapter, &inner).await
    }

    /// The best adapter that is no software. In a browser, the one that it gives.
    ///
    /// # Errors
    /// [`Error::NoAdapter`] where there is no adapter, or it cannot be opened.
    pub async fn open_hardware() -> Result<Hardware> {
        let (adapter, inner) = found::choose(None).await?;
        if adapter.kind == "cpu" {
            return Ok(Hardware::Software(adapter.name));
        }
        Self::open_chosen(adapter, &inner).await.map(Hardware::Opened)
    }

    /// The same adapter opened anew: no pipeline is there, and no memory.
    ///
    /// # Errors
    /// [`Error::NoAdapter`] where it is not found, or cannot be opened; of a caller's device always in a browser, which does not say what it is of.
    pub async fn anew(&self) -> Result<Self> {
        let same = &self.shared.adapter;
        if self.shared.lent && cfg!(target_family = "wasm") {
            return Err(Error::NoAdapter(
                "a caller's device cannot be opened anew in a browser: open one by `Gpu::open_async`".into(),
            ));
        }
        let (found, inner) = found::again(same).await?;
        let adapter = Adapter { index: found.index, ..same.clone() };
        let fresh = Self::open_chosen(adapter, &inner).await?;
        if let Some(choices) = self.choices() {
            fresh.tune(Arc::clone(choices));
        }
        Ok(fresh)
    }

    /// As [`Gpu::open_async`], of an adapter that `describe` knows more of than wgpu.
    #[cfg(all(feature = "web", target_family = "wasm"))]
    pub(crate) async fn open_described(choice: Option<&str>, describe: impl FnOnce(&mut Adapter)) -> Result<Self> {
        let (mut adapter, inner) = found::choose(choice).await?;
        describe(&mut adapter);
        Self::open_chosen(adapter, &inner).await
    }

    async fn open_chosen(mut adapter: Adapter, inner: &wgpu::Adapter) -> Result<Self> {
        if adapter.matrices {
            // SAFETY: what is experimental is used by shaders of this crate only, as wgpu describes it, and where the adapter lists the sizes.
            #[allow(unsafe_code)]
            let experimental = unsafe { wgpu::ExperimentalFeatures::enabled() };
            if let Ok((device, queue)) = inner.request_device(&wanted(inner, MATRICES, experimental)).await {
                return Ok(Self::from_device(adapter, device, queue, false));
            }
            // What it lists it does not open with: without, it is a GPU as others are.
            adapter.matrices = false;
        }
        let plain = wanted(inner, wgpu::Features::empty(), wgpu::ExperimentalFeatures::disabled());
        let (device, queue) = inner
            .request_device(&plain)
            .await
            .map_err(|error| Error::NoAdapter(format!("the adapter `{}` cannot be opened: {error}", adapter.name)))?;
        Ok(Self::from_device(adapter, device, queue, false))
    }

    /// A device that the caller opened, with its limits and whatever optional features it was opened with; none is needed. moue takes over
    /// its uncaptured-error and device-lost callbacks, so that failures become errors: share clones of the [`Gpu`], not the device.
    pub fn from_wgpu(adapter: &wgpu::Adapter, device: wgpu::Device, queue: wgpu::Queue) -> Self {
        Self::from_device(Adapter::of(0, adapter), device, queue, true)
    }

    fn from_device(adapter: Adapter, device: wgpu::Device, queue: wgpu::Queue, lent: bool) -> Self {
        let (features, limits) = (device.features(), device.limits());
        let fixed = adapter.subgroup[0] == adapter.subgroup[1] && features.contains(wgpu::Features::SUBGROUP);
        let capabilities = Capabilities {
            cpu: adapter.kind == "cpu",
            integrated: adapter.kind == "integrated",
            lanes: if fixed { adapter.subgroup[0] } else { 0 },
            timestamps: features.contains(wgpu::Features::TIMESTAMP_QUERY),
            f16: adapter.converts_f16,
            arithmetic_f16: adapter.converts_f16 && features.contains(wgpu::Features::SHADER_F16),
            binding: limits.max_storage_buffer_binding_size.min(limits.max_buffer_size),
            matrices: adapter.matrices
                && features.contains(MATRICES)
                && (fixed && adapter.subgroup[0] == 32)
                && limits.max_compute_workgroup_storage_size >= shader::CONV_MATRIX_128.workgroup_bytes,
        };
        let failures = Failures::watch(&device, &adapter.name);
        Self {
            shared: Arc::new(Shared {
                adapter,
                device,
                queue,
                limits,
                capabilities,
                failures,
                pipelines: Pipelines::default(),
                choices: OnceLock::new(),
                unsent: AtomicUsize::new(0),
                staged: Arc::default(),
                lent,
            }),
        }
    }

    /// Name as the driver gives it.
    pub fn name(&self) -> &str {
        &self.shared.adapter.name
    }

    /// What the adapter says of itself.
    pub fn adapter(&self) -> &Adapter {
        &self.shared.adapter
    }

    /// Takes these choices of kernels from now on; whether it had none before, and so takes them. Call it before networks are made ready.
    pub fn tune(&self, choices: Arc<Choices>) -> bool {
        self.shared.choices.set(choices).is_ok()
    }

    /// The choices of kernels that were measured.
    pub fn choices(&self) -> Option<&Arc<Choices>> {
        self.shared.choices.get()
    }

    /// What decides the variants of the kernels.
    pub fn capabilities(&self) -> Capabilities {
        self.shared.capabilities
    }

    /// Whether a workgroup of `shader` is within the device's limits.
    pub(crate) fn holds(&self, shader: &shader::Shader) -> bool {
        let limits = &self.shared.limits;
        let invocations: u32 = shader.workgroup.iter().product();
        shader.workgroup_bytes <= limits.max_compute_workgroup_storage_size
            && invocations <= limits.max_compute_invocations_per_workgroup
    }

    /// Largest storage binding in bytes.
    pub fn max_binding(&self) -> u64 {
        self.shared.capabilities.binding
    }

    /// Bytes of the buffers and textures that are there, as the backend's allocator counts them, where it does. Waits for what was submitted, so that
    /// what only served it is gone.
    pub fn allocated(&self) -> Option<u64> {
        self.shared.queue.submit([]);
        let _ = self.shared.device.poll(wgpu::PollType::wait_indefinitely());
        Some(self.shared.device.generate_allocator_report()?.total_allocated_bytes)
    }

    /// How many pipelines have been compiled.
    pub fn pipelines(&self) -> usize {
        self.shared.pipelines.count()
    }

    /// Compiles `shader` from a changed text from now on: tests plant a mistake with it and see it caught.
    #[doc(hidden)]
    pub fn replace_source(&self, shader: &'static shader::Shader, source: String) {
        self.shared.pipelines.replace(shader, source);
    }

    /// Destroys the device, as a driver reset would: everything after it is [`Error::DeviceLost`].
    #[doc(hidden)]
    pub fn destroy(&self) {
        self.shared.device.destroy();
        let _ = self.shared.device.poll(wgpu::PollType::Poll);
    }

    /// The first failure the device reported since the last check.
    pub(super) fn check(&self, doing: &str) -> Result<()> {
        self.shared.failures.take(doing)
    }
}
