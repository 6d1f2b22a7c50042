//! The only owner of wgpu objects: adapters, limits, buffers, pipelines, readback, timing.

mod adapter;
mod choices;
mod failure;
mod mapping;
mod mirror;
mod owned;
mod pipelines;
mod plan;
mod recording;
mod scratch;
pub mod shader;
mod slot;
mod step;

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

pub use adapter::Adapter;
#[cfg(not(target_family = "wasm"))]
pub use adapter::adapters;
#[cfg(all(feature = "web", target_family = "wasm"))]
pub(crate) use adapter::is_integrated;
pub use choices::{Choice, Choices, Tuning};
pub use mapping::Wait;
pub use plan::{MOST_IN_FLIGHT, Plan, Spent, Timing};
pub use recording::{BufferId, Dispatch, MOST_LAYERS, Recording, Slice, Work, grid};
pub use scratch::Scratch;

use crate::error::{Error, Result};
use crate::precision::Precision;
use failure::Failures;
use mirror::Mirror;
use owned::Owned;
use pipelines::Pipelines;
use shader::BindingKind;

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
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    adapter: Adapter,
    device: wgpu::Device,
    queue: wgpu::Queue,
    limits: wgpu::Limits,
    capabilities: Capabilities,
    failures: Failures,
    pipelines: Pipelines,
    choices: OnceLock<Arc<Choices>>,
    /// Bytes written to buffers since they were last sent.
    unsent: AtomicUsize,
    /// Bytes of staging memory that plans keep.
    staged: Arc<AtomicU64>,
    /// It is the caller's, who may use it after all of moue is gone.
    lent: bool,
}

impl Drop for Shared {
    fn drop(&mut self) {
        // As with buffers, a browser would keep it until garbage is collected.
        if cfg!(target_family = "wasm") && !self.lent {
            self.device.destroy();
        }
    }
}

/// What kernels with cooperative matrices need.
const MATRICES: wgpu::Features = wgpu::Features::EXPERIMENTAL_COOPERATIVE_MATRIX.union(wgpu::Features::SHADER_F16);
/// Bytes of uploads that wait in the host's memory at most.
const MOST_UNSENT: usize = 1 << 24;

/// A buffer on the device. Clones share it.
#[derive(Debug, Clone)]
pub struct Buffer {
    held: Arc<Held>,
}

#[derive(Debug)]
enum Held {
    Bytes(Owned<wgpu::Buffer>),
    /// Vec4s that shaders read through a texture only.
    Texels(Mirror),
}

impl Buffer {
    /// Size in bytes.
    pub fn size(&self) -> u64 {
        self.held.size()
    }

    /// What is no texture.
    fn bytes(&self) -> Option<&wgpu::Buffer> {
        match &*self.held {
            Held::Bytes(buffer) => Some(buffer),
            Held::Texels(_) => None,
        }
    }
}

impl Held {
    fn size(&self) -> u64 {
        match self {
            Self::Bytes(buffer) => buffer.size(),
            Self::Texels(texture) => texture.size(),
        }
    }
}

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
            let (mut adapter, inner) = adapter::choose(choice).await?;
            kind.clone_into(&mut adapter.kind);
            Self::open_chosen(adapter, &inner).await
        })
    }

    /// As [`Gpu::open`], for the browser, where nothing may block.
    ///
    /// # Errors
    /// As [`Gpu::open`].
    pub async fn open_async(choice: Option<&str>) -> Result<Self> {
        let (adapter, inner) = adapter::choose(choice).await?;
        Self::open_chosen(adapter, &inner).await
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
        let (found, inner) = adapter::again(same).await?;
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
        let (mut adapter, inner) = adapter::choose(choice).await?;
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

    /// A buffer holding `bytes`, padded to whole words.
    ///
    /// # Errors
    /// [`Error::Limit`] where it exceeds the adapter's largest binding, [`Error::OutOfMemory`].
    pub fn upload(&self, label: &str, bytes: &[u8]) -> Result<Buffer> {
        self.filled(self.reserve(label, bytes.len() as u64)?, bytes)
    }

    /// A buffer of `values` in `precision`, for a binding of a shader: what it reads through a texture lies in one.
    ///
    /// # Errors
    /// As [`Gpu::upload`]; [`Error::Argument`] where f16 does not hold a value.
    pub fn upload_for(&self, kind: BindingKind, precision: Precision, label: &str, values: &[f32]) -> Result<Buffer> {
        let bytes = precision.bytes(label, values)?;
        self.filled(self.reserve_for(kind, precision, label, bytes.len() as u64)?, &bytes)
    }

    /// A buffer of `size` bytes, padded to whole words, to be written.
    ///
    /// # Errors
    /// As [`Gpu::upload`].
    pub fn reserve(&self, label: &str, size: u64) -> Result<Buffer> {
        let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::COPY_SRC;
        let buffer = self.allocate(label, size.next_multiple_of(4).max(16), usage)?;
        Ok(Buffer { held: Arc::new(Held::Bytes(buffer)) })
    }

    /// As [`Gpu::reserve`], for a binding of a shader.
    ///
    /// # Errors
    /// As [`Gpu::upload`].
    pub fn reserve_for(&self, kind: BindingKind, precision: Precision, label: &str, size: u64) -> Result<Buffer> {
        match kind {
            kind if kind.texels() => Ok(Buffer { held: Arc::new(Held::Texels(Mirror::new(self, precision, label, size)?)) }),
            _ => self.reserve(label, size),
        }
    }

    /// Bytes of the largest f32 tensor that every kernel can read: CPU adapters read some through textures. In f16 as many numbers fit.
    pub fn max_tensor(&self) -> u64 {
        self.most_for(if self.shared.capabilities.cpu { BindingKind::Texture } else { BindingKind::Read }, Precision::F32)
    }

    /// Bytes that a binding of this kind holds at most.
    pub fn most_for(&self, kind: BindingKind, precision: Precision) -> u64 {
        match kind {
            kind if kind.texels() => Mirror::most(self, precision).min(self.max_binding()),
            _ => self.max_binding(),
        }
    }

    /// Writes `bytes`, whole words (whole vec4s for a texture), to a place in `buffer`.
    ///
    /// # Errors
    /// [`Error::Argument`] where they do not lie in it or are no whole words; [`Error::OutOfMemory`], [`Error::DeviceLost`].
    pub fn write(&self, buffer: &Buffer, offset: u64, bytes: &[u8]) -> Result<()> {
        let size = buffer.size();
        let unit = match &*buffer.held {
            Held::Texels(texture) => texture.precision.vec4(),
            Held::Bytes(_) => 4,
        };
        if !offset.is_multiple_of(unit)
            || !(bytes.len() as u64).is_multiple_of(unit)
            || offset.checked_add(bytes.len() as u64).is_none_or(|end| end > size)
        {
            return Err(Error::Argument(format!("{} bytes at {offset} of a buffer of {size}", bytes.len())));
        }
        for (index, part) in bytes.chunks(MOST_UNSENT).enumerate() {
            let at = offset + (index * MOST_UNSENT) as u64;
            match &*buffer.held {
                Held::Bytes(buffer) => self.shared.queue.write_buffer(buffer, at, part),
                Held::Texels(texture) => texture.write(&self.shared.queue, at, part),
            }
            self.sent(part.len());
        }
        self.check("writing a buffer")
    }

    /// `buffer` with `bytes` in it; an end that is no whole unit is padded with zeros.
    fn filled(&self, buffer: Buffer, bytes: &[u8]) -> Result<Buffer> {
        let whole = bytes.len() / 16 * 16;
        self.write(&buffer, 0, &bytes[..whole])?;
        let rest = &bytes[whole..];
        if !rest.is_empty() {
            let mut last = [0; 16];
            last[..rest.len()].copy_from_slice(rest);
            let end = (buffer.size() - whole as u64).min(16) as usize;
            self.write(&buffer, whole as u64, &last[..end])?;
        }
        Ok(buffer)
    }

    /// Counts bytes that the queue holds until something is submitted, and sends them off when they are many.
    fn sent(&self, bytes: usize) {
        if self.shared.unsent.fetch_add(bytes, Ordering::Relaxed) + bytes >= MOST_UNSENT {
            self.shared.unsent.store(0, Ordering::Relaxed);
            self.shared.queue.submit([]);
            // In a browser this does nothing, and the queue empties by itself.
            let _ = self.shared.device.poll(wgpu::PollType::wait_indefinitely());
        }
    }

    fn allocate(&self, label: &str, size: u64, usage: wgpu::BufferUsages) -> Result<Owned<wgpu::Buffer>> {
        if size > self.max_binding() {
            return Err(Error::Limit {
                adapter: self.name().to_owned(),
                reason: format!("`{label}` needs a buffer of {size} bytes, the largest binding is {}", self.max_binding()),
            });
        }
        let buffer = self.shared.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some(label),
            size,
            usage,
            mapped_at_creation: false,
        });
        let buffer = Owned(buffer);
        self.check(label)?;
        Ok(buffer)
    }

    /// The first failure the device reported since the last check.
    fn check(&self, doing: &str) -> Result<()> {
        self.shared.failures.take(doing)
    }
}
