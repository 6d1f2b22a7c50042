//! Where the host's side of a submission lies: what goes up is written, and what comes back is read, while another submission is computed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::device::Gpu;
use super::owned::Owned;
use crate::error::Result;
use crate::host::offload;
use crate::tensor::Precision;

/// Bytes for a place in a buffer of the device.
pub(super) type Written<'b> = (&'b wgpu::Buffer, u64, &'b [u8]);

/// Bytes of staging memory of a device at most: the rest of the uploads finds some for every run.
const MOST_STAGED: u64 = 1 << 28;

/// Bytes that a thread copies at once: what it has just looked through is in its cache still.
const PART: usize = 1 << 18;
/// Parts that are worth threads.
const MANY: usize = 8;

/// What became of bytes that were to be brought up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Brought {
    /// Nothing goes up.
    Refused,
    /// The queue has them.
    Queued,
    /// The staging memory holds them: after what reads it, [`Slot::submitted`] is to follow.
    Staged,
}

/// A share of [`MOST_STAGED`], given back when it is dropped.
#[derive(Debug)]
struct Staged {
    all: Arc<AtomicU64>,
    own: u64,
}

impl Staged {
    fn take(all: &Arc<AtomicU64>, own: u64) -> Option<Self> {
        let more = |staged: u64| staged.checked_add(own).filter(|&staged| staged <= MOST_STAGED);
        all.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok().map(|_| Self { all: Arc::clone(all), own })
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        self.all.fetch_sub(self.own, Ordering::Relaxed);
    }
}

/// Memory for one submission.
#[derive(Debug)]
pub(super) struct Slot {
    /// What goes up, where the device has memory of its own: it stays, and need not be made for every run. Mapped while no submission reads it.
    staging: Option<(wgpu::Buffer, Staged)>,
    mapped: Arc<AtomicBool>,
    /// What comes back.
    pub readback: Owned<wgpu::Buffer>,
}

impl Slot {
    /// For so many bytes up and down.
    ///
    /// # Errors
    /// As [`Gpu::upload`].
    pub fn new(gpu: &Gpu, up: u64, down: u64) -> Result<Self> {
        let readback = gpu.allocate("readback", down.max(16), wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST)?;
        let capabilities = gpu.capabilities();
        // A browser maps later than it is asked to, and has memory of its own for what is written.
        let apart = !capabilities.cpu && !capabilities.integrated && cfg!(not(target_family = "wasm"));
        let usage = wgpu::BufferUsages::MAP_WRITE | wgpu::BufferUsages::COPY_SRC;
        let size = up.next_multiple_of(wgpu::COPY_BUFFER_ALIGNMENT);
        let staging = (apart && up > 0 && size <= MOST_STAGED).then(|| Staged::take(&gpu.shared.staged, size)).flatten();
        let staging = staging.map(|staged| {
            let label = Some("staging");
            let buffer =
                gpu.shared.device.create_buffer(&wgpu::BufferDescriptor { label, size, usage, mapped_at_creation: true });
            (buffer, staged)
        });
        // Without it the queue finds memory for every run.
        let staging = staging.filter(|_| gpu.check("staging").is_ok());
        Ok(Self { staging, mapped: Arc::new(AtomicBool::new(true)), readback })
    }

    /// Brings `written` up before what `encoder` records next, unless `precision` refuses one of the f32 values that they are then.
    pub fn bring(
        &self,
        gpu: &Gpu,
        encoder: &mut wgpu::CommandEncoder,
        written: &[Written<'_>],
        precision: Option<Precision>,
    ) -> Brought {
        let Some((staging, mut view)) = self.view().filter(|_| !written.is_empty()) else {
            let refused = |values: &[f32]| precision.is_some_and(|precision| precision.refuses(values).is_some());
            if written.iter().any(|(.., bytes)| with_values(bytes, refused)) {
                return Brought::Refused;
            }
            for &(buffer, offset, bytes) in written {
                gpu.shared.queue.write_buffer(buffer, offset, bytes);
            }
            return Brought::Queued;
        };
        let mut rest = view.slice(..);
        let mut good = true;
        for &(_, _, bytes) in written {
            good &= rest.split_off(..bytes.len()).is_some_and(|place| copied(place, bytes, precision));
        }
        drop(view);
        if !good {
            return Brought::Refused;
        }
        self.mapped.store(false, Ordering::Release);
        staging.unmap();
        let mut at = 0;
        for &(buffer, offset, bytes) in written {
            encoder.copy_buffer_to_buffer(staging, at, buffer, offset, bytes.len() as u64);
            at += bytes.len() as u64;
        }
        Brought::Staged
    }

    /// Asks for the staging memory again, after what reads it was submitted.
    pub fn submitted(&self) {
        if let Some((staging, _)) = &self.staging {
            let mapped = Arc::clone(&self.mapped);
            staging.map_async(wgpu::MapMode::Write, .., move |result| mapped.store(result.is_ok(), Ordering::Release));
        }
    }

    /// The staging memory, where the host has it.
    fn view(&self) -> Option<(&wgpu::Buffer, wgpu::BufferViewMut)> {
        let (staging, _) = self.staging.as_ref().filter(|_| self.mapped.load(Ordering::Acquire))?;
        Some((staging, staging.get_mapped_range_mut(..).ok()?))
    }
}

/// Copies `bytes` to `place`, of the same size; whether `precision` refuses none of the f32 values that they are, where one is given.
fn copied(place: wgpu::WriteOnly<'_, [u8]>, bytes: &[u8], precision: Option<Precision>) -> bool {
    let copy = |mut place: wgpu::WriteOnly<'_, [u8]>, bytes: &[u8]| {
        let refused = |values: &[f32]| precision.is_some_and(|precision| precision.refuses_here(values).is_some());
        let good = !with_values(bytes, refused);
        if good {
            place.copy_from_slice(bytes);
        }
        good
    };
    let (places, last_place) = place.into_chunks::<PART>();
    let (parts, last) = bytes.as_chunks::<PART>();
    let good = if parts.len() < MANY {
        places.into_iter().zip(parts).all(|(place, part)| copy(place.into(), part))
    } else {
        let parts = places.into_iter().zip(parts).collect();
        offload::shared(parts, offload::COPIERS, |(place, part)| copy(place.into(), part)).into_iter().all(|good| good)
    };
    good && copy(last_place, last)
}

/// What `see` says of the f32 values that `bytes` are.
fn with_values(bytes: &[u8], see: impl Fn(&[f32]) -> bool) -> bool {
    match bytemuck::try_cast_slice(bytes) {
        Ok(values) => see(values),
        // They lie askew in memory.
        Err(_) => see(&bytemuck::pod_collect_to_vec::<u8, f32>(&bytes[..bytes.len() / 4 * 4])),
    }
}
